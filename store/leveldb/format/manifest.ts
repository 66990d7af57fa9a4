/**
 * Reads which files belong to a database. A crash leaves others, half written, and LevelDB deletes them when it opens.
 * The manifest is a log of edits to this set. Format: leveldb/doc/impl.md and db/version_edit.cc.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readWhole } from '../folder/read-file.ts'
import { recordsOf } from './log-format.ts'
import { Varints } from './varints.ts'

const TAG = {
  comparator: 1,
  logNumber: 2,
  nextFile: 3,
  lastSequence: 4,
  compactPointer: 5,
  deletedFile: 6,
  newFile: 7,
  previousLog: 9,
} as const

export interface Manifest {
  readonly name: string
  /** Sizes in bytes of the tables in use, by their numbers. */
  readonly tables: ReadonlyMap<number, number>
  /** Number of the first write-ahead log that LevelDB reads when it opens. */
  readonly logsFrom: number
  /**
   * Number of the last entry in the tables. LevelDB numbers its entries; those in the logs go on behind this one, or
   * before it.
   */
  readonly lastEntry: number
}

/**
 * Returns the manifest; undefined when none begins whole, because LevelDB then says what is wrong.
 * @throws STORE_CORRUPT
 */
export function readManifest(location: string): Manifest | undefined {
  const current = join(location, 'CURRENT')
  if (!existsSync(current)) return undefined
  const name = readWhole(current).toString().trim()
  if (!/^MANIFEST-\d+$/.test(name) || !existsSync(join(location, name))) return undefined
  const version = { name, tables: new Map<number, number>(), logsFrom: 0, lastEntry: 0 }
  for (const edit of recordsOf(readWhole(join(location, name)))) apply(edit, version)
  return version
}

function apply(
  edit: Buffer,
  version: { tables: Map<number, number>; logsFrom: number; lastEntry: number },
): void {
  const reader = new Varints(edit)
  while (!reader.done) {
    switch (reader.next()) {
      case TAG.comparator:
        reader.skip(reader.next())
        break
      case TAG.logNumber:
        version.logsFrom = reader.next()
        break
      case TAG.lastSequence:
        version.lastEntry = reader.next()
        break
      case TAG.nextFile:
      case TAG.previousLog:
        reader.next()
        break
      case TAG.compactPointer:
        reader.next()
        reader.skip(reader.next())
        break
      case TAG.deletedFile:
        reader.next()
        version.tables.delete(reader.next())
        break
      case TAG.newFile:
        reader.next()
        version.tables.set(reader.next(), reader.next())
        reader.skip(reader.next())
        reader.skip(reader.next())
        break
      default:
        return
    }
  }
}
