/**
 * Tests messages at the stop of a runtime, and after its log has refused a write: taken ones are kept, others are
 * refused.
 */
import { describe, expect, it, vi } from 'vitest'
import { type AnyActorLogic, assign, fromCallback, fromPromise, raise, sendTo, setup } from 'xstate'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { Retention } from '../../src/runtime/commit/retention.ts'
import { consoleLogger } from '../../src/runtime/logger.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { Offsets } from '../../src/runtime/state/offsets.ts'
import { newMemory, type Store } from '../../store/index.ts'
import { FaultyStore } from '../faults/faulty-store.ts'
import { eventually, Harness } from './harness.ts'

const owner = (part: AnyActorLogic) =>
  setup({ types: {} as { context: { heard: string[] } }, actors: { part } }).createMachine({
    context: { heard: [] },
    invoke: { src: 'part', id: 'part', onError: { actions: assign({ heard: ['an error'] }) } },
    on: {
      POKE: { actions: sendTo('part', { type: 'POKE' }) },
      LATER: { actions: raise({ type: 'HEARD' }, { delay: 100 }) },
      HEARD: { actions: assign({ heard: ({ context }) => [...context.heard, 'HEARD'] }) },
    },
  })

async function open(part: AnyActorLogic) {
  const harness = new Harness()
  const machines = { owner: owner(part) }
  const supervisor = await harness.open({ machines })
  await supervisor.spawn('owner', 'o')
  return { harness, supervisor, machines }
}

describe('a runtime that stops', () => {
  it('takes the waiting messages; its running parts have ended by then, and hear nothing of them', async () => {
    const heard: string[] = []
    const { harness, supervisor, machines } = await open(
      fromCallback(({ receive }) => {
        receive(({ type }) => heard.push(type))
        return () => heard.push('left')
      }),
    )
    supervisor.tell('owner/o' as Address, { type: 'POKE' })
    await supervisor.stop()
    expect(heard).toEqual(['left'])
    await harness.open({ machines })
    expect(await harness.eventsOf('owner/o/part')).toEqual(['xstate.init', 'POKE'])
  })

  it('ignores the end of a promise: the next start says that it was cut off', async () => {
    let finish: (value: string) => void = () => {}
    const { harness, supervisor, machines } = await open(
      fromPromise(
        () =>
          new Promise<string>((resolve) => {
            finish = resolve
          }),
      ),
    )
    await eventually(() => expect(supervisor.residents).toBe(3))
    await supervisor.stop()
    const { seq } = supervisor
    finish('too late')
    await new Promise(setImmediate)
    expect(supervisor.seq).toBe(seq)
    await harness.open({ machines })
    await eventually(() => expect(harness.context('owner/o')).toEqual({ heard: ['an error'] }))
  })

  it('sets no more timers: those of the last turn are due after the next start', async () => {
    const { harness, supervisor, machines } = await open(fromCallback(() => {}))
    supervisor.tell('owner/o' as Address, { type: 'LATER' })
    await supervisor.stop()
    harness.clock.advanceTo(2_000)
    expect(harness.clock.dueAt).toBeUndefined()
    await harness.open({ machines })
    harness.clock.advanceTo(2_001)
    await harness.supervisor.idle()
    expect(harness.context('owner/o')).toEqual({ heard: ['HEARD'] })
  })

  /** Counts how often the part was started and disposed of. */
  function counted() {
    const count = { started: 0, disposed: 0 }
    const part = fromCallback(() => {
      count.started++
      return () => void count.disposed++
    })
    const switched = setup({ actors: { part } }).createMachine({
      initial: 'off',
      states: { off: { on: { ON: 'on' } }, on: { invoke: { src: 'part', id: 'part' } } },
    })
    return { count, machines: { switched } }
  }

  it('starts no more running parts: the next start does', async () => {
    const { count, machines } = counted()
    const harness = new Harness()
    const supervisor = await harness.open({ machines })
    await supervisor.spawn('switched', 's')
    const sent = supervisor.send('switched/s', { type: 'ON' })
    await supervisor.stop()
    await sent
    expect(count).toEqual({ started: 0, disposed: 0 })
    await harness.open({ machines })
    expect(count).toEqual({ started: 1, disposed: 0 })
    await harness.supervisor.stop()
    expect(count).toEqual({ started: 1, disposed: 1 })
  })

  it('starts and leaves no running part when a watcher stops it during a publication', async () => {
    const { count, machines } = counted()
    const harness = new Harness()
    const supervisor = await harness.open({ machines })
    for (const id of ['a', 'b', 'c']) await supervisor.spawn('switched', id)
    let stopping: Promise<void> | undefined
    supervisor.watch(({ record }) => {
      if (record.actor === 'switched/b/part') stopping ??= supervisor.stop()
    })
    await Promise.all(['a', 'b', 'c'].map((id) => supervisor.send(`switched/${id}`, { type: 'ON' })))
    await stopping
    expect(count).toEqual({ started: 1, disposed: 1 })
    await harness.open({ machines })
    expect(count).toEqual({ started: 4, disposed: 1 })
  })

  it('stops once: a second call resolves with the first, and messages sent meanwhile are refused', async () => {
    const { harness, supervisor } = await open(fromCallback(() => {}))
    const order: string[] = []
    const first = supervisor.stop().then(() => order.push('first'))
    const second = supervisor.stop().then(() => order.push('second'))
    await expect(supervisor.send('owner/o', { type: 'HEARD' })).rejects.toMatchObject({ code: 'STOPPED' })
    await expect(supervisor.spawn('owner', 'late')).rejects.toMatchObject({ code: 'STOPPED' })
    expect(order).toEqual([])
    await Promise.all([first, second])
    expect(order).toEqual(['first', 'second'])
    await expect(harness.store.append({ records: [] })).rejects.toThrow()
    await supervisor.stop()
  })

  it('stops every port and closes the log, even when one port does not stop', async () => {
    const stopped: string[] = []
    const port = (name: string) => ({
      deliver: async () => {},
      recover: async () => {},
      stop: () => {
        stopped.push(name)
        if (name === 'bad') throw new Error('no')
      },
    })
    const harness = new Harness()
    const machines = { owner: owner(fromCallback(() => {})) }
    const supervisor = await harness.open({ machines, ports: { bad: port('bad'), good: port('good') } })
    await supervisor.stop()
    expect([stopped, harness.errors]).toEqual([['bad', 'good'], ['port/bad failed to stop']])
    await harness.open({ machines })
  })
})

