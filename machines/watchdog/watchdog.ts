import { setup } from 'xstate'
import { ofEvents } from '../kind/former-names.ts'
import { versionsSince } from '../kind/kind.ts'
import * as decimal from '../model/decimal.ts'
import { actionsOf } from './actions.ts'
import type { WatchdogContext, WatchdogTypes } from './context.ts'
import { BY_FIELD, BY_PREFIX, graceOf, isCalledOwn, isGuarded, missing, type OwnOrders } from './covers.ts'
import { since, watchdogDeclaration } from './declaration.ts'
import { watchdogInput } from './settings.ts'

/** The transitions to the state that position and orders have led to. */
const FLAT = { guard: 'isFlat', target: 'flat' } as const
const PROTECTED = { guard: 'isCovered', target: 'protected' } as const
const UNPROTECTED = { guard: 'isUncovered', target: 'unprotected' } as const

const watchdogOf = (version: string, own: OwnOrders) =>
  setup({
    types: {} as WatchdogTypes,
    delays: {
      grace: ({ context }) => graceOf(context),
      verifyEvery: ({ context }) => context.verifyEveryMs,
    },
    guards: {
      isFlat: ({ context }) => !isGuarded(context),
      isCovered: ({ context }) => isGuarded(context) && !decimal.isPositive(missing(context)),
      isUncovered: ({ context }) => isGuarded(context) && decimal.isPositive(missing(context)),
    },
    actions: actionsOf(version, own),
  }).createMachine({
    id: 'watchdog',
    version,
    description:
      'Makes sure that live stops cover every position, at each change and by asking the venue from time to time.',
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
        description: 'A stop may be on its way. When none comes in time, the watchdog places one.',
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

const today = versionsSince('3', since, (version) => watchdogOf(version, BY_FIELD))
export const watchdogMachine = today.machine
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

/** The kind for the registry. */
export const watchdogKind = {
  ...watchdogDeclaration,
  machine: watchdogMachine,
  holds: () => 'it watches over what is held',
  previous: [...today.previous, watchdogVersion2],
  upgrades: [watchdogFromVersion2, ...today.upgrades],
  upcasters: ofEvents,
}
