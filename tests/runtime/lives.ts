/**
 * Random lives: actors of random machines, their supervision, and a script of events, all of it data. A life runs once
 * without interruption, and again with a passivation, an orderly stop or a crash between its steps. Both must leave
 * equal logs (law 5).
 */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import {
  type AnyStateMachine,
  assign,
  cancel,
  emit,
  enqueueActions,
  fromCallback,
  fromPromise,
  fromTransition,
  not,
  sendTo,
  setup,
  spawnChild,
  stopChild,
} from 'xstate'
import { isOutcryError } from '../../errors/outcry-error.ts'
import type { Registration } from '../../src/runtime/actors/kind.ts'
import type { Supervision } from '../../src/runtime/actors/supervision.ts'
import type { PastState } from '../../src/runtime/actors/upgrade.ts'
import type { Port, PortContext } from '../../src/runtime/port.ts'
import type { AnyEvent, Intent, TransitionRecord } from '../../src/runtime/record/record.ts'
import { differenceOfLogs, differenceOfPresents } from '../equal-logs.ts'
import { ALWAYS_PASSIVE, Incarnations, type Interruption, type Options } from './incarnations.ts'
import { configs, EVENT_TYPES, type Json, type Vocabulary } from './random-machine.ts'

/** Features that lives may have besides states, transitions and assignments. */
export const FEATURES = [
  'timers',
  'children',
  'respawns',
  'toOthers',
  'delayedToOthers',
  'throws',
  'throwsAnywhere',
  'systemIds',
  'refs',
  'snapshots',
  'ports',
  'supervision',
  'restarts',
  'quarantine',
  'stops',
  'upgrades',
  'upgradesAfterCrash',
  'renames',
  'reshapes',
  'promises',
  'callbacks',
] as const

export type Feature = (typeof FEATURES)[number]

/** A kind of top actors: three generations of machines, and their supervision. */
interface KindSpec {
  readonly top: Json
  readonly kid: Json
  readonly grandkid: Json
  readonly supervision: Supervision
  readonly childSupervision: Supervision
  /** What `LATE` does to a top actor that starts over: it throws itself, or makes that actor throw. */
  readonly welcome: Welcome
}

type Welcome = 'none' | 'throws' | 'answers'

type LifeStep =
  | { readonly send: string; readonly to: string }
  | { readonly wait: number }
  | { readonly quarantine: string }
  | { readonly release: string }
  | { readonly stopActor: string }
  | { readonly restart: string }
  | { readonly spawn: string }

export interface Life {
  readonly kinds: { readonly one: KindSpec; readonly two: KindSpec }
  readonly steps: readonly LifeStep[]
  /**
   * The step before which the second version of all machines takes over. Never, when it is undefined or beyond the last
   * step.
   */
  readonly upgradeBefore: number | undefined
  /** Whether the second version may start after a crash. Otherwise it starts after an orderly stop. */
  readonly mayUpgradeAfterCrash: boolean
  readonly change: Change
}

/** The differences of the second version from the first. */
interface Change {
  /** Whether the states of top actors get other names. */
  readonly renames: boolean
  /** `src` names of children that `migrate` drops. */
  readonly drops: readonly string[]
  /** `src` names that the machines no longer have. */
  readonly forgets: readonly string[]
  /** Whether the first two generations invoke one more child. */
  readonly starts: boolean
  /**
   * Whether these children have a system id that another actor may have. Then the actor cannot be migrated until that
   * one has ended.
   */
  readonly names: boolean
}

/** The interruptions of a life: `between[i]` comes before step `i`. */
export interface Course {
  readonly between: readonly Interruption[]
  readonly isPassive: boolean
  /** Whether snapshots and checkpoints are written every few records. */
  readonly isWrittenOften: boolean
}

export const STRAIGHT: Course = { between: [], isPassive: false, isWrittenOften: false }

interface Context {
  readonly n: number
  readonly log: readonly string[]
  /** Whether it has spawned a child. */
  readonly kid: boolean
  readonly ref?: unknown
}

type Moment = { readonly context: Context; readonly event: AnyEvent }

