/** Tests the delays of machines, and timers that come due at a bad moment (law 7). */

import { describe, expect, it } from 'vitest'
import { assign, createActor, createMachine, raise, SimulatedClock, sendTo, setup } from 'xstate'
import type { Cell } from '../../src/runtime/actors/cell.ts'
import type { Machines } from '../../src/runtime/actors/kind.ts'
import {
  listOf,
  NO_TIMERS,
  type PendingTimers,
  withoutAll,
  withTimer,
} from '../../src/runtime/actors/pending-timers.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { TimerService } from '../../src/runtime/time/timer-service.ts'
import type { Publication } from '../../src/runtime/turn/publication.ts'
import { newMemory, type SnapshotEntry } from '../../store/index.ts'
import { Harness } from './harness.ts'

/** A machine that waits for the delay in its event. */
const sleeper = setup({
  types: {} as { events: { type: 'SLEEP'; ms: unknown } | { type: 'DUE' } | { type: 'POKE' } },
}).createMachine({
  id: 'sleeper',
  initial: 'awake',
  on: { POKE: {} },
  states: {
    awake: { on: { SLEEP: 'asleep' } },
    asleep: {
      entry: raise(
        { type: 'DUE' },
        { id: 'alarm', delay: ({ event }) => (event.type === 'SLEEP' ? read(event.ms) : 0) },
      ),
      on: { DUE: 'rested' },
    },
    rested: {},
  },
})

/** Returns a delay from an event. Events are JSON, so numbers that JSON does not have are texts. */
function read(ms: unknown): number {
  const odd = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, '-Infinity': Number.NEGATIVE_INFINITY }
  return (typeof ms === 'string' && ms in odd ? odd[ms as keyof typeof odd] : ms) as number
}

const bystander = createMachine({ initial: 'a', states: { a: { after: { 50: 'b' } }, b: {} } })

async function open(machines: Machines): Promise<Harness> {
  const harness = new Harness()
  await harness.open({ machines })
  return harness
}

