import { describe, expect, it } from 'vitest'
import { maskedCrc32c } from '../../store/leveldb/format/crc32c.ts'
import { findDamage, recordsOf } from '../../store/leveldb/format/log-format.ts'

const BLOCK = 32_768
const HEADER = 7

/** Writes records as LevelDB does: a record that does not fit into its block is cut into first, middle and last. */
function logOf(records: readonly Buffer[]): { bytes: Buffer; starts: number[] } {
  const parts: Buffer[] = []
  const starts: number[] = []
  let at = 0
  const add = (bytes: Buffer) => {
    parts.push(bytes)
    at += bytes.length
  }
  for (const record of records) {
    let from = 0
    let isFirst = true
    do {
      const left = BLOCK - (at % BLOCK)
      if (left < HEADER) add(Buffer.alloc(left))
      if (isFirst) starts.push(at)
      const length = Math.min(record.length - from, BLOCK - (at % BLOCK) - HEADER)
      const ends = from + length === record.length
      const type = isFirst ? (ends ? 1 : 2) : ends ? 4 : 3
      const payload = record.subarray(from, from + length)
      const header = Buffer.alloc(HEADER)
      header.writeUInt32LE(maskedCrc32c(Buffer.concat([Buffer.from([type]), payload])), 0)
      header.writeUInt16LE(length, 4)
      header[6] = type
      add(Buffer.concat([header, payload]))
      from += length
      isFirst = false
    } while (from < record.length)
  }
  return { bytes: Buffer.concat(parts), starts }
}

const record = (length: number, fill: number) => Buffer.alloc(length, fill)
const SMALL = [record(3, 1), record(0, 2), record(40, 3)]
/**
 * Records over three blocks; up to six bytes before a block's end, which stay empty; up to exactly the end; a header
 * alone.
 */
const LARGE = [
  record(10, 1),
  record(2 * BLOCK, 2),
  record(BLOCK - 3 * HEADER - 3 * HEADER - 10 - 6, 3),
  record(20, 4),
  record(BLOCK - 2 * HEADER - 20, 5),
  record(BLOCK - 2 * HEADER, 6),
  record(9, 7),
]

describe('a log of LevelDB', () => {
  it.each([
    ['nothing', []],
    ['small records', SMALL],
    ['records over blocks and up to their ends', LARGE],
  ])('gives back %s, and has no damage', (_, records) => {
    const { bytes } = logOf(records)
    expect([...recordsOf(bytes)]).toEqual(records)
    expect(findDamage(bytes)).toBeUndefined()
  })

  it.each([
    ['small', SMALL],
    ['large', LARGE],
  ])(
    'names damage in any record that another one follows, and reads the records before it: %s ones',
    (_, records) => {
      const { bytes, starts } = logOf(records)
      for (const [i, start] of starts.entries()) {
        const sick = Buffer.from(bytes)
        sick[start + HEADER - 1] = 9
        expect([...recordsOf(sick)], `record ${i}`).toEqual(records.slice(0, i))
        const isLast = i === records.length - 1
        expect(findDamage(sick), `record ${i}`).toBe(isLast ? undefined : start)
      }
    },
  )

  it('takes no changed byte for a good one: in checksum, length, type and payload', () => {
    const { bytes, starts } = logOf(SMALL)
    for (let at = 0; at < bytes.length; at++) {
      const sick = Buffer.from(bytes)
      sick[at] = (sick[at] as number) ^ 0x81
      const damaged = starts.findLastIndex((start) => start <= at)
      expect([...recordsOf(sick)].slice(0, damaged + 1), `byte ${at}`).toEqual(SMALL.slice(0, damaged))
      expect(findDamage(sick), `byte ${at}`).toBe(damaged === 2 ? undefined : starts[damaged])
    }
  })

  it('ends without damage when it is cut off at any byte', () => {
    const { bytes, starts } = logOf(SMALL)
    for (let length = 0; length < bytes.length; length++) {
      const whole = [...starts.slice(1), bytes.length].filter((end) => end <= length).length
      expect([...recordsOf(bytes.subarray(0, length))], `${length} bytes`).toEqual(SMALL.slice(0, whole))
      expect(findDamage(bytes.subarray(0, length))).toBeUndefined()
    }
  })

  it('reads up to a damaged middle, and takes no rest of a record for a beginning', () => {
    const { bytes } = logOf([record(5, 1), record(3 * BLOCK, 2)])
    const sick = Buffer.from(bytes)
    sick[BLOCK + HEADER + 1] = 77
    expect([...recordsOf(sick)]).toEqual([record(5, 1)])
    // No record begins behind the damage, so it may be what a crash left of one batch.
    expect(findDamage(sick)).toBeUndefined()
  })
})
