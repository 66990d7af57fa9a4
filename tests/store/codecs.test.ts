/** Tests commits and snapshots as bytes: which are refused, and with which message. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  decodeCommit,
  encodeCommit,
  hashOfCommit,
  jsonCodec,
  NO_HASH,
} from '../../store/leveldb/codec/commit-codec.ts'
import { decodeSnapshot, insertSnapshot } from '../../store/leveldb/codec/snapshot-codec.ts'
import { findDamage, recordsOf } from '../../store/leveldb/format/log-format.ts'
import type { LogRecord, SnapshotEntry } from '../../store/store.ts'

const records: LogRecord[] = [
  { seq: 7, rev: 1, actor: 'a/ü', at: 5 },
  { seq: 8, rev: 2, actor: 'a/ü', at: 6 },
]

describe('a commit', () => {
  const name = { id: Buffer.alloc(16, 1), namelessTo: 0 }
  const previous = Buffer.alloc(32, 7)
  const bytes = encodeCommit(jsonCodec, name, 3, records, previous)

  it('comes back unchanged', () => {
    expect(decodeCommit(jsonCodec, name, 7, bytes)).toEqual({
      epoch: 3,
      firstSeq: 7,
      previous,
      hash: hashOfCommit(bytes),
      records,
      bytes,
    })
    expect(hashOfCommit(bytes)).toHaveLength(32)
    expect(hashOfCommit(encodeCommit(jsonCodec, name, 3, records, NO_HASH))).not.toEqual(hashOfCommit(bytes))
  })

  it.each<[string, (b: Buffer) => Buffer, number, string]>([
    ['another magic', (b) => Buffer.concat([Buffer.from('OCM9'), b.subarray(4)]), 7, 'it is no commit'],
    ['nothing', () => Buffer.alloc(0), 7, 'it is no commit'],
    ['a header alone', (b) => b.subarray(0, 99), 7, 'it is no commit'],
    ['a byte cut off', (b) => b.subarray(0, -1), 7, 'its checksum does not fit'],
    ['another place', (b) => b, 8, 'it says that it begins at 7'],
  ])('is refused with %s', (_, change, seq, what) => {
    expect(() => decodeCommit(jsonCodec, name, seq, change(Buffer.from(bytes)))).toThrow(
      expect.objectContaining({
        code: 'STORE_CORRUPT',
        message: `the commit at seq ${seq} is damaged: ${what}`,
      }),
    )
  })

  it('is refused when it is of another store, or names none behind those that may', () => {
    const other = { id: Buffer.alloc(16, 2), namelessTo: 99 }
    expect(() => decodeCommit(jsonCodec, other, 7, bytes)).toThrow(/is of the store 0101\w+, not of 0202/)
    const nameless = Buffer.concat([bytes.subarray(0, 52), bytes.subarray(68)])
    nameless.write('OCM2')
    const hash = createHash('sha256').update(nameless.subarray(0, 52)).update(nameless.subarray(84)).digest()
    hash.copy(nameless, 52)
    expect(decodeCommit(jsonCodec, { ...other, namelessTo: 7 }, 7, nameless).records).toEqual(records)
    expect(() => decodeCommit(jsonCodec, { ...other, namelessTo: 6 }, 7, nameless)).toThrow(/names no store/)
  })

  it('is refused when its codec loses records', () => {
    const lossy = { ...jsonCodec, decode: () => [records[0] as LogRecord] }
    expect(() => decodeCommit(lossy, name, 7, bytes)).toThrow(
      expect.objectContaining({
        code: 'STORE_CORRUPT',
        message: 'the commit at seq 7 is damaged: records are missing in it',
      }),
    )
  })
})

describe('snapshots', () => {
  const entry = (seq: number): SnapshotEntry => ({ actor: 'a/b', seq, rev: seq, state: { seq } })
  const of = (...seqs: number[]) =>
    seqs.reduce<Buffer | undefined>(
      (bytes, seq) => insertSnapshot(entry(seq), bytes, 3).bytes,
      undefined,
    ) as Buffer
  const read = (bytes: Buffer) => {
    const seqs: number[] = []
    for (
      let found = decodeSnapshot('a/b', bytes, 99);
      found;
      found = decodeSnapshot('a/b', bytes, found.seq - 1)
    ) {
      seqs.push(found.seq)
    }
    return seqs
  }

  it('are newest first, in whatever order they came, without the oldest', () => {
    expect(read(of(1, 2, 3, 4))).toEqual([4, 3, 2])
    expect(read(of(4, 1, 3, 2))).toEqual([4, 3, 2])
    expect(read(of(5, 5, 5))).toEqual([5])
    expect(insertSnapshot(entry(2), of(3), 3).newest).toBe(false)
    expect(insertSnapshot(entry(3), of(3), 3).newest).toBe(true)
    expect(insertSnapshot(entry(4), of(3), 3).newest).toBe(true)
    expect(insertSnapshot(entry(1), undefined, 3).newest).toBe(true)
  })

  it('are kept once for one place', () => {
    expect(of(5, 5, 5)).toEqual(of(5))
    expect(of(3, 5, 3)).toEqual(of(3, 5))
  })

  it('are refused with any byte changed', () => {
    const whole = of(1)
    for (let i = 0; i < whole.length; i++) {
      const bytes = Buffer.from(whole)
      bytes[i] = (bytes[i] as number) ^ 0x04
      expect(() => decodeSnapshot('a/b', bytes, 99), `byte ${i}`).toThrow(
        expect.objectContaining({ code: 'STORE_CORRUPT' }),
      )
    }
  })

  it('are refused when cut off anywhere, or when of another actor', () => {
    const bytes = of(1)
    for (let end = 1; end < bytes.length; end++) {
      expect(() => decodeSnapshot('a/b', bytes.subarray(0, end), 99), `${end}`).toThrow(
        expect.objectContaining({ code: 'STORE_CORRUPT' }),
      )
    }
    expect(() => decodeSnapshot('a/c', bytes, 99)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
    expect(decodeSnapshot('a/b', bytes, 0)).toBeUndefined()
  })
})

describe("LevelDB's log", () => {
  it('holds nothing and is not damaged when it is empty or shorter than a header', () => {
    for (const length of [0, 1, 6]) {
      expect(findDamage(Buffer.alloc(length))).toBeUndefined()
      expect([...recordsOf(Buffer.alloc(length))]).toEqual([])
    }
    // A disk may leave zeros at the end of the log.
    expect(findDamage(Buffer.alloc(100_000))).toBeUndefined()
  })
})
