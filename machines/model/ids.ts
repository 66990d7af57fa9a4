/**
 * Ids of orders and of lists of orders: the venue's name, a colon, and a name that every venue takes. Code never reads out of an
 * id what belongs to what: events and contexts have fields for that.
 */
import { createHash } from 'node:crypto'

/**
 * The longest name, in characters. A venue takes 36, and the store's short id and the number of the request need the rest: see
 * wire-ids.ts.
 */
export const NAME_LENGTH_MAX = 26
const SAFE_LENGTH = 15
const HASH_LENGTH = 10
const SAFE = new RegExp(`^[A-Za-z0-9_-]{1,${NAME_LENGTH_MAX}}$`)

/**
 * Returns the id of an order or a list at a venue. A name that is too long, or that has other characters than A-Z, a-z, 0-9, _ and -,
 * becomes its first 15 safe characters, `_`, and 10 characters of its SHA-256 in base 32.
 *
 * @example venueId('sim', 'ema-BTCUSDT-1-entry') // 'sim:ema-BTCUSDT-1-entry'
 */
export function venueId(venue: string, name: string): string {
  return `${venue}:${safeName(name)}`
}

/**
 * Returns the id of what belongs to a list, or follows in a row: the id's name, `-`, and the part.
 *
 * @example partId('sim', 'sim:ema-BTCUSDT-1', 'entry') // 'sim:ema-BTCUSDT-1-entry'
 */
export function partId(venue: string, id: string, part: string): string {
  return venueId(venue, `${nameIn(venue, id)}-${part}`)
}

/**
 * Returns the id here of an order that somebody else has placed. No name of ours gives it: also a safe name is hashed, and with line
 * breaks, which no name has. So an order of ours and one of somebody else never have one id.
 *
 * @example adoptedId('binance', 'web_1') // 'binance:web_1_' and its hash
 */
export function adoptedId(venue: string, foreignId: string): string {
  return `${venue}:${hashedName(`${foreignId}\n\n`)}`
}

/** Returns an id without its venue: the id itself where it has none, as ids of earlier versions may. */
export function nameIn(venue: string, id: string): string {
  return id.startsWith(`${venue}:`) ? id.slice(venue.length + 1) : id
}

/** Returns the fault of an id that somebody gives, with the id to write instead; undefined where it has none. */
export function idProblem(venue: string, id: string): string | undefined {
  const right = venueId(venue, nameIn(venue, id))
  if (right === id) return undefined
  return `write ${right}: an id is its venue, a colon, and up to ${NAME_LENGTH_MAX} of A-Z, a-z, 0-9, _ and -`
}

export function isSafeName(name: string): boolean {
  return SAFE.test(name)
}

function safeName(name: string): string {
  return isSafeName(name) ? name : hashedName(name)
}

/** Returns the name with a hash, also for a name that is safe already. */
export function hashedName(name: string): string {
  const safe = name.replaceAll(/[^A-Za-z0-9_-]/g, '').slice(0, SAFE_LENGTH)
  return `${safe}_${hashOf(name)}`
}

/** The alphabet of RFC 4648 in small letters, with five bits a character. */
const BASE_32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** Returns the hash of a name. Node's SHA-256 gives the same value wherever a log is replayed. */
function hashOf(name: string): string {
  const digest = createHash('sha256').update(name, 'utf8').digest()
  let bits = digest.readUIntBE(0, 6) * 4 + (digest.readUInt8(6) >> 6)
  let text = ''
  for (let i = 0; i < HASH_LENGTH; i++) {
    text = `${BASE_32[bits % 32]}${text}`
    bits = Math.floor(bits / 32)
  }
  return text
}
