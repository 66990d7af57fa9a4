/** The rows of the list of actors: groups with their actors, filtered. Pure. */
import { type Actor, isOpen, troubleOf } from '../log/actors.ts'
import { kindOf, stateText } from '../text/names.ts'
import { compareSpots, natural, type Spot, spotOf } from './owner.ts'

/** Height of a row in px, as in the stylesheet. */
export const ROW_PX = 28
/** Actors above which a group is closed until it is opened. */
export const GROUP_MAX = 200

export interface Group {
  readonly key: string
  readonly name: string
  readonly isFolded: boolean
  readonly count: number
  readonly failed: number
  /** Its place among the groups, from 1. */
  readonly nth: number
}

export interface Row {
  readonly key: string
  readonly address: string
  readonly spot: Spot
  /** Its place among the rows of its group, from 1, and their number. */
  readonly place: number
  readonly size: number
}

type Found = Pick<Row, 'address' | 'spot'>
export type Item = Group | Row
export const isRow = (item: Item): item is Row => 'address' in item

export interface Wanted {
  readonly by: 'owner' | 'kind'
  /** Text that an address must contain, in lower case. */
  readonly text: string
  readonly isOpenOnly: boolean
  readonly isFailedOnly: boolean
  /** Groups that a person has opened or closed. */
  readonly folded: ReadonlyMap<string, boolean>
  readonly choice: string
}

/** Kinds of what belongs to a strategy or a venue, and is no strategy itself. */
const TRADING = ['order', 'list', 'position', 'account', 'symbol', 'watchdog', 'reconciliation', 'universe']

const spots = new Map<string, { readonly isOwned: boolean; readonly spot: Spot }>()

/** Returns the rows of the list in their order. */
export function itemsOf(actors: Iterable<Actor>, wanted: Wanted): Item[] {
  const all = [...actors]
  const strategies = new Set<string>()
  let isTrading = false
  for (const { address, kind } of all) {
    const id = address.slice(kind.length + 1)
    if (TRADING.includes(kind)) isTrading = true
    else if (!id.includes('/')) strategies.add(id)
  }
  const groups = new Map<string, { rows: Found[]; count: number; failed: Found[] }>()
  for (const actor of all) {
    const spot =
      wanted.by === 'kind' || !isTrading ? byKind(actor.address) : byOwner(actor.address, strategies)
    let group = groups.get(spot.group)
    if (group === undefined) {
      group = { rows: [], count: 0, failed: [] }
      groups.set(spot.group, group)
    }
    group.count++
    const hasFailed = troubleOf(actor) !== undefined || isRefused(actor)
    const row = { address: actor.address, spot }
    if (hasFailed) group.failed.push(row)
    const isWanted =
      (!wanted.isFailedOnly || hasFailed) &&
      (!wanted.isOpenOnly || isOpen(actor) || actor.address === wanted.choice) &&
      (wanted.text === '' || matches(actor, wanted.text))
    if (isWanted) group.rows.push(row)
  }
  const isNarrowed = wanted.text !== '' || wanted.isFailedOnly
  const items: Item[] = []
  let nth = 0
  for (const [name, { rows, count, failed }] of [...groups].sort(compareGroups)) {
    if (rows.length === 0 && (isNarrowed || wanted.isOpenOnly)) continue
    const key = `group ${name}`
    const isFolded = !isNarrowed && (wanted.folded.get(key) ?? rows.length > GROUP_MAX)
    items.push({ key, name, isFolded, count, failed: failed.length, nth: ++nth })
    // A closed group still shows what has failed, and what is chosen.
    const isChosen = ({ address }: Found) => address === wanted.choice
    const chosen = failed.some(isChosen) ? [] : rows.filter(isChosen)
    const shown = isFolded ? [...failed.slice(0, GROUP_MAX), ...chosen] : rows
    shown.sort((a, b) => compareSpots(a.spot, b.spot))
    for (const [i, { address, spot }] of shown.entries())
      items.push({ key: address, address, spot, place: i + 1, size: shown.length })
  }
  return items
}

/** Returns whether an order came to a bad end: a person looks for such orders as for failed actors. */
export function isRefused({ kind, value }: Actor): boolean {
  if (kind !== 'order' || typeof value !== 'object') return false
  return ['rejected', 'denied'].includes(String(value.execution))
}

/** Returns whether the address of an actor has a text, or what is told beside it. */
function matches(actor: Actor, text: string): boolean {
  if (actor.address.toLowerCase().includes(text)) return true
  return `${stateText(actor.value)} ${troubleOf(actor) ?? ''}`.toLowerCase().includes(text)
}

function byOwner(address: string, strategies: ReadonlySet<string>): Spot {
  const known = spots.get(address)
  // Strategies may be listed after their orders.
  if (known?.isOwned) return known.spot
  const spot = spotOf(address, (id) => strategies.has(id))
  spots.set(address, { isOwned: spot.list >= 0 || strategies.has(spot.group), spot })
  return spot
}

const kinds = new Map<string, Spot>()

function byKind(address: string): Spot {
  let spot = kinds.get(address)
  if (spot === undefined) {
    const kind = kindOf(address)
    const id = address.slice(kind.length + 1)
    spot = { group: kind, list: -1, depth: 0, first: '', rest: id, isBold: false }
    kinds.set(address, spot)
  }
  return spot
}

type Grouped = readonly [string, { readonly failed: readonly Found[] }]

/** The groups with failures come first, and the runner last. */
function compareGroups([a, of]: Grouped, [b, other]: Grouped): number {
  const has = Number(other.failed.length > 0) - Number(of.failed.length > 0)
  return has || Number(a === 'runner') - Number(b === 'runner') || natural(a, b)
}
