import { describe, expect, it } from 'vitest'
import { type AnyStateMachine, and, assign, fromPromise, not, or, setup, stateIn } from 'xstate'
import { machines } from '../../machines/index.ts'
import { machineDefinition, type StateDefinition } from '../../src/api/inspect/machine-definition.ts'

const everything = setup({
  types: {} as { context: { n: number } },
  actors: { load: fromPromise(async () => 1) },
  actions: { note: () => {}, leave: () => {} },
  guards: {
    isFull: () => false,
    isOpen: () => true,
    above: ({ context }, { limit }: { limit: number }) => context.n > limit,
    bare: (_, _params: undefined) => true,
  },
  delays: { patience: 50 },
}).createMachine({
  id: 'all',
  description: 'One of each.',
  context: { n: 0 },
  type: 'parallel',
  states: {
    work: {
      initial: 'loading',
      states: {
        loading: {
          tags: ['busy'],
          entry: 'note',
          exit: ['leave', assign({ n: 1 }), () => {}],
          invoke: { src: 'load', id: 'loader', onDone: 'loaded', onError: 'failed' },
          after: { 1000: 'failed', patience: { actions: 'note' } },
        },
        loaded: { always: { guard: 'isFull', target: 'failed' } },
        failed: { type: 'final' },
        past: { type: 'history' },
      },
    },
    gate: {
      on: {
        ALL: { guard: and(['isFull', not('isOpen')]), actions: 'note' },
        ANY: { guard: or(['isFull', { type: 'above', params: { limit: 3 } }]), actions: 'note' },
        PLACE: { guard: stateIn({ work: 'loaded' }), actions: 'note' },
        ID: { guard: stateIn('#all.work.loaded'), actions: 'note' },
        BARE: { guard: { type: 'bare' }, actions: 'note' },
        INLINE: { guard: () => true, actions: { type: 'note' } },
        NAMED: {
          guard: function isLucky() {
            return true
          },
          actions: function shout() {},
        },
      },
    },
  },
})

const definition = machineDefinition(everything)

function find(node: StateDefinition, id: string): StateDefinition {
  const found = statesOf(node).find((state) => state.id === id)
  if (found === undefined) throw new Error(`there is no state ${id}`)
  return found
}

function statesOf(node: StateDefinition): StateDefinition[] {
  return [node, ...node.states.flatMap(statesOf)]
}

describe('the definition of a machine', () => {
  it('has the type of each state, its initial state, its tags and its description', () => {
    expect(definition).toMatchObject({ id: 'all', type: 'parallel', description: 'One of each.' })
    expect(definition.initial).toBeUndefined()
    const work = find(definition, 'all.work')
    expect(work).toMatchObject({ key: 'work', type: 'compound', initial: 'all.work.loading' })
    const types = work.states.map(({ key, type, tags }) => [key, type, tags])
    expect(types).toEqual([
      ['loading', 'atomic', ['busy']],
      ['loaded', 'atomic', []],
      ['failed', 'final', []],
      ['past', 'history', []],
    ])
  })

  it('shows timers as edges and not as actions', () => {
    const loading = find(definition, 'all.work.loading')
    expect(loading.entry).toEqual(['note'])
    expect(loading.exit).toEqual(['leave', 'xstate.assign', '(inline)'])
    const timers = loading.transitions.filter(({ kind }) => kind === 'after')
    expect(timers).toMatchObject([
      { delay: '1000', targets: ['all.work.failed'] },
      { delay: 'patience', targets: [], actions: ['note'] },
    ])
  })

  it('distinguishes ends of children, automatic transitions and events', () => {
    const loading = find(definition, 'all.work.loading')
    expect(loading.invoke).toEqual([{ id: 'loader', src: 'load' }])
    const ends = loading.transitions.filter(({ kind }) => kind === 'done' || kind === 'error')
    expect(ends).toMatchObject([
      { kind: 'done', eventType: 'xstate.done.actor.loader', targets: ['all.work.loaded'] },
      { kind: 'error', eventType: 'xstate.error.actor.loader', targets: ['all.work.failed'] },
    ])
    expect(find(definition, 'all.work.loaded').transitions).toEqual([
      {
        source: 'all.work.loaded',
        targets: ['all.work.failed'],
        eventType: '',
        kind: 'always',
        guard: 'isFull',
        actions: [],
      },
    ])
  })

  it.each([
    ['ALL', '(isFull and not isOpen)', 'note'],
    ['ANY', '(isFull or above limit 3)', 'note'],
    ['PLACE', 'in {"work":"loaded"}', 'note'],
    ['ID', 'in #all.work.loaded', 'note'],
    ['BARE', 'bare', 'note'],
    ['INLINE', '(inline)', 'note'],
    ['NAMED', 'isLucky', 'shout'],
  ])('spells out the guard of %s as %s', (eventType, guard, action) => {
    const transition = find(definition, 'all.gate').transitions.find((one) => one.eventType === eventType)
    expect(transition).toMatchObject({ kind: 'event', guard, actions: [action] })
  })

  it.each(Object.entries(machines))(
    'of %s has every state that an edge leads to, as plain JSON',
    (_, kind) => {
      const machine = ('machine' in kind ? kind.machine : kind) as AnyStateMachine
      const picture = machineDefinition(machine)
      expect(JSON.parse(JSON.stringify(picture))).toEqual(picture)
      const states = statesOf(picture)
      const ids = new Set(states.map(({ id }) => id))
      expect(ids.size).toBe(states.length)
      for (const { id, initial, transitions } of states) {
        expect(initial === undefined || ids.has(initial)).toBe(true)
        for (const { source, targets } of transitions) {
          expect(source).toBe(id)
          expect(targets.filter((target) => !ids.has(target))).toEqual([])
        }
      }
    },
  )
})