const TOPS = ['one/a', 'one/b', 'two/a'] as const
/** An actor that is created in the middle of a life, if at all. */
const LATE = 'two/late'
const CHILDREN = ['one/a/kid', 'one/a/kid-m', 'one/a/kid-m_0', 'two/a/kid', 'two/a/kid-m', 'one/a/kid/kid']
/** Ids of invoked children by `src`. The id also has the state that invokes the child. */
const INVOKED = ['kid', 'grandkid', 'adding', 'asking', 'waiting', 'echo'] as const
const ADDRESSES = [...TOPS, ...TOPS, LATE, ...CHILDREN]

/** Longest chain of messages after a message from outside. */
const HOPS = 2

/**
 * Returns how many more messages an event may cause, one after another, so that lives end. Starts and ends cause only
 * timers.
 */
function hopsOf({ event }: Moment, isDelayed: boolean): number {
  if (typeof event.hops === 'number') return event.hops
  if (!event.type.startsWith('xstate.')) return HOPS
  return event.type.startsWith('xstate.after.') || isDelayed ? 1 : 0
}

/** Sends an event, unless the event that it answers is already too far along its chain. */
function sending(to: string, type: string, options: Json = {}) {
  return enqueueActions(({ enqueue, self, system, ...moment }) => {
    const hops = hopsOf(moment as never, 'delay' in options)
    if (hops === 0) return
    const own = self as unknown as { sessionId: string; _parent?: unknown }
    const target = {
      self,
      parent: own._parent,
      kid: system.get(`${own.sessionId}/kid`),
      named: system.get(systemIdOf(own.sessionId)),
      ref: (moment.context as Context).ref,
    }[to]
    const found = to.includes('/') || to.startsWith('sys:') ? system.get(to) : target
    if (found === undefined) return
    const later = 'delay' in options || isLater(moment as never)
    const message = { type, hops: hops - 1, ...(later && { later }) }
    enqueue(sendTo(() => found as never, message as never, options as never) as never)
  })
}

/** Type of an event on which every machine throws. */
const POISON = 'POISON'
const KNOCK = 'KNOCK'

/**
 * Makes a top actor send to `LATE` at its start. `LATE` is created after all others have started for the first time.
 */
const knock = enqueueActions(({ enqueue, self, system }) => {
  const { sessionId } = self as unknown as { sessionId: string }
  if (sessionId === LATE) return
  enqueue(sendTo(() => system.get(LATE) as never, { type: KNOCK, from: sessionId } as never) as never)
})

const poisonBack = enqueueActions(({ enqueue, event, system }) => {
  const { from } = event as unknown as { from: string }
  enqueue(sendTo(() => system.get(from) as never, { type: POISON } as never) as never)
})

/** Adds what `LATE` does when it gets this message. No other actor gets it. */
function withWelcome(config: Json, welcome: Welcome): Json {
  if (welcome === 'none') return config
  const on = { ...(config.on as Json), [KNOCK]: { actions: welcome === 'throws' ? 'poison' : 'poisonBack' } }
  return { ...config, on, entry: ['knock', config.entry ?? []].flat() }
}

const set = (change: (moment: Moment) => Partial<Context>) => assign(change as never)

/** Whether an event comes from a timer, a start or an end, and from no message from outside. */
function isLater({ event }: Moment): boolean {
  return event.later === true || event.type.startsWith('xstate.')
}

function throwing(when: (n: number) => boolean, onAny = false) {
  return set(({ context, event }) => {
    if (when(context.n) && (onAny || !isLater({ context, event }))) throw new Error(`n is ${context.n}`)
    return { n: context.n + 1 }
  })
}

const startKid = [
  spawnChild('kid' as never, { id: 'kid', input: { from: 2 } } as never),
  set(() => ({ kid: true })),
]
const stopKid = [stopChild('kid'), set(() => ({ kid: false }))]

/**
 * Several actions under one name. They run if the context says that there is a spawned child, or that there is none.
 */
function whenKid(isThere: boolean, actions: readonly unknown[]) {
  return enqueueActions(({ enqueue, context }) => {
    if ((context as Context).kid !== isThere) return
    for (const action of actions) enqueue(action as never)
  })
}

/** Returns the system id of an actor's child. A slash would make it an address. */
function systemIdOf(address: string): string {
  return `sys:${address.replaceAll('/', '.')}`
}

