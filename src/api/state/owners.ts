/** The groups of a list of actors by owner, and the order within one. It follows from the addresses alone. Pure. */
import { idOf, kindOf } from '../../runtime/record/address.ts'
import type { GroupedBy } from '../contract/groups.ts'

/** The kinds of the runner's own actors. */
const RUNNERS = ['component', 'runner', 'system', 'news']
/** Kinds of what belongs to a strategy or a venue, and is no strategy itself. */
const TRADING = ['order', 'list', 'position', 'account', 'symbol', 'watchdog', 'reconciliation', 'universe']
/** Parts of a trade, in the order in which they come about. */
const ROLES = ['entry', 'stop', 'target', 'exit']
/** The group of orders that belong to no strategy: a person has placed them. */
const BY_HAND = 'by hand'

const NUMBER = /^\d+$/

/** The place of an actor in a list: its group, and what it is sorted by there. */
export interface Spot {
  readonly group: string
  /** Number of its list of orders; -1 for what stands before all lists. The latest list comes first. */
  readonly list: number
  /** 0 before the orders of a list. */
  readonly role: number
  /** Sorts by numbers in it, too: see `sortable`. */
  readonly text: string
}

/** The owners of a log, as far as its addresses tell. */
export class Owners {
  readonly #strategies = new Set<string>()
  /** Names in ids of orders that no strategy has. */
  readonly #claimed = new Set<string>()
  #isTrading = false

  /** Notes an actor. Returns false when actors that were placed before have another place now. */
  add(address: string): boolean {
    const kind = kindOf(address)
    const id = idOf(address)
    if (TRADING.includes(kind)) {
      const isFirst = !this.#isTrading
      this.#isTrading = true
      return !isFirst
    }
    if (id.includes('/') || RUNNERS.includes(kind)) return true
    this.#strategies.add(id)
    return !this.#claimed.has(id)
  }

  /** Returns what a list is grouped by: a log without trading has no owners. */
  by(wanted: GroupedBy): GroupedBy {
    return this.#isTrading ? wanted : 'kind'
  }

  /** Returns the place of an actor. */
  spot(address: string, by: GroupedBy): Spot {
    const kind = kindOf(address)
    const id = idOf(address)
    if (this.by(by) === 'kind') return { group: kind, list: -1, role: 0, text: id }
    if (RUNNERS.includes(kind)) return { group: 'runner', list: -1, role: 0, text: address }
    if (kind === 'order' || kind === 'list') return this.#ofOrder(kind, id, address)
    if (this.#strategies.has(id)) return { group: id, list: -1, role: 0, text: kind }
    const colon = id.indexOf(':')
    return { group: colon > 0 ? id.slice(0, colon) : id, list: -1, role: 0, text: address }
  }

  /** An order of a strategy is called `<venue>:<strategy>-<number>-<role>`. A strategy's own name may have numbers. */
  #ofOrder(kind: string, id: string, text: string): Spot {
    const top = id.includes('/') ? id.slice(0, id.indexOf('/')) : id
    const parts = top.slice(top.indexOf(':') + 1).split('-')
    for (let at = parts.length - 1; at > 0; at--) {
      if (!NUMBER.test(parts[at] as string)) continue
      const owner = parts.slice(0, at).join('-')
      if (this.#strategies.has(owner)) {
        const role = kind === 'list' ? 0 : roleOf(parts.slice(at + 1))
        return { group: owner, list: Number(parts[at]), role, text }
      }
      this.#claimed.add(owner)
    }
    return { group: BY_HAND, list: -1, role: 0, text: id }
  }
}

function roleOf(words: readonly string[]): number {
  const place = ROLES.findIndex((role) => words.includes(role))
  return 1 + (place < 0 ? ROLES.length : place)
}

/** Returns a text whose order by codes is that of `naturally`: each number has its length before it. */
export function sortable(text: string): string {
  return text.replace(/\d+/g, (digits) => {
    const number = digits.replace(/^0+(?=\d)/, '')
    return `0${String.fromCharCode(number.length)}${number}`
  })
}

/** Compares places in one group, whose texts are sortable: lists with the latest first, and each before its orders. */
export function compareSpots(a: Omit<Spot, 'group'>, b: Omit<Spot, 'group'>): number {
  if (a.list !== b.list) return a.list < 0 ? -1 : b.list < 0 ? 1 : b.list - a.list
  if (a.role !== b.role) return a.role - b.role
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0
}
