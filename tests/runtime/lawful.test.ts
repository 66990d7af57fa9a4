/**
 * Whatever comes from outside, and whenever a runtime ends, no law of the log is broken: messages of several sources,
 * with positions that come again and jump, keys that come again, messages at one moment, dead letters that are sent
 * again, turns that are undone after they have asked a port, children that start again at their address, actors that
 * start over, leave memory or are migrated. An assertion that fails here would fence a log that is whole.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type AnyStateMachine, assign, enqueueActions, sendTo, setup } from 'xstate'
import { isOutcryError } from '../../errors/outcry-error.ts'
import type { Machines } from '../../src/runtime/actors/kind.ts'
import type { Port } from '../../src/runtime/port.ts'
import type { AnyEvent, TransitionRecord } from '../../src/runtime/record/record.ts'
import { plainError } from '../../src/runtime/record/values.ts'
import { Offsets } from '../../src/runtime/state/offsets.ts'
import { howMany, SEED, untilMet } from '../seeded.ts'
import { ALWAYS_PASSIVE, Incarnations, type Options } from './incarnations.ts'

const LIVES = howMany('LAWFUL_LIVES', 60)
const STEPS_MAX = 25
const TOPS = ['one/a', 'one/b', 'two/a'] as const
const ADDRESSES = [...TOPS, 'one/a/kid', 'two/a/kid', 'two/late', 'two/none'] as const
const TYPES = [
  'ASK',
  'ASK_TWICE',
  'ASK_LATER',
  'BEAR',
  'TELL_KID',
  'PASS',
  'ASK_AND_POISON',
  'THROW',
  'END_KID',
]
const SOURCES = ['market', 'venue', 'ticks'] as const

const ask = (type: string, delay?: number) =>
  sendTo(({ system }) => system.get('port/bank'), { type }, delay === undefined ? {} : { delay }) as never
const throws = assign(() => {
  throw new Error('no')
}) as never

/** Asks, bears a child again and again, passes on, and throws, also after it has asked. */
function machineOf(version: string): AnyStateMachine {
  const kid = setup({}).createMachine({
    id: 'kid',
    initial: 'on',
    states: {
      on: {
        entry: ask('BORN'),
        on: { ASK: { actions: ask('KID') }, THROW: { actions: throws }, END: 'off' },
      },
      off: { type: 'final' },
    },
  })
  return setup({
    types: {} as { context: { hasKid: boolean }; events: AnyEvent },
    actors: { kid },
  }).createMachine({
    id: 'top',
    version,
    context: { hasKid: false },
    on: {
      ASK: { actions: ask('ORDER') },
      ASK_TWICE: { actions: [ask('ORDER'), ask('ORDER'), ask(`OF ${version}`)] },
      ASK_LATER: { actions: ask('LATE', 5) },
      BEAR: {
        actions: enqueueActions(({ enqueue, context }) => {
          if (context.hasKid) enqueue.stopChild('kid')
          enqueue.spawnChild('kid', { id: 'kid' })
          enqueue.assign({ hasKid: true })
        }),
      },
      TELL_KID: { actions: sendTo('kid', { type: 'ASK' }) },
      END_KID: { actions: sendTo('kid', { type: 'END' }) },
      PASS: { actions: sendTo(({ system }) => system.get('two/late'), { type: 'ASK' }) },
      // The turn is undone when it has asked already.
      ASK_AND_POISON: {
        actions: [ask('ORDER'), sendTo(({ system }) => system.get('one/b'), { type: 'THROW' })],
      },
      THROW: { actions: [ask('ORDER'), throws] },
    },
  })
}

const backoff = { minMs: 2, maxMs: 8, restartsMax: 4, resetMs: 20 }
const restart = { strategy: 'restart', backoff } as const
const migrate = (state: { value: unknown; context: unknown }) => state

function machinesOf(version: 1 | 2): Machines {
  const [first, second] = [machineOf('1'), machineOf('2')]
  const versions =
    version === 1
      ? { machine: first }
      : { machine: second, previous: [first], upgrades: [{ from: '1', to: '2', migrate }] }
  const common = { ...versions, keptInQuarantine: ['ASK'] }
  return {
    one: { ...common, supervision: restart, childSupervision: { strategy: 'resume' } },
    two: { ...common, supervision: { strategy: 'quarantine' }, childSupervision: restart },
  }
}

