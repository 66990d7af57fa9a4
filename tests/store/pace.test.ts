/** Tests that readers give way to the event loop, one after the other, and end with their client. */
import { setImmediate as soon } from 'node:timers'
import { describe, expect, it } from 'vitest'
import { newMemory, openMemoryStore, Pace, type Store } from '../../store/index.ts'
import { alone, commitBegins, commitEnds } from '../../store/leveldb/pace.ts'

/** Works for some ms without giving way. */
function work(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** Counts the rounds of the event loop until `end`. */
function rounds(): { count: number; end(): void } {
  const state = {
    count: 0,
    ended: false,
    end() {
      state.ended = true
    },
  }
  const round = () => {
    state.count++
    if (!state.ended) soon(round)
  }
  soon(round)
  return state
}

async function filled(): Promise<Store> {
  const store = await openMemoryStore(newMemory())
  for (let first = 1; first <= 200; first += 100) {
    const records = Array.from({ length: 100 }, (_, i) => {
      const seq = first + i
      return { seq, rev: Math.ceil(seq / 2), actor: seq % 2 === 0 ? 'a/even' : 'a/odd', at: seq }
    })
    await store.append({ records })
  }
  for (let rev = 1; rev <= 40; rev++)
    await store.putSnapshots([{ actor: 'a/odd', seq: rev * 2, rev: rev * 1_000, state: {} }])
  for (let n = 0; n < 60; n++) {
    const { seq } = store.head
    await store.append({ records: [{ seq: seq + 1, rev: 1, actor: `b/${n}`, at: seq + 1 }] })
  }
  return store
}

type Reading = [
  name: string,
  read: (store: Store, signal?: AbortSignal, each?: () => void) => AsyncIterable<unknown> | Promise<unknown>,
]
const readings: Reading[] = [
  ['the log', (store, signal) => store.read({ signal })],
  ['the log backwards', (store, signal) => store.read({ reverse: true, signal })],
  ['a history', (store, signal) => store.history('a/odd', { signal })],
  ['a history backwards', (store, signal) => store.history('a/odd', { reverse: true, signal })],
  ['the actors', (store, signal) => store.actors({ signal })],
  ['the snapshots of an actor', (store, signal) => store.snapshots('a/odd', { signal })],
  ['all entries', (store, signal) => store.entries({ signal })],
  ['the chain', (store, signal, each) => store.verifyChain({ signal, onRecords: () => each?.() })],
]

async function run(reading: AsyncIterable<unknown> | Promise<unknown>, each: () => void): Promise<void> {
  if (reading instanceof Promise) await reading
  else for await (const _ of reading) each()
}

describe('a reader', () => {
  it.each(readings)('of %s gives way, however little time each piece takes', async (_, read) => {
    const store = await filled()
    const loop = rounds()
    let pieces = 0
    const each = () => {
      pieces++
      work(1)
    }
    await run(read(store, undefined, each), each)
    loop.end()
    expect(pieces).toBeGreaterThan(20)
    expect(loop.count).toBeGreaterThanOrEqual(Math.floor(pieces / 3))
  })

  it.each(readings)('of %s ends when its client has gone', async (_, read) => {
    const store = await filled()
    const gone = new AbortController()
    let pieces = 0
    const each = () => {
      if (++pieces === 3) gone.abort()
    }
    await expect(run(read(store, gone.signal, each), each)).rejects.toMatchObject({ code: 'READ_ABORTED' })
    expect(pieces).toBe(3)
  })

  it('waits for a commit under way, but not for one commit after the other', async () => {
    const pace = new Pace()
    await pace.step()
    work(3)
    commitBegins()
    const asked = performance.now()
    // No other work is under way that could end.
    await pace.step()
    const waited = performance.now() - asked
    commitEnds()
    expect(waited).toBeGreaterThan(2)
    work(3)
    commitBegins()
    const read = pace.step()
    commitEnds()
    await read
  })

  it('takes turns with the others: together they hold up all else no longer than one', async () => {
    const loop = rounds()
    const inRound: number[] = []
    const order: number[] = []
    const reader = async (name: number) => {
      const pace = new Pace()
      for (let n = 0; n < 10; n++) {
        const rest = pace.step()
        if (rest !== undefined) await rest
        inRound[loop.count] = (inRound[loop.count] ?? 0) + 1
        order.push(name)
        work(1)
      }
    }
    await Promise.all(Array.from({ length: 20 }, (_, name) => reader(name)))
    loop.end()
    expect(Math.max(...inRound.filter(Boolean))).toBeLessThanOrEqual(3)
    // Each reader has begun before any of them has read much.
    expect(new Set(order.slice(0, 60)).size).toBe(20)
  })

  it('in the background comes behind answers, and is not forgotten', async () => {
    let pieces = 0
    const gone = new AbortController()
    const behind = async () => {
      const pace = new Pace({ inBackground: true, signal: gone.signal })
      for (;;) {
        const rest = pace.step()
        if (rest !== undefined) await rest
        pieces++
        work(1)
      }
    }
    const search = behind().catch(() => {})
    const pace = new Pace()
    for (let n = 0; n < 80; n++) {
      const rest = pace.step()
      if (rest !== undefined) await rest
      work(1)
    }
    gone.abort()
    await search
    expect(pieces).toBeGreaterThanOrEqual(9)
    expect(pieces).toBeLessThanOrEqual(14)
  })

  it('in the background has a share of the time while commits come, after answers, and all of it when they end', async () => {
    const commit = () => {
      commitBegins()
      commitEnds()
    }
    const trading = setInterval(commit, 10)
    let pieces = 0
    const read = async (count: number, inBackground: boolean) => {
      const pace = new Pace({ inBackground })
      const began = performance.now()
      for (let n = 0; n < count; n++) {
        const rest = pace.step()
        if (rest !== undefined) await rest
        work(1)
        if (inBackground) pieces++
      }
      return performance.now() - began
    }
    try {
      commit()
      // More ms than a reader may save up.
      await read(230, true)
      pieces = 0
      const behind = read(20, true)
      await read(20, false)
      expect(pieces).toBeLessThan(10)
      expect(await behind).toBeGreaterThan(200)
    } finally {
      clearInterval(trading)
    }
    await new Promise((resolve) => setTimeout(resolve, 150))
    await read(1, true)
    const loop = rounds()
    await read(50, true)
    loop.end()
    // Each piece takes one round, so it does not wait for a timer.
    expect(loop.count).toBeLessThan(150)
  })

  it('has the thread pool after the one before it, even when that one fails', async () => {
    let atWork = 0
    const order: number[] = []
    const jobs = Array.from({ length: 5 }, (_, n) =>
      alone(async () => {
        expect(++atWork).toBe(1)
        await new Promise((resolve) => setTimeout(resolve, 2))
        atWork--
        order.push(n)
        if (n === 1) throw new Error('damaged')
      }),
    )
    const ends = await Promise.allSettled(jobs)
    expect(ends.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ])
    expect(order).toEqual([0, 1, 2, 3, 4])
  })
})
