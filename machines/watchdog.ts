import { enqueueActions, setup } from 'xstate'
import { z } from 'zod'
import { holdingId, watchdogAddress } from './addresses.ts'
import * as decimal from './decimal.ts'
import {
  type Cancel,
  type OrderRequest,
  type OrderUpdate,
  orderUpdate,
  type PositionChanged,
  positionChanged,
  type Verify,
} from './events/commands.ts'
import type { DomainEvents } from './events/domain.ts'
import { positive, type Side } from './events/fields.ts'
import { positionSide } from './events/order.ts'
import { hasEnded } from './order/execution.ts'
import { isStop } from './order/terms.ts'
import { tell } from './tell.ts'

export const watchdogRules = {
  /** How far from what was paid the stop is that it places itself, in percent. */
  stopPct: positive.default('5'),
  /** A position without a stop for so long gets one, in ms: a stop of its own may be on its way. */
  graceMs: z.number().int().positive().default(5_000),
  /** How often it asks the venue whether the stops are there still, in ms. */
  verifyEveryMs: z.number().int().positive().default(60_000),
}

export const watchdogInput = z.object({
  venue: z.string(),
  symbol: z.string(),
  positionSide: positionSide.optional(),
  /** Prices of the venue are multiples of it. */
  tickSize: positive.optional(),
  ...watchdogRules,
})
export type WatchdogInput = z.input<typeof watchdogInput>

/** A stop that works, or is on its way. */
interface Stop {
  readonly side: Side
  readonly leavesQty: string
  /** The venue has said that it has it. */
  readonly isLive: boolean
  readonly isOwn: boolean
}

export interface WatchdogContext extends z.infer<typeof watchdogInput> {
  /** Of the position: positive when long. */
  readonly quantity: string
  readonly avgPx: string
  /** By order address. */
  readonly stops: Readonly<Record<string, Stop>>
  /** Orders that it has placed: the next one's number. */
  readonly placed: number
  /** The one of them that nothing has been heard of yet. */
  readonly asked?: string
  /** Its last stop was refused: the price is beyond it, most likely, and what is left goes at market. */
  readonly isRefused: boolean
  /** Since when what is held is not covered, in epoch ms. */
  readonly exposedAt?: number
  /** ms that anything was ever held without cover. */
  readonly unprotectedMs: number
}

export const watchdogEvents = z.discriminatedUnion('type', [positionChanged, orderUpdate])

const PX_PLACES = 8

function after(context: WatchdogContext, event: PositionChanged | OrderUpdate): WatchdogContext {
  if (event.type === 'POSITION_CHANGED') {
    const { quantity, avgPx } = event
    return { ...context, quantity, avgPx }
  }
  const { order, side, leavesQty, ordStatus, isAcknowledged } = event
  const isOwn = order.startsWith(`order/${ownPrefix(context)}`)
  const { asked, ...rest } = context
  const { [order]: _, ...stops } = context.stops
  const known = { ...rest, ...(asked !== undefined && asked !== order && { asked }) }
  if (hasEnded(event)) {
    return { ...known, stops, ...(isOwn && { isRefused: ordStatus === 'REJECTED' }) }
  }
  if (!isStop(event)) return known
  return { ...known, stops: { ...stops, [order]: { side, leavesQty, isLive: isAcknowledged, isOwn } } }
}

/** What the ids of its own orders begin with. */
function ownPrefix(of: WatchdogContext): string {
  return `${holdingId(of)}-watchdog-`
}

/** Quantity that live stops would close. */
function covered({ quantity, stops }: WatchdogContext, which: (stop: Stop) => boolean = () => true): string {
  const closing = decimal.isPositive(quantity) ? 'SELL' : 'BUY'
  return Object.values(stops)
    .filter((stop) => stop.side === closing && stop.isLive && which(stop))
    .reduce((sum, { leavesQty }) => decimal.add(sum, leavesQty), decimal.ZERO)
}

function missing(context: WatchdogContext): string {
  return decimal.subtract(decimal.absolute(context.quantity), covered(context))
}

type WatchdogEvent = PositionChanged | OrderUpdate

const GUARDS = { flat: 'isFlat', protected: 'isCovered', unprotected: 'isUncovered' } as const
type State = keyof typeof GUARDS

/** To these states when it is so; else it stays, and no timer begins anew. */
function changes(...targets: readonly State[]) {
  const to = [
    ...targets.map((target) => ({ guard: GUARDS[target], target, actions: 'take' as const })),
    { actions: 'take' as const },
  ]
  return { POSITION_CHANGED: to, ORDER_UPDATE: to }
}

function isHeld(context: WatchdogContext, event: WatchdogEvent): boolean {
  return !decimal.isZero(after(context, event).quantity)
}

