/**
 * Replays version 2, which asked its account in a record and repaired at the first look. It has no declaration, because it is only
 * replayed: the events that it emitted and sent are on record, and none of them leaves.
 */
import { assertEvent, assign, enqueueActions, setup } from 'xstate'
import type { z } from 'zod'
import type { DomainEvents } from '../domain.ts'
import type { CashFlowReport } from '../events/account.ts'
import type { Cancel, Verify } from '../events/order-requests.ts'
import type {
  Adopt,
  PortfolioRequest,
  VenueOrderState,
  VenueState,
  VenueStateRequest,
} from '../events/reconciliation.ts'
import { tell } from '../kind/tell.ts'
import {
  accountAddress,
  holdingName,
  orderAddress,
  portAddress,
  reconciliationAddress,
} from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import type { ReconciliationEvent } from './declaration.ts'
import { type Difference, differencesOf, differsFrom, type Reported } from './differences.ts'
import { type ReconciliationInput, reconciliationInput } from './reconciliation-input.ts'
import { statusReport, type TermsThere, termsThere } from './venue-order.ts'

export interface ReconciliationContext2 extends z.output<typeof reconciliationInput> {
  /** Time from which fills may be missing in our books, in epoch ms. */
  readonly since: number
  readonly startedAt: number
  /** The venue's answer, while the account is asked. */
  readonly state?: VenueState
  /** The differences of the first look. At the second look only these count, because others may have just appeared. */
  readonly found: readonly Difference[]
  /** The balances and positions that the venue reported since the last comparison with the account's books. */
  readonly reported: Reported
}

/** Time within which a venue answers, in ms. After it the venue is asked again. */
const ANSWER_WITHIN_MS = 10_000
/**
 * The time by which a look reaches back beyond the look before, in ms. Clocks differ, and a fill is reported later than it was
 * executed.
 */
const OVERLAP_MS = 60_000

const NOTHING_REPORTED: Reported = { balances: {}, positions: {} }

