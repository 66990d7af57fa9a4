/** What every store must do. Run it against yours: `storeTck('mine', capabilities, async () => ({ open, destroy }))`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogRecord, ReadOptions, SnapshotEntry, Store } from '../../../store/store.ts'

export interface TckRecord extends LogRecord {
  readonly note?: string
}

/** What a store may lack. */
export interface Capabilities {
  /** A second writer may be opened while the first lives: the epoch fence is then to be seen. */
  readonly twoWriters: boolean
  /** Has a place for an archive. */
  readonly archives: boolean
}

export interface StoreUnderTest {
  /** Opens the same store anew; the one before may still be open where the store allows that. */
  open(): Promise<Store<TckRecord>>
  destroy(): Promise<void>
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

const seqs = async (records: AsyncIterable<LogRecord>) => (await all(records)).map((r) => r.seq)

/** Commits of 1, 2, 3, 1, 2, 3, ... records by three actors in turn, `at` rising by 10. */
function commits(from: number, to: number, revs = new Map<string, number>()): TckRecord[][] {
  const list: TckRecord[][] = []
  let size = 1
  for (let seq = from; seq <= to; ) {
    const commit: TckRecord[] = []
    for (let n = 0; n < size && seq <= to; n++, seq++) {
      const actor = ['order/a', 'order/b', 'symbol/x:Y'][seq % 3] as string
      const rev = (revs.get(actor) ?? 0) + 1
      revs.set(actor, rev)
      commit.push({ seq, rev, actor, at: seq * 10, note: 'ü\u0000"' })
    }
    list.push(commit)
    size = (size % 3) + 1
  }
  return list
}

const snapshot = (actor: string, seq: number, wakeAt?: number): SnapshotEntry => ({
  actor,
  seq,
  rev: seq,
  state: { seq },
  ...(wakeAt !== undefined && { wake: { at: wakeAt } }),
})

export function storeTck(
  name: string,
  capabilities: Capabilities,
  make: () => Promise<StoreUnderTest>,
): void {
  describe(`${name} is a store`, () => {
    let subject: StoreUnderTest
    let store: Store<TckRecord>

    beforeEach(async () => {
      subject = await make()
      store = await subject.open()
    })
    afterEach(async () => {
      await store.close()
      await subject.destroy()
    })

    const fill = async (to: number) => {
      for (const records of commits(store.head.seq + 1, to)) await store.append({ records })
    }

    const reopen = async () => {
      await store.close()
      store = await subject.open()
    }

    it('is empty at first', async () => {
      expect(store.head).toEqual({ seq: 0, hash: '0'.repeat(64) })
      expect(await seqs(store.read())).toEqual([])
      expect(store.checkpoint()).toBeUndefined()
      expect(store.snapshot('order/a')).toBeUndefined()
    })

    it('gives back what was appended, in order, and after it was opened anew', async () => {
      await fill(20)
      const before = await all(store.read())
      expect(before).toEqual(commits(1, 20).flat())
      const { hash } = store.head
      await reopen()
      expect(store.head).toEqual({ seq: 20, hash })
      expect(await all(store.read())).toEqual(before)
    })

    it('passes over commits that do not mention what is looked for', async () => {
      for (const records of commits(1, 60)) await store.append({ records })
      const odd = { actor: 'order/a', rev: 21, at: 610, note: 'needle "ü\u0000' }
      await store.append({
        records: [
          { ...odd, seq: 61 },
          { ...odd, seq: 62, rev: 22, note: 'hay' },
        ],
      })
      for (const records of commits(63, 70, new Map([['order/a', 22]]))) await store.append({ records })
      const found = async (options: ReadOptions) => seqs(store.read({ mentioning: odd.note, ...options }))
      expect(await found({})).toEqual([61, 62])
      expect(await found({ reverse: true })).toEqual([62, 61])
      expect(await found({ fromSeq: 62, toSeq: 69 })).toEqual([62])
      expect(await found({ mentioning: 'needle' })).toEqual([])
      // Records that it passes over count.
      expect(await found({ limit: 60 })).toEqual([])
      expect(await found({ limit: 61 })).toEqual([61])
      expect(await found({ fromSeq: 2, limit: 61 })).toEqual([61, 62])
      expect(await found({ reverse: true, limit: 8 })).toEqual([])
      expect(await found({ reverse: true, limit: 9 })).toEqual([62])
      expect(await found({ mentioning: 'note', toSeq: 9 })).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    })

    it('reads any range, both ways, up to a limit', async () => {
      await fill(20)
      for (let fromSeq = 1; fromSeq <= 21; fromSeq++) {
        for (const toSeq of [fromSeq - 1, fromSeq, fromSeq + 4, 20]) {
          const expected = Array.from({ length: 20 }, (_, i) => i + 1).filter(
            (s) => s >= fromSeq && s <= toSeq,
          )
          expect(await seqs(store.read({ fromSeq, toSeq }))).toEqual(expected)
          expect(await seqs(store.read({ fromSeq, toSeq, reverse: true, limit: 3 }))).toEqual(
            expected.reverse().slice(0, 3),
          )
        }
      }
    })

    it.each([
      ['an earlier seq', [{ seq: 5, rev: 9, actor: 'a/b', at: 0 }]],
      ['a later seq', [{ seq: 22, rev: 1, actor: 'a/b', at: 0 }]],
      [
        'a gap within',
        [
          { seq: 21, rev: 1, actor: 'a/b', at: 0 },
          { seq: 23, rev: 2, actor: 'a/b', at: 0 },
        ],
      ],
      ['nothing', []],
    ])('refuses a commit of %s and goes on', async (_, records) => {
      await fill(20)
      await expect(store.append({ records })).rejects.toMatchObject({ code: 'STORE_GAP' })
      await fill(22)
      expect(store.head.seq).toBe(22)
    })

    it('takes appends one after the other, and refuses one whose place is taken', async () => {
      const [first, second, third] = commits(1, 6) as [TckRecord[], TckRecord[], TckRecord[]]
      const results = await Promise.allSettled([
        store.append({ records: first }),
        store.append({ records: first }),
        store.append({ records: second }),
        store.append({ records: third }),
      ])
      expect(results.map((r) => (r.status === 'fulfilled' ? 'ok' : r.reason.code))).toEqual([
        'ok',
        'STORE_GAP',
        'ok',
        'ok',
      ])
      expect(await all(store.read())).toEqual([...first, ...second, ...third])
    })

    it('finishes the writes that were asked for before it is closed', async () => {
      const writes = commits(1, 20).map((records) => store.append({ records }))
      await store.close()
      await Promise.all(writes)
      store = await subject.open()
      expect(store.head.seq).toBe(20)
    })

    it('keeps the snapshots of writes that run into each other', async () => {
      await Promise.all([
        store.append({ records: commits(1, 1).flat(), snapshots: [snapshot('order/a', 1)] }),
        store.putSnapshots([snapshot('order/a', 3)]),
        store.putSnapshots([snapshot('order/a', 2, 7)]),
      ])
      expect(store.snapshot('order/a')).toEqual(snapshot('order/a', 3))
      expect(store.snapshot('order/a', { maxSeq: 2 })).toEqual(snapshot('order/a', 2, 7))
      expect(await all(store.wakes())).toEqual([])
    })

    it('finds the history of an actor in any range of revs, both ways', async () => {
      await fill(60)
      const records = commits(1, 60)
        .flat()
        .filter((r) => r.actor === 'order/a')
      for (let fromRev = 1; fromRev <= 21; fromRev += 3) {
        for (const toRev of [fromRev, fromRev + 5, 100]) {
          const expected = records.filter((r) => r.rev >= fromRev && r.rev <= toRev)
          expect(await all(store.history('order/a', { fromRev, toRev }))).toEqual(expected)
          expect(await all(store.history('order/a', { fromRev, toRev, reverse: true, limit: 2 }))).toEqual(
            expected.reverse().slice(0, 2),
          )
        }
      }
      expect(await all(store.history('order/nobody'))).toEqual([])
      expect(await all(store.history('order'))).toEqual([])
    })

    it('ends a history at a place in the log', async () => {
      await fill(60)
      const records = commits(1, 60)
        .flat()
        .filter((r) => r.actor === 'order/a')
      for (let toSeq = 0; toSeq <= 61; toSeq++) {
        const expected = records.filter((r) => r.seq <= toSeq)
        expect(await all(store.history('order/a', { toSeq }))).toEqual(expected)
        expect(await all(store.history('order/a', { toSeq, reverse: true }))).toEqual(expected.reverse())
      }
    })

    it('keeps snapshots of the past, some of many', async () => {
      await fill(9)
      const revs = Array.from({ length: 30 }, (_, i) => (i + 1) * 500)
      for (const rev of revs) await store.putSnapshots([snapshot('order/a', rev)])
      const kept = await all(store.snapshots('order/a'))
      expect(kept.slice(0, 2)).toEqual([snapshot('order/a', 15_000), snapshot('order/a', 14_500)])
      expect(kept.length).toBeLessThan(25)
      for (const rev of revs) {
        const [found] = await all(store.snapshots('order/a', { maxSeq: rev }))
        expect(found).toEqual(kept.find(({ seq }) => seq <= rev))
        expect(rev - (found?.rev ?? 0)).toBeLessThanOrEqual(1_500)
      }
      await reopen()
      expect(await all(store.snapshots('order/a'))).toEqual(kept)
      expect(await all(store.snapshots('order/b'))).toEqual([])
    })

    it('reads no more for whoever has gone', async () => {
      await fill(20)
      const signal = AbortSignal.abort()
      for (const reading of [
        store.read({ signal }),
        store.history('order/a', { signal }),
        store.actors({ signal }),
        store.entries({ signal }),
      ])
        await expect(all<unknown>(reading)).rejects.toMatchObject({ code: 'READ_ABORTED' })
      await expect(store.verifyChain({ signal })).rejects.toMatchObject({ code: 'READ_ABORTED' })
    })

    it('tells where the log was at a time, though times may go back', async () => {
      await fill(20)
      const late = [5, 300, 250, 400].map((at, i) => ({ seq: 21 + i, rev: i + 1, actor: 'late/x', at }))
      await store.append({ records: late })
      for (const [at, seq] of [
        [9, 0],
        [10, 1],
        [55, 5],
        [200, 21],
        [299, 21],
        [300, 23],
        [399, 23],
        [400, 24],
        [1e9, 24],
      ]) {
        expect([at, await store.seqAt(at as number)]).toEqual([at, seq])
      }
    })

    it('keeps snapshots two deep, newest first', async () => {
      await fill(9)
      await store.putSnapshots([snapshot('order/a', 3), snapshot('order/b', 2)])
      await store.putSnapshots([snapshot('order/a', 6)])
      await fill(12)
      await store.append({
        records: commits(13, 13, new Map([['order/b', 4]])).flat(),
        snapshots: [snapshot('order/a', 9)],
      })
      await reopen()
      expect(store.snapshot('order/a')).toEqual(snapshot('order/a', 9))
      expect(store.snapshot('order/a', { maxSeq: 8 })).toEqual(snapshot('order/a', 6))
      expect(store.snapshot('order/a', { maxSeq: 5 })).toBeUndefined()
      expect(store.snapshot('order/b')).toEqual(snapshot('order/b', 2))
    })

    it('lists the actors that want to be woken', async () => {
      await store.putSnapshots([snapshot('order/a', 1, 500), snapshot('order/b', 1), snapshot('x/c', 1, 0)])
      expect(await all(store.wakes())).toEqual([
        { actor: 'order/a', at: 500 },
        { actor: 'x/c', at: 0 },
      ])
      await store.putSnapshots([snapshot('order/a', 2)])
      expect(await all(store.wakes())).toEqual([{ actor: 'x/c', at: 0 }])
    })

    it('takes the latest of several snapshots of an actor that come at once', async () => {
      for (const [first, other] of [
        ['order/a', 'order/b'],
        ['x/c', 'x/d'],
      ] as const) {
        const [was, is] = [snapshot(first, 1, 500), snapshot(first, 3)]
        await store.putSnapshots([was, snapshot(other, 1), is])
        expect(await all(store.wakes())).toEqual([])
        expect(store.snapshot(first)).toEqual(is)
        await store.putSnapshots([snapshot(first, 5, 700), snapshot(first, 4)])
        expect(store.snapshot(first)).toEqual(snapshot(first, 5, 700))
        expect(await all(store.wakes())).toEqual([{ actor: first, at: 700 }])
        await store.putSnapshots([snapshot(first, 6)])
      }
    })

    it('keeps one checkpoint', async () => {
      await store.putSnapshots([], { seq: 0, state: 1 })
      await store.putSnapshots([], { seq: 0, state: { cursors: {} } })
      await reopen()
      expect(store.checkpoint()).toEqual({ seq: 0, state: { cursors: {} } })
    })

    it('lists actors by prefix, from a place, up to a limit', async () => {
      await fill(6)
      expect(await all(store.actors())).toEqual(['order/a', 'order/b', 'symbol/x:Y'])
      expect(await all(store.actors({ prefix: 'order/' }))).toEqual(['order/a', 'order/b'])
      expect(await all(store.actors({ prefix: 'order/', after: 'order/a' }))).toEqual(['order/b'])
      expect(await all(store.actors({ limit: 1 }))).toEqual(['order/a'])
      expect(await all(store.actors({ prefix: 'z' }))).toEqual([])
    })

    it('lists actors of any script by prefix, each once', async () => {
      const actors = [
        'symbol/x:A',
        'symbol/x:\ud7fb',
        'symbol/x:币安',
        'symbol/x:币安人生',
        'symbol/x:\uff21',
        'symbol/x:🚀',
      ]
      for (const [i, actor] of actors.entries())
        await store.append({ records: [{ seq: i + 1, rev: 1, actor, at: i, note: '' }] })
      expect(new Set(await all(store.actors({ prefix: 'symbol/x:' })))).toEqual(new Set(actors))
      expect(await all(store.actors({ prefix: 'symbol/x:币安' }))).toEqual([
        'symbol/x:币安',
        'symbol/x:币安人生',
      ])
      for (const actor of actors) expect(await all(store.actors({ prefix: actor }))).toContain(actor)
      const listed: string[] = []
      for (let after: string | undefined; ; after = listed.at(-1)) {
        const [next] = await all(store.actors({ limit: 1, ...(after !== undefined && { after }) }))
        if (next === undefined) break
        listed.push(next)
      }
      expect(listed).toEqual(await all(store.actors()))
    })

    it('shows a reader what was there when it began', async () => {
      await fill(10)
      const reader = store.read()[Symbol.asyncIterator]()
      await reader.next()
      await fill(30)
      let read = 1
      while (!(await reader.next()).done) read++
      expect(read).toBe(10)
    })

    it('counts epochs, and takes no commit from a writer of an older one', async () => {
      const first = store
      if (!capabilities.twoWriters) await first.close()
      store = await subject.open()
      expect(store.epoch).toBe(first.epoch + 1)
      if (!capabilities.twoWriters) return
      await expect(first.append({ records: commits(1, 1).flat() })).rejects.toMatchObject({
        code: 'STORE_FENCED',
      })
      await fill(3)
      expect(store.head.seq).toBe(3)
    })

    it('acknowledges nothing that the next writer does not have', async () => {
      if (!capabilities.twoWriters) return
      for (let ticks = 0; ticks < 60; ticks++) {
        const seq = store.head.seq + 1
        const record = { seq, rev: seq, actor: 'order/a', at: seq }
        const writing = store.append({ records: [record] }).then(
          () => seq,
          (error: unknown) => {
            expect(error).toMatchObject({ code: 'STORE_FENCED' })
            return 0
          },
        )
        for (let n = 0; n < ticks; n++) await undefined
        store = await subject.open()
        expect([ticks, store.head.seq]).toEqual([ticks, Math.max(store.head.seq, await writing)])
      }
      expect((await store.verifyChain()).damage).toEqual([])
    })

    it('finds its own chain whole', async () => {
      await fill(50)
      expect(await store.verifyChain()).toEqual({ commits: 26, records: 50, damage: [] })
    })

    if (!capabilities.archives) {
      it('says that it has no archive', async () => {
        await expect(store.archive(10)).rejects.toMatchObject({ code: 'STORE_NO_ARCHIVE' })
        expect(store.liveFrom).toBe(1)
      })
    }

    const withArchive = () => {
      const archived = async (to: number, checkpoint: number, toSeq = to) => {
        await fill(to)
        await store.putSnapshots([], { seq: checkpoint, state: 1 })
        return store.archive(toSeq)
      }

      it('moves whole commits there, none that a restart needs, and reads on as before', async () => {
        // The index that is written is behind by many records: so many have to follow.
        const many = 41_000
        await store.append({ records: commits(1, 60).flat() })
        const revs = new Map(['order/a', 'order/b', 'symbol/x:Y'].map((actor) => [actor, 20]))
        for (let from = 61; from <= many; from += 1_000) {
          await store.append({ records: commits(from, Math.min(from + 999, many), revs).flat() })
        }
        const all41k = await all(store.read())
        await store.putSnapshots([], { seq: 15_000, state: 1 })
        const { hash } = store.head
        expect(await store.archive(9_000)).toBe(8_061)
        expect(await store.archive(40_000)).toBe(14_061)
        expect(await store.archive(10)).toBe(14_061)

        for (let round = 0; round < 2; round++) {
          expect([store.head, store.liveFrom]).toEqual([{ seq: many, hash }, 14_061])
          expect((await all(store.read())).length).toBe(many)
          for (const [fromSeq, toSeq] of [
            [1, 5],
            [8_000, 8_100],
            [14_000, 14_100],
            [14_061, 14_062],
            [3, 14_060],
          ] as const) {
            const expected = all41k.slice(fromSeq - 1, toSeq)
            expect(await all(store.read({ fromSeq, toSeq }))).toEqual(expected)
            expect(await all(store.read({ fromSeq, toSeq, reverse: true }))).toEqual(expected.reverse())
          }
          const ofB = all41k.filter((r) => r.actor === 'order/b')
          expect(await seqs(store.history('order/b', { limit: 50 }))).toEqual(
            ofB.slice(0, 50).map((r) => r.seq),
          )
          expect((await all(store.history('order/b', { fromRev: 4_600, toRev: 4_800 }))).length).toBe(201)
          expect(await store.seqAt(77_000)).toBe(7_700)
          expect((await store.verifyChain()).damage).toEqual([])
          await reopen()
        }
        await store.append({ records: [{ seq: many + 1, rev: 1, actor: 'late/x', at: 1e9 }] })
        expect((await store.verifyChain()).damage).toEqual([])
      })

      it('moves nothing without a checkpoint', async () => {
        await fill(50)
        expect(await store.archive(50)).toBe(1)
        expect(await archived(60, 55)).toBe(1)
      })
    }
    if (capabilities.archives) describe('with an archive', withArchive)

    it('refuses everything once closed', async () => {
      await store.close()
      await expect(store.append({ records: commits(1, 1).flat() })).rejects.toMatchObject({
        code: 'STORE_CLOSED',
      })
      await expect(all(store.read())).rejects.toMatchObject({ code: 'STORE_CLOSED' })
      expect(() => store.snapshot('a/b')).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }))
      await store.close()
    })
  })
}
