/** The machines whose charts are tested: all that are registered, with their earlier versions, and odd ones. */
import { type AnyStateMachine, fromPromise, setup } from 'xstate'
import { machines } from '../../machines/index.ts'
import { machineDefinition, type StateDefinition } from '../../src/api/inspect/machine-definition.ts'
import { Registry, versionOf } from '../../src/runtime/actors/registry.ts'
import { CASES } from '../scxml/cases.ts'

/** Every version of every kind of trading and of the runtime. */
export const REGISTERED: readonly (readonly [name: string, machine: AnyStateMachine])[] = [
  ...new Registry(machines).kinds,
].flatMap(({ name, machine, previous = [] }) =>
  [machine, ...previous].map((one) => [`${name}@${versionOf(one)}`, one] as const),
)

/** The smaller ones of the SCXML suite have nothing that the others do not have. */
const SCXML_STATES_MIN = 10

const LONG = 'aStateWhoseNameGoesOnForLongerThanAnybodyWouldWriteItInAMachineOfTheirOwn'
const { createMachine } = setup({
  actors: { aJobWithAName: fromPromise(async () => 1) },
  actions: { note: () => {} },
  guards: { isOpen: () => true },
})

const long = createMachine({
  id: 'long',
  initial: LONG,
  states: {
    [LONG]: {
      entry: Array.from({ length: 9 }, (_, i) => ({ type: 'note' as const, params: { i } })),
      invoke: { src: 'aJobWithAName', id: 'anInvokedActorWithALongName' },
      on: {
        [`${'AN_EVENT_'.repeat(8)}END`]: { target: 'next', guard: 'isOpen', actions: Array(7).fill('note') },
        STAY: { guard: 'isOpen', actions: Array(12).fill('note') },
      },
    },
    next: { on: { BACK: LONG, 'ПРИВЕТ.世界': { actions: 'note' } } },
  },
})

/** Each state leads to each other one, by guards that share nothing. */
const tangled = createMachine({
  id: 'tangled',
  initial: 's0',
  states: Object.fromEntries(
    Array.from({ length: 5 }, (_, i) => [
      `s${i}`,
      {
        on: {
          GO: Array.from({ length: 5 }, (_, j) => ({ guard: { type: `guard${j}` }, target: `s${j}` })),
          ...Object.fromEntries(Array.from({ length: 5 }, (_, j) => [`TO_${j}`, `s${j}`])),
        },
      },
    ]),
  ) as never,
})

/** Regions in a state in a region, with ways that cross all of their borders, a history and a shared end. */
const nested = createMachine({
  id: 'nested',
  type: 'parallel',
  states: {
    left: {
      initial: 'outer',
      on: { RESET: '.outer.inner', ACROSS: '#nested.right.b' },
      states: {
        outer: {
          initial: 'inner',
          entry: 'note',
          on: { LEAVE: 'gone', STAY: { actions: 'note' } },
          states: {
            inner: {
              type: 'parallel',
              states: {
                one: { initial: 'a', states: { a: { on: { UP: '#nested.left.gone', NEXT: 'b' } }, b: {} } },
                two: { initial: 'a', states: { a: { on: { NEXT: 'b' } }, b: { on: { NEXT: 'a' } } } },
              },
            },
            past: { type: 'history', history: 'deep' },
            other: { on: { AGAIN: '#nested.left.outer' } },
          },
        },
        gone: { on: { BACK: 'outer.past', DEEP: 'outer.other' } },
      },
    },
    right: {
      initial: 'a',
      states: { a: { on: { BOTH: ['#nested.left.gone', 'b'] as never } }, b: { type: 'final' } },
    },
  },
})

const alone = createMachine({ id: 'alone' })

const statesOf = (one: StateDefinition): number => one.states.reduce((sum, state) => sum + statesOf(state), 1)

/** Machines with the same chart are here once. */
export const DEFINITIONS: readonly (readonly [name: string, definition: StateDefinition])[] = [
  ...new Map(
    [
      ...REGISTERED,
      ...([long, tangled, nested, alone] as AnyStateMachine[]).map((one) => [one.id, one] as const),
      ...CASES.map(({ name, machine }) => [name, machine] as const),
    ]
      .map(([name, machine]) => [name, machineDefinition(machine)] as const)
      .filter(([name, definition]) => !name.includes('/') || statesOf(definition) >= SCXML_STATES_MIN)
      .map((one) => [JSON.stringify(one[1]), one]),
  ).values(),
]