export const reconciliationVersion2 = setup({
  types: {} as {
    input: ReconciliationInput
    context: ReconciliationContext2
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
    /** Returns whether the periodic look is due. Reports keep coming, so it has to happen between them. */
    isDue: ({ context, event }) => event.at - context.startedAt >= context.everyMs,
    differs: ({ context, event }) => event.type === 'PORTFOLIO' && differsFrom(context.reported, event),
  },
  actions: {
    start: enqueueActions(({ context: { venue }, event, enqueue }) => {
      const reason = reasonOf(event)
      enqueue.assign({ startedAt: event.at, found: [], reported: NOTHING_REPORTED })
      enqueue.emit({ type: 'RECONCILIATION_STARTED', at: event.at, venue, reason })
    }),
    ask: enqueueActions(({ context: { venue, since }, enqueue }) => {
      const request: VenueStateRequest = { type: 'VENUE_STATE_REQUEST', since }
      enqueue(tell(portAddress(venue), request))
    }),
    note: assign(({ context: { reported }, event }) => {
      assertEvent(event, ['BALANCE_REPORT', 'POSITION_REPORT'])
      if (event.type === 'BALANCE_REPORT')
        return { reported: { ...reported, balances: { ...reported.balances, [event.asset]: event.balance } } }
      return {
        reported: { ...reported, positions: { ...reported.positions, [holdingName(event)]: event.quantity } },
      }
    }),
    configure: assign(({ event }) => (event.type === 'CONFIGURE' ? event.settings : {})),
    forget: assign({ reported: NOTHING_REPORTED }),
    takeState: assign(({ event }) => (event.type === 'VENUE_STATE' ? { state: event } : {})),
    askAccount: enqueueActions(({ context: { venue }, event, enqueue }) => {
      const request: PortfolioRequest = {
        type: 'PORTFOLIO_REQUEST',
        at: event.at,
        owner: reconciliationAddress(venue),
      }
      enqueue(tell(accountAddress(venue), request))
    }),
    /**
     * Asks, at the first look, for everything that may make the two books equal. The answers have time to arrive until the second
     * look.
     */
    repair: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'PORTFOLIO')
      const { at } = event
      const { venue, unknownOrders } = context
      const state = context.state as VenueState
      const differences = differencesOf(state, event)
      const open = new Map<string, VenueOrderState>(
        state.openOrders.map((order) => [orderAddress(order.clOrdId), order] as const),
      )
      enqueue.assign({ state: undefined, found: differences })
      // Strangers before what they have filled. One that has ended may be known here: it takes no notice then.
      const unknown = new Map<string, TermsThere>()
      for (const { order, terms } of state.fills) unknown.set(order, terms)
      for (const [order, it] of open) unknown.set(order, termsThere(it))
      for (const [order, terms] of unknown)
        if (event.working[order] === undefined) enqueue(tell(order, adoptionOf(terms, venue, at)))
      for (const { order, report } of state.fills) enqueue(tell(order, { ...report, at }))
      for (const flow of state.flows) enqueue(tell(accountAddress(venue), { ...flow, at }))
      for (const difference of differences) {
        const { what, id, here } = difference
        const done = doneAbout(difference, unknownOrders)
        enqueue.emit({ type: 'RECONCILIATION_DIFFERENCE', at, venue, ...difference, done })
        if (what !== 'order') continue
        const order = open.get(id)
        if (order === undefined) {
          const question: Verify = { type: 'VERIFY', at }
          enqueue(tell(id, question))
          continue
        }
        enqueue(tell(id, statusReport(order, { at, execId: `reconciled-${at}` })))
        if (here !== 'none' || unknownOrders === 'adopt') continue
        const cancellation: Cancel = { type: 'CANCEL', at, reason: 'nobody here knows it' }
        enqueue(tell(id, cancellation))
      }
    }),
    conclude: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'PORTFOLIO')
      const { at } = event
      const { venue, state, balances, startedAt, found } = context
      const differences = differencesOf(state as VenueState, event)
      const lasting = differences.filter((one) =>
        found.some(({ what, id }) => what === one.what && id === one.id),
      )
      const isOfMoney = differences.every(({ what }) => what === 'balance')
      const done = isOfMoney && balances === 'adopt' ? 'adopted' : 'reported'
      for (const difference of lasting) {
        enqueue.emit({ type: 'RECONCILIATION_DIFFERENCE', at, venue, ...difference, done })
        if (done === 'adopted') enqueue(tell(accountAddress(venue), adjustmentFor(difference, venue, at)))
      }
      // Whatever moved up to here has been applied: what still differs has another cause.
      enqueue.assign({ state: undefined, since: Math.max(0, startedAt - OVERLAP_MS) })
      const repaired = found.length - lasting.length
      const counts = { discrepancies: lasting.length, ...(repaired > 0 && { repaired }) }
      enqueue.emit({ type: 'RECONCILIATION_COMPLETED', at, venue, ...counts })
    }),
  },
}).createMachine({
  id: 'reconciliation',
  version: '2',
  description: "Holds the venue's books against ours, and says of every difference what was done about it.",
  context: ({ input }) => ({
    ...reconciliationInput.parse(input),
    since: 0,
    startedAt: 0,
    found: [],
    reported: NOTHING_REPORTED,
  }),
  on: { CONFIGURE: { actions: 'configure' } },
  initial: 'idle',
  states: {
    idle: {
      on: {
        RECONCILE: { target: 'firstLook', actions: 'start' },
        BALANCE_REPORT: { target: 'hearing', actions: 'note' },
        POSITION_REPORT: { target: 'hearing', actions: 'note' },
      },
      after: { every: { target: 'firstLook', actions: 'start' } },
    },
    hearing: {
      description: 'The venue told something unasked; the fills behind it may yet have to arrive.',
      on: {
        RECONCILE: { target: 'firstLook', actions: 'start' },
        BALANCE_REPORT: { actions: 'note' },
        POSITION_REPORT: { actions: 'note' },
      },
      after: {
        settle: [{ guard: 'isDue', target: 'firstLook', actions: 'start' }, { target: 'comparing' }],
      },
    },
    comparing: {
      entry: 'askAccount',
      on: {
        PORTFOLIO: [
          { guard: 'differs', target: 'firstLook', actions: 'start' },
          { target: 'idle', actions: 'forget' },
        ],
      },
    },
    firstLook: {
      description: 'The venue is asked; no answer means nothing but that it is asked again.',
      entry: 'ask',
      after: { [ANSWER_WITHIN_MS]: { target: 'firstLook', reenter: true } },
      on: {
        VENUE_STATE: { actions: ['takeState', 'askAccount'] },
        PORTFOLIO: [
          { guard: 'agree', target: 'idle', actions: 'conclude' },
          { target: 'settling', actions: 'repair' },
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
        VENUE_STATE: { actions: ['takeState', 'askAccount'] },
        PORTFOLIO: { target: 'idle', actions: 'conclude' },
      },
    },
  },
})

/** Returns the cash flow that makes our balance equal to the venue's. */
function adjustmentFor({ id: asset, here, there }: Difference, venue: string, at: number): CashFlowReport {
  const change = decimal.subtract(there, here)
  const flowId = `reconciled-${at}-${asset}`
  return { type: 'CASH_FLOW_REPORT', at, venue, flowId, asset, change, reason: 'reconciliation' }
}

function reasonOf(event: ReconciliationEvent): string {
  if (event.type === 'RECONCILE') return event.reason
  return event.type === 'PORTFOLIO' ? 'the venue has told otherwise' : 'periodic'
}

function doneAbout({ what, here, there }: Difference, unknownOrders: 'adopt' | 'cancel') {
  if (what !== 'order') return 'movements applied'
  if (there === 'none') return 'asked'
  if (here !== 'none') return 'told'
  return unknownOrders === 'adopt' ? 'adopted' : 'canceled'
}

function adoptionOf(terms: TermsThere, venue: string, at: number): Adopt {
  return { type: 'ADOPT', at, venue, ...terms, account: accountAddress(venue) }
}
