import { OutcryError } from '../../../errors/outcry-error.ts'

declare const brand: unique symbol
/** `kind/id`. A child's address is its parent's plus `/childId`, encoded: see `childOf`. */
export type Address = string & { readonly [brand]: 'Address' }

/** The kinds that the runtime keeps for itself. */
export const RESERVED_KINDS: readonly string[] = ['port', 'system']
export const DEAD_LETTERS = 'system/dead-letters' as Address
/** The clock's address. Its history says how the system's clock was set while actors lived. */
export const CLOCK = 'system/clock' as Address

/** The address of what deletes old records. Its history says which are gone. */
export const RETENTION = 'system/retention' as Address

/** Maximum length of an address, in UTF-16 units. An address is part of every index key. */
const ADDRESS_LENGTH_MAX = 512
/**
 * Other characters are percent-encoded, byte by byte of their UTF-8, as in RFC 3986 and in the actor paths of Pekko.
 */
const SEGMENT = /^(?:[\w.:@+~#=()-]|%[0-9A-F]{2})+$/
/**
 * An id that a user gives may be in any script: visible letters, marks, digits and signs of Unicode. None of these ends
 * a segment, controls a text or reorders it. A mark cannot come first, because it would combine with the slash.
 */
const GIVEN = /^(?!\p{M})(?:[\w.:@+~#=()-]|%[0-9A-F]{2}|(?![\p{ASCII}\p{DI}])[\p{L}\p{M}\p{N}\p{S}])+$/u
const PLAIN = /^[\w.:@+~#=()-]*$/
const NOT_PLAIN = /[^\w.:@+~#=()-]/gu
const LONE_SURROGATE = /\p{Surrogate}/u
const utf8 = new TextEncoder()

/** Returns the text as an address. @throws ADDRESS_INVALID */
export function parseAddress(text: string): Address {
  const segments = text.split('/')
  if (text.length > ADDRESS_LENGTH_MAX || segments.length < 2 || !segments.every(isSegment)) {
    throw new OutcryError(
      'ADDRESS_INVALID',
      `"${text.slice(0, 80)}" is no actor address`,
      'Write kind/id, for example order/BTCUSDT-7f3a; letters and digits (in the form NFC) and . : @ + ~ # = ( ) - _ are allowed, others as %20.',
    )
  }
  return text as Address
}

/** The id of a top actor stays as given. Ids below it are in the form of `childOf`, so that each id has one address. */
function isSegment(segment: string, i: number): boolean {
  return SEGMENT.test(segment) || (i === 1 && GIVEN.test(segment) && segment === segment.normalize('NFC'))
}

export function kindOf(address: string): string {
  return address.slice(0, address.indexOf('/'))
}

/** Returns whether only the runtime and its ports may use the actor. */
export function isReserved(address: string): boolean {
  return address.startsWith('system/') || address.startsWith('port/')
}

/** Returns the error for a call on one of the runtime's own actors. */
export function reserved(address: string): OutcryError {
  return new OutcryError(
    'ACTOR_RESERVED',
    `${address} is the runtime's own`,
    'Choose another address. Only a machine sends to a port: sendTo(({ system }) => system.get(...), ...).',
  )
}

/** Returns the part after the kind. For a child this includes its path. */
export function idOf(address: string): string {
  return address.slice(address.indexOf('/') + 1)
}

export function parentOf(address: string): Address | undefined {
  const last = address.lastIndexOf('/')
  return last === address.indexOf('/') ? undefined : (address.slice(0, last) as Address)
}

/**
 * Returns the address of a child. The child's id may have any characters. Characters that an address cannot have are
 * encoded, so that two ids never share an address, and the parent is always the part before the last slash. `idOfChild`
 * decodes the id.
 *
 * @example childOf('pair/x', 'BTC/USDT') // 'pair/x/BTC%2FUSDT'
 * @throws ADDRESS_INVALID when the id is not a well-formed text
 */
export function childOf(parent: string, id: string): Address {
  return `${parent}/${PLAIN.test(id) ? id : encoded(parent, id)}` as Address
}

/** Returns the id that a child has in its parent. */
export function idOfChild(address: Address): string {
  const segment = address.slice(address.lastIndexOf('/') + 1)
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    // The address is no child's: a user wrote it by hand.
    return segment
  }
}

function encoded(parent: string, id: string): string {
  if (LONE_SURROGATE.test(id)) {
    throw new OutcryError(
      'ADDRESS_INVALID',
      `a child of ${parent} has the id ${JSON.stringify(id.slice(0, 80))}, which is no well-formed Unicode text`,
      'Give the child another id.',
    )
  }
  return id.replace(NOT_PLAIN, (c) =>
    [...utf8.encode(c)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}

/** Returns the name of the port if the address is a port's. */
export function portOf(address: string): string | undefined {
  return address.startsWith('port/') ? address.slice(5) : undefined
}
