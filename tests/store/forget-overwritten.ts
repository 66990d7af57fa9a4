import type { Level } from 'level'

interface Compacting {
  compactRange(start: string, end: string): Promise<void>
}

/** LevelDB keeps what was overwritten in its files until it compacts them, and the doctor would find it there. */
export function forgetOverwritten(db: Level<string, Buffer>): Promise<void> {
  return (db as unknown as Compacting).compactRange('', '~')
}
