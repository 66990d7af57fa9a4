// @ts-check
import { isOpen, itemsOf, keyOf, placeIn, ROW_PX, standingOf } from './actor-items.js'
import { troubleOf } from './failures.js'
import { onKey } from './list-keys.js'
import { showName } from './names.js'
import { element, restart, soon, stateText } from './text.js'

/** Rows above and below those in view that the page also has. */
const SPARE = 6
/** Share of the time that sorting may take: a long list takes long to sort. */
const SORT_SHARE = 0.2
const SORT_MS = 16

/** @typedef {import('./actor.js').Actor} Actor */
/** @typedef {import('./actor-items.js').Item} Item */
/** @typedef {import('./actor-items.js').Head} Head */

let ids = 0

/**
 * The list on the left: grouped by kind and filtered. Rows flash when their actor moves. Its role is a tree. The tree
 * keeps the focus and names the active row. Each row says its position, so rows that are not in the page count, too.
 */
export class ActorList {
  /** @param {HTMLElement} root @param {HTMLInputElement} filter @param {HTMLInputElement} openOnly @param {(address: string, byKey: boolean) => void} onChoose @param {HTMLInputElement} [failingOnly] */
  constructor(root, filter, openOnly, onChoose, failingOnly) {
    this.root = root
    this.filter = filter
    this.openOnly = openOnly
    this.failingOnly = failingOnly
    this.onChoose = onChoose
    /** @type {Map<string, Actor>} */
    this.actors = new Map()
    /** All addresses, in natural order. @type {string[]} */
    this.order = []
    /** Items of the list, in view or not. @type {Item[]} */
    this.items = []
    /** @type {Head[]} */
    this.heads = []
    /** Rows in the page, by the key of their item. @type {Map<string, HTMLElement>} */
    this.rows = new Map()
    /** Kinds that are folded. @type {Set<string>} */
    this.folded = new Set()
    /** @type {string | undefined} */
    this.chosen = undefined
    /** Key of the row that the keyboard acts on. @type {string | undefined} */
    this.active = undefined
    /** True when all actors have been read. Before that no count is final. */
    this.isWhole = false
    this.sortMs = 0
    this.sortSoon = soon(
      () => this.sort(),
      () => Math.max(SORT_MS, this.sortMs / SORT_SHARE),
    )
    this.space = element('div', 'space')
    root.append(this.space)
    root.addEventListener('scroll', () => this.draw())
    new ResizeObserver(() => this.draw()).observe(root)
    filter.addEventListener('input', this.sortSoon)
    for (const narrows of [openOnly, failingOnly]) narrows?.addEventListener('input', () => this.resort())
    root.addEventListener('keydown', (event) => onKey(this, event))
  }

  /** @param {Omit<Actor, 'kind'>} actor @returns {Actor} */
  put(actor) {
    const known = this.actors.get(actor.address)
    const is = { ...actor, kind: actor.address.split('/')[0] ?? '' }
    this.actors.set(actor.address, is)
    if (!known) this.order.splice(placeIn(this.order, actor.address), 0, actor.address)
    if (!known || isOpen(known) !== isOpen(is) || troubleOf(known) !== troubleOf(is)) this.sortSoon()
    const row = this.rows.get(actor.address)
    if (row && (known?.rev !== actor.rev || known.seq !== actor.seq)) {
      fill(row, is)
      restart(row, 'flash')
    }
    return is
  }

  /** @param {string} address */
  drop(address) {
    this.actors.delete(address)
    this.order.splice(this.order.indexOf(address), 1)
    this.sortSoon()
  }

  /** Says whether all actors are there now. @param {boolean} isWhole */
  setWhole(isWhole) {
    this.isWhole = isWhole
    this.resort()
  }

  /** Returns the number of actors, `20+` until all have been read. */
  get count() {
    return this.counted(this.actors.size)
  }

  /** @param {number} count */
  counted(count) {
    return `${count.toLocaleString('en')}${this.isWhole ? '' : '+'}`
  }

  /** @param {string | undefined} address */
  choose(address) {
    this.chosen = address
    this.active = address
    // An actor that the user chose must be visible, so its kind unfolds.
    const kind = this.actors.get(address ?? '')?.kind
    const isHidden = kind !== undefined && (this.folded.delete(kind) || this.indexOf(address) < 0)
    if (isHidden) this.sort()
    // The actor that was chosen before may leave the list.
    else this.sortSoon()
    this.reveal()
  }

  /** @param {string | undefined} key */
  indexOf(key) {
    return this.items.findIndex((item) => keyOf(item) === key)
  }

  /** Returns the head above an item. @param {number} index */
  headOf(index) {
    return this.heads.findLast((head) => head.index < index)
  }

  /** Scrolls to the active row. */
  reveal() {
    const at = this.indexOf(this.active)
    const { scrollTop, clientHeight } = this.root
    const top = at * ROW_PX
    if (at >= 0 && (top < scrollTop + ROW_PX || top + 2 * ROW_PX > scrollTop + clientHeight))
      this.root.scrollTop = top - clientHeight / 2
    this.draw()
  }

