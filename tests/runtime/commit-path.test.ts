/**
 * Tests the way from mailbox to log: which turns share a commit, how far turns run ahead, and who hears of a refused
 * write.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { assign, enqueueActions, sendTo, setup } from 'xstate'
import { createSupervisor, type SupervisorOptions } from '../../src/runtime/assemble.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { type Commit, newMemory } from '../../store/index.ts'
import { FaultyStore } from '../faults/faulty-store.ts'
import { eventually } from './harness.ts'

type Events = { type: 'INC' } | { type: 'THROW' } | { type: 'FAN'; out: number }

const counter = setup({ types: {} as { context: { n: number }; events: Events } }).createMachine({
  context: { n: 0 },
  on: {
    INC: { actions: assign({ n: ({ context }) => context.n + 1 }) },
    THROW: {
      actions: assign(() => {
        throw new Error('boom')
      }),
    },
    FAN: {
      actions: enqueueActions(({ event, enqueue }) => {
        for (let i = 0; i < event.out; i++)
          enqueue(sendTo(({ system }) => system.get('counter/b'), { type: 'INC' }))
      }),
    },
  },
})

const A = 'counter/a'
const inc: Events = { type: 'INC' }

/** A runtime whose disk the test controls. */
class Rig {
  readonly commits: Commit<TransitionRecord>[] = []
  readonly logged: [details: object, message: string][] = []
  supervisor!: Supervisor
  store!: FaultyStore
  refusing = false
  /** Called while a commit is written and further turns run. */
  onCommit: () => void = () => {}
  readonly #memory = newMemory()
  #gate: Promise<void> | undefined
  #open: () => void = () => {}

  async start(options: Partial<SupervisorOptions> = {}): Promise<this> {
    this.store = new FaultyStore(await openMemoryStore(this.#memory), {
      next: (commit) => {
        this.commits.push(commit)
        this.onCommit()
        return this.refusing ? 'refused' : undefined
      },
      onDeath: () => {},
      lag: () => this.#gate,
    })
    const note = (details: object, message: string) => void this.logged.push([details, message])
    this.supervisor = await createSupervisor({
      store: this.store,
      machines: { counter },
      clock: new EventClock(1_000),
      logger: { debug() {}, info() {}, warn: note, error: note },
      ...options,
    })
    return this
  }

  /** Holds all writes until `go`. */
  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve
    })
  }

  go(): void {
    this.#gate = undefined
    this.#open()
  }

  get n(): number {
    return (this.supervisor.getSnapshot(A) as unknown as { context: { n: number } }).context.n
  }

  sizes(): number[] {
    return this.commits.splice(0).map(({ records }) => records.length)
  }
}

let rig: Rig
afterEach(async () => {
  rig.refusing = false
  rig.go()
  await rig.supervisor.stop().catch(() => {})
})

async function rigged(options?: Partial<SupervisorOptions>): Promise<Rig> {
  rig = await new Rig().start(options)
  await rig.supervisor.spawn('counter', 'a')
  await rig.supervisor.spawn('counter', 'b')
  rig.commits.length = 0
  return rig
}

const tell = (times: number) => {
  for (let i = 0; i < times; i++) rig.supervisor.tell(A as never, inc)
}

