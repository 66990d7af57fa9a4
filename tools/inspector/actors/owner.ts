/** The places of actors in the list: their owners, and their names there. Pure. */
import { idOf, kindOf } from '../text/names.ts'

/** The place of an actor in the list by owner. */
export interface Spot {
  /** Name of the group: a strategy, a venue, or the runner. */
  readonly group: string
  /** Number of its list of orders; -1 for what stands before all lists. The latest list comes first. */
  readonly list: number
  readonly depth: 0 | 1
  /** The name in two parts: `list` and `2`, or the end alone. */
  readonly first: string
  readonly rest: string
  readonly isBold: boolean
}

/** The kinds of the runner's own actors. */
const RUNNERS = ['component', 'runner', 'system', 'news']
/** Parts of a trade, in the order in which they come about. */
const ROLES = ['entry', 'stop', 'target', 'exit']

/** Returns the place of an actor. `isStrategy` says whether a strategy has an id. */
export function spotOf(address: string, isStrategy: (id: string) => boolean): Spot {
  const kind = kindOf(address)
  const id = idOf(address)
  if (RUNNERS.includes(kind))
    return { group: 'runner', list: -1, depth: 0, first: kind, rest: id, isBold: true }
  const [, venue = '', owner = '', number = '', role] =
    /^(?:([^:/]+):)?(.+?)-(\d+)((?:-[^/]+)?)$/.exec(id.split('/')[0] ?? id) ?? []
  if (owner !== '' && (kind === 'order' || kind === 'list') && isStrategy(owner)) {
    const list = Number(number)
    if (kind === 'list') return { group: owner, list, depth: 0, first: 'list', rest: number, isBold: false }
    return { group: owner, list, depth: 1, first: `${number}${role}`, rest: '', isBold: true }
  }
  if (isStrategy(id)) return { group: id, list: -1, depth: 0, first: kind, rest: '', isBold: true }
  const colon = id.indexOf(':')
  const rest = colon > 0 ? id.slice(colon + 1) : ''
  // An order that a person has placed belongs to no strategy, and its id need not name its venue.
  if (kind === 'order' || kind === 'list')
    return { group: 'by hand', list: -1, depth: 0, first: '', rest: id, isBold: false }
  const group = venue !== '' ? venue : colon > 0 ? id.slice(0, colon) : id
  return { group, list: -1, depth: 0, first: kind, rest, isBold: true }
}

/** Compares the places of two actors of one group: lists with the latest first, and each before its orders. */
export function compareSpots(a: Spot, b: Spot): number {
  if (a.list !== b.list) return a.list < 0 ? -1 : b.list < 0 ? 1 : b.list - a.list
  if (a.depth !== b.depth) return a.depth - b.depth
  if (a.depth === 1) return roleOf(a) - roleOf(b) || textually(a.first, b.first)
  return textually(a.first, b.first) || textually(a.rest, b.rest)
}

function roleOf({ first }: Spot): number {
  const place = ROLES.findIndex((role) => first.includes(`-${role}`))
  return place < 0 ? ROLES.length : place
}

/** Compares texts by their numbers, too, and quickly where there are none: a collator takes a hundred times as long. */
function textually(a: string, b: string): number {
  if (a === b) return 0
  if (/\d/.test(a) && /\d/.test(b)) return natural(a, b)
  return a < b ? -1 : 1
}

export const natural = new Intl.Collator('en', { numeric: true }).compare
