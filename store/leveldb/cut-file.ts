/**
 * A file in the archive that says up to where its files were deleted. Those who read a copy of the database from before
 * the cut look into it when a file is not there: then they can tell a cut from damage. A store itself does not read it.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LogCut } from '../store.ts'
import type { StoreName } from './codec/commit-codec.ts'
import { decodeCut, encodeCut } from './codec/cut-codec.ts'
import { syncFolder } from './folder/folder.ts'

const NAME = 'cut'

export function writeCutFile(folder: string, { id }: StoreName, cut: LogCut): void {
  const part = join(folder, `${NAME}.part`)
  writeFileSync(part, Buffer.concat([id, encodeCut(cut)]), { flush: true })
  renameSync(part, join(folder, NAME))
  syncFolder(folder)
}

/** Returns the cut that the file names; undefined where there is none of this store, or none that can be read. */
export function readCutFile(folder: string, { id }: StoreName): LogCut | undefined {
  try {
    const bytes = readFileSync(join(folder, NAME))
    if (!bytes.subarray(0, id.length).equals(id)) return undefined
    return decodeCut(bytes.subarray(id.length))
  } catch {
    return undefined
  }
}
