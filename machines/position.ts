import { assertEvent, enqueueActions, setup } from 'xstate'
import { z } from 'zod'
import * as decimal from './decimal.ts'
import { type Fill, type FillBust, fill, fillBust, type Mark, mark } from './events/commands.ts'
import type { DomainEvents } from './events/domain.ts'

export interface PositionInput {
  readonly venue: string
  readonly symbol: string
}

/**
 * A netting position. What is held and what was paid for it are kept as sums; prices are quotients of them, made only
 * to be shown. So realised + unrealised PnL = cash flow + marked value holds exactly, whatever a quotient rounds to.
 */
export interface PositionContext extends PositionInput {
  /** Positive when long, negative when short. */
  readonly quantity: string
  /** What the open quantity cost: negative when short. */
  readonly cost: string
  readonly realizedPnl: string
  /** Sum of what venues charged, in the quote asset. */
  readonly commissions: string
  readonly markPx?: string
  /** Fills that were counted, newest last. */
  readonly fillIds: readonly string[]
}

export const positionEvents = z.discriminatedUnion('type', [fill, fillBust, mark])

/** Fills remembered: one that comes twice comes soon. */
const FILL_IDS_MAX = 256

/** Two orders of one account that trade with each other have a fill each, under one trade id. */
const fillId = ({ order, tradeId }: Fill | FillBust) => `${order} ${tradeId}`

export function unrealizedPnl({ quantity, cost, markPx }: PositionContext): string {
  return markPx === undefined ? decimal.ZERO : decimal.subtract(decimal.multiply(quantity, markPx), cost)
}

export function avgPxOf({ quantity, cost }: Pick<PositionContext, 'quantity' | 'cost'>): string {
  return decimal.isZero(quantity) ? decimal.ZERO : decimal.divide(cost, quantity)
}

/** What fills change. */
export type Books = Pick<PositionContext, 'quantity' | 'cost' | 'realizedPnl' | 'commissions'>

export type PositionChange = 'opened' | 'updated' | 'closed' | 'flipped'

/** The position after a fill. One that goes through zero closes the old position and opens a new one. */
export function applyFill(
  was: Books,
  { side, lastQty, lastPx, commission }: Pick<Fill, 'side' | 'lastQty' | 'lastPx' | 'commission'>,
): { after: Books; change: PositionChange } {
  const signed = side === 'BUY' ? lastQty : decimal.negate(lastQty)
  const commissions = decimal.add(was.commissions, commission)
  const quantity = decimal.add(was.quantity, signed)
  const grows =
    decimal.isZero(was.quantity) || decimal.isNegative(was.quantity) === decimal.isNegative(signed)
  if (grows) {
    const cost = decimal.add(was.cost, decimal.multiply(signed, lastPx))
    const change = decimal.isZero(was.quantity) ? 'opened' : 'updated'
    return { after: { ...was, quantity, cost, commissions }, change }
  }
  const flips = decimal.compare(decimal.absolute(signed), decimal.absolute(was.quantity)) > 0
  const closes = flips || decimal.isZero(quantity)
  // The closed part leaves at its share of the cost; all of it, when nothing is left.
  const closedQty = closes ? was.quantity : decimal.negate(signed)
  const closedCost = closes ? was.cost : decimal.divide(decimal.multiply(was.cost, closedQty), was.quantity)
  const gain = decimal.subtract(decimal.multiply(closedQty, lastPx), closedCost)
  const realizedPnl = decimal.add(was.realizedPnl, gain)
  const cost = flips ? decimal.multiply(quantity, lastPx) : decimal.subtract(was.cost, closedCost)
  const change = flips ? 'flipped' : closes ? 'closed' : 'updated'
  return { after: { quantity, cost, realizedPnl, commissions }, change }
}

/**
 * The position without a fill that the venue took back. What is still open of it goes at its own price; what was
 * closed since is as if it had been closed again, so that cash and books stay equal.
 */