/** Starts a child under a system id, unless that is taken. */
function startNamed(nameFor: (self: string) => string) {
  return enqueueActions(({ enqueue, self, system, context }) => {
    const systemId = nameFor((self as unknown as { sessionId: string }).sessionId)
    if ((context as Context).kid || system.get(systemId) !== undefined) return
    enqueue(spawnChild('kid' as never, { id: 'kid', systemId } as never) as never)
    enqueue(set(() => ({ kid: true })) as never)
  })
}

/** Actions by name, so that a life is plain data, under the feature to which each belongs. */
const ACTIONS: Readonly<Record<'always' | Feature, Readonly<Record<string, unknown>>>> = {
  always: {
    inc: set(({ context }) => ({ n: context.n + 1 })),
    note: set(({ context, event }) => ({ log: [...context.log.slice(-5), `${event.type}${context.n}`] })),
    emit: emit(({ context }) => ({ type: 'EMITTED', n: (context as Context).n })),
    toSelf: sending('self', 'D'),
  },
  timers: {
    armX: sending('self', 'A', { id: 'x', delay: 6 }),
    armY: sending('self', 'B', { id: 'y', delay: 6 }),
    armLateX: sending('self', 'C', { id: 'x', delay: 14 }),
    armNameless: sending('self', 'D', { delay: 4 }),
    disarmX: cancel('x'),
    disarmY: cancel('y'),
  },
  children: {
    startKid: whenKid(false, startKid),
    stopKid: whenKid(true, stopKid),
    tellKid: sending('kid', 'A'),
    tellKidLater: sending('kid', 'B', { id: 'kid', delay: 8 }),
    tellParent: sending('parent', 'C'),
    tellParentLater: sending('parent', 'D', { id: 'parent', delay: 6 }),
  },
  respawns: { respawnKid: whenKid(true, [...stopKid, ...startKid]) },
  toOthers: {
    tellOne: sending('one/a', 'A'),
    tellTwo: sending('two/a', 'B'),
    tellLate: sending(LATE, 'C'),
  },
  delayedToOthers: {
    tellOneLater: sending('one/b', 'B', { id: 'other', delay: 6 }),
    tellTwoLater: sending('two/a', 'C', { id: 'other', delay: 10 }),
    forgetOther: cancel('other'),
  },
  throws: { throwOften: throwing((n) => n % 2 === 1), throwSeldom: throwing((n) => n % 7 === 6) },
  throwsAnywhere: {
    throwAnywhere: throwing((n) => n % 5 === 4, true),
    // Two actors may take the same name in one turn, and one of them fails.
    startShared: startNamed(() => 'sys:shared'),
    tellShared: sending('sys:shared', 'A'),
  },
  systemIds: {
    startNamed: startNamed(systemIdOf),
    tellNamed: sending('named', 'A'),
    tellOneNamed: sending(systemIdOf('one/a'), 'B'),
  },
  refs: {
    keepRef: set(({ self, system }: Moment & { self?: unknown; system?: unknown }) => {
      const { sessionId } = self as { sessionId: string }
      return { ref: (system as { get(name: string): unknown }).get(`${sessionId}/kid`) }
    }),
    tellRef: sending('ref', 'B'),
  },
  ports: { ask: sending('port/bank', 'ASK') },
  snapshots: {},
  supervision: {},
  restarts: {},
  quarantine: {},
  stops: {},
  upgrades: {},
  upgradesAfterCrash: {},
  renames: {},
  reshapes: {},
  promises: {},
  callbacks: {},
}

const GUARDS: Readonly<Record<string, unknown>> = {
  odd: ({ context }: Moment) => context.n % 2 === 1,
  small: ({ context }: Moment) => context.n < 6,
  notOdd: not('odd' as never),
  risky: ({ context, event }: Moment) => {
    if (context.n % 3 === 2 && !isLater({ context, event })) throw new Error(`a guard at ${context.n}`)
    return true
  },
  riskyAnywhere: ({ context }: Moment) => {
    if (context.n % 6 === 5) throw new Error(`a guard at ${context.n}`)
    return true
  },
}

/** A transition function that counts. Its state is not a machine's. */
const adding = fromTransition(
  (context: { sum: number }, event: { type: string }) => ({ sum: context.sum + event.type.length }),
  { sum: 0 },
)

/** Functions that resolve the waiting promises, in the order of their starts. */
const unanswered: (() => void)[] = []

