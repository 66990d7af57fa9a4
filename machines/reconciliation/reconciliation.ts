import { assertEvent, enqueueActions, setup } from 'xstate'
import { z } from 'zod'
import type { Cancel, Verify } from '../events/commands.ts'
import type { DomainEvents } from '../events/domain.ts'
import type { ExecutionReport } from '../events/order.ts'
import {
  type Adopt,
  type PortfolioReport,
  type PortfolioRequest,
  portfolio,
  type Reconcile,
  reconcile,
  type VenueOrderState,
  type VenueState,
  type VenueStateRequest,
  venueState,
} from '../events/reconciliation.ts'
import { tell } from '../tell.ts'
import { type Difference, differencesOf, orderOf } from './differences.ts'

export const reconciliationRules = {
  /** How often the books are held against each other, in ms. */
  everyMs: z.number().int().positive().default(60_000),
  /** How long what is under way may take to arrive before a difference counts as one, in ms. */
  settleMs: z.number().int().positive().default(5_000),
  /** What becomes of orders at the venue that nobody here knows. */
  unknownOrders: z.enum(['adopt', 'cancel']).default('adopt'),
}

export const reconciliationInput = z.object({ venue: z.string(), ...reconciliationRules })
export type ReconciliationInput = z.input<typeof reconciliationInput>

export interface ReconciliationContext extends z.infer<typeof reconciliationInput> {
  /** Fills from this time on may be missing here, in epoch ms. */
  readonly since: number
  readonly startedAt: number
  /** What the venue has said, while the account is asked. */
  readonly state?: VenueState
  /** Differences at the first look: at the second those count that are still there. */
  readonly found: number
}

export const reconciliationEvents = z.discriminatedUnion('type', [reconcile, venueState, portfolio])

/** A venue that has not answered is asked again after this time. */
const ANSWER_WITHIN_MS = 10_000
/** Clocks differ, and a fill is told later than it was executed. */
const OVERLAP_MS = 60_000

type ReconciliationEvent = Reconcile | VenueState | PortfolioReport

