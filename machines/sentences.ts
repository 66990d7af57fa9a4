/** Sentences for people, of the events that a person wants to hear of while a run goes on. */
import type { DomainEvent } from './domain.ts'

type Sentences = {
  readonly [T in DomainEvent['type']]?: (event: Extract<DomainEvent, { type: T }>) => string
}

const nameOf = ({
  instrument,
  symbol,
}: {
  readonly instrument?: string | undefined
  readonly symbol: string
}) => instrument ?? symbol
const done = (side: 'BUY' | 'SELL') => (side === 'BUY' ? 'bought' : 'sold')
const seconds = (ms: number) => `${ms / 1_000} s`

const SENTENCES: Sentences = {
  ORDER_FILLED: (event) =>
    `${nameOf(event)}: ${done(event.side)} ${event.lastQty} at ${event.lastPx}. The order of ${event.orderQty} is filled, at ${event.avgPx} on average`,
  ORDER_PARTIAL_FILL: (event) =>
    `${nameOf(event)}: ${done(event.side)} ${event.lastQty} at ${event.lastPx}. ${event.leavesQty} of the order are left`,
  ORDER_REJECTED: ({ order, text }) => `${order}: rejected by its venue, ${text ?? 'without a reason'}`,
  ORDER_DENIED: ({ order, text }) => `${order}: denied before it left, ${text}`,
  ORDER_DISCREPANCY: ({ order, reportedSide, reportedQty, reportedSymbol, ...others }) => {
    const { reportedType, reportedPrice, reportedStopPx } = others
    const terms = [reportedType, reportedPrice, reportedStopPx].filter((term) => term !== undefined)
    return terms.length > 0
      ? `${order}: its venue has it on other terms, ${terms.join(', ')}`
      : `${order}: its venue has another order under this id, ${reportedSide} ${reportedQty} ${reportedSymbol}`
  },
  ORDER_OVERFILLED: (event) =>
    `${nameOf(event)}: the venue has filled ${event.cumQty}, and ${event.orderQty} was ordered`,
  POSITION_OPENED: (event) => `${nameOf(event)}: holds ${event.quantity} at ${event.avgPx}`,
  POSITION_CLOSED: (event) =>
    `${nameOf(event)}: nothing is held any more. The trade has made ${event.tradePnl}`,
  POSITION_FLIPPED: (event) => `${nameOf(event)}: the position has turned, and holds ${event.quantity}`,
  POSITION_STOP_TRIGGERED: (event) =>
    `${nameOf(event)}: a stop has traded ${event.lastQty} at ${event.lastPx}. ${event.quantity} is held`,
  POSITION_NOT_CLOSED: ({ symbol, quantity, text }) => `${symbol}: ${quantity} is not closed yet, ${text}`,
  PROTECTIVE_ORDERS_MISSING: ({ symbol, exposure, protectedQty }) =>
    `${symbol}: of ${exposure} held, live stops cover ${protectedQty}`,
  PROTECTIVE_ORDERS_REPLACED: ({ symbol, exposure, unprotectedMs }) =>
    `${symbol}: live stops cover all ${exposure} again, after ${seconds(unprotectedMs)}`,
  CIRCUIT_BREAKER_TRIGGERED: ({ check, value, limit, tradingState }) =>
    `the circuit breaker has tripped at ${check} ${value} (limit ${limit}): the account is ${tradingState} until SET_TRADING_STATE`,
  LIMIT_BREACHED: ({ venue, check, value, limit }) => `${venue}: ${check} is ${value} (limit ${limit})`,
  MANUAL_REVIEW_REQUIRED: ({ reason }) =>
    `nothing is entered until a person has looked and sends ACKNOWLEDGE_REVIEW: ${reason}`,
  TRADING_BLOCKED: ({ tradingState, by }) => `the account is ${tradingState}: ${by} has set it so`,
  TRADING_AUTHORIZED: ({ venue, by }) => `${venue}: ${by} lets the account trade`,
  ACCOUNT_NOT_FLAT: ({ text, left, orders }) =>
    `${text}: positions open ${left.length}, orders at work ${orders.length}`,
  ACCOUNT_FLATTENED: ({ venue, by }) => `${venue}: all is closed, as ${by} has asked`,
  RECONCILIATION_COMPLETED: ({ discrepancies }) =>
    discrepancies > 0
      ? `the venue's books and ours differ in ${discrepancies} places`
      : "the venue's books and ours agree",
  SYSTEM_STARTED: ({ version, crashed }) =>
    crashed
      ? `the runner is back: the process before it crashed (${version})`
      : `the runner has started (${version})`,
  SYSTEM_STOPPED: ({ reason, initiator }) => `the runner has stopped: ${reason}, by ${initiator}`,
  SYSTEM_ERROR: ({ severity, text, about }) =>
    `${severity}${about === undefined ? '' : ` of ${about}`}: ${text}`,
  COMPONENT_FAILED: ({ component, reason, retryInMs }) =>
    `${component} has failed: ${reason}. ${retryInMs === undefined ? 'It is not started again' : `It starts again in ${seconds(retryInMs)}`}`,
  VENUE_NOTICED: ({ venue, kind, symbol, fields }) => {
    const told = Object.entries(fields).map(([field, value]) => `${field} ${value}`)
    return `${symbol ?? venue}: ${venue} tells ${[kind, ...told].join(', ')}`
  },
  DATA_STALE: (event) => `${event.symbol}: nothing comes from ${event.venue}`,
  CONNECTION_CHANGED: ({ venue, symbol, status, text }) =>
    `${symbol}: the connection to ${venue} is ${status}${text === undefined ? '' : `, ${text}`}`,
}

/**
 * Returns the sentence of an event; undefined where there is none. An event of a machine that is not ours has none.
 *
 * @example sentenceOf({ type: 'DATA_STALE', at: 1723161255343, venue: 'sim', symbol: 'BTCUSDT' })
 * // 'BTCUSDT: nothing comes from sim'
 */
export function sentenceOf(event: { readonly type: string }): string | undefined {
  const sentence = SENTENCES[event.type as keyof Sentences] as ((of: object) => string) | undefined
  return Object.hasOwn(SENTENCES, event.type) ? sentence?.(event) : undefined
}
