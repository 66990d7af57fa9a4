import type { Level } from 'level'

interface Compacting {
  compactRange(start: string, end: string): Promise<void>
}

/**
 * Compacts the database. LevelDB keeps overwritten values in its files until then, and the doctor would find them
 * there.
 */
export function forgetOverwritten(db: Level<string, Buffer>): Promise<void> {
  return (db as unknown as Compacting).compactRange('', '~')
}
