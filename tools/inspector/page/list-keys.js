// @ts-check
/** The keyboard while the list has the focus: up and down choose, left and right fold and unfold. */
import { keyOf, ROW_PX } from './actor-items.js'

/** @typedef {import('./actor-items.js').Item} Item */
/**
 * The part of the list that keys act on.
 * @typedef {{ root: HTMLElement, items: Item[], active: string | undefined, chosen: string | undefined, indexOf(key: string | undefined): number, headOf(index: number): Item | undefined, fold(kind: string, isFolded: boolean): void, reveal(): void, onChoose(address: string, byKey: boolean): void }} Keyed
 */

/** @param {Keyed} list @param {KeyboardEvent} event */
export function onKey(list, event) {
  const { key, ctrlKey, altKey, metaKey, shiftKey } = event
  if (ctrlKey || altKey || metaKey || shiftKey) return
  const at = list.indexOf(list.active)
  const last = list.items.length - 1
  const page = Math.max(1, Math.floor(list.root.clientHeight / ROW_PX) - 1)
  const ways = /** @type {Record<string, () => void>} */ ({
    ArrowDown: () => move(list, at + 1, 1),
    ArrowUp: () => move(list, Math.max(at - 1, 0), -1),
    PageDown: () => move(list, Math.min(at + page, last), 1),
    PageUp: () => move(list, Math.max(at - page, 0), -1),
    Home: () => move(list, 0, 1),
    End: () => move(list, last, -1),
    ArrowLeft: () => leave(list, at),
    ArrowRight: () => enter(list, at),
    Enter: () => press(list, at),
    ' ': () => press(list, at),
  })
  const go = ways[key]
  if (!go) return
  event.preventDefault()
  go()
}

/** Goes to the next actor or folded kind from an index on. @param {Keyed} list @param {number} index @param {1 | -1} step */
function move(list, index, step) {
  // At the end of the list, it goes to the nearest row in the other direction.
  go(list, nextStop(list.items, index, step) ?? nextStop(list.items, index, -step))
}

/** @param {Item[]} items @param {number} index @param {number} step */
function nextStop(items, index, step) {
  for (let at = index; items[at]; at += step) {
    const item = /** @type {Item} */ (items[at])
    if ('address' in item || item.isFolded) return item
  }
}

/** @param {Keyed} list @param {Item | undefined} item */
function go(list, item) {
  if (!item) return
  list.active = keyOf(item)
  if ('address' in item && item.address !== list.chosen) list.onChoose(item.address, true)
  else list.reveal()
}

/** Goes from an actor to its kind; folds a kind. @param {Keyed} list @param {number} at */
function leave(list, at) {
  const item = list.items[at]
  if (item && 'address' in item) go(list, list.headOf(at))
  else if (item) list.fold(item.kind, true)
}

/** Unfolds a kind, or goes to its first actor. @param {Keyed} list @param {number} at */
function enter(list, at) {
  const item = list.items[at]
  if (!item || 'address' in item) return
  if (item.isFolded) list.fold(item.kind, false)
  else move(list, at + 1, 1)
}

/** @param {Keyed} list @param {number} at */
function press(list, at) {
  const item = list.items[at]
  if (item && 'address' in item) list.onChoose(item.address, false)
  else if (item) list.fold(item.kind, !item.isFolded)
}
