/** Random machines that use all durable features of XState, with random scripts of events and time. */
import fc from 'fast-check'
import {
  type AnyStateMachine,
  and,
  assign,
  cancel,
  createMachine,
  emit,
  enqueueActions,
  fromTransition,
  not,
  raise,
  sendParent,
  setup,
  spawnChild,
  stopChild,
} from 'xstate'
import type { Step } from '../machines/scripts.ts'

export const EVENT_TYPES = ['A', 'B', 'C', 'D'] as const

interface Context {
  n: number
  log: string[]
}

/** A child that counts its events, tells its parent, and ends after some of them. */
const counting = createMachine({
  id: 'counting',
  version: '1',
  types: {} as { context: Context; output: number },
  context: ({ input }) => ({ n: (input as { from?: number } | undefined)?.from ?? 0, log: [] }),
  initial: 'slow',
  states: {
    // The child's timer is due at an odd time, its parent's timers at even ones, because XState does not define the
    // order of equal times.
    slow: { after: { 23: 'fast' }, on: { A: { actions: assign({ n: ({ context }) => context.n + 1 }) } } },
    fast: {
      entry: sendParent(({ context }) => ({ type: 'C', n: context.n })),
      on: { A: { actions: [assign({ n: ({ context }) => context.n + 2 }), sendParent({ type: 'D' })] } },
    },
    over: { type: 'final' },
  },
  always: { guard: ({ context }) => context.n > 3, target: '.over' },
  output: ({ context }) => context.n,
})

const adding = fromTransition(
  (context: { sum: number }, event: { type: string }) => {
    return event.type === 'xstate.stop' ? context : { sum: context.sum + event.type.length }
  },
  { sum: 0 },
)

export type Json = Record<string, unknown>

const inc = assign({ n: ({ context }: { context: Context }) => context.n + 1 })
const note = (text: string) =>
  assign({ log: ({ context }: { context: Context }) => [...context.log.slice(-9), `${text}${context.n}`] })

/** Actions by name, so that a generated machine is plain data. */
const ACTIONS: Record<string, unknown> = {
  inc,
  note: note('x'),
  emit: emit(({ context }) => ({ type: 'EMITTED', n: (context as Context).n })),
  raise: raise({ type: 'D' }),
  // A pending timer's id is not used again, because live XState then loses the first timer and cannot cancel it.
  raiseLater: enqueueActions(({ enqueue }) => {
    enqueue.cancel('later')
    enqueue.raise({ type: 'B' }, { id: 'later', delay: 6 })
  }),
  raiseNamed: enqueueActions(({ enqueue }) => {
    enqueue.cancel('named')
    enqueue.raise({ type: 'A' }, { id: 'named', delay: 'slowly' as never })
  }),
  cancelLater: cancel('later'),
  toSelfLater: enqueueActions(({ enqueue, self }) => {
    enqueue.cancel('self')
    enqueue.sendTo(self, { type: 'C' }, { id: 'self', delay: 12 })
  }),
  spawn: enqueueActions(({ enqueue, self, context }) => {
    const children = (self as unknown as { children?: Json }).children
    if (children === undefined && (context as Context).n % 2 === 0) enqueue.assign({ n: 1 })
    else enqueue.raise({ type: 'D' })
  }),
  several: enqueueActions(({ enqueue, check }) => {
    enqueue(inc as never)
    if (check('odd' as never)) enqueue.emit({ type: 'ODD' } as never)
    enqueue.cancel('enqueued')
    enqueue.raise({ type: 'C' }, { id: 'enqueued', delay: 4 } as never)
  }),
  startChild: spawnChild('counting' as never, { id: 'spawned', input: { from: 1 } } as never),
  stopChild: stopChild('spawned'),
}

const GUARDS = {
  odd: ({ context }: { context: Context }) => context.n % 2 === 1,
  small: ({ context }: { context: Context }) => context.n < 6,
}

const SIMPLE_ACTIONS = Object.keys(ACTIONS).filter(
  (name) => !['startChild', 'stopChild', 'spawn'].includes(name),
)

/** Most levels of nested states below the root. */
const DEPTH_MAX = 3

/** The actions of the states of a random machine, by name. */
export interface Vocabulary {
  readonly actions: readonly string[]
  readonly guards: readonly string[]
  /** Names of the logic that a state may invoke. */
  readonly children: readonly string[]
  /** Whether the state may follow the snapshots of its child. */
  readonly watches: boolean
}

const VOCABULARY: Vocabulary = {
  actions: SIMPLE_ACTIONS,
  guards: ['odd', 'small', 'notOdd', 'both'],
  children: ['counting', 'adding'],
  watches: true,
}

interface Shape {
  kind: 'atomic' | 'compound' | 'parallel'
  children: Shape[]
  history: 'none' | 'shallow' | 'deep'
  final: boolean
  entry: string[]
  exit: string[]
  after: boolean
  always: boolean
  /** `src` of the child that it invokes; undefined for none. */
  invoke: string | undefined
  watch: boolean
  on: { event: string; target: number; guard: string | undefined; actions: string[]; reenter: boolean }[]
}