describe('a delay', () => {
  it.each([
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ['-Infinity', '-Infinity'],
    [2 ** 53, '9007199254740992: added to'],
    [1e300, '1e+300: added to'],
    ['100', '"100"'],
    [null, 'null'],
    [true, 'true'],
  ])('of %s is refused in that turn, and no other actor is affected', async (ms, told) => {
    const harness = await open({ sleeper, bystander })
    const { supervisor, clock } = harness
    await supervisor.spawn('sleeper', 's')
    await supervisor.spawn('bystander', 'b')
    await expect(supervisor.send('sleeper/s', { type: 'SLEEP', ms })).rejects.toMatchObject({
      code: 'ACTOR_FAILED',
      cause: {
        code: 'DELAY_INVALID',
        message: expect.stringContaining(`sleeper/s sets the timer "alarm" with the delay ${told}`),
      },
    })
    expect(await supervisor.view('sleeper/s')).toMatchObject({ value: 'awake', timers: [] })
    clock.advanceTo(2_000)
    await supervisor.idle()
    expect(harness.value('bystander/b')).toBe('b')
    expect((await supervisor.verify()).problems).toEqual([])
  })

  it('of a message to another actor follows the same rule', async () => {
    const machine = setup({}).createMachine({
      on: {
        GO: {
          actions: sendTo(
            ({ system }) => system.get('bystander/b'),
            { type: 'HI' },
            { delay: () => '5' as never },
          ),
        },
      },
    })
    const { supervisor } = await open({ sender: machine, bystander })
    await supervisor.spawn('sender', 's')
    await expect(supervisor.send('sender/s', { type: 'GO' })).rejects.toMatchObject({
      cause: { code: 'DELAY_INVALID', message: 'sender/s sets a timer with the delay "5"' },
    })
  })

  it.each([[() => 'x'], [5]])('of a timer whose id is not text is refused: %s', async (id) => {
    const machine = createMachine({
      on: { GO: { actions: raise({ type: 'DUE' }, { id: id as never, delay: 5 }) } },
    })
    const harness = await open({ odd: machine, bystander })
    await harness.supervisor.spawn('odd', 'o')
    await harness.supervisor.spawn('bystander', 'b')
    await expect(harness.supervisor.send('odd/o', { type: 'GO' })).rejects.toMatchObject({
      cause: { code: 'TIMER_ID_INVALID', message: expect.stringContaining('odd/o sets a timer whose id is') },
    })
    harness.clock.advanceTo(2_000)
    await harness.supervisor.idle()
    expect(harness.value('bystander/b')).toBe('b')
  })

  it('that is negative counts as none, as in live XState', async () => {
    const harness = await open({ sleeper })
    await harness.supervisor.spawn('sleeper', 's')
    await harness.supervisor.send('sleeper/s', { type: 'SLEEP', ms: -5 })
    expect((await harness.supervisor.view('sleeper/s'))?.timers).toMatchObject([{ dueAt: 1_000 }])
    harness.clock.advanceTo(1_000)
    await harness.supervisor.idle()
    expect(harness.value('sleeper/s')).toBe('rested')
    const clock = new SimulatedClock()
    const live = createActor(sleeper, { clock }).start()
    live.send({ type: 'SLEEP', ms: -5 })
    clock.increment(0)
    expect(live.getSnapshot().value).toBe('rested')
  })

  it('between restarts must be a number, too, or the backoff is refused', async () => {
    for (const backoff of [{ minMs: Number.NaN }, { maxMs: -1 }, { minMs: Number.POSITIVE_INFINITY }]) {
      const full = { minMs: 1, maxMs: 1, restartsMax: 1, resetMs: 1, ...backoff }
      const supervision = { strategy: 'restart', backoff: full } as const
      await expect(open({ sleeper: { machine: sleeper, supervision } })).rejects.toMatchObject({
        code: 'KIND_INVALID',
      })
    }
  })
})

describe('a log of an earlier version with a delay that is not a number', () => {
  const never = (ms: number) =>
    createMachine({
      id: 'never',
      initial: 'a',
      states: {
        a: { entry: raise({ type: 'DUE' }, { id: 'odd', delay: () => ms }), on: { DUE: 'b', POKE: {} } },
        b: {},
      },
    })

  /** Returns a value as such a version wrote it: JSON has neither NaN nor Infinity. */
  const asWritten = <T extends { timers?: unknown; scheduled?: unknown }>(value: T): T => {
    const timers = (list: unknown) => (list as { dueAt: number | null }[]).map((t) => ({ ...t, dueAt: null }))
    const { scheduled, timers: pending } = value
    return {
      ...value,
      ...(scheduled !== undefined && { scheduled: timers(scheduled) }),
      ...(pending !== undefined && { timers: timers(pending) }),
    }
  }

  it.each(['its records', 'its snapshots'])(
    'opens from %s; the timer is dropped and logged, and no actor stalls',
    async (from) => {
      const first = await open({ never: never(60_000), bystander })
      await first.supervisor.spawn('never', 'n')
      const records = await first.records()
      const old = new Harness()
      const store = await openMemoryStore(old.memory)
      for (const record of records)
        await store.append({ records: [record.scheduled ? asWritten(record) : record] })
      if (from === 'its snapshots') {
        await first.supervisor.stop()
        const kept = await openMemoryStore(first.memory)
        const entries = ['never/n', 'system/dead-letters'].map(
          (actor) => kept.snapshot(actor) as SnapshotEntry,
        )
        const old = entries.map((entry) => ({ ...entry, state: asWritten(entry.state as object) }))
        await store.putSnapshots(old, kept.checkpoint())
      }
      await store.close()
      const supervisor = await old.open({ machines: { never: never(Number.NaN), bystander } })
      await supervisor.spawn('bystander', 'b')
      old.clock.advanceTo(200_000)
      await supervisor.send('never/n', { type: 'POKE' })
      expect([old.value('never/n'), old.value('bystander/b')]).toEqual(['a', 'b'])
      expect((await supervisor.view('never/n'))?.timers).toEqual([])
      expect(old.errors).toContain('never/n had the timer "odd" with a wrong id or delay: it is dropped')
      const problems = (await supervisor.verify()).problems.filter(({ code }) => code !== 'STORE_INDEX')
      expect(problems).toEqual([])
      await supervisor.stop()
      await old.open({ machines: { never: never(Number.NaN), bystander } })
      expect((await old.supervisor.view('never/n'))?.timers).toEqual([])
    },
  )
})

