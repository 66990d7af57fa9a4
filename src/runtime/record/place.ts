/** Places and ranges of the log that a caller names. A number that is none would pass for damage of the log further in. */
import { OutcryError } from '../../../errors/outcry-error.ts'
import type { HistoryOptions, ReadOptions } from '../../../store/store.ts'

/** A place in the past, by one of its names. */
export interface Place {
  readonly seq?: number
  /** Of the actor. */
  readonly rev?: number
  /** The last record before the log's time first passes this, epoch ms: the same place for every actor. */
  readonly at?: number
}

/** @throws PLACE_INVALID */
export function checkPlace(place: Place): void {
  const given = Object.entries(place ?? {}).filter(([, value]) => value !== undefined)
  const [[name = '', value] = []] = given
  if (given.length !== 1 || !['seq', 'rev', 'at'].includes(name))
    throw invalid('a place is one of seq, rev and at', 'Give one of them.')
  const isPlace =
    name === 'at' ? typeof value === 'number' && !Number.isNaN(value) : Number.isSafeInteger(value)
  if (!isPlace) {
    const wanted = name === 'at' ? 'a number: epoch milliseconds' : 'a whole number'
    throw invalid(`${name} is ${String(value)}, which is no place in a log`, `Give ${wanted}.`)
  }
}

/** @throws PLACE_INVALID */
export function checkRange(options: HistoryOptions & ReadOptions = {}): void {
  const { fromSeq, toSeq, fromRev, toRev, limit } = options
  for (const [name, value] of Object.entries({ fromSeq, toSeq, fromRev, toRev, limit })) {
    if (value === undefined || (typeof value === 'number' && !Number.isNaN(value))) continue
    throw invalid(`${name} is ${String(value)}, which is no number`, 'Give a number, or leave it out.')
  }
}

function invalid(what: string, hint: string): OutcryError {
  return new OutcryError('PLACE_INVALID', what, hint)
}
