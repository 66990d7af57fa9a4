/**
 * Which files belong to a database: a crash leaves others, half written, which LevelDB deletes when it opens. The
 * manifest is a log of edits to that set. Format: leveldb/doc/impl.md and db/version_edit.cc.
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
  /** The tables that are in use: their sizes in bytes by their numbers. */
  readonly tables: ReadonlyMap<number, number>
  /** Write-ahead logs from this number on are read when the database is opened. */
  readonly logsFrom: number
  /** LevelDB numbers its entries; what is in the logs goes on behind this one, or before it. */
  readonly lastEntry: number
}

/** Undefined when there is none that is whole at its beginning; LevelDB says what it thinks of that. @throws STORE_CORRUPT */
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
