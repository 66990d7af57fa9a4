// @ts-check
import { element, restart, shortState, stateText } from './text.js'

/** Height of a row, as in the stylesheet: only those in view are in the page, however many there are. */
const ROW_PX = 28
/** Rows kept ready above and below. */
const SPARE = 6

/** @typedef {{ address: string, kind: string, value: any, tags: readonly string[], status: string, rev: number, seq: number, at: number }} Actor */
/** @typedef {{ kind: string, open: number, all: number } | Actor} Item */

const natural = new Intl.Collator('en', { numeric: true }).compare

/** Whether it may still do something by itself: not ended, not tagged as closed; a flat position is not held. @param {Actor} actor */
export function isOpen({ kind, status, tags }) {
  if (kind === 'position') return tags.includes('open')
  return status === 'active' && !tags.includes('closed')
}

/** The list on the left: grouped by kind, filtered, flashing where something moves. */
export class ActorList {
  /** @param {HTMLElement} root @param {HTMLInputElement} filter @param {HTMLInputElement} openOnly @param {(address: string) => void} onChoose */
  constructor(root, filter, openOnly, onChoose) {
    this.root = root
    this.filter = filter
    this.openOnly = openOnly
    this.onChoose = onChoose
    /** @type {Map<string, Actor>} */
    this.actors = new Map()
    /** All addresses, in natural order. @type {string[]} */
    this.order = []
    /** What the list shows, in view or not. @type {Item[]} */
    this.items = []
    /** Rows in the page, by what they show. @type {Map<string, HTMLElement>} */
    this.rows = new Map()
    /** Kinds folded away. @type {Set<string>} */
    this.folded = new Set()
    /** @type {string | undefined} */
    this.chosen = undefined
    this.drawing = false
    this.space = element('div', 'space')
    root.append(this.space)
    root.addEventListener('scroll', () => this.draw())
    new ResizeObserver(() => this.draw()).observe(root)
    filter.addEventListener('input', () => this.sort())
    openOnly.addEventListener('input', () => {
      this.sort()
      this.reveal()
    })
    document.addEventListener('keydown', (event) => this.onKey(event))
  }

  /** @param {Omit<Actor, 'kind'>} actor */
  put(actor) {
    const known = this.actors.get(actor.address)
    const is = { ...actor, kind: actor.address.split('/')[0] ?? '' }
    this.actors.set(actor.address, is)
    if (!known) this.order.splice(placeIn(this.order, actor.address), 0, actor.address)
    if (!known || isOpen(known) !== isOpen(is)) this.sortSoon()
    const row = this.rows.get(actor.address)
    if (!row || known?.rev === actor.rev) return
    fill(row, is)
    restart(row, 'flash')
  }

  /** @param {string | undefined} address */
  choose(address) {
    this.chosen = address
    // What was chosen on purpose is to be seen, whatever is folded away.
    const kind = this.actors.get(address ?? '')?.kind
    if (kind) this.folded.delete(kind)
    this.sort()
    this.reveal()
  }

  reveal() {
    const at = this.items.findIndex((item) => 'address' in item && item.address === this.chosen)
    if (at < 0) return
    const { scrollTop, clientHeight } = this.root
    const top = at * ROW_PX
    if (top < scrollTop + ROW_PX || top + 2 * ROW_PX > scrollTop + clientHeight)
      this.root.scrollTop = top - clientHeight / 2
    this.draw()
  }

  sortSoon() {
    if (this.drawing) return
    this.drawing = true
    requestAnimationFrame(() => {
      this.drawing = false
      this.sort()
    })
  }

