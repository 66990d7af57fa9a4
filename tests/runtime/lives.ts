/**
 * Random lives: actors of random machines, their supervision, and a script of what happens to them, all of it data. A life is lived
 * once straight through, and again with a passivation, an orderly stop or a crash between its steps. Both must leave equal logs (law 5).
 */
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

/** What lives may hold beside states, transitions and assignments. */
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

/** A kind of top actors: three generations of machines, and what happens when they throw. */
interface KindSpec {
  readonly top: Json
  readonly kid: Json
  readonly grandkid: Json
  readonly supervision: Supervision
  readonly childSupervision: Supervision
  /** What `LATE` does to a top actor that starts over: it throws, or has it throw. */
  readonly welcome: Welcome
}

type Welcome = 'none' | 'throws' | 'answers'

type LifeStep =
  | { readonly send: string; readonly to: string }
  | { readonly wait: number }
  | { readonly quarantine: string }
  | { readonly release: string }
  | { readonly stopActor: string }
  | { readonly spawn: string }

export interface Life {
  readonly kinds: { readonly one: KindSpec; readonly two: KindSpec }
  readonly steps: readonly LifeStep[]
  /** Before which step the second version of all machines takes over; none, or beyond the last step: never. */
  readonly upgradeBefore: number | undefined
  /** The second version may find what a crash left; else it begins after an orderly stop. */
  readonly mayUpgradeAfterCrash: boolean
  readonly change: Change
}

/** What the second version has otherwise than the first. */
interface Change {
  /** Other names for the states of top actors. */
  readonly renames: boolean
  /** `src` names of children that `migrate` drops. */
  readonly drops: readonly string[]
  /** `src` names that the machines do not know any more. */
  readonly forgets: readonly string[]
  /** Whether the first two generations invoke one child more. */
  readonly starts: boolean
  /** Whether these have a name that another may have: then the actor cannot be carried over until that one is gone. */
  readonly names: boolean
}

/** How a life is interrupted: `between[i]` comes before step `i`. */
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
  /** Whether it has a child of its own making. */
  readonly kid: boolean
  readonly ref?: unknown
}

type Moment = { readonly context: Context; readonly event: AnyEvent }

const TOPS = ['one/a', 'one/b', 'two/a'] as const
/** One that comes into being in the middle of a life, if at all. */
const LATE = 'two/late'
const CHILDREN = ['one/a/kid', 'one/a/kid-m', 'one/a/kid-m_0', 'two/a/kid', 'two/a/kid-m', 'one/a/kid/kid']
/** What an invoked child of each `src` is called, but for the state that invokes it. */
const INVOKED = ['kid', 'grandkid', 'adding', 'asking', 'waiting', 'echo'] as const
const ADDRESSES = [...TOPS, ...TOPS, LATE, ...CHILDREN]

/** Messages that one from outside sets off, one after another. */
const HOPS = 2

/** How many more messages an event may set off, one after another, so that lives end. What comes with a start or an end sets off timers only. */
function hopsOf({ event }: Moment, isDelayed: boolean): number {
  if (typeof event.hops === 'number') return event.hops
  if (!event.type.startsWith('xstate.')) return HOPS
  return event.type.startsWith('xstate.after.') || isDelayed ? 1 : 0
}

/** Sends an event, unless the one that it answers was sent by too many others in a row. */
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

/** Every machine throws on it. */
const POISON = 'POISON'
const KNOCK = 'KNOCK'

/** At its start a top actor has `LATE` take something, which comes into being after all others have started for the first time. */
const knock = enqueueActions(({ enqueue, self, system }) => {
  const { sessionId } = self as unknown as { sessionId: string }
  if (sessionId === LATE) return
  enqueue(sendTo(() => system.get(LATE) as never, { type: KNOCK, from: sessionId } as never) as never)
})

const poisonBack = enqueueActions(({ enqueue, event, system }) => {
  const { from } = event as unknown as { from: string }
  enqueue(sendTo(() => system.get(from) as never, { type: POISON } as never) as never)
})

/** Only `LATE` is ever knocked at. */
function withWelcome(config: Json, welcome: Welcome): Json {
  if (welcome === 'none') return config
  const on = { ...(config.on as Json), [KNOCK]: { actions: welcome === 'throws' ? 'poison' : 'poisonBack' } }
  return { ...config, on, entry: ['knock', config.entry ?? []].flat() }
}

const set = (change: (moment: Moment) => Partial<Context>) => assign(change as never)

/** Whether a timer, a start or an end stands behind an event, and no message from outside. */
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