/** A promise that resolves when all messages sent before have been taken: see `atRest`. */
const asking = fromPromise(
  ({ input }: { input?: { from?: number } }) =>
    new Promise<number>((resolve) => unanswered.push(() => resolve(input?.from ?? 0))),
)

/** A promise that runs until it is stopped, with the same id after each start. */
const waiting = fromPromise<number>(() => new Promise(() => {}))

/** A callback that only answers. Anything that it did by itself, it would do again at each start. */
const echo = fromCallback(({ sendBack, receive }) => {
  receive(() => sendBack({ type: 'C', hops: 0, later: true }))
})

const RERUN = ['asking', 'waiting']

/** Backoff with short waits, so that restarts fall into a life, and with few restarts. */
const BACKOFF = { minMs: 4, maxMs: 12, restartsMax: 2, resetMs: 30 }
const RESTART: Supervision = { strategy: 'restart', backoff: BACKOFF }

/** Returns random lives with these features. */
export function lives(features: ReadonlySet<Feature>): fc.Arbitrary<Life> {
  const actions = Object.entries(ACTIONS)
    .filter(([feature]) => feature === 'always' || features.has(feature as Feature))
    .flatMap(([, named]) => Object.keys(named))
  const guards = ['odd', 'small', 'notOdd']
  if (features.has('throws')) guards.push('risky')
  if (features.has('throwsAnywhere')) guards.push('riskyAnywhere')
  // Children get fewer messages, so they must throw more often.
  const throws = features.has('throws') ? Array<string>(6).fill('throwOften') : []
  const withChildren = (...children: string[]): Vocabulary => ({
    actions: children.includes('kid') ? actions : [...actions, ...throws],
    guards,
    children: features.has('children') ? children : [],
    watches: features.has('snapshots'),
  })
  const strategies: Supervision[] = [
    { strategy: 'resume' },
    { strategy: 'stop' },
    { strategy: 'escalate' },
    ...(features.has('quarantine') ? [{ strategy: 'quarantine' } as const] : []),
    // Twice, because most cases need an actor that waits for its restart.
    ...(features.has('restarts') ? [RESTART, RESTART] : []),
  ]
  const supervision = features.has('supervision')
    ? fc.constantFrom(...strategies)
    : fc.constant(strategies[0]!)
  const childSupervision = features.has('supervision')
    ? fc.constantFrom(...strategies)
    : fc.constant<Supervision>({ strategy: 'escalate' })
  const running = [
    ...(features.has('promises') ? ['asking', 'waiting'] : []),
    ...(features.has('callbacks') ? ['echo'] : []),
  ]
  const welcome: fc.Arbitrary<Welcome> = features.has('restarts')
    ? fc.constantFrom('none', 'throws', 'answers')
    : fc.constant('none')
  const kind = fc.record({
    welcome,
    top: configs(withChildren('kid', 'kid', 'adding', ...running), 2),
    kid: configs(withChildren('grandkid', 'grandkid', 'adding', ...running), 1),
    grandkid: configs(withChildren(), 1),
    supervision,
    childSupervision,
  })
  const send = fc.record({ send: fc.constantFrom(...EVENT_TYPES), to: fc.constantFrom(...ADDRESSES) })
  const wait = fc.record({ wait: fc.integer({ min: 1, max: 24 }) })
  const one = (step: fc.Arbitrary<LifeStep>) => step.map((only) => [only])
  const steps: fc.WeightedArbitrary<LifeStep[]>[] = [
    { weight: 8, arbitrary: one(send) },
    { weight: 4, arbitrary: one(wait) },
    { weight: 1, arbitrary: one(fc.record({ spawn: fc.constant(LATE) })) },
  ]
  if (features.has('quarantine')) {
    steps.push({ weight: 1, arbitrary: one(fc.record({ release: fc.constantFrom(...ADDRESSES) })) })
    steps.push({ weight: 1, arbitrary: quarantines(send, wait) })
  }
  if (features.has('restarts')) steps.push({ weight: 4, arbitrary: restarts(send, wait) })
  if (features.has('stops')) {
    steps.push({ weight: 1, arbitrary: one(fc.record({ stopActor: fc.constantFrom(...TOPS, LATE) })) })
    steps.push({ weight: 1, arbitrary: one(fc.record({ restart: fc.constantFrom(...TOPS, LATE) })) })
  }
  const change: fc.Arbitrary<Change> = fc.record({
    renames: features.has('renames') ? fc.boolean() : fc.constant(false),
    drops: features.has('reshapes') ? fc.subarray([...INVOKED]) : fc.constant([]),
    forgets: features.has('reshapes') ? fc.subarray(['adding', 'asking', 'echo']) : fc.constant([]),
    starts: features.has('reshapes') ? fc.boolean() : fc.constant(false),
    names: features.has('throwsAnywhere') ? fc.nat({ max: 3 }).map((n) => n === 0) : fc.constant(false),
  })
  return fc.record({
    kinds: fc.record({ one: kind, two: kind }),
    steps: fc
      .array(fc.oneof(...steps), { minLength: 1, maxLength: STEPS_MAX })
      .map((parts) => parts.flat().slice(0, STEPS_MAX)),
    upgradeBefore: features.has('upgrades')
      ? fc.option(fc.nat({ max: STEPS_MAX }), { nil: undefined })
      : fc.constant(undefined),
    mayUpgradeAfterCrash: fc.constant(features.has('upgradesAfterCrash')),
    change,
  })
}

