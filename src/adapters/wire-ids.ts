/**
 * The ids that a venue gets in place of ours: the store's short id, the number of the request, and the name, so that two stores never
 * collide at one venue and every venue takes it (36 characters of A-Z, a-z, 0-9, _ and - by Binance's rule). Records have neither the
 * short id nor what is made with it.
 */
import { ownOrderAddress } from '../../machines/index.ts'
import { adoptedId, hashedName, isSafeName, NAME_LENGTH_MAX, nameIn } from '../../machines/model/ids.ts'
import { OutcryError } from '../../store/index.ts'

export const SHORT_ID_LENGTH = 4
export const WIRE_ID_LENGTH_MAX = 36
const NUMBER_LENGTH_MAX = WIRE_ID_LENGTH_MAX - NAME_LENGTH_MAX - SHORT_ID_LENGTH - 2
/** Requests that one order may make: the number is in base 36. */
export const REQUESTS_MAX = 36 ** NUMBER_LENGTH_MAX - 1
/** Ids told by their hash that are remembered. Each takes about 200 bytes. */
const HASHED_MAX = 10_000

const SHORT_ID = /^[a-z0-9]{4}$/
/** The first request of an order has the order's own id, without a number. */
const REQUEST = /^(.*)\/([2-9]|[1-9]\d+)$/s
const WIRE_ID = /^([a-z0-9]{4})-([1-9a-z][0-9a-z]{0,3})-(.+)$/

export function isShortId(text: string): boolean {
  return SHORT_ID.test(text)
}

/** The order that a venue means. */
export interface Identity {
  /** The ClOrdID of our order's request, or the id that somebody else's order has here. */
  readonly clOrdId: string
  /** The venue's name of the order, if it is somebody else's. */
  readonly foreignId?: string
}

/** Translates at the edge of one venue, for one store. */
export class WireIds {
  readonly #venue: string
  readonly #shortId: string
  /** By what they were told as: they do not come back by themselves. Those told longest ago are forgotten first. */
  readonly #hashed = new Map<string, string>()

  constructor(venue: string, shortId: string) {
    this.#venue = venue
    this.#shortId = shortId
  }

  /**
   * Returns what the venue is told, `7f3a-2-ema-BTCUSDT-1-entry` of `sim:ema-BTCUSDT-1-entry/2`. An id without the venue, or with
   * a name that is not safe, as programs and earlier versions give them, is told by its hash. That comes back while it is remembered
   * here: an adapter tells the ids of its account's orders again when it starts.
   * @throws REQUESTS_EXHAUSTED
   */
  toWire(clOrdId: string): string {
    const [, id = clOrdId, number = '1'] = REQUEST.exec(clOrdId) ?? []
    if (Number(number) > REQUESTS_MAX) {
      throw new OutcryError(
        'REQUESTS_EXHAUSTED',
        `${ownOrderAddress(id)} asks its venue for the ${number}th time, and an id has room for ${REQUESTS_MAX}`,
        'Cancel the order, and place another one.',
      )
    }
    const name = nameIn(this.#venue, id)
    const wireName = name !== id && isSafeName(name) ? name : this.#hash(id)
    return `${this.#shortId}-${Number(number).toString(36)}-${wireName}`
  }

  /**
   * Returns our id of what the venue calls so; undefined where it is of somebody else, another store's too. `known`: id of the order
   * that it must be of, where the venue says whose it is.
   */
  fromWire(wireId: string, known?: string): string | undefined {
    const [, shortId, number = '', name = ''] = WIRE_ID.exec(wireId) ?? []
    if (shortId !== this.#shortId || !isSafeName(name)) return undefined
    const request = Number.parseInt(number, 36)
    const suffix = request === 1 ? '' : `/${request}`
    if (known !== undefined && this.toWire(`${known}${suffix}`) === wireId) return `${known}${suffix}`
    return `${this.#hashed.get(name) ?? `${this.#venue}:${name}`}${suffix}`
  }

  /** Returns whose order the venue calls so: what is not ours is somebody else's, and has an id here all the same. */
  identify(wireId: string, known?: string): Identity {
    const clOrdId = this.fromWire(wireId, known)
    return clOrdId === undefined
      ? { clOrdId: adoptedId(this.#venue, wireId), foreignId: wireId }
      : { clOrdId }
  }

  /** No name has a line break, and what is adopted has two: so what is hashed here has a hash of its own. */
  #hash(id: string): string {
    const wireName = hashedName(`${id}\n`)
    this.#hashed.delete(wireName)
    this.#hashed.set(wireName, id)
    if (this.#hashed.size > HASHED_MAX) this.#hashed.delete(this.#hashed.keys().next().value as string)
    return wireName
  }
}