describe('a commit', () => {
  it('holds all messages that came while the last commit was written', async () => {
    const { supervisor } = await rigged()
    rig.hold()
    supervisor.send(A, inc)
    await new Promise(setImmediate)
    const waiting = [supervisor.send(A, inc), supervisor.send(A, inc), supervisor.send(A, inc)]
    rig.go()
    expect((await Promise.all(waiting)).map(({ duplicate }) => duplicate)).toEqual([false, false, false])
    expect(rig.sizes()).toEqual([1, 3])
    expect(supervisor.seq).toBe(7)
  })

  it('holds up to 2,000 records, and more only when one turn has more', async () => {
    const { supervisor } = await rigged()
    rig.hold()
    tell(5_000)
    supervisor.tell(A as never, { type: 'FAN', out: 2_499 })
    await eventually(() => expect(rig.n).toBe(5_000))
    rig.go()
    await supervisor.idle()
    const sizes = rig.sizes()
    expect(sizes.reduce((a, b) => a + b)).toBe(7_500)
    expect(sizes.at(-1)).toBe(2_500)
    expect(Math.max(...sizes.slice(0, -1))).toBe(2_000)
    expect(sizes.length).toBeLessThanOrEqual(5)
  })

  it('holds up to 16 MiB of events', async () => {
    const { supervisor } = await rigged()
    rig.hold()
    const text = 'x'.repeat(3 * 2 ** 20)
    const sent = Array.from({ length: 12 }, () => supervisor.send(A, { ...inc, text }))
    await eventually(() => expect(rig.n).toBe(12))
    rig.go()
    await Promise.all(sent)
    const sizes = rig.sizes()
    expect(sizes.reduce((a, b) => a + b)).toBe(12)
    // A sixth would make 18 MiB.
    expect(Math.max(...sizes)).toBe(5)
  })

  it('has the snapshots of the actors that are due, and no others', async () => {
    const { supervisor } = await rigged({ snapshotEvery: 3 })
    for (let i = 0; i < 7; i++) await supervisor.send(A, inc)
    const snapshots = rig.commits.map((commit) => commit.snapshots?.map(({ actor, rev }) => [actor, rev]))
    // The actor's revs 2 to 8: revs 3 and 6 are three after its last snapshot.
    expect(snapshots).toEqual([undefined, [[A, 3]], undefined, undefined, [[A, 6]], undefined, undefined])
    expect(rig.commits.every((commit) => !('snapshots' in commit) || commit.snapshots?.length === 1)).toBe(
      true,
    )
  })

  it('continues the numbers of turns and records, even after a restart', async () => {
    const { supervisor } = await rigged()
    await supervisor.send(A, inc)
    await supervisor.send(A, inc)
    await supervisor.stop()
    await rig.start()
    await rig.supervisor.send(A, inc)
    const records = rig.commits.flatMap((commit) => commit.records)
    const first = records[0] as TransitionRecord
    expect(records.map(({ seq, turn }) => [seq - first.seq, turn - first.turn])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ])
  })
})

describe('turns', () => {
  it('run ahead of a slow disk by at most 20,000 records; the rest waits, and all is taken in the end', async () => {
    const { supervisor } = await rigged()
    expect(supervisor.room()).toBeUndefined()
    rig.hold()
    tell(25_000)
    const room = supervisor.room()
    expect(room).toBeInstanceOf(Promise)
    let hasRoom = false
    room?.then(() => {
      hasRoom = true
    })
    await eventually(() => expect(rig.n).toBe(20_000))
    for (let i = 0; i < 20; i++) await new Promise(setImmediate)
    expect([rig.n, hasRoom, supervisor.seq]).toEqual([20_000, false, 3])
    rig.go()
    await room
    await supervisor.idle()
    expect([rig.n, supervisor.seq]).toEqual([25_000, 25_003])
    expect(supervisor.room()).toBeUndefined()
  })

  it('give way to other work: a thousand turns are not one slice', async () => {
    const { supervisor } = await rigged()
    tell(1_000)
    await Promise.resolve()
    await Promise.resolve()
    expect(rig.n).toBe(256)
    await supervisor.idle()
    expect(rig.n).toBe(1_000)
  })

  it('take a message once, by its key or its position, before its commit and after', async () => {
    const { supervisor } = await rigged()
    const origin = { source: 'feed', position: 5 }
    rig.hold()
    const before = [
      supervisor.send(A, inc, { key: 'k' }),
      supervisor.send(A, inc, { key: 'k' }),
      supervisor.send(A, inc),
      supervisor.send(A, inc, { origin }),
      supervisor.send(A, inc, { origin }),
      supervisor.send(A, inc, { origin: { source: 'feed', position: 4 } }),
      supervisor.send(A, inc, { origin: { source: 'other', position: 1 } }),
    ]
    let answered = 0
    for (const receipt of before) receipt.then(() => answered++)
    await new Promise(setImmediate)
    expect([rig.n, answered]).toEqual([4, 0])
    rig.go()
    expect(await Promise.all(before)).toEqual([
      { seq: 4, duplicate: false },
      { seq: 4, duplicate: true },
      { seq: 5, duplicate: false },
      { seq: 6, duplicate: false },
      { seq: 0, duplicate: true },
      { seq: 0, duplicate: true },
      { seq: 7, duplicate: false },
    ])
    expect(await supervisor.send(A, inc, { key: 'k' })).toEqual({ seq: 4, duplicate: true })
    expect(await supervisor.send(A, inc, { origin })).toEqual({ seq: 0, duplicate: true })
    expect(await supervisor.send(A, inc, { key: 'other' })).toEqual({ seq: 8, duplicate: false })
    expect(rig.n).toBe(5)
  })

  it('are logged when they fail: the actor, the event and the reason', async () => {
    const { supervisor } = await rigged()
    supervisor.tell(A as never, { type: 'THROW' })
    await supervisor.idle()
    const [details, message] = rig.logged[0] as [object, string]
    expect(details).toEqual({
      actor: A,
      seq: 4,
      correlation: 'c-4',
      event: 'THROW',
      err: expect.objectContaining({ message: 'boom' }),
    })
    expect(message).toContain('boom')
  })
})

