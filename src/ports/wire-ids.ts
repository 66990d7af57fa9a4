/**
 * What a venue is told in place of our ids: the store's short id, the number of the request, and the name, so that two stores never
 * collide at one venue and every venue takes it (36 characters of A-Z, a-z, 0-9, _ and - by Binance's rule). Records have neither the
 * short id nor what is made with it.
 */
import { hashedName, isSafeName, NAME_LENGTH_MAX, nameIn } from '../../machines/ids.ts'
import { OutcryError } from '../../store/index.ts'

export const SHORT_ID_LENGTH = 4
export const WIRE_ID_LENGTH_MAX = 36
const NUMBER_LENGTH_MAX = WIRE_ID_LENGTH_MAX - NAME_LENGTH_MAX - SHORT_ID_LENGTH - 2
/** Requests that one order may make: the number is in base 36. */
export const REQUESTS_MAX = 36 ** NUMBER_LENGTH_MAX - 1

const SHORT_ID = /^[a-z0-9]{4}$/
const REQUEST = /^(.*)\/([1-9]\d*)$/s
const WIRE_ID = /^([a-z0-9]{4})-([1-9a-z][0-9a-z]{0,3})-(.+)$/

export function isShortId(text: string): boolean {
  return SHORT_ID.test(text)
}

/** Translates at the edge of one venue, for one store. */
export class WireIds {
  readonly #venue: string
  readonly #shortId: string

  constructor(venue: string, shortId: string) {
    this.#venue = venue
    this.#shortId = shortId
  }

  /**
   * Returns what the venue is told, `7f3a-2-ema-BTCUSDT-1-entry` of `sim:ema-BTCUSDT-1-entry/2`. An id without the venue, or with
   * a name that is not safe, as people and earlier versions give them, is told by its hash: it does not come back by itself.
   * @throws REQUESTS_EXHAUSTED
   */
  toWire(clOrdId: string): string {
    const [, id = clOrdId, number = '1'] = REQUEST.exec(clOrdId) ?? []
    if (Number(number) > REQUESTS_MAX) {
      throw new OutcryError(
        'REQUESTS_EXHAUSTED',
        `order/${id} asks its venue for the ${number}th time, and an id has room for ${REQUESTS_MAX}`,
        'Cancel the order, and place another one.',
      )
    }
    const name = nameIn(this.#venue, id)
    const told = name !== id && isSafeName(name) ? name : hashedName(id)
    return `${this.#shortId}-${Number(number).toString(36)}-${told}`
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
    return `${this.#venue}:${name}${suffix}`
  }
}
