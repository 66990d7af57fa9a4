/** Reads LevelDB piece by piece and maps its errors to the store's own. */
import { unreadable } from './codec/damage.ts'
import { alone } from './pace.ts'

/** Entries that LevelDB hands over at once, unless a piece is full before. */
const PIECE_ENTRIES = 1_000

/** An iterator of abstract-level. */
export interface Pieces<T> {
  nextv(size: number): Promise<T[]>
  close(): Promise<void>
}

export async function* readable<T>(iterator: Pieces<T>): AsyncGenerator<T> {
  try {
    // The first piece is one entry. Many callers want no more, and damage behind the first entry would fail the whole
    // piece.
    for (let size = 1; ; size = PIECE_ENTRIES) {
      const piece = await alone(() => iterator.nextv(size)).catch((error: unknown) => {
        throw unreadable(error)
      })
      if (piece.length === 0) return
      yield* piece
    }
  } finally {
    await iterator.close()
  }
}

export async function firstOf<T>(iterator: Pieces<T>): Promise<T | undefined> {
  for await (const item of readable(iterator)) return item
  return undefined
}