describe('a log that refuses a write', () => {
  it('ends all turns: at work, waiting and new ones. Nothing more is written', async () => {
    const { supervisor } = await rigged()
    let told: { code: string; cause?: unknown } | undefined
    supervisor.fenced$.subscribe((error) => {
      told = error
    })
    rig.hold()
    const atWork = supervisor.send(A, inc)
    const duplicate = supervisor.send(A, inc, { key: 'k' }).catch(() => supervisor.send(A, inc, { key: 'k' }))
    tell(21_000)
    const inMailbox = supervisor.send(A, inc)
    const settled = supervisor.idle()
    const room = supervisor.room()
    const refusals = [atWork, duplicate, inMailbox, settled].map((promise) =>
      promise.then(
        () => 'done',
        (error) => error.code,
      ),
    )
    rig.refusing = true
    rig.go()
    expect(await Promise.all(refusals)).toEqual(Array(4).fill('STORE_FENCED'))
    await room
    expect(told?.code).toBe('STORE_FENCED')
    expect(told?.cause).toMatchObject({ code: 'STORE_WRITE_FAILED' })
    rig.commits.length = 0
    rig.refusing = false
    await expect(supervisor.send(A, inc)).rejects.toMatchObject({ code: 'STORE_FENCED' })
    await expect(supervisor.idle()).rejects.toMatchObject({ code: 'STORE_FENCED' })
    for (let i = 0; i < 5; i++) await new Promise(setImmediate)
    expect(rig.commits).toEqual([])
  })

  it('ends all turns when the refused write is a checkpoint, too', async () => {
    const { supervisor } = await rigged({ checkpointEvery: 10 })
    const putSnapshots = () => Promise.reject(new Error('no space left'))
    Object.assign(rig.store, { putSnapshots })
    for (let i = 0; i < 10; i++) await supervisor.send(A, inc).catch(() => {})
    await eventually(() => expect(supervisor.fence?.message).toContain('no space left'))
  })
})

describe('a checkpoint', () => {
  it.each<[string, (n: number) => unknown]>([
    ['start', (n) => rig.supervisor.spawn('counter', `next-${n}`)],
    ['change', (n) => rig.supervisor.send(`counter/first-${n % 50}`, inc)],
  ])('is made even when actors %s during each commit', async (_, happen) => {
    const { supervisor, store } = await rigged({ checkpointEvery: 100 })
    let made: number | undefined
    let n = 0
    rig.onCommit = () => {
      if (made === undefined && (store.checkpoint()?.seq ?? 0) > 0) made = n
      if (n++ < 300) void happen(n)
    }
    await Promise.all(Array.from({ length: 100 }, (_, i) => supervisor.spawn('counter', `first-${i}`)))
    await eventually(() => expect(n).toBeGreaterThan(300))
    await supervisor.idle()
    // The checkpoint took a part of these commits and needed no more.
    expect(made).toBeLessThan(20)
    expect((await supervisor.verify()).problems).toEqual([])
  })
})