export const watchdogMachine = setup({
  types: {} as {
    input: WatchdogInput
    context: WatchdogContext
    events: WatchdogEvent
    emitted: DomainEvents<
      'PROTECTIVE_ORDERS_VERIFIED' | 'PROTECTIVE_ORDERS_MISSING' | 'PROTECTIVE_ORDERS_REPLACED'
    >
  },
  delays: {
    grace: ({ context }) => context.graceMs,
    verifyEvery: ({ context }) => context.verifyEveryMs,
  },
  guards: {
    isFlat: ({ context, event }) => !isHeld(context, event),
    isCovered: ({ context, event }) =>
      isHeld(context, event) && !decimal.isPositive(missing(after(context, event))),
    isUncovered: ({ context, event }) => decimal.isPositive(missing(after(context, event))),
  },
  actions: {
    take: enqueueActions(({ context, event, enqueue }) => {
      const known = after(context, event)
      enqueue.assign({ asked: undefined, ...known })
      const exposure = decimal.absolute(known.quantity)
      const byOthers = covered(known, ({ isOwn }) => !isOwn)
      // Its own stop has done its work once nothing is held, or others see to it.
      if (decimal.compare(byOthers, exposure) < 0) return
      for (const [order, { isOwn }] of Object.entries(known.stops)) {
        if (!isOwn) continue
        const cancellation: Cancel = { type: 'CANCEL', at: event.at, reason: 'it protects nothing any more' }
        enqueue(tell(order, cancellation))
      }
    }),
    exposed: enqueueActions(({ event, enqueue }) => enqueue.assign({ exposedAt: event.at })),
    covered: enqueueActions(({ context: was, event, enqueue }) => {
      const context = after(was, event)
      const { exposedAt = event.at, venue, symbol } = context
      const { at } = event
      const spell = at - exposedAt
      enqueue.assign({ exposedAt: undefined, unprotectedMs: context.unprotectedMs + spell })
      const exposure = decimal.absolute(context.quantity)
      if (decimal.isZero(exposure)) return
      const protectedQty = covered(context)
      const facts = { at, venue, symbol, exposure, protectedQty, unprotectedMs: spell }
      const isOwn = Object.values(context.stops).some((stop) => stop.isOwn && stop.isLive)
      enqueue.emit({ type: isOwn ? 'PROTECTIVE_ORDERS_REPLACED' : 'PROTECTIVE_ORDERS_VERIFIED', ...facts })
    }),
    verify: enqueueActions(({ context: { stops }, event, enqueue }) => {
      const question: Verify = { type: 'VERIFY', at: event.at }
      for (const order of Object.keys(stops)) enqueue(tell(order, question))
    }),
    protect: enqueueActions(({ context, event, enqueue }) => {
      const { venue, symbol, positionSide, quantity, avgPx, exposedAt, isRefused } = context
      const { at } = event
      const isLong = decimal.isPositive(quantity)
      const exposure = decimal.absolute(quantity)
      const spell = at - (exposedAt ?? at)
      const facts = { exposure, protectedQty: covered(context), unprotectedMs: spell }
      enqueue.emit({ type: 'PROTECTIVE_ORDERS_MISSING', at, venue, symbol, ...facts })
      // What it placed before has no answer yet: the order sees to that itself.
      if (context.asked !== undefined) return
      const placed = context.placed + 1
      const orderId = `${ownPrefix(context)}${placed}`
      enqueue.assign({ placed, asked: `order/${orderId}` })
      const stopPx = stopPxOf(context)
      const request: OrderRequest = {
        type: 'ORDER_REQUEST',
        at,
        orderId,
        owner: watchdogAddress(context),
        venue,
        symbol,
        ...(positionSide && { positionSide }),
        side: isLong ? 'SELL' : 'BUY',
        ...(isRefused ? { ordType: 'MARKET' } : { ordType: 'STOP', stopPx }),
        orderQty: missing(context),
        timeInForce: 'GTC',
        reduceOnly: true,
        refPx: avgPx,
      }
      enqueue(tell(`account/${venue}`, request))
    }),
  },
}).createMachine({
  id: 'watchdog',
  version: '1',
  description:
    'Where something is held there is a live stop for all of it: seen to on every change, and by asking the venue.',
  context: ({ input }) => ({
    ...watchdogInput.parse(input),
    quantity: decimal.ZERO,
    avgPx: decimal.ZERO,
    stops: {},
    placed: 0,
    isRefused: false,
    unprotectedMs: 0,
  }),
  initial: 'flat',
  states: {
    flat: { on: changes('unprotected', 'protected') },
    protected: {
      tags: 'exposed',
      on: changes('unprotected', 'flat'),
      after: { verifyEvery: { target: 'protected', reenter: true, actions: 'verify' } },
    },
    unprotected: {
      tags: 'exposed',
      description: 'A stop may be on its way. When it is not there in time, it gets one.',
      initial: 'waiting',
      entry: 'exposed',
      exit: 'covered',
      on: changes('flat', 'protected'),
      states: {
        waiting: { after: { grace: { target: 'waiting', reenter: true, actions: 'protect' } } },
      },
    },
  },
})

/** As far from what was paid as the rules say, on a tick, rounded towards the price. */
function stopPxOf({ quantity, avgPx, stopPct, tickSize }: WatchdogContext): string {
  const isLong = decimal.isPositive(quantity)
  const distance = decimal.divide(decimal.multiply(avgPx, stopPct), '100')
  const px = isLong ? decimal.subtract(avgPx, distance) : decimal.add(avgPx, distance)
  if (tickSize === undefined) return decimal.round(px, PX_PLACES)
  const ticks = decimal.divide(px, tickSize)
  return decimal.multiply(isLong ? decimal.ceil(ticks) : decimal.floor(ticks), tickSize)
}
