// @ts-check
import { get } from './api.js'
import { countText, Failures } from './failures.js'
import { dateText, element, secondText, soon } from './text.js'

/** @typedef {import('./actor.js').Actor} Actor */
/** @typedef {import('./failures.js').Failure} Failure */
/** @typedef {import('./failures.js').Entry} Entry */

/** Most entries in the panel. The actor list has all failing actors. */
const ENTRIES_MAX = 100
const DRAW_MS = 60
/** Ms that the page waits for the frame of a failure before it requests the failure. */
const ASK_MS = 400

/** The panel at the top: actors that are failing, and recent failures. It is hidden while there are none. */
export class FailurePanel {
  /** @param {HTMLElement} root @param {HTMLElement} said what a screen reader announces @param {Map<string, Actor>} actors */
  constructor(root, said, actors) {
    this.root = root
    this.said = said
    this.count = /** @type {HTMLElement} */ (root.querySelector('.count'))
    this.list = /** @type {HTMLElement} */ (root.querySelector('ol'))
    this.failures = new Failures(actors)
    /** Rows by the key of their entry. @type {Map<string, HTMLElement>} */
    this.rows = new Map()
    this.drawSoon = soon(
      () => this.draw(),
      () => DRAW_MS,
    )
    this.askSoon = soon(
      () => void this.ask(),
      () => ASK_MS,
    )
  }

  /** @param {Actor} actor */
  put(actor) {
    if (this.failures.put(actor)) this.drawSoon()
  }

  /** @param {string} address */
  drop(address) {
    this.failures.drop(address)
    this.drawSoon()
  }

  /** @param {Failure[]} failures newest first */
  add(failures) {
    for (const failure of failures.toReversed()) this.failures.add(failure)
    this.drawSoon()
  }

  begin() {
    this.failures.begin()
  }

  /** @param {{ seq: number, failures: Failure[] }} told newest first */
  reset(told) {
    this.failures.reset(told)
    this.drawSoon()
  }

  draw() {
    const all = this.failures.entries()
    const shown = all.slice(0, ENTRIES_MAX)
    const text = countText(all)
    this.root.hidden = all.length === 0
    if (this.count.textContent !== text) this.count.textContent = text
    const more = all.length - shown.length
    this.root.dataset.more = more > 0 ? `${more.toLocaleString('en')} more: tick “failing” to list them` : ''
    const said = text === '' ? 'nothing is failing' : text
    if (this.said.textContent !== said) this.said.textContent = said
    document.title = `${text === '' ? '' : `(${all.length}!) `}Outcry inspector`
    this.place(shown)
    if (this.unexplained().length > 0) this.askSoon()
  }

  /** Leaves rows that stay in place, so that a focused row keeps the focus. @param {Entry[]} entries */
  place(entries) {
    const gone = new Set(this.rows.keys())
    for (const { key } of entries) gone.delete(key)
    for (const key of gone) {
      this.rows.get(key)?.remove()
      this.rows.delete(key)
    }
    for (const [i, entry] of entries.entries()) {
      const row = this.rows.get(entry.key) ?? rowOf(entry)
      this.rows.set(entry.key, row)
      fill(row, entry)
      const there = this.list.children[i]
      if (there !== row) this.list.insertBefore(row, there ?? null)
    }
  }

  /** Returns the actors in the panel whose failure is not known. */
  unexplained() {
    const { troubled, recent, older } = this.failures
    const explained = new Set([...recent.values()].map(({ actor }) => actor))
    return [...this.rows.keys()].filter((address) => {
      const actor = troubled.get(address)
      return actor?.status === 'active' && !explained.has(address) && !older.has(address)
    })
  }

  /** Requests their failures one by one, to spare the runner. */
  async ask() {
    for (const address of this.unexplained()) {
      const path = `/failures?limit=1&actor=${encodeURIComponent(address)}`
      const told = await get(path).catch(() => undefined)
      // The connection is gone. The next one loads everything again.
      if (told === undefined) return
      if (this.failures.troubled.has(address)) this.failures.older.set(address, told.failures[0])
    }
    this.draw()
  }
}

/** @param {Entry} entry */
function rowOf({ address }) {
  const row = element('li', '')
  const link = element('a', '')
  link.setAttribute('href', `#${encodeURIComponent(address)}`)
  link.append(
    element('b', 'what'),
    element('span', 'address', address),
    element('span', 'text'),
    element('time', ''),
  )
  row.append(link)
  return row
}

/** @param {HTMLElement} row @param {Entry} entry */
function fill(row, { address, trouble, what, text, at, count }) {
  const link = /** @type {HTMLElement} */ (row.firstElementChild)
  const [label, , told, when] = /** @type {HTMLElement[]} */ ([...link.children])
  if (!label || !told || !when) return
  const since = `${trouble ? 'since' : 'at'} ${secondText(at)}`
  for (const [node, is] of /** @type {[HTMLElement, string][]} */ ([
    [label, what],
    [told, count > 1 ? `${text} (${count} times)` : text],
    [when, since],
  ]))
    if (node.textContent !== is) node.textContent = is
  row.dataset.trouble = trouble ?? ''
  when.setAttribute('datetime', new Date(at).toISOString())
  link.title = `${address}\n${what} ${trouble ? 'since' : 'at'} ${dateText(at)}\n${text}`
}
