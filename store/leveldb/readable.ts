/** Reads LevelDB piece by piece, with errors of the store's own. */
import { unreadable } from './codec/damage.ts'
import { alone } from './pace.ts'

/** Entries that LevelDB hands over at once, unless a piece is full before. */
const PIECE_ENTRIES = 1_000

/** Any iterator of abstract-level. */
export interface Pieces<T> {
  nextv(size: number): Promise<T[]>
  close(): Promise<void>
}

export async function* readable<T>(iterator: Pieces<T>): AsyncGenerator<T> {
  try {
    // Many ask for one entry only; and behind the first one there may be damage, which takes the whole piece.
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