describe('a timer that comes due in quarantine', () => {
  const patient = setup({
    types: {} as { context: { due: string[] }; events: { type: 'THROW' } | { type: 'DUE'; n: string } },
  }).createMachine({
    id: 'patient',
    context: { due: [] },
    entry: [
      raise({ type: 'DUE', n: 'third' }, { id: 'c', delay: 300 }),
      raise({ type: 'DUE', n: 'first' }, { id: 'a', delay: 100 }),
      raise({ type: 'DUE', n: 'second' }, { id: 'b', delay: 200 }),
      raise({ type: 'DUE', n: 'last' }, { id: 'd', delay: 10_000 }),
    ],
    on: {
      THROW: {
        actions: assign(() => {
          throw new Error('boom')
        }),
      },
      DUE: { actions: assign({ due: ({ context, event }) => [...context.due, event.n] }) },
    },
  })
  const machines: Machines = { patient: { machine: patient, supervision: { strategy: 'quarantine' } } }

  it.each(['the same run', 'after a stop', 'after a crash'])(
    'fires at the release, once and in due order: %s',
    async (how) => {
      const harness = await open(machines)
      await harness.supervisor.spawn('patient', 'p')
      await expect(harness.supervisor.send('patient/p', { type: 'THROW' })).rejects.toThrow('boom')
      harness.clock.advanceTo(1_400)
      await harness.supervisor.idle()
      for (let n = 0; n < 2 && how !== 'the same run'; n++) {
        if (how === 'after a stop') await harness.supervisor.stop()
        else await harness.crash()
        await harness.open({ machines })
        harness.clock.advanceTo(harness.clock.now() + 1)
        await harness.supervisor.idle()
      }
      expect(harness.context('patient/p')).toEqual({ due: [] })
      await harness.supervisor.release('patient/p')
      harness.clock.advanceTo(harness.clock.now() + 1)
      await harness.supervisor.idle()
      expect(harness.context('patient/p')).toEqual({ due: ['first', 'second', 'third'] })
      harness.clock.advanceTo(20_000)
      await harness.supervisor.idle()
      expect(harness.context('patient/p')).toEqual({ due: ['first', 'second', 'third', 'last'] })
      expect((await harness.deadLetters()).map(({ event }) => event.type)).toEqual(['THROW'])
      expect((await harness.supervisor.verify()).problems).toEqual([])
    },
  )

  it('is a dead letter when it is a message of another actor', async () => {
    const nurse = setup({}).createMachine({
      entry: sendTo(
        ({ system }) => system.get('patient/p'),
        { type: 'DUE', n: 'visit' } as { type: string },
        { delay: 50 },
      ),
    })
    const harness = await open({ ...machines, nurse })
    await harness.supervisor.spawn('patient', 'p')
    await harness.supervisor.spawn('nurse', 'n')
    await expect(harness.supervisor.send('patient/p', { type: 'THROW' })).rejects.toThrow('boom')
    harness.clock.advanceTo(1_400)
    expect(await harness.deadLetters()).toMatchObject([
      { event: { type: 'THROW' } },
      { event: { type: 'DUE', n: 'visit' }, reason: 'quarantined' },
    ])
    expect((await harness.supervisor.view('nurse/n'))?.timers).toEqual([])
  })
})

