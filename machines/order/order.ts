import { setup } from 'xstate'
import { compact } from '../../errors/compact.ts'
import type { Deny, Submit } from '../events/order-requests.ts'
import type { Adopt } from '../events/reconciliation.ts'
import { ofOrder } from '../kind/former-names.ts'
import { asItIs, versionsSince } from '../kind/kind.ts'
import { actionsOf, type Ending, type From } from './actions.ts'
import {
  contextOf,
  type OrderContext,
  type OrderInput,
  type OrderTypes,
  type RequestState,
  requestState,
} from './context.ts'
import { orderDeclaration, since } from './declaration.ts'
import { ANSWER_WITHIN_MS, type ExecutionState, hasEnded, outcomeOf } from './execution.ts'
import { exactly, type Form, knownRequests, once, ownRequests, strictly } from './form.ts'

/** The states that a report may lead to. */
type Reported = Exclude<ExecutionState, 'initialized' | 'denied'>

const ENDS = ['canceled', 'expired', 'rejected', 'doneForDay'] as const
const HALTS = ['stopped', 'suspended'] as const

/** Returns a transition for each state that a report may lead to from this one. */
function reports(from: ExecutionState, ...targets: readonly Reported[]) {
  return targets.map((to) => ({
    guard: { type: 'leads' as const, params: { to, from } },
    ...(to !== from && { target: to }),
    actions: [{ type: 'takeReport' as const, params: { from } }, 'tellWatchers' as const],
  }))
}

function ending(as: Ending) {
  return { target: as, actions: [{ type: 'end' as const, params: { as } }, 'tellWatchers' as const] }
}

/** The end of an order that its venue does not have. Only the venue itself can say so. */
const ORDER_UNKNOWN = ending('canceled')
const VERIFY = { actions: 'askStatus' as const }

/** Drops the pending requests, because a venue that does not know the order answers none of them. */
const FORGOTTEN = { target: 'idle' as const, actions: ['dropRequests' as const, 'tellWatchers' as const] }

/** Returns the transition that leaves a request's state once the request is answered. */
const answered = (request: RequestState) => ({
  guard: { type: 'leaves' as const, params: { request } },
  target: request,
})
const unanswered = (state: RequestState) => ({
  [ANSWER_WITHIN_MS]: { target: state, reenter: true, actions: 'askStatus' as const },
})

const REFUSE_REPLACE = ['refuseReplace', 'tellWatchers'] as const
const REPLACE = [
  { guard: 'mayReplace' as const, target: 'pendingReplace' as const, actions: 'requestReplace' as const },
  { actions: REFUSE_REPLACE },
]

