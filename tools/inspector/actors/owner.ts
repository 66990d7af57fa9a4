/** The names of actors in the list: below its group, an actor is called by what tells it apart. Pure. */
import { idOf, kindOf } from '../text/names.ts'

/** The name of an actor below its group. */
export interface Spot {
  readonly depth: 0 | 1
  /** The name in two parts: `list` and `2`, or the end alone. */
  readonly first: string
  readonly rest: string
  readonly isBold: boolean
}

/** Returns how an actor is called below its owner. */
export function spotOf(address: string, owner: string): Spot {
  const kind = kindOf(address)
  const id = idOf(address)
  if (owner === 'runner') return { depth: 0, first: kind, rest: id, isBold: true }
  const name = id.slice(id.indexOf(':') + 1)
  if (kind === 'order' || kind === 'list') {
    // An order that a person has placed belongs to no strategy, and its id need not name its venue.
    if (!name.startsWith(`${owner}-`)) return { depth: 0, first: '', rest: id, isBold: false }
    const end = name.slice(owner.length + 1)
    if (kind === 'list') return { depth: 0, first: 'list', rest: end, isBold: false }
    return { depth: 1, first: end, rest: '', isBold: true }
  }
  return { depth: 0, first: kind, rest: id === owner || !id.includes(':') ? '' : name, isBold: true }
}

/** Returns how an actor is called below its kind. */
export function spotOfKind(address: string): Spot {
  return { depth: 0, first: '', rest: idOf(address), isBold: false }
}