  sort() {
    const wanted = this.filter.value.trim().toLowerCase()
    /** @type {Map<string, { open: number, all: number, shown: Actor[] }>} */
    const kinds = new Map()
    for (const address of this.order) {
      const actor = /** @type {Actor} */ (this.actors.get(address))
      const kind = kinds.get(actor.kind) ?? { open: 0, all: 0, shown: [] }
      kinds.set(actor.kind, kind)
      kind.all++
      if (isOpen(actor)) kind.open++
      else if (this.openOnly.checked && address !== this.chosen) continue
      if (wanted === '' || `${address} ${stateText(actor.value)}`.toLowerCase().includes(wanted))
        kind.shown.push(actor)
    }
    this.items = [...kinds].flatMap(([kind, { open, all, shown }]) => {
      if (shown.length === 0 && wanted !== '') return []
      return [{ kind, open, all }, ...(this.folded.has(kind) && wanted === '' ? [] : shown)]
    })
    this.space.style.height = `${this.items.length * ROW_PX}px`
    this.draw()
  }

  /** Puts the rows in view into the page; those that stay are left as they are. */
  draw() {
    const { scrollTop, clientHeight } = this.root
    const first = Math.max(0, Math.floor(scrollTop / ROW_PX) - SPARE)
    const last = Math.ceil((scrollTop + clientHeight) / ROW_PX) + SPARE
    const was = this.rows
    this.rows = new Map()
    for (const [i, item] of this.items.slice(first, last).entries()) {
      const key = 'address' in item ? item.address : item.kind
      const row = was.get(key) ?? this.row(item)
      was.delete(key)
      this.rows.set(key, row)
      row.style.top = `${(first + i) * ROW_PX}px`
      if ('address' in item) row.setAttribute('aria-selected', String(key === this.chosen))
      else this.fillKind(row, item)
      if (!row.isConnected) this.space.append(row)
    }
    for (const row of was.values()) row.remove()
    this.root.dataset.empty = this.items.length === 0 ? 'No actor matches' : ''
  }

  /** @param {Item} item */
  row(item) {
    if (!('address' in item)) {
      const row = element('button', 'kind')
      row.append(element('span', 'name', item.kind), element('span', 'value'))
      row.addEventListener('click', () => {
        if (!this.folded.delete(item.kind)) this.folded.add(item.kind)
        this.sort()
      })
      return row
    }
    const row = element('button', 'actor')
    row.setAttribute('role', 'option')
    row.dataset.address = item.address
    row.append(element('span', 'name'), element('span', 'value'))
    fill(row, item)
    row.addEventListener('click', () => this.onChoose(item.address))
    return row
  }

  /** @param {HTMLElement} row @param {{ kind: string, open: number, all: number }} counts */
  fillKind(row, { kind, open, all }) {
    row.setAttribute('aria-expanded', String(!this.folded.has(kind)))
    const count = /** @type {HTMLElement} */ (row.lastElementChild)
    count.textContent = open === all ? String(all) : `${open} of ${all}`
    row.title = `${open} open, ${all} in all`
  }

  /** `/` goes to the filter, up and down move along the list. @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key === '/' && document.activeElement !== this.filter) {
      event.preventDefault()
      this.filter.focus()
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    const addresses = this.items.flatMap((item) => ('address' in item ? [item.address] : []))
    const next = addresses.indexOf(this.chosen ?? '') + (event.key === 'ArrowDown' ? 1 : -1)
    const address = addresses[Math.max(0, Math.min(addresses.length - 1, next))]
    if (address) this.onChoose(address)
  }
}

/** Where it belongs among what is sorted. @param {string[]} order @param {string} address */
function placeIn(order, address) {
  let [low, high] = [0, order.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (natural(order[middle] ?? '', address) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** @param {HTMLElement} row @param {Actor} actor */
function fill(row, actor) {
  const { address, value, status } = actor
  row.classList.toggle('ended', !isOpen(actor))
  const [name, state] = /** @type {HTMLElement[]} */ ([...row.children])
  if (name) name.textContent = address.slice(address.indexOf('/') + 1)
  if (state) state.textContent = status === 'active' ? shortState(value) : `${shortState(value)} (${status})`
  row.title = `${address}\n${stateText(value)}`
}
