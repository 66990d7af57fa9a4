import { describe, expect, it } from 'vitest'
import { encodeCommit, hashOfCommit, jsonCodec, NO_HASH } from '../../store/leveldb/codec/commit-codec.ts'
import type { Database } from '../../store/leveldb/codec/database.ts'
import { commitKey } from '../../store/leveldb/codec/keys.ts'
import { newMemory } from '../../store/leveldb/codec/memory.ts'
import { HistoryIndex } from '../../store/leveldb/history-index.ts'
import { LogReader } from '../../store/leveldb/log-reader.ts'

const NAME = { id: Buffer.alloc(16, 1), namelessTo: 0 }

/** Writes a commit of one record for each epoch, whole and linked, and reads them back. */
async function readBack(epochs: readonly number[], reverse: boolean): Promise<number[]> {
  const db = newMemory() as unknown as Database
  let previous: Buffer = NO_HASH
  for (const [i, epoch] of epochs.entries()) {
    const seq = i + 1
    const bytes = encodeCommit(jsonCodec, NAME, epoch, [{ seq, rev: seq, actor: 'a/b', at: 1 }], previous)
    previous = hashOfCommit(bytes)
    await db.put(commitKey(seq), bytes)
  }
  const reader = new LogReader(db, jsonCodec, NAME, new HistoryIndex(db), undefined)
  const seqs: number[] = []
  for await (const { firstSeq } of reader.commits(1, epochs.length, reverse)) seqs.push(firstSeq)
  return seqs
}

describe('the epoch of a commit', () => {
  it.each([false, true])('may stay and grow, backwards %s', async (reverse) => {
    const seqs = [1, 2, 3]
    expect(await readBack([1, 1, 4], reverse)).toEqual(reverse ? seqs.reverse() : seqs)
  })

  it.each([false, true])(
    'never runs back, though each commit is whole and linked, backwards %s',
    async (reverse) => {
      await expect(readBack([1, 2, 1], reverse)).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringMatching(/epoch [12], and its neighbour of epoch [12]/),
      })
    },
  )
})