export function applyBust(
  was: Books,
  { side, lastQty, lastPx, commission }: Pick<FillBust, 'side' | 'lastQty' | 'lastPx' | 'commission'>,
): { after: Books; change: PositionChange } {
  const signed = side === 'BUY' ? lastQty : decimal.negate(lastQty)
  const isOpen =
    decimal.isNegative(signed) === decimal.isNegative(was.quantity) &&
    decimal.compare(decimal.absolute(was.quantity), lastQty) >= 0
  if (!isOpen) {
    const opposite = side === 'BUY' ? 'SELL' : 'BUY'
    return applyFill(was, { side: opposite, lastQty, lastPx, commission: decimal.negate(commission) })
  }
  const quantity = decimal.subtract(was.quantity, signed)
  const rest = decimal.subtract(was.cost, decimal.multiply(signed, lastPx))
  const isClosed = decimal.isZero(quantity)
  return {
    after: {
      quantity,
      cost: isClosed ? decimal.ZERO : rest,
      realizedPnl: isClosed ? decimal.subtract(was.realizedPnl, rest) : was.realizedPnl,
      commissions: decimal.subtract(was.commissions, commission),
    },
    change: isClosed ? 'closed' : 'updated',
  }
}

const REPORTS = {
  opened: 'POSITION_OPENED',
  updated: 'POSITION_UPDATED',
  closed: 'POSITION_CLOSED',
  flipped: 'POSITION_FLIPPED',
} as const

export const positionMachine = setup({
  types: {} as {
    input: PositionInput
    context: PositionContext
    events: Fill | FillBust | Mark
    emitted: DomainEvents<(typeof REPORTS)[PositionChange]>
  },
  guards: {
    counted: ({ context, event }) => event.type === 'FILL' && context.fillIds.includes(fillId(event)),
    toLong: ({ context, event }) =>
      event.type !== 'MARK' && decimal.isPositive(quantityAfter(context, event)),
    toShort: ({ context, event }) =>
      event.type !== 'MARK' && decimal.isNegative(quantityAfter(context, event)),
  },
  actions: {
    takeFill: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'FILL')
      const { after, change } = applyFill(context, event)
      const { venue, symbol } = context
      const { quantity, cost, realizedPnl, commissions } = after
      enqueue.assign({
        quantity,
        cost,
        realizedPnl,
        commissions,
        markPx: event.lastPx,
        fillIds: [...context.fillIds.slice(1 - FILL_IDS_MAX), fillId(event)],
      })
      const facts = { at: event.at, venue, symbol, quantity, avgPx: avgPxOf(after), realizedPnl, commissions }
      enqueue.emit({ type: REPORTS[change], ...facts })
    }),
    takeBust: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'FILL_BUST')
      const { after, change } = applyBust(context, event)
      const fillIds = context.fillIds.filter((id) => id !== fillId(event))
      enqueue.assign({ ...after, fillIds })
      const { venue, symbol } = context
      const { quantity, realizedPnl, commissions } = after
      const facts = { at: event.at, venue, symbol, quantity, avgPx: avgPxOf(after), realizedPnl, commissions }
      enqueue.emit({ type: REPORTS[change], ...facts })
    }),
    takeMark: enqueueActions(({ event, enqueue }) => {
      if (event.type === 'MARK') enqueue.assign({ markPx: event.px })
    }),
  },
}).createMachine({
  id: 'position',
  version: '1',
  description: 'What is held of one symbol at one venue, netted over all orders.',
  context: ({ input: { venue, symbol } }) => ({
    venue,
    symbol,
    quantity: decimal.ZERO,
    cost: decimal.ZERO,
    realizedPnl: decimal.ZERO,
    commissions: decimal.ZERO,
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
    FILL_BUST: [
      { guard: 'toLong', target: '.long', actions: 'takeBust' },
      { guard: 'toShort', target: '.short', actions: 'takeBust' },
      { target: '.flat', actions: 'takeBust' },
    ],
    MARK: { actions: 'takeMark' },
  },
  states: { flat: {}, long: { tags: 'open' }, short: { tags: 'open' } },
})

function quantityAfter({ quantity }: PositionContext, { type, side, lastQty }: Fill | FillBust): string {
  const grows = (side === 'BUY') === (type === 'FILL')
  return grows ? decimal.add(quantity, lastQty) : decimal.subtract(quantity, lastQty)
}
