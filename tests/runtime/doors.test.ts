/**
 * Tests law 12: any value at any door is either refused, with its path and no other trace, or comes back the same after
 * an orderly stop, a crash, a passivation, and from the archive.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import {
  assign,
  createMachine,
  emit,
  fromCallback,
  fromPromise,
  fromTransition,
  raise,
  sendTo,
  setup,
  spawnChild,
} from 'xstate'
import { isOutcryError } from '../../errors/outcry-error.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Port, PortContext } from '../../src/runtime/port.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { AnyEvent, TransitionRecord } from '../../src/runtime/record/record.ts'
import { Ref } from '../../src/runtime/record/ref.ts'
import { decode } from '../../src/runtime/record/values.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import type { Store } from '../../store/store.ts'
import { howMany, SEED } from '../seeded.ts'
import { anyValue, canBeKept, isAlike, isDeeplyFrozen, isStill } from './odd-values.ts'

/** The values that the machines send. An event names one by its place here. */
let values: readonly unknown[] = []
type Use = { type: string; at: number; n: number }
const given = ({ event }: { event: Use }) => values[event.n]

type Kept = { door: string; n: number; value: unknown }
/** Keeps the values that reach it. */
const keeper = setup({
  types: {} as { context: { kept: Kept[] }; events: AnyEvent },
}).createMachine({
  context: { kept: [] },
  on: {
    KEEP: {
      actions: assign({
        kept: ({ context, event }) => [...context.kept, { door: event.door, n: event.n, value: event.value }],
      }),
    },
  },
})

const keep = (door: string, { event }: { event: Use }, value: unknown) => ({
  type: 'KEEP',
  door,
  n: event.n,
  value,
})
type Input = { n: number; value: unknown }
const child = setup({ types: {} as { input: Input; context: Input; output: Input } }).createMachine({
  context: ({ input }) => input,
  initial: 'done',
  states: { done: { type: 'final' } },
  output: ({ context }: { context: Input }) => context,
})
const job = fromPromise<unknown, Input>(async ({ input }) => ({ n: input.n, value: values[input.n] }))
const failing = fromPromise<unknown, Input>(async ({ input }) => {
  throw values[input.n]
})
/** Values already sent back. A callback starts again with its process, but sends each value once. */
const sentBack = new Set<number>()
const backSender = fromCallback<AnyEvent, Input>(({ sendBack, input: { n } }) => {
  if (sentBack.has(n)) return
  sentBack.add(n)
  sendBack({ type: 'KEEP', door: 'sendBack', n, value: values[n] })
})
const emitter = fromTransition(
  (_state: { seen: unknown }, event: AnyEvent, { emit }) => {
    emit({ type: 'EMITTED', n: event.n, value: values[event.n] } as never)
    return { seen: values[event.n] }
  },
  { seen: null as unknown },
)

/** A machine with every door through which a value can enter. */
const opener = setup({
  types: {} as { context: { value: unknown }; events: Use; emitted: AnyEvent },
  actors: { child, job, failing, backSender, emitter },
}).createMachine({
  context: { value: null },
  invoke: { src: 'emitter', id: 'emitter' },
  on: {
    byHand: {
      actions: ({ system, event }) =>
        system.get('keeper/k').send({ type: 'KEEP', door: 'byHand', n: event.n, value: values[event.n] }),
    },
    sent: {
      actions: sendTo(
        ({ system }) => system.get('keeper/k'),
        (_) => keep('sent', _, given(_)),
      ),
    },
    later: {
      actions: sendTo(
        ({ system }) => system.get('keeper/k'),
        (_) => keep('later', _, given(_)),
        { delay: 1 },
      ),
    },
    raised: {
      actions: raise((_) => ({ ...keep('raised', _, given(_)), type: 'forward', at: 0 }), { delay: 1 }),
    },
    forward: {
      actions: sendTo(
        ({ system }) => system.get('keeper/k'),
        ({ event }) => ({ ...event, type: 'KEEP' }),
      ),
    },
    emitted: { actions: emit(({ event }) => ({ type: 'EMITTED', n: event.n, value: values[event.n] })) },
    context: { actions: assign({ value: given }) },
    input: {
      actions: spawnChild('child', {
        id: ({ event }) => `c${event.n}`,
        input: (_) => ({ n: _.event.n, value: given(_) }),
      }),
    },
    promise: {
      actions: spawnChild('job', {
        id: ({ event }) => `j${event.n}`,
        input: ({ event }) => ({ n: event.n, value: 0 }),
      }),
    },
    error: {
      actions: spawnChild('failing', {
        id: ({ event }) => `f${event.n}`,
        input: ({ event }) => ({ n: event.n, value: 0 }),
      }),
    },
    sendBack: {
      actions: spawnChild('backSender', {
        id: ({ event }) => `b${event.n}`,
        input: ({ event }) => ({ n: event.n, value: 0 }),
      }),
    },
    transition: { actions: sendTo('emitter', ({ event }) => ({ type: 'GO', n: event.n })) },
    '*': {
      // The messages of children: done, error, and events sent back.
      actions: sendTo(
        ({ system }) => system.get('keeper/k'),
        ({ event }) => {
          const { type, door, n, value, output } = event as unknown as AnyEvent
          if (type === 'KEEP') return { type, door, n, value }
          return {
            type: 'KEEP',
            door: type.split('.').slice(0, 3).join('.'),
            n: output?.n ?? -1,
            value: output ? output.value : null,
          }
        },
      ),
    },
  },
})
/** Doors within the turn: a refusal undoes the turn. */
const TURN_DOORS = ['sent', 'later', 'raised', 'emitted', 'context', 'input', 'transition'] as const
/** Doors behind the commit. */
const LATER_DOORS = ['byHand', 'promise', 'error', 'sendBack'] as const

