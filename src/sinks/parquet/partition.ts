/** The folders that an event's file is in, as Hive names them: `date=2024-08-08/venue=binance/symbol=BTCUSDT`. */
import { createHash } from 'node:crypto'
import type { EventEnvelope } from '../../runtime/events/envelope.ts'

/** Stands for a venue or a symbol that an event does not name. Readers of such folders take it for null. */
export const NO_NAME = '__HIVE_DEFAULT_PARTITION__'
/** Most characters of a name. Most file systems take 255 bytes. */
const NAME_MAX = 200
/** Characters of the hash that a longer name ends with. */
const HASH_LENGTH = 16
/** Characters that encodeURIComponent leaves, and that a pattern of files or a file system takes for something else. */
const LEFT = /[*'()!~]/g
/** Half of a character, which has no bytes in UTF-8. */
const HALF = /\p{Surrogate}/gu
/** Largest time that a date has, in ms from 1970. */
const DATE_MAX_MS = 8.64e15
const DAY_MS = 86_400_000
/** Names whose folders are remembered. */
const FOLDERS_MAX = 1_000

/** Returns the folders of an event, by its day (UTC), venue and symbol. They are the same on each system. */
export function partitionOf({ at, venue, symbol }: Pick<EventEnvelope, 'at' | 'venue' | 'symbol'>): string {
  return `date=${dateOf(at)}/venue=${folderName(venue)}/symbol=${folderName(symbol)}`
}

/** The last day that was asked for: most events are of the day of the event before. */
let last = { day: Number.NaN, date: NO_NAME }

/** Returns the day of a time, UTC. */
export function dateOf(at: number): string {
  if (!(Math.abs(at) <= DATE_MAX_MS)) return NO_NAME
  const day = Math.floor(at / DAY_MS)
  if (day !== last.day) last = { day, date: new Date(at).toISOString().split('T')[0] as string }
  return last.date
}

/** The folders of names that were asked for. */
const folders = new Map<string, string>()

function folderName(text: string | null): string {
  if (text === null) return NO_NAME
  const known = folders.get(text)
  if (known !== undefined) return known
  const name = escapedName(text)
  if (folders.size >= FOLDERS_MAX) folders.clear()
  folders.set(text, name)
  return name
}

function escapedName(text: string): string {
  const escaped = encodeURIComponent(text.replace(HALF, '\ufffd')).replace(
    LEFT,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  if (escaped.length <= NAME_MAX) return escaped
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)
  // A cut may be within an escape.
  return `${escaped.slice(0, NAME_MAX - HASH_LENGTH - 1).replace(/%.?$/, '')}-${hash}`
}
