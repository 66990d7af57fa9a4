/** Tests that an actor's records are found at every moment: before, while and after the index of them is written. */
import { MemoryLevel } from 'memory-level'
import { expect, it } from 'vitest'
import type { LogRecord } from '../../store/index.ts'
import { type Batch, type Database, LEVEL_OPTIONS, writeSynced } from '../../store/leveldb/codec/database.ts'
import { HistoryIndex } from '../../store/leveldb/history-index.ts'

const record = (actor: string, rev: number, seq: number): LogRecord => ({
  actor,
  rev,
  seq,
  at: seq,
})
const LATER = 1_000_000

async function begin() {
  const db = new MemoryLevel(LEVEL_OPTIONS) as unknown as Database
  await db.open()
  const index = new HistoryIndex(db)
  const found = async (reverse: boolean) => {
    const seqs: number[] = []
    for await (const { seq } of index.postings('a/1', 0, Number.POSITIVE_INFINITY, reverse)) seqs.push(seq)
    const all: number[] = []
    for await (const { actor, posting } of index.all()) if (actor === 'a/1') all.push(posting.seq)
    expect(all).toEqual(reverse ? [...seqs].reverse() : seqs)
    return seqs
  }
  return { db, index, found }
}

it.each([
  [false, [1, 2, 3]],
  [true, [3, 2, 1]],
])(
  'a record is found once while its posting is on its way to the disk, in reverse: %s',
  async (reverse, seqs) => {
    const { db, index, found } = await begin()
    index.add([record('a/1', 1, 1)])
    index.add([record('a/1', 2, 2)])
    const batch: Batch = []
    expect(index.flush(batch, LATER)).toBe(LATER)
    const before = seqs.filter((seq) => seq < 3)
    expect(await found(reverse)).toEqual(before)
    await writeSynced(db, batch)
    expect(await found(reverse)).toEqual(before)
    index.add([record('a/1', 3, 3)])
    expect(await found(reverse)).toEqual(seqs)
  },
)

it('a posting counts as written only once its batch is', async () => {
  const { index } = await begin()
  index.add([record('a/1', 1, 1)])
  expect(index.writtenTo(LATER)).toBe(0)
  expect(index.flush([], LATER)).toBe(LATER)
  // An archived commit would take the only copy of the posting with it.
  expect(index.writtenTo(LATER)).toBe(0)
  index.add([record('a/1', 2, LATER + 1)])
  expect(index.writtenTo(LATER + 1)).toBe(LATER)
})