it('after a refused write no timer fires, and the sender of a duplicate hears the reason', async () => {
  let isRefusing = false
  const harness = new Harness()
  const store = new FaultyStore(await openMemoryStore(newMemory()), {
    next: () => (isRefusing ? 'refused' : undefined),
    onDeath: () => {},
  })
  const nothing = () => {}
  const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
  const machines = { owner: owner(fromCallback(() => {})) }
  const supervisor = await createSupervisor({ store, machines, clock: harness.clock, logger })
  await supervisor.spawn('owner', 'o')
  await supervisor.send('owner/o', { type: 'LATER' })
  isRefusing = true
  const refusals = await Promise.allSettled([
    supervisor.send('owner/o', { type: 'HEARD' }, { key: 'k' }),
    supervisor.send('owner/o', { type: 'HEARD' }, { key: 'k' }),
  ])
  for (const refusal of refusals) expect(refusal).toMatchObject({ reason: { code: 'STORE_FENCED' } })
  isRefusing = false
  const { seq } = supervisor
  harness.clock.advanceTo(5_000)
  await new Promise(setImmediate)
  expect(supervisor.seq).toBe(seq)
  await supervisor.stop()
})

it('a checkpoint of many actors is made bit by bit, and the next start need not replay them', async () => {
  const harness = new Harness()
  const options = { machines: { idle: setup({}).createMachine({ on: { POKE: {} } }) }, checkpointEvery: 600 }
  const supervisor = await harness.open(options)
  await Promise.all(Array.from({ length: 800 }, (_, i) => supervisor.spawn('idle', String(i))))
  for (let n = 0; !harness.store.checkpoint()?.seq && n < 100; n++)
    await supervisor.send('idle/1', { type: 'POKE' })
  expect(harness.store.checkpoint()?.seq).toBeGreaterThanOrEqual(600)
  await harness.crash()
  const again = await harness.open(options)
  // The actors that have changed since, and the dead letters' collector.
  expect(again.residents).toBeLessThan(250)
  expect((await again.view('idle/7'))?.rev).toBe(1)
  expect((await again.verify()).problems).toEqual([])
})

