/**
 * LevelDB's write-ahead log, looked through before LevelDB opens it: it drops damaged batches without a word, and
 * deletes the file afterwards. Format: leveldb/doc/log_format.md.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { maskedCrc32c } from './crc32c.ts'
import { OutcryError } from './outcry-error.ts'

const BLOCK = 32_768
/** Masked crc32c u32 over type and data, length u16, type u8; all little-endian. */
const HEADER = 7
const FULL = 1
const FIRST = 2
const LAST = 4

/**
 * Offset of damage that a later batch follows. Each batch is fsynced before the next one is written, so this was
 * whole once. Damage at the very end is what a crash leaves of a batch that was never acknowledged; whether one that
 * was acknowledged is among it, the head file tells.
 */
export function findWalDamage(bytes: Buffer): number | undefined {
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

/** undefined when no whole fragment begins here. */
function endOfFragment(bytes: Buffer, offset: number, blockEnd: number): number | undefined {
  const type = bytes[offset + 6] as number
  const end = offset + HEADER + bytes.readUInt16LE(offset + 4)
  if (type < FULL || type > LAST || end > blockEnd) return undefined
  return maskedCrc32c(bytes.subarray(offset + 6, end)) === bytes.readUInt32LE(offset) ? end : undefined
}

/** @throws STORE_CORRUPT naming file and offset; the file is left as it is */
export function checkWal(location: string): void {
  for (const name of readdirSync(location)) {
    if (!/^(\d+\.log|MANIFEST-\d+)$/.test(name)) continue
    const offset = findWalDamage(readFileSync(join(location, name)))
    if (offset === undefined) continue
    throw new OutcryError(
      'STORE_CORRUPT',
      `${join(location, name)} is damaged at byte ${offset}: LevelDB would drop in silence what was written there`,
      'Run `outcry doctor` to see what is lost; do not trade on this store.',
    )
  }
}
