import { enqueueActions, setup } from 'xstate'
import { z } from 'zod'
import { configure } from '../events/configure.ts'
import type { DomainEvents } from '../events/domain.ts'
import { type OrderUpdate, orderUpdate } from '../events/fill.ts'
import { positionSide } from '../events/order.ts'
import { type Cancel, type OrderRequest, requestRefused, type Verify } from '../events/order-requests.ts'
import { positionChanged } from '../events/position.ts'
import { tell } from '../kind/tell.ts'
import { holdingId, holdingName, watchdogAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { anyDurationMs, durationMs, positive, type Side } from '../model/fields.ts'
import { venueId } from '../model/ids.ts'
import { hasEnded } from '../order/execution.ts'
import { isLimited, isStop } from '../order/terms.ts'

const rulesWith = (ms: typeof anyDurationMs) => ({
  enabled: z.boolean().default(true).describe('Without it nothing is done about a position without a stop.'),
  stopPct: positive
    .refine((pct) => decimal.compare(pct, '100') < 0, 'must be less than 100')
    .default('5')
    .describe('How far from what was paid the stop is that it places itself, in percent.'),
  graceMs: ms
    .default(5_000)
    .describe('A position without a stop for so long gets one, in ms: a stop of its own may be on its way.'),
  verifyEveryMs: ms
    .default(60_000)
    .describe('How often it asks the venue whether the stops are there still, in ms.'),
})

export const watchdogRules = rulesWith(durationMs)

/** The settings that a later start may change. */
const watchdogSettings = z.object({
  tickSize: positive.optional().describe('Prices of the venue are multiples of it.'),
  ...rulesWith(anyDurationMs),
})
export const watchdogInput = watchdogSettings.extend({
  venue: z.string(),
  symbol: z.string(),
  positionSide: positionSide.optional(),
})
export type WatchdogInput = z.input<typeof watchdogInput>

/** An order that works, or is on its way, and will close what is held: a stop, or one of its own at market. */
export interface Cover {
  readonly side: Side
  readonly leavesQty: string
  /** The venue has said that it has it. */
  readonly isLive: boolean
  /** The watchdog has placed it. */
  readonly isOwn?: true
}
type Covers = Readonly<Record<string, Cover>>

export interface WatchdogContext extends z.infer<typeof watchdogInput> {
  /** Of the position: positive when long. */
  readonly quantity: string
  readonly avgPx: string
  /** By order address. */
  readonly covers: Covers
  /** Orders that it has placed: the next one's number. */
  readonly placed: number
  /** Of them in this spell without cover: each doubles the grace. */
  readonly refusals: number
  /** Since when what is held is not covered, in epoch ms. */
  readonly exposedAt?: number
  /** ms that anything was ever held without cover. */
  readonly unprotectedMs: number
}

export const watchdogEvents = z.discriminatedUnion('type', [
  positionChanged,
  orderUpdate,
  requestRefused,
  configure(watchdogSettings),
])

const PX_PLACES = 8
/** The longest grace is so many times doubled. */
const DOUBLINGS_MAX = 4

type WatchdogEvent = z.infer<typeof watchdogEvents>

function after(context: WatchdogContext, event: WatchdogEvent, own: OwnOrders): Partial<WatchdogContext> {
  if (event.type === 'CONFIGURE') return { tickSize: undefined, ...event.settings }
  if (event.type === 'POSITION_CHANGED') return { quantity: event.quantity, avgPx: event.avgPx }
  if (event.type === 'REQUEST_REFUSED') {
    // Another order has its id, so it never comes into being to say so; the next one has another.
    const order = `order/${event.orderId}`
    const isTaken = event.check === 'orderId' && !context.covers[order]?.isLive
    return isTaken ? without(context, order, own, false) : {}
  }
  const { order, side, leavesQty, ordStatus, isAcknowledged: isLive } = event
  if (hasEnded(event)) return without(context, order, own, ordStatus === 'REJECTED')
  // A limit that the price has jumped may never be filled.
  const isOwn = own.isOwn(context, event)
  const covers = isOwn || (isStop(event) && !(event.isTriggered && isLimited(event)))
  if (!covers) return without(context, order, own, false)
  return { covers: { ...context.covers, [order]: { side, leavesQty, isLive, ...(isOwn && own.mark) } } }
}

function without(
  context: WatchdogContext,
  order: string,
  own: OwnOrders,
  isRefused: boolean,
): Partial<WatchdogContext> {
  const { [order]: known, ...covers } = context.covers
  if (known === undefined) return {}
  const isOwnRefused = isRefused && own.isOwnCover(context, order)
  return { covers, ...(isOwnRefused && { refusals: context.refusals + 1 }) }
}

function ownCovers(
  context: WatchdogContext,
  { isOwnCover }: OwnOrders,
): readonly (readonly [order: string, cover: Cover])[] {
  return Object.entries(context.covers).filter(([order]) => isOwnCover(context, order))
}

/** Quantity that live orders would close. */
function covered({ quantity, covers }: Pick<WatchdogContext, 'quantity' | 'covers'>): string {
  const closing = decimal.isPositive(quantity) ? 'SELL' : 'BUY'
  return Object.values(covers)
    .filter(({ side, isLive }) => side === closing && isLive)
    .reduce((sum, { leavesQty }) => decimal.add(sum, leavesQty), decimal.ZERO)
}

function missing(context: WatchdogContext): string {
  return decimal.subtract(decimal.absolute(context.quantity), covered(context))
}

/** Something is held, and it is for the watchdog to see to it. */
function isGuarded({ enabled, quantity }: WatchdogContext): boolean {
  return enabled && !decimal.isZero(quantity)
}

function isHeld({ quantity }: WatchdogContext): boolean {
  return !decimal.isZero(quantity)
}

/** To wherever position and orders have led it by now. */
const FLAT = { guard: 'isFlat', target: 'flat' } as const
const PROTECTED = { guard: 'isCovered', target: 'protected' } as const
const UNPROTECTED = { guard: 'isUncovered', target: 'unprotected' } as const

/** How it calls the orders that it places, and knows them. */
interface OwnOrders {
  readonly idOf: (context: WatchdogContext, placed: number) => string
  readonly isOwn: (context: WatchdogContext, update: OrderUpdate) => boolean
  readonly isOwnCover: (context: WatchdogContext, order: string) => boolean
  /** The mark that a cover of its own has. */
  readonly mark: Pick<Cover, 'isOwn'>
}

const BY_FIELD: OwnOrders = {
  idOf: (context, placed) => venueId(context.venue, `${holdingName(context)}-watchdog-${placed}`),
  isOwn: (context, { owner }) => owner === watchdogAddress(context),
  isOwnCover: ({ covers }, order) => covers[order]?.isOwn === true,
  mark: { isOwn: true },
}

const isCalledOwn = (context: WatchdogContext, order: string) =>
  order.startsWith(`order/${holdingId(context)}-watchdog-`)

/** Up to version 2. */
const BY_PREFIX: OwnOrders = {
  idOf: (context, placed) => `${holdingId(context)}-watchdog-${placed}`,
  isOwn: (context, { order }) => isCalledOwn(context, order),
  isOwnCover: isCalledOwn,
  mark: {},
}

const watchdogOf = (version: string, own: OwnOrders) =>
  setup({
    types: {} as {
      input: WatchdogInput
      context: WatchdogContext
      events: WatchdogEvent
      emitted: DomainEvents<
        'PROTECTIVE_ORDERS_VERIFIED' | 'PROTECTIVE_ORDERS_MISSING' | 'PROTECTIVE_ORDERS_REPLACED'
      >
    },
    delays: {
      grace: ({ context }) => context.graceMs * 2 ** Math.min(context.refusals, DOUBLINGS_MAX),
      verifyEvery: ({ context }) => context.verifyEveryMs,
    },
    guards: {
      isFlat: ({ context }) => !isGuarded(context),
      isCovered: ({ context }) => isGuarded(context) && !decimal.isPositive(missing(context)),
      isUncovered: ({ context }) => isGuarded(context) && decimal.isPositive(missing(context)),
    },
    actions: {
      take: enqueueActions(({ context: was, event, enqueue }) => {
        const context = { ...was, ...after(was, event, own) }
        enqueue.assign(context)
        const ownOnes = ownCovers(context, own)
        const others = { ...context.covers }
        for (const [order] of ownOnes) delete others[order]
        const byOthers = covered({ ...context, covers: others })
        // Its own orders have done their work once nothing is held, or others see to it.
        if (decimal.compare(byOthers, decimal.absolute(context.quantity)) < 0) return
        for (const [order] of ownOnes) {
          const cancellation: Cancel = {
            type: 'CANCEL',
            at: event.at,
            reason: 'it protects nothing any more',
          }
          enqueue(tell(order, cancellation))
        }
      }),
      exposed: enqueueActions(({ event, enqueue }) => enqueue.assign({ exposedAt: event.at })),
      covered: enqueueActions(({ context, event: { at }, enqueue }) => {
        const { exposedAt = at, unprotectedMs, quantity, venue, symbol } = context
        const spell = at - exposedAt
        enqueue.assign({ exposedAt: undefined, unprotectedMs: unprotectedMs + spell, refusals: 0 })
        if (!isHeld(context)) return
        const isByOwn = ownCovers(context, own).some(([, { isLive }]) => isLive)
        enqueue.emit({
          type: isByOwn ? 'PROTECTIVE_ORDERS_REPLACED' : 'PROTECTIVE_ORDERS_VERIFIED',
          at,
          venue,
          symbol,
          exposure: decimal.absolute(quantity),
          protectedQty: covered(context),
          unprotectedMs: spell,
        })
      }),
      verify: enqueueActions(({ context: { covers }, event, enqueue }) => {
        const question: Verify = { type: 'VERIFY', at: event.at }
        for (const order of Object.keys(covers)) enqueue(tell(order, question))
      }),
      protect: enqueueActions(({ context, event, enqueue }) => {
        const { venue, symbol, positionSide, quantity, avgPx, exposedAt, refusals } = context
        const { at } = event
        const exposure = decimal.absolute(quantity)
        const spell = at - (exposedAt ?? at)
        const facts = { exposure, protectedQty: covered(context), unprotectedMs: spell }
        enqueue.emit({ type: 'PROTECTIVE_ORDERS_MISSING', at, venue, symbol, ...facts })
        // Its order from before has no answer yet: the order sees to that itself.
        if (ownCovers(context, own).some(([, { isLive }]) => !isLive)) return
        const placed = context.placed + 1
        const orderId = own.idOf(context, placed)
        const side = decimal.isPositive(quantity) ? 'SELL' : 'BUY'
        const orderQty = missing(context)
        const asked: Cover = { side, leavesQty: orderQty, isLive: false, ...own.mark }
        enqueue.assign({ placed, covers: { ...context.covers, [`order/${orderId}`]: asked } })
        // The price is beyond a stop that is refused, most likely; and where neither is taken, each has its turn.
        const isAtMarket = refusals % 2 === 1
        const request: OrderRequest = {
          type: 'ORDER_REQUEST',
          at,
          orderId,
          owner: watchdogAddress(context),
          venue,
          symbol,
          ...(positionSide && { positionSide }),
          side,
          ...(isAtMarket ? { ordType: 'MARKET' } : { ordType: 'STOP', stopPx: stopPxOf(context) }),
          orderQty,
          timeInForce: 'GTC',
          reduceOnly: true,
          refPx: avgPx,
        }
        enqueue(tell(`account/${venue}`, request))
      }),
    },
  }).createMachine({
    id: 'watchdog',
    version,
    description:
      'Where something is held there is a live stop for all of it: seen to on every change, and by asking the venue.',
    context: ({ input }) => ({
      ...watchdogInput.parse(input),
      quantity: decimal.ZERO,
      avgPx: decimal.ZERO,
      covers: {},
      placed: 0,
      refusals: 0,
      unprotectedMs: 0,
    }),
    on: {
      POSITION_CHANGED: { actions: 'take' },
      ORDER_UPDATE: { actions: 'take' },
      REQUEST_REFUSED: { actions: 'take' },
      CONFIGURE: { actions: 'take' },
    },
    initial: 'flat',
    states: {
      flat: { always: [UNPROTECTED, PROTECTED] },
      protected: {
        tags: 'exposed',
        always: [UNPROTECTED, FLAT],
        after: { verifyEvery: { target: 'protected', reenter: true, actions: 'verify' } },
      },
      unprotected: {
        tags: 'exposed',
        description: 'A stop may be on its way. When it is not there in time, it gets one.',
        initial: 'waiting',
        entry: 'exposed',
        exit: 'covered',
        always: [FLAT, PROTECTED],
        states: {
          waiting: { after: { grace: { target: 'waiting', reenter: true, actions: 'protect' } } },
        },
      },
    },
  })

export const watchdogMachine = watchdogOf('3', BY_FIELD)
export const watchdogVersion2 = watchdogOf('2', BY_PREFIX)

export const watchdogFromVersion2 = {
  from: '2',
  to: '3',
  migrate: ({ value, context }: { readonly value: unknown; readonly context: unknown }) => {
    const was = context as WatchdogContext
    const covers = Object.entries(was.covers).map(
      ([order, cover]) => [order, isCalledOwn(was, order) ? { ...cover, isOwn: true } : cover] as const,
    )
    return { value, context: { ...was, covers: Object.fromEntries(covers) } }
  },
}

/** As far from what was paid as the rules say, on a tick, rounded towards the price. */
function stopPxOf({ quantity, avgPx, stopPct, tickSize }: WatchdogContext): string {
  const isLong = decimal.isPositive(quantity)
  const distance = decimal.divide(decimal.multiply(avgPx, stopPct), '100')
  const px = isLong ? decimal.subtract(avgPx, distance) : decimal.add(avgPx, distance)
  if (tickSize === undefined) return decimal.round(px, PX_PLACES)
  const ticks = decimal.divide(px, tickSize)
  return decimal.multiply(isLong ? decimal.ceil(ticks) : decimal.floor(ticks), tickSize)
}