/** Several actions under one name, as long as the context says that there is a child of its own making, or none. */
function whenKid(isThere: boolean, actions: readonly unknown[]) {
  return enqueueActions(({ enqueue, context }) => {
    if ((context as Context).kid !== isThere) return
    for (const action of actions) enqueue(action as never)
  })
}

/** The system id of an actor's own child. With a slash it would be an address. */
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

/** By name, so that a life is plain data; under the feature that each belongs to. */
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
    // Two may take the same name in one turn, and one of them fails.
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

/** Counts; its state is not a machine's. */
const adding = fromTransition(
  (context: { sum: number }, event: { type: string }) => ({ sum: context.sum + event.type.length }),
  { sum: 0 },
)

/** What resolves the promises that wait for it, in the order of their starts. */
const unanswered: (() => void)[] = []

/** Resolves when all that was sent before has been taken: see `atRest`. */
const asking = fromPromise(
  ({ input }: { input?: { from?: number } }) =>
    new Promise<number>((resolve) => unanswered.push(() => resolve(input?.from ?? 0))),
)

/** Runs until it is stopped, under the same id after each start. */
const waiting = fromPromise<number>(() => new Promise(() => {}))

/** Answers what it is told. What it did by itself, it would do again at each start. */
const echo = fromCallback(({ sendBack, receive }) => {
  receive(() => sendBack({ type: 'C', hops: 0, later: true }))
})

const RERUN = ['asking', 'waiting']

/** Restarts soon, so that one falls into a life, and gives up soon. */
const BACKOFF = { minMs: 4, maxMs: 12, restartsMax: 2, resetMs: 30 }
const RESTART: Supervision = { strategy: 'restart', backoff: BACKOFF }

/** Random lives that hold these features. */
export function lives(features: ReadonlySet<Feature>): fc.Arbitrary<Life> {
  const actions = Object.entries(ACTIONS)
    .filter(([feature]) => feature === 'always' || features.has(feature as Feature))
    .flatMap(([, named]) => Object.keys(named))
  const guards = ['odd', 'small', 'notOdd']
  if (features.has('throws')) guards.push('risky')
  if (features.has('throwsAnywhere')) guards.push('riskyAnywhere')
  // Children get fewer messages, so that they have to throw more often.
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
    // Twice, because most that may happen happens while one waits for its restart.
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
  if (features.has('restarts')) steps.push({ weight: 3, arbitrary: restarts(send, wait) })
  if (features.has('stops'))
    steps.push({ weight: 1, arbitrary: one(fc.record({ stopActor: fc.constantFrom(...TOPS, LATE) })) })
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

/** An actor goes into quarantine, some things come for it or come due, and somebody lets it out. */
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
 * An actor throws and is to start over. It goes into quarantine before that, or because `LATE` has it fail at each start, and
 * somebody lets it out.
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

/** Random interruptions, of one sort or of all, now and then or between every two steps. */
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

/** What a life leaves. */
export interface Remains {
  readonly records: readonly TransitionRecord[]
  readonly presents: ReadonlyMap<string, unknown>
  /** What `verify` finds. */
  readonly problems: readonly unknown[]
  /** What the sender of each step is told. */
  readonly outcomes: readonly string[]
}

/** Returns what is wrong with an interrupted life: how it differs from the straight one, or what `verify` finds. */
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

/** Answers what it is asked, at once. */
class Bank implements Port {
  #context: PortContext | undefined

  start(context: PortContext): void {
    this.#context = context
  }

  deliver({ id, actor, seq, correlation }: Intent): void {
    const reply = { settles: id, cause: seq, correlation }
    this.#context?.send(actor, { type: 'C', hops: 0, later: true }, reply).catch(() => {})
  }

  recover(intent: Intent): void {
    this.deliver(intent)
  }
}

/** Lives a life, and returns what it leaves. */
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
    // A new version comes with a start, in the straight life, too.
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
  await incarnations.supervisor.stop()
  return { records, presents, problems, outcomes }
}

/**
 * Resolves when no promise waits for its answer any more, and what follows from the answers is durable. They come one at a time, for nobody
 * promises in which order the answers of the outside arrive.
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
    // Whoever is no machine has another context.
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

/** With one more child of its root. */
function withInvoke(config: Json, invoke: Json): Json {
  return { ...config, invoke: [config.invoke ?? [], invoke].flat() }
}

/** Without what invokes a forgotten child. */
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

/** With another name for each state, wherever it is one: in a config, and in a state value. */
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
