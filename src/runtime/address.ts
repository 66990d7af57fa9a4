import { OutcryError } from '../../store/outcry-error.ts'

declare const brand: unique symbol
/** `kind/id`; a child is its parent's address plus `/childId`. */
export type Address = string & { readonly [brand]: 'Address' }

/** Kinds that the runtime keeps for itself. */
export const RESERVED_KINDS: readonly string[] = ['port', 'system']
export const DEAD_LETTERS = 'system/dead-letters' as Address

/** Longest address, in UTF-16 units: it is part of every index key. */
const ADDRESS_LENGTH_MAX = 512
const SEGMENT = /^[\w.:@+~#=()-]+$/

/** @throws ADDRESS_INVALID */
export function parseAddress(text: string): Address {
  const segments = text.split('/')
  if (text.length > ADDRESS_LENGTH_MAX || segments.length < 2 || !segments.every((s) => SEGMENT.test(s))) {
    throw new OutcryError(
      'ADDRESS_INVALID',
      `"${text.slice(0, 80)}" is no actor address`,
      'Write kind/id, for example order/BTCUSDT-7f3a; letters, digits and . : @ + ~ # = ( ) - _ are allowed.',
    )
  }
  return text as Address
}

export function kindOf(address: string): string {
  return address.slice(0, address.indexOf('/'))
}

/** The part after the kind; for a child, with its path. */
export function idOf(address: string): string {
  return address.slice(address.indexOf('/') + 1)
}

export function parentOf(address: string): Address | undefined {
  const last = address.lastIndexOf('/')
  return last === address.indexOf('/') ? undefined : (address.slice(0, last) as Address)
}

export function childOf(parent: string, id: string): Address {
  return `${parent}/${id}` as Address
}

/** The name of the port that the address stands for, if it does. */
export function portOf(address: string): string | undefined {
  return address.startsWith('port/') ? address.slice(5) : undefined
}