const STEPS_MAX = 12

/** Steps in which an actor goes into quarantine, messages and timers come for it, and it is released. */
function quarantines(send: fc.Arbitrary<LifeStep>, wait: fc.Arbitrary<LifeStep>): fc.Arbitrary<LifeStep[]> {
  return fc
    .record({
      address: fc.constantFrom(...ADDRESSES),
      before: fc.array(fc.constantFrom(...EVENT_TYPES), { maxLength: 1 }),
      within: fc.array(fc.oneof(fc.constantFrom(...EVENT_TYPES), send, wait), { maxLength: 3 }),
    })
    .map(({ address, before, within }) => {
      const own = (step: string | LifeStep): LifeStep =>
        typeof step === 'string' ? { send: step, to: address } : step
      return [...before.map(own), { quarantine: address }, ...within.map(own), { release: address }]
    })
}

/**
 * Steps in which an actor throws and must start over. It goes into quarantine before that, or because `LATE` makes each
 * start fail, and it is released.
 */
function restarts(send: fc.Arbitrary<LifeStep>, wait: fc.Arbitrary<LifeStep>): fc.Arbitrary<LifeStep[]> {
  const some = fc.array(fc.oneof(send, wait), { maxLength: 1 })
  return fc
    .record({
      address: fc.constantFrom(...TOPS, ...ADDRESSES),
      isMetByLate: fc.boolean(),
      isLateGone: fc.boolean(),
      before: some,
      within: some,
      after: wait,
    })
    .map(({ address, isMetByLate, isLateGone, before, within, after }) => [
      ...(isMetByLate ? [{ spawn: LATE }] : []),
      { send: POISON, to: address },
      ...before,
      isMetByLate ? { wait: 2 * BACKOFF.maxMs } : { quarantine: address },
      ...within,
      ...(isLateGone ? [{ stopActor: LATE }] : []),
      { release: address },
      after,
    ])
}

/** Returns random interruptions, of one sort or of all, at some steps or between every two. */
export function courses(how: readonly Interruption[]): fc.Arbitrary<Course> {
  const none = fc.constant<Interruption>('none')
  const some = fc.array(fc.oneof(none, none, fc.constantFrom(...how)), {
    minLength: STEPS_MAX,
    maxLength: STEPS_MAX,
  })
  const all = fc.array(fc.constantFrom(...how), { minLength: STEPS_MAX, maxLength: STEPS_MAX })
  const between = fc.oneof(some, all)
  return fc.record({ between, isPassive: fc.boolean(), isWrittenOften: fc.boolean() })
}

/** The remains of a life. */
export interface Remains {
  readonly records: readonly TransitionRecord[]
  readonly presents: ReadonlyMap<string, unknown>
  /** The problems that `verify` finds. */
  readonly problems: readonly unknown[]
  /** The answer to the sender of each step. */
  readonly outcomes: readonly string[]
}

/**
 * Returns the fault of an interrupted life: its difference from the uninterrupted one, or the problems that `verify`
 * finds.
 */