describe('a timer on which a machine throws', () => {
  const boom = () => {
    throw new Error('boom')
  }
  const clumsy = createMachine({
    initial: 'a',
    states: { a: { after: { 100: { target: 'b', actions: assign(boom) } } }, b: {} },
  })
  const receiver = createMachine({ on: { HI: { actions: assign(boom) } } })
  const sender = setup({}).createMachine({
    entry: sendTo(({ system }) => system.get('receiver/r'), { type: 'HI' }, { delay: 100 }),
  })
  const machines = { clumsy, receiver, sender }

  it.each(['clumsy', 'sender'])(
    'has fired all the same, and does not fire again at the next start: %s',
    async (kind) => {
      const harness = await open(machines)
      await harness.supervisor.spawn('receiver', 'r')
      await harness.supervisor.spawn(kind, 'x')
      harness.clock.advanceTo(1_200)
      expect(await harness.deadLetters()).toHaveLength(1)
      expect((await harness.supervisor.view(`${kind}/x`))?.timers).toEqual([])
      const before: TransitionRecord[] = await harness.records()
      await harness.supervisor.stop()
      await harness.open({ machines })
      harness.clock.advanceTo(1_300)
      expect(await harness.records()).toEqual(before)
      expect((await harness.supervisor.verify()).problems).toEqual([])
    },
  )
})

it('timers that are due at once may outnumber the mailbox', async () => {
  // A clock that calls back only once. All other timers must fire without it.
  let now = 1_000
  let due: (() => void) | undefined
  const wakeAt = (_at: number | undefined, onDue: () => void) => {
    due = onDue
  }
  const clock = { now: () => now, wakeAt }
  const machine = createMachine({ initial: 'a', states: { a: { after: { 60000: 'b' } }, b: {} } })
  const store = await openMemoryStore(newMemory())
  const supervisor = await createSupervisor({ machines: { m: machine }, store, clock, logger: silentLogger })
  await Promise.all(Array.from({ length: 600 }, (_, i) => supervisor.spawn('m', `a${i}`)))
  now = 70_000
  due?.()
  await supervisor.idle()
  const values = Array.from(
    { length: 600 },
    (_, i) => (supervisor.getSnapshot(`m/a${i}`) as unknown as { value: string }).value,
  )
  expect(new Set(values)).toEqual(new Set(['b']))
  await supervisor.stop()
})

it('canceled timers are forgotten, even when they were due much later', async () => {
  let timers: PendingTimers = NO_TIMERS
  const cell = {
    address: 'a/b',
    state: {
      condition: 'running',
      get timers() {
        return timers
      },
    },
  } as unknown as Cell
  const table = { find: () => cell, resident: () => cell }
  const fired: string[] = []
  const clock = new EventClock(0)
  const timerService = new TimerService(clock, table, silentLogger, 0)
  timerService.start(false, (due) => {
    for (const one of due) fired.push(timerService.messageOf(one)?.event.type as string)
    timerService.arm()
  })
  let most = 0
  for (let seq = 1; seq <= 100_000; seq++) {
    // One of each hundred stays; the next one cancels each other.
    const timer = { id: `t${seq}`, dueAt: 1_000_000 - seq, event: { type: `T${seq}` }, seq, correlation: 'c' }
    if (seq % 100 !== 1) timers = withoutAll(timers, `t${seq - 1}`)
    timers = withTimer(timers, timer)
    const record = { actor: 'a/b', event: timer.event, scheduled: [timer] } as unknown as TransitionRecord
    timerService.follow([{ record } as Publication])
    most = Math.max(most, timerService.length)
  }
  expect(most).toBeLessThanOrEqual(10_000)
  timerService.arm()
  clock.advanceTo(1_000_000)
  const left = listOf(timers).map(({ event }) => event.type)
  expect(left).toHaveLength(1_000)
  expect(fired.filter((type) => type !== undefined)).toEqual(left.reverse())
})