const orderOf = (version: string, form: Form) => {
  const outcomeOf = once(form.outcomeOf)
  return setup({
    types: {} as OrderTypes,
    guards: {
      /** Returns whether the report leads to this state by FIX's rules: see execution.ts. */
      leads: ({ context, event }, { from, to }: From & { to: Reported }) =>
        event.type === 'EXECUTION_REPORT' && outcomeOf(context, from, event)?.state === to,
      /** Returns whether the venue has had the ClOrdID before. It may have come from us, so the venue may have the order (FIX F.1.b). */
      isDuplicate: ({ event }) =>
        event.type === 'EXECUTION_REPORT' && event.ordRejReason === 'DUPLICATE_ORDER',
      isKnown: ({ context }) => context.venueOrderId !== undefined,
      /** Returns whether the order has ended for good. An order that is done for the day can still be canceled. */
      isOver: ({ context }) => hasEnded(context) && context.ordStatus !== 'DONE_FOR_DAY',
      differs: ({ context }) => context.reportedQty !== undefined,
      isPending: ({ context, event }) =>
        event.type === 'ORDER_CANCEL_REJECT' &&
        context.pending.some(({ clOrdId }) => clOrdId === event.clOrdId),
      /**
       * Returns whether the order may be replaced. A filled order may get a larger quantity (FIX C.1.c). An order that ended otherwise
       * does not come back.
       */
      mayReplace: ({ context }) =>
        context.venueOrderId !== undefined && (!hasEnded(context) || context.ordStatus === 'FILLED'),
      leaves: ({ context }, { request }: { request: RequestState }) =>
        requestState(context.pending) === request,
    },
    actions: actionsOf(version, { ...form, outcomeOf }),
  }).createMachine({
    id: 'order',
    version,
    description:
      'An order at a venue. One region is what the venue has done to it, the other what was asked of it. So a fill while ' +
      'a cancel is pending changes only the first (FIX 4.4, appendix D).',
    context: ({ input }) => contextOf(input),
    type: 'parallel',
    on: {
      SUBMIT: { actions: 'refuseSubmit' },
      SETTLED: { guard: 'differs', actions: 'reconcile' },
      ORDER_CANCEL_REJECT: { guard: 'isPending', actions: ['takeRefusal', 'tellWatchers'] },
    },
    states: {
      execution: {
        initial: 'initialized',
        states: {
          initialized: {
            on: {
              SUBMIT: { target: 'submitted', actions: ['reportCreated', 'place'] },
              DENY: { target: 'denied', actions: ['reportCreated', ...ending('denied').actions] },
              ADOPT: { target: 'submitted', actions: ['reportCreated', 'reportAdopted'] },
            },
          },
          denied: {
            tags: 'closed',
            description: 'The risk gate has denied the order. The venue never sees it.',
          },
          submitted: {
            tags: 'working',
            description: 'The order is on its way. Only the venue can say whether it has arrived.',
            after: {
              [ANSWER_WITHIN_MS]: { target: 'submitted', reenter: true, actions: 'askStatus' },
            },
            on: {
              VERIFY,
              ORDER_UNKNOWN: ending('rejected'),
              EXECUTION_REPORT: [
                { guard: 'isDuplicate', target: 'submitted', reenter: true, actions: 'askStatus' },
                ...reports(
                  'submitted',
                  'submitted',
                  'accepted',
                  'triggered',
                  'partiallyFilled',
                  'filled',
                  ...ENDS,
                  ...HALTS,
                ),
              ],
            },
          },
          accepted: {
            tags: 'working',
            on: {
              VERIFY,
              ORDER_UNKNOWN,
              EXECUTION_REPORT: reports(
                'accepted',
                'accepted',
                'triggered',
                'partiallyFilled',
                'filled',
                ...ENDS,
                ...HALTS,
              ),
            },
          },
          triggered: {
            tags: 'working',
            description:
              'The price of the order was reached. It works as a market or limit order from now on.',
            on: {
              VERIFY,
              ORDER_UNKNOWN,
              EXECUTION_REPORT: reports(
                'triggered',
                'triggered',
                'partiallyFilled',
                'filled',
                ...ENDS,
                ...HALTS,
              ),
            },
          },
          partiallyFilled: {
            tags: 'working',
            on: {
              VERIFY,
              ORDER_UNKNOWN,
              EXECUTION_REPORT: reports(
                'partiallyFilled',
                'partiallyFilled',
                'filled',
                'accepted',
                ...ENDS,
                ...HALTS,
              ),
            },
          },
          stopped: {
            tags: 'working',
            description:
              'The venue guarantees the execution of the order, which is still to come (FIX L.1.a).',
            on: {
              VERIFY,
              ORDER_UNKNOWN,
              EXECUTION_REPORT: reports('stopped', 'filled', ...ENDS, ...HALTS),
            },
          },
          suspended: {
            tags: 'working',
            description: 'Trading is halted. The venue keeps the order (FIX K.1).',
            on: {
              VERIFY,
              ORDER_UNKNOWN,
              EXECUTION_REPORT: reports(
                'suspended',
                'accepted',
                'partiallyFilled',
                'filled',
                ...ENDS,
                ...HALTS,
              ),
            },
          },
          filled: {
            tags: 'closed',
            description:
              'The order is filled. A venue may fill more than was ordered. A bust opens the order again (FIX J.1.a).',
            on: { EXECUTION_REPORT: reports('filled', 'filled', 'partiallyFilled', 'accepted', ...ENDS) },
          },
          canceled: {
            tags: 'closed',
            description:
              'The order is canceled. A fill that was on its way counts, and may make it a filled one.',
            on: { EXECUTION_REPORT: reports('canceled', 'canceled', 'filled') },
          },
          expired: {
            tags: 'closed',
            on: { EXECUTION_REPORT: reports('expired', 'expired', 'filled', 'triggered', 'partiallyFilled') },
          },
          rejected: { tags: 'closed', on: { EXECUTION_REPORT: reports('rejected', 'rejected', 'filled') } },
          doneForDay: {
            tags: 'closed',
            description: 'The order fills no more today. A GTC order is restated on the next day (FIX H.1).',
            on: {
              EXECUTION_REPORT: reports(
                'doneForDay',
                'doneForDay',
                'filled',
                'accepted',
                'partiallyFilled',
                'canceled',
                'expired',
              ),
            },
          },
        },
      },
      request: {
        initial: 'idle',
        states: {
          idle: {
            on: {
              CANCEL: [
                { guard: 'isOver', actions: 'refuseCancel' },
                {
                  guard: 'isKnown',
                  target: 'pendingCancel',
                  actions: ['reportIntervention', 'requestCancel'],
                },
                { target: 'cancelWanted', actions: 'reportIntervention' },
              ],
              REPLACE,
            },
          },
          cancelWanted: {
            description: 'A cancel is asked for, and waits until the venue has acknowledged the order.',
            always: [
              { guard: 'isOver', target: 'idle' },
              { guard: 'isKnown', target: 'pendingCancel', actions: 'requestCancel' },
            ],
            on: { REPLACE: { actions: REFUSE_REPLACE } },
          },
          pendingReplace: {
            always: answered('idle'),
            after: unanswered('pendingReplace'),
            on: {
              ORDER_UNKNOWN: FORGOTTEN,
              CANCEL: { target: 'pendingCancel', actions: ['reportIntervention', 'requestCancel'] },
              REPLACE,
            },
          },
          pendingCancel: {
            always: [answered('idle'), answered('pendingReplace')],
            after: unanswered('pendingCancel'),
            on: { ORDER_UNKNOWN: FORGOTTEN, REPLACE: { actions: REFUSE_REPLACE } },
          },
        },
      },
    },
  })
}

