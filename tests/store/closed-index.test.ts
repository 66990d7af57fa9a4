/** Tests what an opening reads of a log: little of one that was closed, and the last records of one that was killed. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { type LogRecord, openLevelStore, readLevelStore, type Store } from '../../store/index.ts'
import { jsonCodec } from '../../store/leveldb/codec/commit-codec.ts'
import { WINDOW_RECORDS } from '../../store/leveldb/type-index.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-closed-index-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let decoded = 0
const codec = {
  ...jsonCodec,
  decode: (text: string, firstSeq: number) => {
    const records = jsonCodec.decode(text, firstSeq)
    decoded += records.length
    return records
  },
}
const REST = 3
const ACTORS = 7

/** Returns records of actors in turn. */
function records(from: number, count: number): LogRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i
    return { seq: n, actor: `order/${n % ACTORS}`, rev: Math.ceil(n / ACTORS), at: n }
  })
}

/** Resolves with the seqs in the history of each actor. */
async function historiesOf(store: Store): Promise<number[][]> {
  const all: number[][] = []
  for (let id = 0; id < ACTORS; id++) {
    const seqs: number[] = []
    for await (const { seq } of store.history(`order/${id}`)) seqs.push(seq)
    all.push(seqs)
  }
  return all
}

it('reads no record again of a log that was closed, but for a part of the index by type', async () => {
  const [closed, killed] = [join(root, 'closed'), join(root, 'killed')]
  const store = await openLevelStore(closed, { codec })
  await store.append({ records: records(1, WINDOW_RECORDS) })
  await store.append({ records: records(WINDOW_RECORDS + 1, REST) })
  cpSync(closed, killed, { recursive: true })
  const expected = await historiesOf(store)
  await store.close()
  for (const [location, most] of [
    [closed, REST],
    [killed, WINDOW_RECORDS + REST],
  ] as const) {
    decoded = 0
    const reader = await readLevelStore(location, { codec })
    // The look at the end of the log reads the last commit.
    expect([location, decoded]).toEqual([location, most + REST])
    expect(await historiesOf(reader)).toEqual(expected)
    await reader.close()
  }
  // The next writer goes on where the index ends, whichever way the last one ended.
  for (const location of [closed, killed]) {
    const next = await openLevelStore(location, { codec })
    await next.append({ records: records(WINDOW_RECORDS + REST + 1, ACTORS) })
    const more = await historiesOf(next)
    expect(more.flat().length).toBe(WINDOW_RECORDS + REST + ACTORS)
    await next.close()
    const again = await readLevelStore(location, { codec })
    expect(await historiesOf(again)).toEqual(more)
    await again.close()
  }
})
