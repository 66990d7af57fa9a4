import { assertEvent, assign, enqueueActions, setup } from 'xstate'
import type { z } from 'zod'
import type { CashFlowReport } from '../events/account.ts'
import type { DomainEvents } from '../events/domain.ts'
import type { Cancel, Verify } from '../events/order-requests.ts'
import type {
  Adopt,
  PortfolioRequest,
  VenueOrderState,
  VenueState,
  VenueStateRequest,
} from '../events/reconciliation.ts'
import { tell } from '../kind/tell.ts'
import { holdingName, orderAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { type Difference, differencesOf, differsFrom, type Told } from './differences.ts'
import {
  type ReconciliationInput,
  type reconciliationEvents,
  reconciliationInput,
} from './reconciliation-input.ts'
import { statusReport, type TermsThere, termsThere } from './venue-order.ts'

export * from './reconciliation-input.ts'

export interface ReconciliationContext extends z.output<typeof reconciliationInput> {
  /** Fills from this time on may be missing here, in epoch ms. */
  readonly since: number
  readonly startedAt: number
  /** At the look before: of the differences of a look those count that were there at the one before it. */
  readonly found: readonly Difference[]
  /** Since it was last held against the account's books. */
  readonly told: Told
}

/** A venue that has not answered is asked again after this time. */
const ANSWER_WITHIN_MS = 10_000
/** Clocks differ, and a fill is told later than it was executed. */
const OVERLAP_MS = 60_000

type ReconciliationEvent = z.infer<typeof reconciliationEvents>

const NOTHING_TOLD: Told = { balances: {}, positions: {} }

/**
 * It looks twice before it does anything, and what it compares comes in one answer of the port: so a look changes nobody else, and a
 * start, which looks, too, leaves nothing in the log of others.
 */
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
    agree: ({ event }) => event.type === 'VENUE_STATE' && differencesIn(event).length === 0,
    nothingLasts: ({ context, event }) =>
      event.type === 'VENUE_STATE' && lastingIn(event, context.found).length === 0,
    /** Reports keep coming: what is done from time to time has to be done between them. */
    isDue: ({ context, event }) => event.at - context.startedAt >= context.everyMs,
    differs: ({ context, event }) => event.type === 'PORTFOLIO' && differsFrom(context.told, event),
  },
  actions: {
    start: enqueueActions(({ context: { venue }, event, enqueue }) => {
      const reason = reasonOf(event)
      enqueue.assign({ startedAt: event.at, found: [], told: NOTHING_TOLD })
      enqueue.emit({ type: 'RECONCILIATION_STARTED', at: event.at, venue, reason })
    }),
    ask: enqueueActions(({ context: { venue, since }, enqueue }) => {
      const request: VenueStateRequest = { type: 'VENUE_STATE_REQUEST', since }
      enqueue(tell(`port/${venue}`, request))
    }),
    note: assign(({ context: { told }, event }) => {
      assertEvent(event, ['BALANCE_REPORT', 'POSITION_REPORT'])
      if (event.type === 'BALANCE_REPORT')
        return { told: { ...told, balances: { ...told.balances, [event.asset]: event.balance } } }
      return { told: { ...told, positions: { ...told.positions, [holdingName(event)]: event.quantity } } }
    }),
    configure: assign(({ event }) => (event.type === 'CONFIGURE' ? event.settings : {})),
    forget: assign({ told: NOTHING_TOLD }),
    askForBooks: enqueueActions(({ context: { venue }, event, enqueue }) => {
      const { at } = event
      const request: PortfolioRequest = { type: 'PORTFOLIO_REQUEST', at, owner: `reconciliation/${venue}` }
      enqueue(tell(`port/${venue}`, request))
    }),
    find: assign(({ event }) => {
      assertEvent(event, 'VENUE_STATE')
      return { found: differencesIn(event) }
    }),
    /** All that may bring the two together, and then it has time to arrive. */
    repair: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'VENUE_STATE')
      const { at } = event
      const { venue, unknownOrders, found } = context
      const lasting = lastingIn(event, found)
      const open = new Map<string, VenueOrderState>(
        event.openOrders.map((order) => [orderAddress(order.clOrdId), order] as const),
      )
      enqueue.assign({ found: lasting })
      const fills = event.fills.filter(({ order, terms }) => mayExplain(lasting, order, terms))
      // Strangers before what they have filled. One that has ended may be known here: it takes no notice then.
      const strangers = new Map<string, TermsThere>()
      for (const { order, terms } of fills) strangers.set(order, terms)
      for (const { id } of lasting) {
        const order = open.get(id)
        if (order !== undefined) strangers.set(id, termsThere(order))
      }
      for (const [order, terms] of strangers)
        if (event.here.working[order] === undefined) enqueue(tell(order, adoptionOf(terms, venue, at)))
      for (const { order, report } of fills) enqueue(tell(order, { ...report, at }))
      if (lasting.some(({ what }) => what === 'balance'))
        for (const flow of event.flows) enqueue(tell(`account/${venue}`, { ...flow, at }))
      for (const difference of lasting) {
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
    agree: enqueueActions(({ context: { venue, startedAt }, event: { at }, enqueue }) => {
      enqueue.assign({ found: [], since: Math.max(0, startedAt - OVERLAP_MS) })
      enqueue.emit({ type: 'RECONCILIATION_COMPLETED', at, venue, discrepancies: 0 })
    }),
    conclude: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'VENUE_STATE')
      const { at } = event
      const { venue, balances, startedAt, found } = context
      const lasting = lastingIn(event, found)
      const isOfMoney = differencesIn(event).every(({ what }) => what === 'balance')
      const done = isOfMoney && balances === 'adopt' ? 'adopted' : 'reported'
      for (const difference of lasting) {
        enqueue.emit({ type: 'RECONCILIATION_DIFFERENCE', at, venue, ...difference, done })
        if (done === 'adopted') enqueue(tell(`account/${venue}`, adjustmentFor(difference, venue, at)))
      }
      // Whatever moved up to here has been applied: what still differs has another cause.
      enqueue.assign({ found: [], since: Math.max(0, startedAt - OVERLAP_MS) })
      const mended = found.length - lasting.length
      const counts = { discrepancies: lasting.length, ...(mended > 0 && { mended }) }
      enqueue.emit({ type: 'RECONCILIATION_COMPLETED', at, venue, ...counts })
    }),
  },
}).createMachine({
  id: 'reconciliation',
  version: '3',
  description: "Holds the venue's books against ours, and says of every difference what was done about it.",
  context: ({ input }) => ({
    ...reconciliationInput.parse(input),
    since: 0,
    startedAt: 0,
    found: [],
    told: NOTHING_TOLD,
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
      entry: 'askForBooks',
      on: {
        RECONCILE: { target: 'firstLook', actions: 'start' },
        BALANCE_REPORT: { actions: 'note' },
        POSITION_REPORT: { actions: 'note' },
        PORTFOLIO: [
          { guard: 'differs', target: 'firstLook', actions: 'start' },
          { target: 'idle', actions: 'forget' },
        ],
      },
      after: { [ANSWER_WITHIN_MS]: { target: 'firstLook', actions: 'start' } },
    },
    firstLook: {
      description: 'The venue is asked; no answer means nothing but that it is asked again.',
      entry: 'ask',
      after: { [ANSWER_WITHIN_MS]: { target: 'firstLook', reenter: true } },
      on: {
        VENUE_STATE: [
          { guard: 'agree', target: 'idle', actions: 'agree' },
          { target: 'settling', actions: 'find' },
        ],
      },
    },
    settling: {
      description: 'What is under way has time to arrive.',
      after: { settle: 'secondLook' },
    },
    secondLook: {
      description: 'What differs as it did before is no matter of time.',
      entry: 'ask',
      after: { [ANSWER_WITHIN_MS]: { target: 'secondLook', reenter: true } },
      on: {
        VENUE_STATE: [
          { guard: 'nothingLasts', target: 'idle', actions: 'agree' },
          { target: 'repairing', actions: 'repair' },
        ],
      },
    },
    repairing: {
      description: 'Missed fills, status questions and adoptions are on their way.',
      after: { settle: 'verdict' },
    },
    verdict: {
      entry: 'ask',
      after: { [ANSWER_WITHIN_MS]: { target: 'verdict', reenter: true } },
      on: { VENUE_STATE: { target: 'idle', actions: 'conclude' } },
    },
  },
})

function differencesIn(state: VenueState): readonly Difference[] {
  return differencesOf(state, state.here)
}

/** Of the differences those that were found before, too. */
function lastingIn(state: VenueState, found: readonly Difference[]): readonly Difference[] {
  return differencesIn(state).filter((one) =>
    found.some(({ what, id }) => what === one.what && id === one.id),
  )
}

/** Whether a fill of the order may be what one of the books lacks. */
function mayExplain(differences: readonly Difference[], order: string, terms: TermsThere): boolean {
  return differences.some(({ what, id }) =>
    what === 'order' ? id === order : what === 'balance' || id === holdingName(terms),
  )
}

/** What brings our balance to the venue's. */
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
  return unknownOrders === 'adopt' ? 'adopted' : 'cancelled'
}

function adoptionOf(terms: TermsThere, venue: string, at: number): Adopt {
  return { type: 'ADOPT', at, venue, ...terms, account: `account/${venue}` }
}
