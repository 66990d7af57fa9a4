import { assertEvent, enqueueActions, setup } from 'xstate'
import { z } from 'zod'
import type { DomainEvents } from '../events/domain.ts'
import {
  type Fill,
  type FillBust,
  type FillCorrected,
  fill,
  fillBust,
  fillCorrected,
  type Watch,
  watch,
} from '../events/fill.ts'
import { positionSide } from '../events/order.ts'
import { type FundingPaid, fundingPaid, type PositionChanged } from '../events/position.ts'
import { tell } from '../kind/tell.ts'
import { positionAddress } from '../model/addresses.ts'
import { contractTerms, settleAssetOf } from '../model/contract.ts'
import * as decimal from '../model/decimal.ts'
import { isStop } from '../order/terms.ts'
import {
  applyFill,
  avgPxOf,
  type Books,
  booksAfter,
  filledBy,
  NO_BOOKS,
  netPnl,
  signedQty,
  unrealizedPnl,
} from './books.ts'

export const positionInput = z.object({
  venue: z.string(),
  symbol: z.string(),
  /** Of a hedging account, which holds a long and a short one of a symbol apart; a netting one has none. */
  positionSide: positionSide.optional(),
  ...contractTerms,
  /** The asset that its PnL is in; by default what the symbol ends in. */
  settleAsset: z.string().optional(),
  /** Addresses that are told of every change, besides the venue's account. */
  watchers: z.array(z.string()).default([]),
})
export type PositionInput = z.input<typeof positionInput>

export interface PositionContext extends Books, z.infer<typeof positionInput> {
  readonly settleAsset: string
  /** `netPnl` when it was opened last: what it has brought since is what this trade brings. */
  readonly netAtOpen: string
  readonly markPx?: string
  /** Told when it is closed. */
  readonly holders: readonly string[]
  /** Fills that were counted, newest last. */
  readonly fillIds: readonly string[]
}

export const positionEvents = z.discriminatedUnion('type', [
  fill,
  fillBust,
  fillCorrected,
  fundingPaid,
  watch,
])

/** Fills remembered: one that comes twice comes soon. */
const FILL_IDS_MAX = 256

/** Two orders of one account that trade with each other have a fill each, under one trade id. */
const fillId = ({ order, tradeId }: Fill | FillBust) => `${order} ${tradeId}`

/** Marked at its last price; 0 while there is none. */
export function unrealizedOf(position: PositionContext): string {
  const { markPx } = position
  return markPx === undefined ? decimal.ZERO : unrealizedPnl(position, position, markPx)
}

type PositionEvent = Fill | FillBust | FillCorrected | FundingPaid | Watch

const TAKEN_BACK = [
  { guard: 'toLong', target: '.long', actions: 'takeBack' },
  { guard: 'toShort', target: '.short', actions: 'takeBack' },
  { target: '.flat', actions: 'takeBack' },
] as const

