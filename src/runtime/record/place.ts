/**
 * Checks places and ranges of the log that a caller names. Deeper in the code, a wrong number would look like a damaged
 * log.
 */
import { OutcryError } from '../../../errors/outcry-error.ts'
import { logCut } from '../../../store/index.ts'
import type { HistoryOptions, ReadOptions, Store } from '../../../store/store.ts'

/** A place in the past: one of seq, rev and at. */
export interface Place {
  readonly seq?: number
  /** The rev of the actor. */
  readonly rev?: number
  /** Epoch ms. The place is the last record before the log's time first passes it, the same for every actor. */
  readonly at?: number
}

/** Checks a place. @throws PLACE_INVALID */
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

/** Checks that the record of a place was not deleted. A rev and a time are checked where they are looked up. @throws LOG_CUT */
export function assertKept({ cut }: Pick<Store, 'cut'>, { seq }: Place): void {
  if (cut !== undefined && seq !== undefined && seq < cut.firstSeq) throw logCut(cut)
}

/** Checks a range. @throws PLACE_INVALID */
export function checkRange(options: HistoryOptions & ReadOptions = {}): void {
  const { fromSeq, toSeq, fromRev, toRev, limit, emitting, mentioning } = options
  for (const [name, value] of Object.entries({ fromSeq, toSeq, fromRev, toRev, limit })) {
    if (value === undefined || (typeof value === 'number' && !Number.isNaN(value))) continue
    throw invalid(`${name} is ${String(value)}, which is no number`, 'Give a number, or leave it out.')
  }
  const isList = emitting === undefined || (Array.isArray(emitting) && emitting.every(isText))
  if (!isList) throw invalid('emitting is no list of types', "Give types of events: ['ORDER_FILLED'].")
  if (mentioning !== undefined && ![mentioning].flat().every(isText))
    throw invalid('mentioning is neither a text nor a list of texts', "Give one, such as 'ORDER_FILLED'.")
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function invalid(what: string, hint: string): OutcryError {
  return new OutcryError('PLACE_INVALID', what, hint)
}
