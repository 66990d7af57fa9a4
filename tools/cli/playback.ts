/** Plays records with the pauses that they had. */
import { setTimeout } from 'node:timers/promises'

/** Longest pause of a playback in ms. Longer ones are shortened to it. */
export const PAUSE_MAX = 5_000

export interface Played<T> {
  readonly item: T
  /** ms since the item before, as it was; 0 for the first. */
  readonly sinceMs: number
  /** ms that a long pause took instead. Undefined where the pause was not shortened. */
  readonly shortenedTo?: number
}

/**
 * Yields items at their times, divided by `factor`: 10 plays ten times as fast. Infinity plays at once.
 * An item that is as late as an earlier one follows it at once.
 */
export async function* played<T extends { readonly at: number }>(
  items: AsyncIterable<T> | Iterable<T>,
  factor: number,
  wait: (ms: number) => Promise<unknown> = setTimeout,
): AsyncGenerator<Played<T>> {
  let last: number | undefined
  for await (const item of items) {
    const sinceMs = last === undefined ? 0 : Math.max(0, item.at - last)
    const pause = sinceMs / factor
    if (pause > 0) await wait(Math.min(pause, PAUSE_MAX))
    yield { item, sinceMs, ...(pause > PAUSE_MAX && { shortenedTo: PAUSE_MAX }) }
    last = Math.max(last ?? item.at, item.at)
  }
}