/** A message, as data. */
interface Sent {
  readonly to: (typeof ADDRESSES)[number]
  readonly type: string
  readonly at: number
  /** A position counts on from the greatest one that its source has sent, or back. */
  readonly origin: { readonly source: (typeof SOURCES)[number]; readonly by: number } | undefined
  readonly key: number | undefined
  /** Completes one of the intents that are not settled. */
  readonly completes: number | undefined
}

type Step =
  | { readonly together: readonly Sent[] }
  | { readonly waitMs: number }
  | { readonly spawn: true }
  | { readonly stopActor: string }
  | { readonly quarantine: string }
  | { readonly release: string }
  | { readonly restart: string }
  | { readonly redeliver: number }
  | { readonly dropLetter: number }
  | { readonly reopen: 'stop' | 'crash'; readonly upgrades: boolean }

const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined })
const sent: fc.Arbitrary<Sent> = fc.record({
  to: fc.constantFrom(...ADDRESSES, ...TOPS),
  type: fc.constantFrom(...TYPES),
  at: fc.integer({ min: -20, max: 5 }),
  origin: maybe(
    fc.record({ source: fc.constantFrom(...SOURCES), by: fc.constantFrom(-2, 0, 1, 1, 1, 3, 1_000) }),
  ),
  key: maybe(fc.nat({ max: 6 })),
  completes: maybe(fc.nat()),
})
const top = fc.constantFrom(...ADDRESSES)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ together: fc.array(sent, { minLength: 1, maxLength: 6 }) }) },
    { weight: 3, arbitrary: fc.record({ waitMs: fc.integer({ min: 1, max: 30 }) }) },
    { weight: 1, arbitrary: fc.record({ spawn: fc.constant(true as const) }) },
    { weight: 1, arbitrary: fc.record({ stopActor: top }) },
    { weight: 2, arbitrary: fc.record({ quarantine: top }) },
    { weight: 3, arbitrary: fc.record({ release: top }) },
    { weight: 1, arbitrary: fc.record({ restart: top }) },
    { weight: 2, arbitrary: fc.record({ redeliver: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ dropLetter: fc.nat() }) },
    {
      weight: 3,
      arbitrary: fc.record({
        reopen: fc.constantFrom('stop' as const, 'crash' as const),
        upgrades: fc.boolean(),
      }),
    },
  ),
  { minLength: 5, maxLength: STEPS_MAX },
)
const often = fc.record({
  isPassive: fc.boolean(),
  snapshotEvery: fc.constantFrom(1, 3, 1_000),
  checkpointEvery: fc.constantFrom(1, 7, 50_000),
})

/** Completes nothing by itself. */
const bank: Port = { deliver() {}, recover() {} }

class Life {
  readonly #incarnations: Incarnations
  readonly #options: (version: 1 | 2) => Options
  readonly #sent = new Map<string, number>()
  #version: 1 | 2 = 1

