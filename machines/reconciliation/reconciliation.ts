import { setup } from 'xstate'
import { ofReconciliation } from '../kind/former-names.ts'
import * as actions from './actions.ts'
import { NOTHING_REPORTED, type ReconciliationTypes } from './context.ts'
import { reconciliationDeclaration } from './declaration.ts'
import { differsFrom, hasReports } from './differences.ts'
import { reconciliationInput } from './reconciliation-input.ts'
import { differencesIn, lastingIn } from './repair.ts'
import { fromVersion2, fromVersion3, fromVersion4 } from './upgrades.ts'
import { reconciliationVersion2 } from './version-2.ts'

/** Time within which a venue answers, in ms. After it the venue is asked again. */
const ANSWER_WITHIN_MS = 10_000

/**
 * The machine looks twice before it acts. The port sends both books in one answer, so a look changes no other actor. A start
 * looks, too, and so leaves no record of other actors.
 */
const machine = setup({
  types: {} as ReconciliationTypes,
  delays: {
    every: ({ context }) => context.everyMs,
    settle: ({ context }) => context.settleMs,
  },
  guards: {
    agree: ({ event }) => event.type === 'VENUE_STATE' && differencesIn(event).length === 0,
    nothingLasts: ({ context, event }) =>
      event.type === 'VENUE_STATE' && lastingIn(event, context.found).length === 0,
    /** Returns whether the periodic look is due. Reports keep coming, so it has to happen between them. */
    isDue: ({ context, event }) => event.at - context.startedAt >= context.everyMs,
    differs: ({ context, event }) => event.type === 'PORTFOLIO' && differsFrom(context.reported, event),
    isAsked: ({ context }) => context.asked !== undefined,
    hasHeard: ({ context }) => hasReports(context.reported),
    /** A repair tells orders what the venue has, and some answer with a request. To look again for that would never end. */
    isNoEcho: ({ event }) => event.type === 'RECONCILE' && event.order === undefined,
  },
  actions,
})

/**
 * Returns the machine of a version. `awaiting` is what it calls the state in which it waits for more reports. Versions before 5 do
 * not hear what comes during a look.
 */
const reconciliationOf = <const Name extends string>(version: string, awaiting: Name) => {
  const hears = Number(version) >= 5
  const reports = {
    BALANCE_REPORT: { actions: 'note' as const },
    POSITION_REPORT: { actions: 'note' as const },
  }
  const duringLook = hears ? { RECONCILE: { actions: 'remember' as const }, ...reports } : {}
  const duringRepair = hears
    ? { RECONCILE: { guard: 'isNoEcho' as const, actions: 'remember' as const }, ...reports }
    : {}
  const heard = [
    { guard: 'isAsked' as const, target: 'firstLook', actions: 'start' as const },
    { guard: 'hasHeard' as const, target: awaiting },
  ]
  return machine.createMachine({
    id: 'reconciliation',
    version,
    description:
      "Compares the venue's books with ours, and records each difference with the action that it led to.",
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
        ...(hears && { always: heard }),
        on: {
          RECONCILE: { target: 'firstLook', actions: 'start' },
          BALANCE_REPORT: { target: awaiting, actions: 'note' },
          POSITION_REPORT: { target: awaiting, actions: 'note' },
        },
        after: { every: { target: 'firstLook', actions: 'start' } },
      },
      [awaiting]: {
        description:
          'The venue has sent a balance or a position by itself. Its fills may still be under way.',
        on: {
          RECONCILE: { target: 'firstLook', actions: 'start' },
          ...reports,
        },
        after: {
          settle: [{ guard: 'isDue', target: 'firstLook', actions: 'start' }, { target: 'comparing' }],
        },
      },
      comparing: {
        entry: 'askForBooks',
        on: {
          RECONCILE: { target: 'firstLook', actions: 'start' },
          ...reports,
          PORTFOLIO: [
            { guard: 'differs', target: 'firstLook', actions: 'start' },
            { target: 'idle', actions: 'forget' },
          ],
        },
        after: { [ANSWER_WITHIN_MS]: { target: 'firstLook', actions: 'start' } },
      },
      firstLook: {
        description: 'The venue is asked for its books. If no answer comes, it is asked again.',
        entry: 'ask',
        after: { [ANSWER_WITHIN_MS]: { target: 'firstLook', reenter: true } },
        on: {
          ...duringLook,
          VENUE_STATE: [
            { guard: 'agree', target: 'idle', actions: 'agree' },
            { target: 'settling', actions: 'find' },
          ],
        },
      },
      settling: {
        description: 'Reports that are under way have time to arrive.',
        on: duringLook,
        after: { settle: 'secondLook' },
      },
      secondLook: {
        description: 'The books are compared again. A difference that is still there is real.',
        entry: 'ask',
        after: { [ANSWER_WITHIN_MS]: { target: 'secondLook', reenter: true } },
        on: {
          ...duringLook,
          VENUE_STATE: [
            { guard: 'nothingLasts', target: 'idle', actions: 'agree' },
            { target: 'repairing', actions: 'repair' },
          ],
        },
      },
      repairing: {
        description: 'Repairs are under way: missed fills, status requests and adoptions.',
        on: duringRepair,
        after: { settle: 'verdict' },
      },
      verdict: {
        entry: 'ask',
        after: { [ANSWER_WITHIN_MS]: { target: 'verdict', reenter: true } },
        on: { ...duringRepair, VENUE_STATE: { target: 'idle', actions: 'conclude' } },
      },
    },
  })
}

export const reconciliationMachine = reconciliationOf('5', 'awaitingReports')
export const reconciliationVersion4 = reconciliationOf('4', 'awaitingReports')
export const reconciliationVersion3 = reconciliationOf('3', 'hearing')

/** The kind for the registry. */
export const reconciliationKind = {
  ...reconciliationDeclaration,
  machine: reconciliationMachine,
  previous: [reconciliationVersion4, reconciliationVersion3, reconciliationVersion2],
  upgrades: [fromVersion2, fromVersion3, fromVersion4],
  upcasters: ofReconciliation,
  holds: () => "it knows up to when the venue's books agree with ours",
}
