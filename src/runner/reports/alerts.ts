/** Logs the events that a person should see while a run goes on, and not only in the log afterwards. */
import type { DomainEvent } from '../../../machines/index.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { AnyEvent, TransitionRecord } from '../../runtime/record/record.ts'

type Texts = {
  readonly [T in DomainEvent['type']]?: (event: Extract<DomainEvent, { type: T }>) => string | undefined
}

const TEXTS: Texts = {
  CIRCUIT_BREAKER_TRIGGERED: ({ check, value, limit, tradingState }) =>
    `the circuit breaker has tripped at ${check} ${value} (limit ${limit}): the account is ${tradingState} until SET_TRADING_STATE`,
  MANUAL_REVIEW_REQUIRED: ({ reason }) =>
    `nothing is entered until a person has looked and sends ACKNOWLEDGE_REVIEW: ${reason}`,
  TRADING_BLOCKED: ({ tradingState, by }) => `the account is ${tradingState}: ${by} has set it so`,
  ACCOUNT_NOT_FLAT: ({ text, left, orders }) =>
    `${text}: positions open ${left.length}, orders at work ${orders.length}`,
  POSITION_NOT_CLOSED: ({ symbol, quantity, text }) => `${symbol}: ${quantity} is not closed yet, ${text}`,
  PROTECTIVE_ORDERS_MISSING: ({ symbol, exposure, protectedQty }) =>
    `${symbol}: of ${exposure} held, live stops cover ${protectedQty}`,
  RECONCILIATION_COMPLETED: ({ discrepancies }) =>
    discrepancies > 0 ? `the venue's books and ours differ in ${discrepancies} places` : undefined,
  ORDER_DISCREPANCY: ({ order, reportedSide, reportedQty, reportedSymbol }) =>
    `${order}: its venue has another order under this id, ${reportedSide} ${reportedQty} ${reportedSymbol}`,
  ORDER_REJECTED: ({ order, text }) => `${order}: rejected by its venue, ${text ?? 'without a reason'}`,
}

export function alert({ actor, seq, emitted = [] }: TransitionRecord, logger: Logger): void {
  for (const event of emitted) {
    const textOf = TEXTS[event.type as keyof Texts] as ((event: AnyEvent) => string | undefined) | undefined
    const text = textOf?.(event)
    if (text !== undefined) logger.warn({ actor, seq }, text)
  }
}
