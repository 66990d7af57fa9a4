/** Tests how much of a log the archive takes. The tests of every store check that it is read as before. */
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openLevelStore, type Store } from '../../store/index.ts'
import { Archive } from '../../store/leveldb/archive.ts'
import { encodeCommit, jsonCodec, NO_HASH } from '../../store/leveldb/codec/commit-codec.ts'
import { commits } from '../../store/tck/subject.ts'

const location = mkdtempSync(join(tmpdir(), 'outcry-archive-'))
let store: Store
beforeEach(async () => {
  store = await openLevelStore(location)
})
afterEach(async () => {
  await store.close()
  rmSync(location, { recursive: true })
})

it('takes all whole commits before the checkpoint, once the index of their records is written', async () => {
  await store.append({ records: commits(1, 60).flat() })
  const revs = new Map(['order/a', 'order/b', 'symbol/x:Y'].map((actor) => [actor, 20]))
  for (const records of commits(61, 41_000, { revs, size: 1_000 })) await store.append({ records })
  await store.putSnapshots([], { seq: 15_000, state: 1 })
  expect(await store.archive(9_000)).toBe(8_061)
  expect(await store.archive(40_000)).toBe(14_061)
  expect(await store.archive(10)).toBe(14_061)
  expect(readdirSync(join(location, 'archive')).length).toBe(2)
})

it('takes nothing from a log whose index is not written yet', async () => {
  for (const records of commits(1, 60)) await store.append({ records })
  await store.putSnapshots([], { seq: 55, state: 1 })
  expect(await store.archive(60)).toBe(1)
})

it('unpacks a file once for readers that come at the same time, and anew after it was put back', async () => {
  const name = { id: Buffer.alloc(16, 1), namelessTo: 0 }
  const made = [1, 3].map((seq) => {
    const records = [seq, seq + 1].map((of) => ({ seq: of, rev: of, actor: 'a/b', at: 1 }))
    return encodeCommit(jsonCodec, name, 1, records, NO_HASH)
  })
  const archive = new Archive(join(location, 'other'), 1, name)
  await archive.add(made, 4)
  const [first, second] = await Promise.all([archive.commit(2), archive.commit(4)])
  expect([first.seq, second.seq]).toEqual([1, 3])
  expect(second.bytes.buffer).toBe(first.bytes.buffer)

  const again = new Archive(join(location, 'other'), 5, name)
  const [file] = again.segments.map((segment) => join(location, 'other', segment.name))
  renameSync(file as string, join(location, 'elsewhere'))
  await expect(again.commit(1)).rejects.toMatchObject({ code: 'STORE_ARCHIVE' })
  renameSync(join(location, 'elsewhere'), file as string)
  expect((await again.commit(1)).seq).toBe(1)
})