  constructor({
    isPassive,
    ...every
  }: { isPassive: boolean; snapshotEvery: number; checkpointEvery: number }) {
    this.#options = (version) => ({
      machines: machinesOf(version),
      ports: { bank },
      passivation: isPassive ? ALWAYS_PASSIVE : {},
      ...every,
    })
    this.#incarnations = new Incarnations(this.#options(1))
  }

  async run(steps: readonly Step[]): Promise<TransitionRecord[]> {
    await this.#incarnations.open()
    for (const address of TOPS) await this.#spawn(address)
    for (const step of steps) {
      await this.#take(step).catch(expected)
      await this.#incarnations.supervisor.idle()
    }
    await this.#incarnations.interrupt('crash')
    const { supervisor, errors } = this.#incarnations
    const records = await this.#incarnations.records()
    expect(await supervisor.verify()).toMatchObject({ problems: [] })
    await supervisor.stop()
    expect(errors.filter((text) => /INVARIANT|law \d|defect/.test(text))).toEqual([])
    return records
  }

  #spawn(address: string): Promise<unknown> {
    const [kind, id] = address.split('/') as [string, string]
    return this.#incarnations.supervisor.spawn(kind, id)
  }

  async #take(step: Step): Promise<unknown> {
    const { supervisor, clock } = this.#incarnations
    if ('together' in step) return Promise.all(step.together.map((one) => this.#send(one).catch(expected)))
    if ('waitMs' in step) return clock.advanceTo(clock.now() + step.waitMs)
    if ('spawn' in step) return this.#spawn('two/late')
    if ('stopActor' in step) return supervisor.stopActor(step.stopActor)
    if ('release' in step) return supervisor.release(step.release)
    if ('quarantine' in step)
      return supervisor.quarantine(step.quarantine, {
        error: plainError(new Error('hung')),
        event: { type: 'ASK' },
      })
    if ('restart' in step) return supervisor.restart(step.restart)
    if ('redeliver' in step) {
      const seq = await this.#letter(step.redeliver)
      return seq === undefined ? undefined : supervisor.redeliver(seq)
    }
    if ('dropLetter' in step) {
      const seq = await this.#letter(step.dropLetter)
      return seq === undefined ? undefined : supervisor.dropLetter(seq)
    }
    if (step.upgrades) this.#version = 2
    return this.#incarnations.interrupt(step.reopen, this.#options(this.#version))
  }

  async #letter(n: number): Promise<number | undefined> {
    const records = await this.#incarnations.records()
    const letters = records.filter(({ event }) => event.type === 'DEAD_LETTER')
    return letters.length === 0 ? undefined : letters[n % letters.length]?.seq
  }

  #send({ to, type, at: after, origin: of, key, completes }: Sent): Promise<unknown> {
    const { supervisor, clock } = this.#incarnations
    const { unsettled } = supervisor
    const position = of && Math.max(1, (this.#sent.get(of.source) ?? 0) + of.by)
    if (of !== undefined)
      this.#sent.set(of.source, Math.max(position as number, this.#sent.get(of.source) ?? 0))
    return supervisor.send(
      to,
      { type, at: clock.now() + after },
      {
        ...(of && { origin: { source: of.source, position: position as number } }),
        ...(key !== undefined && { key: `k-${key}` }),
        ...(completes !== undefined &&
          unsettled.length > 0 && { completes: unsettled[completes % unsettled.length]?.id as string }),
      },
    )
  }
}

/** Refusals are answers. A log that refuses a commit is none. */
function expected(error: unknown): void {
  if (!isOutcryError(error) || ['STORE_FENCED', 'INVARIANT_BROKEN', 'INTERNAL'].includes(error.code))
    throw error
}

/** What has happened in these lives, so that the test says what it has tried. */
const seen = new Map<string, number>()
const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)

it(`no message and no end of a runtime breaks a law, seed ${SEED}`, async () => {
  const property = fc.asyncProperty(steps, often, async (steps, every) => {
    const records = await new Life(every).run(steps)
    const broken = records.filter(({ event }) => JSON.stringify(event).includes('INVARIANT_BROKEN'))
    expect(broken).toEqual([])
    const ids = records.flatMap(({ intents = [] }) => intents.map(({ id }) => id))
    expect(new Set(ids).size).toBe(ids.length)
    // Also from its first record on, as without a checkpoint.
    const offsets = new Offsets()
    for (const record of records) offsets.apply(record)
    for (const { event, origin, intents, completes, key, actor } of records) {
      count(event.type)
      if (origin !== undefined) count(`of ${origin.source}`)
      if (intents !== undefined) count(actor.endsWith('/kid') ? 'a child asks' : 'asks')
      if (completes !== undefined) count('completes')
      if (key !== undefined) count('key')
    }
  })
  const wanted = [
    'outcry.failed',
    'outcry.restarted',
    'outcry.migrated',
    'outcry.released',
    'outcry.unstashed',
    'outcry.letterRedelivered',
    'outcry.letterDropped',
  ]
  const others = [
    'DEAD_LETTER',
    'a child asks',
    'asks',
    'completes',
    'key',
    ...SOURCES.map((name) => `of ${name}`),
  ]
  await untilMet(
    (seed) => fc.assert(property, { numRuns: LIVES, seed }),
    () => [...wanted, ...others].filter((what) => !seen.has(what)),
  )
})
