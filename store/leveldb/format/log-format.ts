/** Reads LevelDB's logs: the write-ahead log and the manifest. Pure. Format: leveldb/doc/log_format.md. */
import { maskedCrc32c } from './crc32c.ts'

const BLOCK = 32_768
/** Bytes before a fragment: masked crc32c u32 of type and data, length u16, type u8, all little-endian. */
const HEADER = 7
const FULL = 1
const FIRST = 2
const LAST = 4

/**
 * Returns the offset of damage that a later batch follows. Each batch is fsynced before the next is written, so that
 * place was whole once. Damage at the very end is what a crash leaves of an unacknowledged batch. HEAD shows when it
 * was an acknowledged one.
 */
export function findDamage(bytes: Buffer): number | undefined {
  let damage: number | undefined
  for (let block = 0; block < bytes.length; block += BLOCK) {
    const end = Math.min(block + BLOCK, bytes.length)
    for (let offset = block; offset + HEADER <= end; ) {
      const next = endOfFragment(bytes, offset, end)
      if (next === undefined) {
        damage ??= offset
        offset++
        continue
      }
      const type = bytes[offset + 6]
      if (damage !== undefined && (type === FULL || type === FIRST)) return damage
      offset = next
    }
  }
  return undefined
}

/** Yields the records that were written whole, up to the first damage. With `onward` it goes on behind the damage. */
export function* recordsOf(bytes: Buffer, onward = false): Generator<Buffer> {
  let parts: Buffer[] | undefined
  for (let block = 0; block < bytes.length; block += BLOCK) {
    const end = Math.min(block + BLOCK, bytes.length)
    for (let offset = block; offset + HEADER <= end; ) {
      const next = endOfFragment(bytes, offset, end)
      if (next === undefined) {
        if (!onward) return
        parts = undefined
        offset++
        continue
      }
      const type = bytes[offset + 6]
      if (type === FULL || type === FIRST) parts = []
      parts?.push(bytes.subarray(offset + HEADER, next))
      if (parts !== undefined && (type === FULL || type === LAST)) yield Buffer.concat(parts)
      offset = next
    }
  }
}

/** Returns the end of the fragment at `offset`; undefined when no whole fragment begins there. */
function endOfFragment(bytes: Buffer, offset: number, blockEnd: number): number | undefined {
  const type = bytes[offset + 6] as number
  const end = offset + HEADER + bytes.readUInt16LE(offset + 4)
  if (type < FULL || type > LAST || end > blockEnd) return undefined
  return maskedCrc32c(bytes.subarray(offset + 6, end)) === bytes.readUInt32LE(offset) ? end : undefined
}