export const positionMachine = setup({
  types: {} as {
    input: PositionInput
    context: PositionContext
    events: PositionEvent
    emitted: DomainEvents<
      | 'POSITION_OPENED'
      | 'POSITION_UPDATED'
      | 'POSITION_MODIFIED'
      | 'POSITION_CLOSED'
      | 'POSITION_FLIPPED'
      | 'POSITION_STOP_TRIGGERED'
    >
  },
  guards: {
    counted: ({ context, event }) => event.type === 'FILL' && context.fillIds.includes(fillId(event)),
    toLong: ({ context, event }) => decimal.isPositive(quantityAfter(context, event)),
    toShort: ({ context, event }) => decimal.isNegative(quantityAfter(context, event)),
  },
  actions: {
    takeFill: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'FILL')
      const { after, change } = applyFill(context, context, event)
      const isReduced = decimal.isNegative(signedQty(event)) !== decimal.isNegative(context.quantity)
      const isStopped = change !== 'opened' && isReduced && isStop(event)
      const position = { ...context, ...after, markPx: event.lastPx }
      const closes = change === 'closed' || change === 'flipped'
      const net = netPnl(after, context.settleAsset)
      const fillIds = [...context.fillIds.slice(1 - FILL_IDS_MAX), fillId(event)]
      const isNew = change === 'opened' || change === 'flipped'
      enqueue.assign({
        ...after,
        fillIds,
        markPx: event.lastPx,
        ...(closes && { holders: [] }),
        ...(isNew && { netAtOpen: change === 'opened' ? netPnl(context, context.settleAsset) : net }),
      })
      const { at } = event
      if (isStopped) {
        const { order, lastQty, lastPx } = event
        enqueue.emit({ type: 'POSITION_STOP_TRIGGERED', ...facts(position, at), order, lastQty, lastPx })
      }
      const tradePnl = decimal.subtract(net, context.netAtOpen)
      if (closes) {
        const closed = {
          ...position,
          ...(change === 'flipped' && { quantity: decimal.ZERO, cost: decimal.ZERO }),
        }
        enqueue.emit({ type: 'POSITION_CLOSED', ...facts(closed, at), tradePnl })
      }
      if (isNew) enqueue.emit({ type: 'POSITION_OPENED', ...facts(position, at) })
      if (change === 'flipped') enqueue.emit({ type: 'POSITION_FLIPPED', ...facts(position, at) })
      if (change === 'updated') enqueue.emit({ type: 'POSITION_UPDATED', ...facts(position, at) })
      const changed = changeOf(context, position, at)
      const news = closes ? { ...changed, tradePnl, isStopped } : changed
      for (const to of partiesOf(context)) enqueue(tell(to, news))
      if (closes) for (const to of context.holders) enqueue(tell(to, news))
    }),
    /** What had been told of a fill was not so. */
    takeBack: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, ['FILL_BUST', 'FILL_CORRECTED'])
      const { at } = event
      const isBust = event.type === 'FILL_BUST'
      const position = { ...context, ...booksAfter(context, context, event) }
      const fillIds = isBust ? context.fillIds.filter((id) => id !== fillId(event)) : context.fillIds
      enqueue.assign({ ...position, fillIds })
      const reason = isBust ? 'bust' : 'correction'
      enqueue.emit({ type: 'POSITION_MODIFIED', ...facts(position, at), reason })
      for (const to of partiesOf(context)) enqueue(tell(to, changeOf(context, position, at)))
    }),
    takeFunding: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'FUNDING_PAID')
      const { at, change } = event
      const position = { ...context, funding: decimal.add(context.funding, change) }
      enqueue.assign({ funding: position.funding })
      enqueue.emit({ type: 'POSITION_MODIFIED', ...facts(position, at), reason: 'funding' })
      for (const to of partiesOf(context)) enqueue(tell(to, changeOf(context, position, at)))
    }),
    takeHolder: enqueueActions(({ context: { holders }, event, enqueue }) => {
      assertEvent(event, 'WATCH')
      enqueue.assign({ holders: [...new Set([...holders, event.watcher])] })
    }),
  },
}).createMachine({
  id: 'position',
  version: '3',
  description: 'What is held of one symbol at one venue: netted over all orders, or one side of it.',
  context: ({ input }) => ({
    ...positionInput.parse(input),
    settleAsset: input.settleAsset ?? settleAssetOf(input.contract, input.symbol),
    ...NO_BOOKS,
    netAtOpen: decimal.ZERO,
    holders: [],
    fillIds: [],
  }),
  initial: 'flat',
  on: {
    FILL: [
      { guard: 'counted' },
      { guard: 'toLong', target: '.long', actions: 'takeFill' },
      { guard: 'toShort', target: '.short', actions: 'takeFill' },
      { target: '.flat', actions: 'takeFill' },
    ],
    FILL_BUST: TAKEN_BACK,
    FILL_CORRECTED: TAKEN_BACK,
    FUNDING_PAID: { actions: 'takeFunding' },
    WATCH: { actions: 'takeHolder' },
  },
  states: { flat: {}, long: { tags: 'open' }, short: { tags: 'open' } },
})

function quantityAfter({ quantity }: PositionContext, event: PositionEvent): string {
  if (event.type !== 'FILL' && event.type !== 'FILL_BUST' && event.type !== 'FILL_CORRECTED') return quantity
  return decimal.add(quantity, signedQty({ side: event.side, lastQty: filledBy(event) }))
}

function partiesOf({ venue, watchers }: PositionContext): readonly string[] {
  return [`account/${venue}`, ...watchers]
}

/** What every report of a position says. */
function facts(position: PositionContext, at: number) {
  const { venue, symbol, positionSide, quantity, realizedPnl, commissions, funding } = position
  return {
    at,
    venue,
    symbol,
    ...(positionSide && { positionSide }),
    quantity,
    avgPx: avgPxOf(position, position),
    realizedPnl,
    commissions,
    funding,
  }
}

/** What a change is to those who keep books of their own. */
function changeOf(was: PositionContext, is: PositionContext, at: number): PositionChanged {
  const { symbol, contract, multiplier, settleAsset, quantity, cost } = is
  const received = (position: PositionContext) => decimal.add(position.realizedPnl, position.funding)
  return {
    type: 'POSITION_CHANGED',
    at,
    position: positionAddress(is),
    symbol,
    contract,
    multiplier,
    settleAsset,
    quantity,
    cost,
    avgPx: avgPxOf(is, is),
    settled: decimal.subtract(received(is), received(was)),
    ...(is.markPx && { markPx: is.markPx }),
  }
}
