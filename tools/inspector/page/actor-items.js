// @ts-check
/** The items of the actor list and their order. Pure. */
import { SIGNS, TROUBLES, troubleOf } from './failures.js'
import { shortState, stateText } from './text.js'

/** @typedef {import('./actor.js').Actor} Actor */
/** The row above the actors of a kind: its index among all items, its position among the kinds, and its counts. @typedef {{ kind: string, index: number, nth: number, shown: number, isFolded: boolean, open: number, failing: number, all: number }} Head */
/** @typedef {Head | Actor} Item */
/** @typedef {{ text: string, openOnly: boolean, failingOnly: boolean, folded: Set<string>, chosen: string | undefined }} Wanted */

/** Height of a row, as in the stylesheet. */
export const ROW_PX = 28

/** Returns the key of an item: an address or a kind. @param {Item} item */
export const keyOf = (item) => ('address' in item ? item.address : item.kind)

const natural = new Intl.Collator('en', { numeric: true }).compare

/** Returns whether an actor may still act: it has not ended and is not tagged as closed; a position is not flat. An actor that is quarantined or restarts counts as open. @param {Actor} actor */
export function isOpen({ kind, status, tags, condition }) {
  if (status === 'active' && condition) return true
  if (kind === 'position') return tags.includes('open')
  return status === 'active' && !tags.includes('closed')
}

/** Returns the index of an address in a sorted list. @param {string[]} order @param {string} address */
export function placeIn(order, address) {
  const last = order.at(-1)
  if (last === undefined || natural(last, address) < 0) return order.length
  let [low, high] = [0, order.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (natural(order[middle] ?? '', address) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** @param {string[]} order @param {Map<string, Actor>} actors @param {Wanted} wanted @returns {{ items: Item[], heads: Head[] }} */
export function itemsOf(order, actors, { text, openOnly, failingOnly, folded, chosen }) {
  /** @type {Map<string, { open: number, failing: number, all: number, shown: Actor[] }>} */
  const kinds = new Map()
  for (const address of order) {
    const actor = /** @type {Actor} */ (actors.get(address))
    const kind = kinds.get(actor.kind) ?? { open: 0, failing: 0, all: 0, shown: [] }
    if (kind.all === 0) kinds.set(actor.kind, kind)
    const isFailing = troubleOf(actor) !== undefined
    const open = isOpen(actor)
    kind.all++
    if (open) kind.open++
    if (isFailing) kind.failing++
    const isWanted = failingOnly ? isFailing : open || !openOnly || address === chosen
    if (isWanted && (text === '' || matches(actor, text))) kind.shown.push(actor)
  }
  /** @type {Item[]} */
  const items = []
  /** @type {Head[]} */
  const heads = []
  const isNarrowed = text !== '' || failingOnly
  for (const [kind, { shown, ...counts }] of kinds) {
    if (shown.length === 0 && isNarrowed) continue
    const isFolded = folded.has(kind) && !isNarrowed
    const place = { index: items.length, nth: heads.length + 1, shown: shown.length }
    const head = { kind, ...place, isFolded, ...counts }
    heads.push(head)
    items.push(head)
    if (!isFolded) for (const actor of shown) items.push(actor)
  }
  return { items, heads }
}

/** @param {Actor} actor @param {string} text in lower case */
function matches(actor, text) {
  if (actor.address.toLowerCase().includes(text)) return true
  const trouble = troubleOf(actor)
  const rest = `${stateText(actor.value)} ${trouble ? TROUBLES[trouble] : ''}`
  return `${actor.address} ${rest}`.toLowerCase().includes(text)
}

/** Returns the text of a row beside the name: the trouble or the state. @param {Actor} actor */
export function standingOf(actor) {
  const trouble = troubleOf(actor)
  if (trouble) return SIGNS[trouble]
  const state = shortState(actor.value)
  return actor.status === 'active' ? state : `${state} (${actor.status})`
}