export function faultOf(straight: Remains, other: Remains): string | undefined {
  const [problem] = [...straight.problems, ...other.problems]
  if (problem !== undefined) return `verify: ${JSON.stringify(problem)}`
  return (
    differenceOfLogs(straight.records, other.records) ??
    differenceOfPresents(straight.presents, other.presents) ??
    (straight.outcomes.join() === other.outcomes.join()
      ? undefined
      : `the senders are told ${straight.outcomes.join()} and ${other.outcomes.join()}`)
  )
}

/** A port that answers at once. */
class Bank implements Port {
  #context: PortContext | undefined

  start(context: PortContext): void {
    this.#context = context
  }

  deliver({ id, actor, seq, correlation }: Intent): void {
    const reply = { completes: id, cause: seq, correlation }
    this.#context?.send(actor, { type: 'C', hops: 0, later: true }, reply).catch(() => {})
  }

  recover(intent: Intent): void {
    this.deliver(intent)
  }
}

/** Runs a life and returns its remains. */
export async function live(
  life: Life,
  { between, isPassive, isWrittenOften }: Course,
  folder?: string,
): Promise<Remains> {
  const options = (version: 1 | 2): Options => ({
    machines: {
      one: registrationOf(life.kinds.one, version, life.change),
      two: registrationOf(life.kinds.two, version, life.change),
    },
    ports: { bank: new Bank() },
    passivation: isPassive ? ALWAYS_PASSIVE : {},
    ...(isWrittenOften && { snapshotEvery: 3, checkpointEvery: 5 }),
  })
  unanswered.length = 0
  const incarnations = await new Incarnations(options(1), folder).open()
  const outcomes: string[] = []
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    outcomes.push(await work().then(() => 'ok', codeOf))
    await incarnations.supervisor.idle()
  }
  for (const address of TOPS) {
    await attempt(() => spawnIn(incarnations, address))
    await atRest(incarnations)
  }
  for (const [i, step] of life.steps.entries()) {
    const how = between[i] ?? 'none'
    // A new version needs a start, even in the uninterrupted life.
    if (i !== life.upgradeBefore) await incarnations.interrupt(how)
    else
      await incarnations.interrupt(
        life.mayUpgradeAfterCrash && how === 'crash' ? 'crash' : 'stop',
        options(2),
      )
    await atRest(incarnations)
    await attempt(() => take(incarnations, step))
    await atRest(incarnations)
  }
  const records = await incarnations.records()
  const presents = await incarnations.presents()
  const { problems } = await incarnations.supervisor.verify()
  const misjudged = await misjudgedIn(incarnations)
  await incarnations.supervisor.stop()
  return { records, presents, problems: [...problems, ...misjudged], outcomes }
}

/** Returns the actors that do not stand as their views say. Those of the second round are known from the first one. */
async function misjudgedIn({ supervisor }: Incarnations): Promise<readonly unknown[]> {
  const wrong: unknown[] = []
  for (const round of [1, 2]) {
    for await (const { address, status, condition, value, tags, seq, error } of supervisor.actors()) {
      const is = supervisor.standingNow(address)
      const standing = is && [is.status, is.condition, is.value, is.tags, is.seq, is.error]
      const view = [status, condition, value, tags, seq, error]
      if (!isDeepStrictEqual(standing, view)) wrong.push({ round, address, standing, view })
    }
  }
  return wrong
}

/**
 * Resolves when no promise waits for its answer, and the effects of the answers are durable. The answers come one at a
 * time, because the order of answers from outside is not defined.
 */
async function atRest({ supervisor }: Incarnations): Promise<void> {
  await supervisor.idle()
  for (let answer = unanswered.shift(); answer !== undefined; answer = unanswered.shift()) {
    answer()
    await new Promise(setImmediate)
    await supervisor.idle()
  }
}

function codeOf(error: unknown): string {
  if (isOutcryError(error)) return error.code
  throw error
}

function spawnIn({ supervisor }: Incarnations, address: string): Promise<unknown> {
  const [kind, id] = address.split('/') as [string, string]
  return supervisor.spawn(kind, id, { from: 1 })
}

function take(incarnations: Incarnations, step: LifeStep): Promise<unknown> {
  const { supervisor } = incarnations
  if ('send' in step) return supervisor.send(step.to, { type: step.send })
  if ('wait' in step) return incarnations.wait(step.wait)
  if ('quarantine' in step) return supervisor.quarantine(step.quarantine, SUSPICION)
  if ('release' in step) return supervisor.release(step.release)
  if ('stopActor' in step) return supervisor.stopActor(step.stopActor)
  if ('restart' in step) return supervisor.restart(step.restart, { by: 'ann' })
  return spawnIn(incarnations, step.spawn)
}

