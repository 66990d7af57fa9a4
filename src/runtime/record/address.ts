import { OutcryError } from '../../../errors/outcry-error.ts'

declare const brand: unique symbol
/** `kind/id`; a child is its parent's address plus `/childId`, encoded: see `childOf`. */
export type Address = string & { readonly [brand]: 'Address' }

/** Kinds that the runtime keeps for itself. */
export const RESERVED_KINDS: readonly string[] = ['port', 'system']
export const DEAD_LETTERS = 'system/dead-letters' as Address
/** Its history is how the system's clock was set while actors lived. */
export const CLOCK = 'system/clock' as Address

/** Longest address, in UTF-16 units: it is part of every index key. */
const ADDRESS_LENGTH_MAX = 512
/** Any other character is percent-encoded, byte by byte of its UTF-8, as RFC 3986 and the actor paths of Pekko do it. */
const SEGMENT = /^(?:[\w.:@+~#=()-]|%[0-9A-F]{2})+$/
/**
 * An id that somebody gives may be in any script: letters, marks, digits and signs of Unicode that can be seen. None of these
 * ends a segment, controls a text or reorders it. A mark that came first would belong to the slash.
 */
const GIVEN = /^(?!\p{M})(?:[\w.:@+~#=()-]|%[0-9A-F]{2}|(?![\p{ASCII}\p{DI}])[\p{L}\p{M}\p{N}\p{S}])+$/u
const PLAIN = /^[\w.:@+~#=()-]*$/
const NOT_PLAIN = /[^\w.:@+~#=()-]/gu
const LONE_SURROGATE = /\p{Surrogate}/u
const utf8 = new TextEncoder()

/** @throws ADDRESS_INVALID */
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

/** The id of a top actor is as it was given. Below it, ids are as `childOf` writes them, so that each has one address. */
function isSegment(segment: string, i: number): boolean {
  return SEGMENT.test(segment) || (i === 1 && GIVEN.test(segment) && segment === segment.normalize('NFC'))
}

export function kindOf(address: string): string {
  return address.slice(0, address.indexOf('/'))
}

/** Whether nobody but the runtime and its ports may do anything with the actor. */
export function isReserved(address: string): boolean {
  return address.startsWith('system/') || address.startsWith('port/')
}

/** What whoever does something to an actor of the runtime's own is told. */
export function reserved(address: string): OutcryError {
  return new OutcryError(
    'ACTOR_RESERVED',
    `${address} is the runtime's own`,
    'Leave it as it is. What is for a port a machine sends: sendTo(({ system }) => system.get(...), ...).',
  )
}

/** The part after the kind; for a child, with its path. */
export function idOf(address: string): string {
  return address.slice(address.indexOf('/') + 1)
}

export function parentOf(address: string): Address | undefined {
  const last = address.lastIndexOf('/')
  return last === address.indexOf('/') ? undefined : (address.slice(0, last) as Address)
}

/**
 * The address of a child. Its id may have any characters: those that no address has are encoded, so that two ids never
 * share an address and the parent is always what stands before the last slash. `idOfChild` gives the id back.
 *
 * @example childOf('pair/x', 'BTC/USDT') // 'pair/x/BTC%2FUSDT'
 * @throws ADDRESS_INVALID where the id is no well-formed text
 */
export function childOf(parent: string, id: string): Address {
  return `${parent}/${PLAIN.test(id) ? id : encoded(parent, id)}` as Address
}

/** The id that a child has in its parent. */
export function idOfChild(address: Address): string {
  const segment = address.slice(address.lastIndexOf('/') + 1)
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    // Nobody's child: somebody wrote an address by hand.
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

/** The name of the port that the address stands for, if it does. */
export function portOf(address: string): string | undefined {
  return address.startsWith('port/') ? address.slice(5) : undefined
}