class Desk implements Port {
  context!: PortContext
  readonly given: AnyEvent[] = []
  start(context: PortContext): void {
    this.context = context
  }
  deliver(): void {}
  recover(): void {}
}

const machines = {
  filler: createMachine({}),
  keeper,
  opener: { machine: opener, childSupervision: { strategy: 'resume' as const } },
}

/** A runtime with its log in a folder. */
class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'doors-'))
  readonly clock = new EventClock(1_000)
  readonly desk = new Desk()
  store!: Store<TransitionRecord>
  supervisor!: Supervisor
  errors: string[] = []

  async open(residentMax = 1_000): Promise<void> {
    this.store = await openLevelStore(this.folder)
    const note = (_: object, text: string) => void this.errors.push(text)
    this.supervisor = await createSupervisor({
      store: this.store,
      machines,
      ports: { desk: this.desk },
      clock: this.clock,
      logger: { debug() {}, info() {}, warn: note, error: note },
      passivation: { residentMax },
    })
  }

  get kept(): readonly Kept[] {
    return (this.supervisor.getSnapshot('keeper/k') as { context: { kept: Kept[] } }).context.kept
  }
}

const refOf = (address: string, id: string) => new Ref({ relay: () => {} }, address as Address, id)

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Codes of refusals that are about the value. */
const REFUSED = ['NOT_JSON', 'VALUE_TOO_LARGE']
const codeOf = (error: unknown): string => {
  if (!isOutcryError(error)) return String(error)
  return error.code === 'ACTOR_FAILED' && isOutcryError(error.cause) ? error.cause.code : error.code
}

const DOORS_FROM_OUTSIDE: Readonly<
  Record<string, (world: World, n: number, value: unknown) => Promise<unknown>>
> = {
  send: ({ supervisor }, n, value) => supervisor.send('keeper/k', { type: 'KEEP', door: 'send', n, value }),
  tell: async ({ supervisor }, n, value) =>
    supervisor.tell('keeper/k' as never, { type: 'KEEP', door: 'tell', n, value }),
  port: ({ desk }, n, value) => desk.context.send('keeper/k', { type: 'KEEP', door: 'port', n, value }),
  spawn: ({ supervisor }, n, value) => supervisor.spawn('keeper', `s${n}`, { value }),
}

describe(`any value at any door (seed ${SEED})`, () => {
  it('is refused with its path, or comes back the same after every interruption', async () => {
    const amount = howMany('VALUES', 120)
    const all = fc.sample(anyValue, { numRuns: amount, seed: SEED })
    for (let from = 0; from < all.length; from += 120) await live(all.slice(from, from + 120))
  })
})

