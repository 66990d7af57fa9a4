// @ts-check
import { element, stateText } from './text.js'

/** Rows drawn; beyond that the filter has to be narrower. */
const ROWS_MAX = 400

/** @typedef {{ address: string, kind: string, value: any, status: string, rev: number, seq: number, at: number }} Actor */

/** The list on the left: grouped by kind, filtered, flashing where something moves. */
export class ActorList {
  /** @param {HTMLElement} root @param {HTMLInputElement} filter @param {(address: string) => void} onChoose */
  constructor(root, filter, onChoose) {
    this.root = root
    this.filter = filter
    this.onChoose = onChoose
    /** @type {Map<string, Actor>} */
    this.actors = new Map()
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map()
    /** @type {string | undefined} */
    this.chosen = undefined
    this.drawing = false
    filter.addEventListener('input', () => this.draw())
    document.addEventListener('keydown', (event) => this.onKey(event))
  }

  get size() {
    return this.actors.size
  }

  /** @param {Actor} actor */
  put(actor) {
    const known = this.actors.get(actor.address)
    this.actors.set(actor.address, { ...known, ...actor, kind: actor.address.split('/')[0] ?? '' })
    const row = this.rows.get(actor.address)
    if (!known) this.drawSoon()
    else if (row && known.rev !== actor.rev) {
      fill(row, actor)
      row.classList.remove('flash')
      void row.offsetWidth
      row.classList.add('flash')
    }
  }

  /** @param {string} address */
  choose(address) {
    this.rows.get(this.chosen ?? '')?.setAttribute('aria-selected', 'false')
    this.chosen = address
    const row = this.rows.get(address)
    row?.setAttribute('aria-selected', 'true')
    row?.scrollIntoView({ block: 'nearest' })
  }

  drawSoon() {
    if (this.drawing) return
    this.drawing = true
    requestAnimationFrame(() => {
      this.drawing = false
      this.draw()
    })
  }

  draw() {
    const wanted = this.filter.value.trim().toLowerCase()
    const shown = [...this.actors.values()]
      .filter((a) => `${a.address} ${stateText(a.value)}`.toLowerCase().includes(wanted))
      .sort((a, b) => (a.address < b.address ? -1 : 1))
    this.rows.clear()
    const nodes = []
    let kind = ''
    for (const actor of shown.slice(0, ROWS_MAX)) {
      if (actor.kind !== kind) nodes.push(element('div', 'kind', actor.kind))
      kind = actor.kind
      nodes.push(this.row(actor))
    }
    if (shown.length > ROWS_MAX)
      nodes.push(element('div', 'more', `${shown.length - ROWS_MAX} more: narrow the filter`))
    if (shown.length === 0) nodes.push(element('div', 'more', 'No actor matches'))
    this.root.replaceChildren(...nodes)
  }

  /** @param {Actor} actor */
  row(actor) {
    const row = element('button', 'actor')
    row.setAttribute('role', 'option')
    row.setAttribute('aria-selected', String(actor.address === this.chosen))
    row.dataset.address = actor.address
    row.append(element('span', 'name'), element('span', 'value'))
    fill(row, actor)
    row.addEventListener('click', () => this.onChoose(actor.address))
    this.rows.set(actor.address, row)
    return row
  }

  /** `/` goes to the filter, up and down move along the list. @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key === '/' && document.activeElement !== this.filter) {
      event.preventDefault()
      this.filter.focus()
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    const addresses = [...this.rows.keys()]
    const next = addresses.indexOf(this.chosen ?? '') + (event.key === 'ArrowDown' ? 1 : -1)
    const address = addresses[Math.max(0, Math.min(addresses.length - 1, next))]
    if (address) this.onChoose(address)
  }
}

/** @param {HTMLElement} row @param {Actor} actor */
function fill(row, { address, value, status }) {
  row.classList.toggle('ended', status !== 'active')
  const [name, state] = /** @type {HTMLElement[]} */ ([...row.children])
  if (name) name.textContent = address.slice(address.indexOf('/') + 1)
  if (state) state.textContent = status === 'active' ? stateText(value) : `${stateText(value)} (${status})`
  row.title = address
}
