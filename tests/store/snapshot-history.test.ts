/** Tests the snapshots kept for an actor's history: enough of them, not too many, and kept in every copy of a store. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterAll, describe, expect, it } from 'vitest'
import {
  cutBack,
  diagnose,
  newMemory,
  openLevelStore,
  openMemoryStore,
  type SnapshotEntry,
  type Store,
  writeBackup,
} from '../../store/index.ts'
import { SEED, seeded } from '../seeded.ts'
import { forgetOverwritten } from './forget-overwritten.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-snapshots-'))
afterAll(() => rmSync(root, { recursive: true }))

const ACTOR = 'account/a'
const at = (rev: number, seq: number, bytes = 0): SnapshotEntry => ({
  actor: ACTOR,
  seq,
  rev,
  state: { rev, text: 'x'.repeat(bytes) },
})

async function kept(store: Store, maxSeq?: number): Promise<SnapshotEntry[]> {
  const entries: SnapshotEntry[] = []
  for await (const entry of store.snapshots(ACTOR, maxSeq === undefined ? {} : { maxSeq }))
    entries.push(entry)
  return entries
}

/** Puts one snapshot after another. `spread` is the distance of the actor's records in the log. */
async function live(store: Store, every: number, spread: number, count: number, bytes = 0): Promise<void> {
  const known = (await kept(store))[0]
  for (let n = 1; n <= count; n++) {
    const rev = (known?.rev ?? 0) + n * every
    await store.putSnapshots([at(rev, rev * spread, bytes)])
  }
}