const SUSPICION = { error: { name: 'Error', message: 'it hung' }, event: { type: 'A' } }

function registrationOf(spec: KindSpec, version: 1 | 2, change: Change): Registration {
  const common = { supervision: spec.supervision, childSupervision: spec.childSupervision, rerun: RERUN }
  const first = machineOf(spec, '1', [])
  if (version === 1) return { machine: first, ...common }
  const { renames, drops, forgets, starts, names } = change
  const isDropped = (id: string) => drops.some((src) => id === src || id.startsWith(`${src}-`))
  const migrateChild = ({ value, context, children }: PastState) => {
    const drop = children.filter(isDropped)
    // Children that are not machines have another context.
    if (value === undefined) return { value, context, drop }
    const was = context as Context
    return { value, context: { ...was, log: ['migrated'], kid: was.kid && !drop.includes('kid') }, drop }
  }
  const migrate = (state: PastState) =>
    migrateChild(renames ? { ...state, value: renamed(state.value) } : state)
  const reshaped = (config: Json, src: string) =>
    remembering(
      starts
        ? withInvoke(config, { src, id: `${src}-new`, ...(names && { systemId: 'sys:shared' }) })
        : config,
      forgets,
    )
  const top = reshaped(renames ? (renamed(spec.top) as Json) : spec.top, 'kid')
  const second = { ...spec, top, kid: reshaped(spec.kid, 'grandkid') }
  const upgradeOfChild = { migrate: migrateChild }
  return {
    machine: machineOf(second, '2', forgets),
    ...common,
    previous: [first],
    upgrades: [
      {
        from: '1',
        to: '2',
        migrate,
        upcast: (event) => ({ ...event, upcast: true }),
        children: { kid: upgradeOfChild, 'kid/kid': upgradeOfChild, 'kid/grandkid': upgradeOfChild },
      },
    ],
  }
}

/** Returns the config with one more child of its root. */
function withInvoke(config: Json, invoke: Json): Json {
  return { ...config, invoke: [config.invoke ?? [], invoke].flat() }
}

/** Returns the config without the invocations of a forgotten child. */
function remembering(config: Json, forgotten: readonly string[]): Json {
  const states = Object.entries((config.states ?? {}) as Record<string, Json>)
  const invokes = [config.invoke ?? []].flat() as { src: string }[]
  return {
    ...config,
    ...(invokes.length > 0 && { invoke: invokes.filter(({ src }) => !forgotten.includes(src)) }),
    ...(states.length > 0 && {
      states: Object.fromEntries(states.map(([key, state]) => [key, remembering(state, forgotten)])),
    }),
  }
}

/** Returns a config or a state value with another name for each state. */
function renamed(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/^s(\d)$/, 'renamed$1')
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(renamed)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [renamed(key), renamed(inner)]))
}

function machineOf(spec: KindSpec, version: string, forgotten: readonly string[]): AnyStateMachine {
  const known = Object.entries({ adding, asking, waiting, echo }).filter(([src]) => !forgotten.includes(src))
  const leaves = Object.fromEntries(known)
  const grandkid = build(spec.grandkid, version, { ...leaves, kid: echo })
  const kid = build(spec.kid, version, { ...leaves, grandkid, kid: grandkid })
  return build(withWelcome(spec.top, spec.welcome), version, { ...leaves, kid, grandkid })
}

function build(config: Json, version: string, actors: Readonly<Record<string, unknown>>): AnyStateMachine {
  const poison = throwing(() => true, true)
  const actions = Object.assign({ poison, poisonBack, knock }, ...Object.values(ACTIONS))
  const on = { ...(config.on as Json), [POISON]: { actions: 'poison' } }
  const context = ({ input }: { input?: { from?: number } }): Context => ({
    n: input?.from ?? 0,
    log: [],
    kid: false,
  })
  return setup({
    actors: actors as never,
    actions: actions as never,
    guards: GUARDS as never,
  }).createMachine({
    ...structuredClone({ ...config, on }),
    version,
    context,
  } as never) as unknown as AnyStateMachine
}