  resort() {
    this.sort()
    this.reveal()
  }

  sort() {
    const began = performance.now()
    const { order, actors, folded, chosen } = this
    const text = this.filter.value.trim().toLowerCase()
    const failingOnly = this.failingOnly?.checked ?? false
    const wanted = { text, openOnly: this.openOnly.checked, failingOnly, folded, chosen }
    Object.assign(this, itemsOf(order, actors, wanted))
    this.space.style.height = `${this.items.length * ROW_PX}px`
    this.draw()
    this.sortMs = performance.now() - began
  }

  /** Puts the rows in view into the page; those that stay are left as they are. */
  draw() {
    const { scrollTop, clientHeight } = this.root
    const first = Math.max(0, Math.floor(scrollTop / ROW_PX) - SPARE)
    const last = Math.ceil((scrollTop + clientHeight) / ROW_PX) + SPARE
    const was = this.rows
    this.rows = new Map()
    /** @type {HTMLElement | undefined} */
    let before
    for (const [i, item] of this.items.slice(first, last).entries()) {
      const key = keyOf(item)
      const row = was.get(key) ?? this.row(item)
      was.delete(key)
      this.rows.set(key, row)
      row.style.top = `${(first + i) * ROW_PX}px`
      this.place(row, item, first + i)
      // A screen reader reads the rows in the order of the document.
      /** @type {Element | null} */
      const there = before ? before.nextElementSibling : this.space.firstElementChild
      if (there !== row) this.space.insertBefore(row, there)
      before = row
    }
    for (const row of was.values()) row.remove()
    this.root.dataset.empty = this.items.length === 0 ? 'No actor matches' : ''
    const active = this.rows.get(this.active ?? '')
    if (active) this.root.setAttribute('aria-activedescendant', active.id)
    else this.root.removeAttribute('aria-activedescendant')
  }

  /** Says the row's position among its siblings. @param {HTMLElement} row @param {Item} item @param {number} index */
  place(row, item, index) {
    row.classList.toggle('active', keyOf(item) === this.active)
    if ('address' in item) {
      const head = this.headOf(index)
      row.setAttribute('aria-selected', String(item.address === this.chosen))
      position(row, index - (head?.index ?? 0), head?.shown ?? 0)
    } else {
      position(row, item.nth, this.heads.length)
      this.fillHead(row, item)
    }
  }

  /** @param {Item} item */
  row(item) {
    const isActor = 'address' in item
    const row = element('div', isActor ? 'actor' : 'kind')
    row.id = `item-${ids++}`
    row.setAttribute('role', 'treeitem')
    row.setAttribute('aria-level', isActor ? '2' : '1')
    if (!isActor) {
      row.append(
        element('span', 'name', item.kind),
        ' ',
        element('span', 'failing'),
        ' ',
        element('span', 'value'),
      )
      row.addEventListener('click', () => this.fold(item.kind, !this.folded.has(item.kind)))
      return row
    }
    row.dataset.address = item.address
    row.append(element('span', 'name'), ' ', element('span', 'value'))
    fill(row, item)
    row.addEventListener('click', () => this.onChoose(item.address, false))
    return row
  }

  /** @param {HTMLElement} row @param {Head} head */
  fillHead(row, { isFolded, open, failing, all }) {
    row.setAttribute('aria-expanded', String(!isFolded))
    const [, bad, count] = /** @type {HTMLElement[]} */ ([...row.children])
    const [badText, countText] = [
      failing > 0 ? `${failing} failing` : '',
      open === all ? this.counted(all) : `${open} of ${this.counted(all)}`,
    ]
    if (bad && bad.textContent !== badText) bad.textContent = badText
    if (count && count.textContent !== countText) count.textContent = countText
    const failingText = failing > 0 ? `, ${failing} failing` : ''
    row.title = `${open} open, ${this.counted(all)} in all${failingText}`
  }

  /** @param {string} kind @param {boolean} isFolded */
  fold(kind, isFolded) {
    if (isFolded) this.folded.add(kind)
    else this.folded.delete(kind)
    this.active = kind
    this.sort()
  }
}

/** @param {HTMLElement} row @param {number} nth @param {number} of */
function position(row, nth, of) {
  row.setAttribute('aria-posinset', String(nth))
  row.setAttribute('aria-setsize', String(of))
}

/** @param {HTMLElement} row @param {Actor} actor */
function fill(row, actor) {
  const { address, value } = actor
  const trouble = troubleOf(actor)
  row.classList.toggle('ended', !isOpen(actor))
  row.classList.toggle('failing', trouble !== undefined)
  row.dataset.trouble = trouble ?? ''
  const [name, state] = /** @type {HTMLElement[]} */ ([...row.children])
  const standing = standingOf(actor)
  if (name) showName(name, address.slice(address.indexOf('/') + 1), address)
  if (state) state.textContent = standing
  row.title = `${address}\n${trouble ? `${standing}: ` : ''}${stateText(value)}`
  row.setAttribute('aria-label', `${address} ${standing}`)
}