export const reconciliationMachine = setup({
  types: {} as {
    input: ReconciliationInput
    context: ReconciliationContext
    events: ReconciliationEvent
    emitted: DomainEvents<'RECONCILIATION_STARTED' | 'RECONCILIATION_DIFFERENCE' | 'RECONCILIATION_COMPLETED'>
  },
  delays: {
    every: ({ context }) => context.everyMs,
    settle: ({ context }) => context.settleMs,
  },
  guards: {
    agree: ({ context: { state }, event }) =>
      event.type === 'PORTFOLIO' && state !== undefined && differencesOf(state, event).length === 0,
  },
  actions: {
    start: enqueueActions(({ context: { venue }, event, enqueue }) => {
      const reason = event.type === 'RECONCILE' ? event.reason : 'periodic'
      enqueue.assign({ startedAt: event.at, found: 0 })
      enqueue.emit({ type: 'RECONCILIATION_STARTED', at: event.at, venue, reason })
    }),
    ask: enqueueActions(({ context: { venue, since }, enqueue }) => {
      const request: VenueStateRequest = { type: 'VENUE_STATE_REQUEST', since }
      enqueue(tell(`port/${venue}`, request))
    }),
    askAccount: enqueueActions(({ context: { venue }, event, enqueue }) => {
      assertEvent(event, 'VENUE_STATE')
      enqueue.assign({ state: event })
      const request: PortfolioRequest = {
        type: 'PORTFOLIO_REQUEST',
        at: event.at,
        owner: `reconciliation/${venue}`,
      }
      enqueue(tell(`account/${venue}`, request))
    }),
    /** At the first look: all that may bring the two together, and then what is under way has time to arrive. */
    mend: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'PORTFOLIO')
      const { at } = event
      const { venue, unknownOrders } = context
      const state = context.state as VenueState
      const differences = differencesOf(state, event)
      enqueue.assign({ state: undefined, found: differences.length })
      for (const { order, report } of state.fills) enqueue(tell(order, { ...report, at }))
      for (const difference of differences) {
        const { id, here } = difference
        const order = difference.what === 'order' && state.openOrders.find((one) => orderOf(one) === id)
        enqueue.emit({
          type: 'RECONCILIATION_DIFFERENCE',
          at,
          venue,
          ...difference,
          done: doneAbout(difference, unknownOrders),
        })
        if (difference.what !== 'order') continue
        if (!order) {
          const question: Verify = { type: 'VERIFY', at }
          enqueue(tell(id, question))
          continue
        }
        if (here === 'none') enqueue(tell(id, adoptionOf(order, venue, at)))
        enqueue(tell(id, statusOf(order, at)))
        if (here !== 'none' || unknownOrders === 'adopt') continue
        const cancellation: Cancel = { type: 'CANCEL', at, reason: 'nobody here knows it' }
        enqueue(tell(id, cancellation))
      }
    }),
    report: enqueueActions(({ context: { venue, state }, event, enqueue }) => {
      assertEvent(event, 'PORTFOLIO')
      const { at } = event
      const differences = differencesOf(state as VenueState, event)
      for (const difference of differences) {
        enqueue.emit({ type: 'RECONCILIATION_DIFFERENCE', at, venue, ...difference, done: 'reported' })
      }
      enqueue.assign({ state: undefined })
      enqueue.emit({ type: 'RECONCILIATION_COMPLETED', at, venue, discrepancies: differences.length })
    }),
    complete: enqueueActions(({ context: { venue, startedAt, found }, event: { at }, enqueue }) => {
      // Up to here nothing is missing.
      enqueue.assign({ state: undefined, since: Math.max(0, startedAt - OVERLAP_MS) })
      enqueue.emit({
        type: 'RECONCILIATION_COMPLETED',
        at,
        venue,
        discrepancies: 0,
        ...(found > 0 && { mended: found }),
      })
    }),
  },
}).createMachine({
  id: 'reconciliation',
  version: '1',
  description: "Holds the venue's books against ours, and says of every difference what was done about it.",
  context: ({ input }) => ({ ...reconciliationInput.parse(input), since: 0, startedAt: 0, found: 0 }),
  initial: 'idle',
  states: {
    idle: {
      on: { RECONCILE: { target: 'firstLook', actions: 'start' } },
      after: { every: { target: 'firstLook', actions: 'start' } },
    },
    firstLook: {
      description: 'The venue is asked; no answer means nothing but that it is asked again.',
      entry: 'ask',
      after: { [ANSWER_WITHIN_MS]: { target: 'firstLook', reenter: true } },
      on: {
        VENUE_STATE: { actions: 'askAccount' },
        PORTFOLIO: [
          { guard: 'agree', target: 'idle', actions: 'complete' },
          { target: 'settling', actions: 'mend' },
        ],
      },
    },
    settling: {
      description: 'Missed fills, status questions and adoptions are on their way.',
      after: { settle: 'secondLook' },
    },
    secondLook: {
      entry: 'ask',
      after: { [ANSWER_WITHIN_MS]: { target: 'secondLook', reenter: true } },
      on: {
        VENUE_STATE: { actions: 'askAccount' },
        PORTFOLIO: [
          { guard: 'agree', target: 'idle', actions: 'complete' },
          { target: 'idle', actions: 'report' },
        ],
      },
    },
  },
})

function doneAbout({ what, here, there }: Difference, unknownOrders: 'adopt' | 'cancel') {
  if (what !== 'order') return 'fills applied'
  if (there === 'none') return 'asked'
  if (here !== 'none') return 'told'
  return unknownOrders === 'adopt' ? 'adopted' : 'cancelled'
}

function adoptionOf(order: VenueOrderState, venue: string, at: number): Adopt {
  const {
    clOrdId: _id,
    orderId: _order,
    ordStatus: _status,
    cumQty: _cum,
    leavesQty: _left,
    avgPx: _px,
    ...terms
  } = order
  return { type: 'ADOPT', at, venue, ...terms, account: `account/${venue}` }
}

function statusOf(order: VenueOrderState, at: number): ExecutionReport {
  const { clOrdId, orderId, symbol, side, orderQty, price, stopPx, ordStatus, cumQty, leavesQty, avgPx } =
    order
  return {
    type: 'EXECUTION_REPORT',
    at,
    execType: 'ORDER_STATUS',
    ordStatus,
    clOrdId,
    orderId,
    execId: `reconciled-${at}`,
    symbol,
    side,
    orderQty,
    ...(price && { price }),
    ...(stopPx && { stopPx }),
    cumQty,
    leavesQty,
    avgPx,
  }
}