function shapeAt(depth: number, vocabulary: Vocabulary): fc.Arbitrary<Shape> {
  const leaf = depth === DEPTH_MAX
  const actions = fc.array(fc.constantFrom(...vocabulary.actions), { maxLength: 3 })
  const guard = fc.option(fc.constantFrom(...vocabulary.guards), { nil: undefined })
  return fc.record({
    kind: leaf
      ? fc.constant('atomic' as const)
      : fc.constantFrom('atomic', 'compound', 'compound', 'parallel'),
    children: leaf
      ? fc.constant([])
      : fc.array(shapeAt(depth + 1, vocabulary), { minLength: 2, maxLength: 3 }),
    history: fc.constantFrom('none', 'none', 'shallow', 'deep'),
    final: fc.boolean(),
    entry: actions,
    exit: actions,
    after: fc.boolean(),
    always: fc.integer({ min: 0, max: 5 }).map((n) => n === 5),
    invoke: fc.constantFrom(undefined, undefined, undefined, ...vocabulary.children),
    watch: vocabulary.watches ? fc.boolean() : fc.constant(false),
    on: fc.array(
      fc.record({
        event: fc.constantFrom(...EVENT_TYPES),
        target: fc.nat({ max: 40 }),
        guard,
        actions,
        reenter: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
  })
}

/** Start and stop the child that a machine of `config` may have of its own making. */
const OF_CHILD = ['START', 'HALT'] as const

export const script: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        send: fc.constantFrom(...EVENT_TYPES, ...EVENT_TYPES, ...OF_CHILD).map((type) => ({ type })),
      }),
    },
    { weight: 1, arbitrary: fc.record({ wait: fc.integer({ min: 1, max: 16 }).map((n) => 2 * n) }) },
  ),
  { minLength: 1, maxLength: 15 },
)

/**
 * Returns configs rather than machines, so that a counterexample can be read. `levels` is the number of nested levels,
 * at most DEPTH_MAX.
 */
export function configs(vocabulary: Vocabulary, levels = DEPTH_MAX): fc.Arbitrary<Json> {
  return shapeAt(DEPTH_MAX - levels, vocabulary).map((root) =>
    configOf({ ...root, kind: root.kind === 'atomic' ? 'compound' : root.kind }),
  )
}

export const config: fc.Arbitrary<Json> = fc
  .record({ config: configs(VOCABULARY), maySpawn: fc.boolean() })
  .map(({ config, maySpawn }) => ({
    ...config,
    on: {
      ...(config.on as Json),
      // XState loses sight of a child whose id another one gets; the runtime refuses that.
      ...(maySpawn && { START: { actions: ['stopChild', 'startChild'] }, HALT: { actions: 'stopChild' } }),
    },
  }))

function configOf(root: Shape): Json {
  const ids: string[] = []
  const collect = (s: Shape, path: string, depth: number): void => {
    if (s.kind === 'atomic' || depth >= DEPTH_MAX) return
    for (const [i, child] of s.children.entries()) {
      ids.push(`${path}_${i}`)
      collect(child, `${path}_${i}`, depth + 1)
    }
  }
  collect(root, 'm', 0)
  const config = node(root, 'm', 0, ids)
  return {
    ...config,
    id: 'random',
    version: '1',
    context: { n: 0, log: [] },
    options: { maxIterations: 200 },
  }
}

export function machineOf(config: Json): AnyStateMachine {
  return setup({
    actors: { counting, adding },
    actions: ACTIONS as never,
    guards: { ...GUARDS, notOdd: not('odd' as never), both: and(['odd', 'small'] as never) } as never,
    delays: { slowly: ({ context }) => 4 + 2 * (context as Context).n },
  }).createMachine(structuredClone(config) as never) as unknown as AnyStateMachine
}

function node(s: Shape, path: string, depth: number, ids: readonly string[]): Json {
  const leaf = s.kind === 'atomic' || depth >= DEPTH_MAX
  const targets = depth === 0 ? ids : ids.filter((id) => id !== 'm')
  const on: Record<string, unknown[]> = {}
  for (const t of s.on) {
    on[t.event] ??= []
    on[t.event]?.push({
      target: t.target % 3 === 2 ? undefined : `#${targets[t.target % targets.length]}`,
      guard: t.guard,
      actions: t.actions,
      ...(t.reenter && { reenter: true }),
    })
  }
  const common: Json = {
    ...(path !== 'm' && { id: path }),
    tags: `in ${path}`,
    entry: s.entry,
    exit: s.exit,
    on,
    ...(s.after &&
      targets.length > 0 && {
        after: { 6: { target: `#${targets[path.length % targets.length]}`, actions: 'note' } },
      }),
    ...(s.always &&
      targets.length > 0 && {
        always: { target: `#${targets[(path.length * 7) % targets.length]}`, guard: 'small', actions: 'inc' },
      }),
    ...(s.invoke !== undefined && {
      invoke: {
        src: s.invoke,
        id: `${s.invoke}-${path}`,
        ...(s.invoke !== 'adding' && { input: { from: 1 }, onDone: { actions: ['note', 'inc'] } }),
        // XState shows a transition function its own stop, and sends its parent one more snapshot. The runtime does
        // not.
        ...(s.watch && s.invoke !== 'adding' && { onSnapshot: { actions: 'note' } }),
      },
    }),
  }
  if (leaf)
    return s.final && depth > 0 && path.endsWith('1') ? { id: path, type: 'final', entry: s.entry } : common
  const states: Json = {}
  for (const [i, child] of s.children.entries()) states[`s${i}`] = node(child, `${path}_${i}`, depth + 1, ids)
  if (s.history !== 'none' && s.kind === 'compound') {
    states.past = { type: 'history', history: s.history, id: `${path}_past` }
    on.B = [...(on.B ?? []), { target: `#${path}_past` }]
  }
  return { ...common, states, ...(s.kind === 'parallel' ? { type: 'parallel' } : { initial: 's0' }) }
}