describe("an actor's snapshots", () => {
  it('are found by their place in the log: the two latest at once, and no older one', async () => {
    const store = await openMemoryStore()
    await live(store, 3, 1, 3)
    expect(
      [undefined, 8, 5].map((maxSeq) => store.snapshot(ACTOR, maxSeq === undefined ? {} : { maxSeq })),
    ).toEqual([at(9, 9), at(6, 6), undefined])
  })

  it.each([
    ['is at work all the time', 1_000, 3, 0, 1_000],
    ['is snapshotted often', 10, 3, 0, 1_000],
    ['is seldom at work', 25, 2_000, 0, 64],
    ['is nearly never at work', 1, 60_000, 0, 64],
    ['has a large state', 1_000, 3, 200_000, 4_000],
    ['has a very large state', 100, 3, 900_000, 4_000],
  ])('are kept often enough, and no more, when the actor %s', async (_, every, spread, bytes, apart) => {
    const store = await openMemoryStore()
    await live(store, every, spread, Math.ceil((8 * apart) / every), bytes)
    const revs = (await kept(store)).map(({ rev }) => rev)
    expect(revs).toEqual(revs.toSorted((a, b) => b - a))
    // The two latest are kept at any distance.
    const [, ...history] = revs
    for (const [i, rev] of history.entries()) {
      expect(rev - (history[i + 1] ?? 0)).toBeLessThanOrEqual(apart + every)
      if (i > 0) expect(rev - (history[i + 1] ?? 0)).toBeGreaterThanOrEqual(Math.min(apart, rev) / 1.5)
    }
  })

  it(`are kept near enough, in any order and at any distance (seed ${SEED})`, async () => {
    const next = seeded(SEED)
    const store = await openMemoryStore()
    const all: SnapshotEntry[] = []
    let rev = 0
    let seq = 0
    for (let n = 0; n < 1_500; n++) {
      const step = 1 + Math.floor(next() ** 3 * 1_000)
      rev += step
      seq += step * (1 + Math.floor(next() ** 4 * 2_000))
      const entry = at(rev, seq)
      all.push(entry)
      // Some snapshots come late, behind a newer one.
      if (next() < 0.1 && n > 0) all.splice(-1, 0, all.pop() as SnapshotEntry, all.splice(-2, 1)[0] as never)
    }
    for (const entry of all) await store.putSnapshots([entry])
    const sorted = all.toSorted((a, b) => a.seq - b.seq)
    for (const entry of sorted) {
      const [found] = await kept(store, entry.seq)
      const revs = entry.rev - (found?.rev ?? 0)
      const isFew = revs <= 64 + 1_000
      const isNear = entry.seq - (found?.seq ?? 0) <= 50_000 + 2_000_000
      expect(revs, `rev ${entry.rev}`).toBeLessThanOrEqual(1_000 + 2_000)
      expect(isFew || isNear, `rev ${entry.rev}`).toBe(true)
      if (found !== undefined) expect(found).toEqual(at(found.rev, found.seq))
    }
  })

  it('of its history are found after an older Outcry, which knows none, has written', async () => {
    const memory = newMemory()
    let store = await openMemoryStore(memory)
    await live(store, 500, 1, 20)
    const before = (await kept(store)).length
    await store.close()
    const db = memory as unknown as Level<string, Buffer>
    await db.open()
    const { crc32 } = await import('node:zlib')
    const older = (rev: number) => {
      const json = Buffer.from(JSON.stringify(at(rev, rev)))
      const head = Buffer.alloc(16)
      head.writeUInt32BE(json.length, 4)
      head.writeBigUInt64BE(BigInt(rev), 8)
      const bytes = Buffer.concat([head, json])
      bytes.writeUInt32BE(crc32(bytes.subarray(4)), 0)
      return bytes
    }
    await db.put(`s!${ACTOR}`, Buffer.concat([older(10_600), older(10_500)]))
    store = await openMemoryStore(memory)
    expect((await kept(store)).length).toBe(before)
    // New ones go on from the end of the old ones.
    await live(store, 100, 1, 40)
    const revs = (await kept(store)).map(({ rev }) => rev)
    const sinceThen = revs.slice(2).filter((rev) => rev > 9_000)
    expect(sinceThen.length).toBeGreaterThan(3)
    expect(sinceThen.length).toBeLessThan(8)
  })

  it("of its history are in a backup, and in the doctor's new store up to its cut", async () => {
    const location = join(root, 'store')
    const store = await openLevelStore(location)
    for (let seq = 1; seq <= 40; seq++)
      await store.append({ records: [{ seq, rev: seq, actor: ACTOR, at: seq }] })
    const keyed = (n: number): SnapshotEntry => ({ actor: ACTOR, seq: n, rev: n * 1_000, state: { n } })
    for (let n = 2; n <= 20; n++) await store.putSnapshots([keyed(n)])
    const before = await kept(store)
    expect(before.map(({ seq }) => seq)).toEqual(Array.from({ length: 19 }, (_, i) => 20 - i))

    const copy = join(root, 'copy')
    await writeBackup(store.entries(), copy)
    await store.close()
    const copied = await openLevelStore(copy)
    expect(await kept(copied)).toEqual(before)
    expect((await copied.verifyChain()).damage).toEqual([])
    await copied.close()

    const db = new Level<string, Buffer>(location, { valueEncoding: 'buffer' })
    const pad = (n: number) => String(n).padStart(16, '0')
    const damagedAt = `p!${ACTOR}\0${pad(5)}`
    const bytes = (await db.get(damagedAt)) as Buffer
    bytes[30] = (bytes[30] as number) ^ 1
    await db.put(damagedAt, bytes)
    const commit = (await db.get(`c!${pad(16)}`)) as Buffer
    commit[commit.length - 1] = (commit.at(-1) as number) ^ 1
    await db.put(`c!${pad(16)}`, commit)
    await forgetOverwritten(db)
    await db.close()
    expect((await diagnose(location)).damage).toMatchObject([
      { code: 'STORE_CHECKSUM', seq: 16 },
      { code: 'STORE_SNAPSHOT', seq: 5 },
    ])
    await cutBack(location)
    const mended = await openLevelStore(location)
    expect((await kept(mended)).map(({ seq }) => seq)).toEqual([15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 4, 3, 2])
    expect((await mended.verifyChain()).damage).toEqual([])
    await mended.close()
  })
})
