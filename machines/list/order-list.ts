import { setup } from 'xstate'
import type { ListRequest } from '../events/list.ts'
import { ofList } from '../kind/former-names.ts'
import { asItIs, type Command, versionsSince } from '../kind/kind.ts'
import { accountAddress } from '../model/addresses.ts'
import { idProblem } from '../model/ids.ts'
import { actionsOf } from './actions.ts'
import type { OrderListInput, OrderListTypes } from './context.ts'
import { orderListDeclaration, since } from './declaration.ts'
import { type IdOfLeg, idOfLeg3, type List, listOf, phaseOf } from './plan.ts'

/** The guards of the states, which have the names of the phases. Two phases are possible while something is held. */
const GUARDS = {
  entering: 'isEntering',
  working: 'isWorking',
  held: 'isHeld',
  exiting: 'isExiting',
  done: 'isDone',
} as const
type State = keyof typeof GUARDS

function stateOf(list: List): State {
  const phase = phaseOf(list)
  return phase === 'exposed' || phase === 'protected' ? 'held' : phase
}

const is =
  (state: State) =>
  ({ context }: { context: List }) =>
    stateOf(context) === state

/** Returns the transitions to the state that its orders have led to. */
function elsewhere(from: State) {
  const others = (Object.keys(GUARDS) as State[]).filter((state) => state !== from)
  return others.map((target) => ({ guard: GUARDS[target], target: `#orderList.${target}` }))
}

const orderListOf = (version: string, idOf?: IdOfLeg) =>
  setup({
    types: {} as OrderListTypes,
    guards: {
      isEntering: is('entering'),
      isWorking: is('working'),
      isHeld: is('held'),
      isExposed: ({ context }) => phaseOf(context) === 'exposed',
      isProtected: ({ context }) => phaseOf(context) === 'protected',
      isExiting: is('exiting'),
      isDone: is('done'),
    },
    actions: actionsOf(version, idOf),
  }).createMachine({
    id: 'orderList',
    version,
    description: 'Orders that belong together. The state of each decides about the others.',
    context: ({ input }) => listOf(input.id, input.request),
    initial: 'initialized',
    on: {
      LIST_REQUEST: { actions: 'refuse' },
      ORDER_UPDATE: { actions: 'take' },
      REQUEST_REFUSED: { actions: ['passRefusal', 'take'] },
      POSITION_CHANGED: { actions: 'noteClosed' },
      REPLACE_LEG: { actions: 'take' },
      CANCEL: { actions: 'take' },
      EXIT: { actions: 'take' },
      LOOK_AGAIN: { actions: 'take' },
      CLOSED: { actions: 'take' },
    },
    states: {
      initialized: { on: { LIST_REQUEST: { target: 'entering', actions: 'take' } } },
      entering: {
        tags: 'working',
        description: 'Nothing is filled yet.',
        always: elsewhere('entering'),
      },
      held: {
        tags: ['working', 'exposed'],
        initial: 'exposed',
        always: elsewhere('held'),
        states: {
          exposed: {
            description: 'No live stop covers the whole position.',
            always: { guard: 'isProtected', target: 'protected' },
          },
          protected: {
            description: 'A live stop covers the whole position.',
            always: { guard: 'isExposed', target: 'exposed' },
          },
        },
      },
      exiting: {
        tags: ['working', 'exposed'],
        description: 'The position is being closed at market. The stop stays until then.',
        always: elsewhere('exiting'),
      },
      working: {
        tags: 'working',
        description: 'The list has no position that needs a stop.',
        always: elsewhere('working'),
      },
      done: {
        tags: 'closed',
        description: 'A late fill or a bust opens it again.',
        always: elsewhere('done'),
      },
    },
  })

const today = versionsSince('4', since, (version) => orderListOf(version))
export const orderListMachine = today.machine
export const orderListVersion3 = orderListOf('3', idOfLeg3)

/** The kind for the registry. */
export const orderListKind = {
  ...orderListDeclaration,
  machine: orderListMachine,
  previous: [...today.previous, orderListVersion3],
  upgrades: [{ from: '3', to: '4', migrate: asItIs }, ...today.upgrades],
  upcasters: ofList,
  holds: () => 'the venue may have its orders: cancel it instead',
  needs: ({ venue, owner }: Command) => ({ venue: venue && accountAddress(venue), owner }),
  problems: ({ type, venue }: Command, id: string) =>
    type === 'LIST_REQUEST' ? { id: idProblem(venue as string, id) } : {},
  /** Returns the input of a list for its request. */
  activate: (event: { type: string }, id: string): OrderListInput | undefined =>
    event.type === 'LIST_REQUEST' ? { id, request: event as ListRequest } : undefined,
}