async function live(next: readonly unknown[]): Promise<void> {
  values = next
  sentBack.clear()
  const world = new World()
  folders.push(world.folder)
  await world.open()
  const { supervisor } = world
  await supervisor.spawn('keeper', 'k', undefined, { at: 1 })
  await supervisor.spawn('opener', 'o', undefined, { at: 1 })
  await supervisor.spawn('filler', 'f', undefined, { at: 1 })
  await supervisor.send('keeper/k', { type: 'KEEP', door: 'first', n: -1, value: 0 })

  const mayPass = values.map((value) => canBeKept(value))
  // Values from outside are copied; values that machines make are taken as they are.
  const mayBeMade = values.map((value, n) => mayPass[n] === true && isStill(value))
  const isMade = (door: string) => TURN_DOORS.some((made) => made === door)
  for (const [n, value] of values.entries()) {
    const outcome = (door: string, code: string | undefined) => {
      const may = (isMade(door) ? mayBeMade : mayPass)[n]
      const refused = code === undefined || REFUSED.includes(code) ? code !== undefined : code
      expect([door, n, may, refused]).toEqual([door, n, may, !may])
    }
    const said = async (door: string, sent: Promise<unknown>) =>
      outcome(door, await sent.then(() => undefined, codeOf))
    const send = (door: string) => supervisor.send('opener/o', { type: door, n })
    // All are sent at once, so they share a commit.
    await Promise.all([
      ...Object.entries(DOORS_FROM_OUTSIDE).map(([door, open]) => said(door, open(world, n, value))),
      ...TURN_DOORS.map((door) => said(door, send(door))),
      ...LATER_DOORS.map(send),
    ])
  }
  world.clock.advanceTo(2_000)
  await supervisor.idle()
  await new Promise((resolve) => setImmediate(resolve))
  await supervisor.idle()
  expect(supervisor.fence).toBeUndefined()

  const lived = world.kept
  for (const { door, n, value } of lived) {
    if (n < 0 || door.startsWith('xstate.error')) continue
    expect([door, n, (isMade(door) ? mayBeMade : mayPass)[n]]).toEqual([door, n, true])
    if (!isAlike(values[n], value)) expect.fail(`${door} lets in another value than ${n}`)
    expect(isDeeplyFrozen(value)).toBe(true)
  }
  const context = supervisor.getSnapshot('opener/o')?.context
  const seen = supervisor.getSnapshot('opener/o/emitter')?.context
  const same = (what: string) => {
    expect(world.kept.length, what).toBe(lived.length)
    for (const [i, kept] of world.kept.entries())
      if (!isAlike(kept, lived[i])) expect.fail(`${what}: ${kept.door} ${kept.n} came back as another value`)
    if (!isAlike(world.supervisor.getSnapshot('opener/o')?.context, context))
      expect.fail(`${what}: the context differs`)
    if (!isAlike(world.supervisor.getSnapshot('opener/o/emitter')?.context, seen))
      expect.fail(`${what}: a state differs`)
    expect(isDeeplyFrozen(world.kept), what).toBe(true)
  }
  const problems = async () => (await world.supervisor.verify()).problems
  expect(await problems()).toEqual([])

  // A crash leaves the log. Here the test closes the store under a supervisor that is not used any more.
  await world.store.close()
  await world.open()
  same('a crash')
  expect(await problems()).toEqual([])
  await world.supervisor.stop()
  await world.open(0)
  same('an orderly stop')
  await world.supervisor.send('keeper/k', { type: 'NOTHING' })
  await world.supervisor.idle()
  same('a passivation')
  // Records before these are in the written index and may go to the archive.
  for (let i = 0; i < 21_000; i++) {
    world.supervisor.tell('filler/f' as Address, { type: 'NOTHING' })
    await world.supervisor.room()
  }
  await world.supervisor.stop()
  await world.open()
  await world.store.archive(world.supervisor.seq)
  expect(world.store.hotFrom).toBeGreaterThan(1)
  expect(await problems()).toEqual([])
  let place = 0
  for await (const { event, unhandled } of world.supervisor.history('keeper/k')) {
    if (event.type !== 'KEEP' || unhandled) continue
    const { value } = decode(event, refOf)
    if (!isAlike(value, lived[place]?.value))
      expect.fail(`the archive has another value: ${lived[place]?.door}`)
    place++
  }
  expect(place).toBe(lived.length)
  for await (const { emitted = [] } of world.supervisor.read()) {
    for (const event of emitted) {
      const { n, value } = decode(event, refOf)
      if (!isAlike(value, values[n])) expect.fail(`what was emitted differs from ${n}`)
    }
  }
  await world.supervisor.stop()
  rmSync(world.folder, { recursive: true })
}