describe('idempotency keys', () => {
  it('are remembered for ten thousand messages, and the oldest is forgotten first', () => {
    const journal = new Offsets()
    const take = (seq: number) =>
      journal.apply({ seq, key: `k${seq}`, turn: seq, at: seq } as TransitionRecord)
    for (let seq = 1; seq <= 10_000; seq++) take(seq)
    expect([journal.seqOfKey('k1'), journal.seqOfKey('k10000')]).toEqual([1, 10_000])
    take(10_001)
    expect([journal.seqOfKey('k1'), journal.seqOfKey('k2')]).toEqual([undefined, 2])
    const restored = new Offsets(journal.state())
    expect([restored.seqOfKey('k1'), restored.seqOfKey('k10001')]).toEqual([undefined, 10_001])
  })
})

describe('the archiving', () => {
  /** Returns a store of 100,000 records, one each millisecond, with the given archive. */
  function rig(
    retention: { liveRecords?: number; liveMs?: number },
    archive: (toSeq: number) => Promise<number>,
  ) {
    const asked: number[] = []
    const said: string[] = []
    const store = {
      head: { seq: 100_000 },
      hotFrom: 1,
      seqAt: async (at: number) => at,
      archive: (toSeq: number) => {
        asked.push(toSeq)
        return archive(toSeq)
      },
    } as unknown as Store<TransitionRecord>
    const nothing = () => {}
    const note = (_: object, message: string) => void said.push(message)
    const archiving = new Retention(store, retention, { debug: nothing, info: note, warn: note, error: note })
    return { archiving, asked, said }
  }

  it.each([
    ['so many records', { liveRecords: 30_000 }, 70_000],
    ['so much time', { liveMs: 10_000 }, 90_000],
    ['whichever is more', { liveRecords: 30_000, liveMs: 40_000 }, 60_000],
    ['all behind the last checkpoint', { liveRecords: 0 }, 95_000],
  ])('keeps %s', async (_, retention, toSeq) => {
    const { archiving, asked, said } = rig(retention, async (to) => to + 1)
    archiving.consider(95_000, 100_000)
    await archiving.idle()
    expect([asked, said]).toEqual([[toSeq], ['archived']])
  })

  it.each<[string, { liveRecords?: number }]>([
    ['is too little', { liveRecords: 90_000 }],
    ['is not wanted', {}],
  ])('archives nothing when it %s', async (_, retention) => {
    const { archiving, asked } = rig(retention, async () => 1)
    archiving.consider(100_000, 100_000)
    await archiving.idle()
    expect(asked).toEqual([])
  })

  it('logs a failure, and tries again after the next checkpoint, one at a time', async () => {
    const answers = [Promise.reject(new Error('no space left')), Promise.resolve(1), Promise.resolve(5)]
    const { archiving, asked, said } = rig({ liveRecords: 0 }, () => answers.shift() as Promise<number>)
    for (let n = 0; n < 3; n++) {
      archiving.consider(100_000, 0)
      archiving.consider(100_000, 0)
      await archiving.idle()
    }
    expect(asked).toEqual([100_000, 100_000, 100_000])
    // The second attempt has moved nothing.
    expect(said).toEqual(['old records could not be archived', 'archived'])
  })
})

it('without its own logger the runtime writes warnings and errors to the console, and nothing else', () => {
  const [warn, error, log] = (['warn', 'error', 'log'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation(() => {}),
  )
  const details = { actor: 'a/b' }
  for (const level of ['debug', 'info', 'warn', 'error'] as const) consoleLogger[level](details, level)
  expect(warn?.mock.calls).toEqual([['warn', details]])
  expect(error?.mock.calls).toEqual([['error', details]])
  expect(log?.mock.calls).toEqual([])
  vi.restoreAllMocks()
})