function formOf(version: string): Form {
  const isExact = Number(version) >= 8
  return { outcomeOf: isExact ? exactly : strictly, requestsOf: knownRequests, isExact }
}

const today = versionsSince('6', since, (version) => orderOf(version, formOf(version)))
export const orderMachine = today.machine
export const orderVersion5 = orderOf('5', { outcomeOf: strictly, requestsOf: ownRequests, isExact: false })
export const orderVersion4 = orderOf('4', { outcomeOf, requestsOf: ownRequests, isExact: false })

/** The upgrade from version 5, in which an order knew its list only as a watcher. */
export const orderFromVersion5 = {
  from: '5',
  to: '6',
  migrate: ({ value, context }: { readonly value: unknown; readonly context: unknown }) => {
    const { terms, ...rest } = context as OrderContext
    const list = terms.watchers?.find((watcher) => watcher.startsWith('list/'))
    return { value, context: { ...rest, terms: { ...terms, ...compact({ list }) } } }
  },
}

/** The kind for the registry. */
export const orderKind = {
  ...orderDeclaration,
  machine: orderMachine,
  previous: [...today.previous, orderVersion5, orderVersion4],
  upgrades: [{ from: '4', to: '5', migrate: asItIs }, orderFromVersion5, ...today.upgrades],
  upcasters: ofOrder,
  holds: () => 'the venue may have it: cancel it instead',
  /** Returns the input of an order for its SUBMIT, or for the event that keeps it from being submitted. */
  activate: (event: { type: string }, id: string): OrderInput | undefined => {
    if (event.type === 'SUBMIT') {
      const { type: _type, at: _at, ...terms } = event as Submit
      return { id, terms }
    }
    if (event.type === 'ADOPT') {
      const { type: _type, at: _at, foreignId, cause, ...terms } = event as Adopt
      return compact({ id, foreignId, cause, terms })
    }
    if (event.type !== 'DENY') return undefined
    const { type: _type, at: _at, text: _text, ordRejReason: _reason, ...terms } = event as Deny
    return { id, terms }
  },
}
