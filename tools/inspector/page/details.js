// @ts-check
import { element, stateText, timeText } from './text.js'

/** Transitions listed; older ones are for the command line. */
const HISTORY_MAX = 60
/** Members of an object or array shown before it is cut. */
const MEMBERS_MAX = 100

/** The chosen actor's context as a tree; what changed lights up. */
export class ContextView {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root
    this.last = undefined
    /** Paths that were opened by hand. @type {Set<string>} */
    this.open = new Set()
  }

  /** @param {any} context @param {boolean} isSame whether it is the same actor as before */
  show(context, isSame) {
    const before = isSame ? this.last : context
    this.last = context
    if (!isSame) this.open.clear()
    if (context === undefined || context === null)
      return this.root.replaceChildren(element('div', 'leaf', 'none'))
    this.root.replaceChildren(...this.members(context, before, ''))
  }

  /** @param {any} value @param {any} before @param {string} path @returns {HTMLElement[]} */
  members(value, before, path) {
    const entries = Object.entries(value)
    const nodes = entries
      .slice(0, MEMBERS_MAX)
      .map(([key, item]) => this.member(key, item, before?.[key], `${path}.${key}`))
    if (entries.length > MEMBERS_MAX)
      nodes.push(element('div', 'leaf', `${entries.length - MEMBERS_MAX} more`))
    return nodes
  }

  /** @param {string} key @param {any} value @param {any} before @param {string} path */
  member(key, value, before, path) {
    const changed = JSON.stringify(value) !== JSON.stringify(before) ? ' changed' : ''
    if (typeof value !== 'object' || value === null) {
      const leaf = element('div', `leaf${changed}`)
      leaf.append(element('span', 'key', `${key}: `), JSON.stringify(value))
      return leaf
    }
    const details = /** @type {HTMLDetailsElement} */ (element('details', ''))
    const size = Object.keys(value).length
    const summary = element('summary', changed)
    summary.append(element('span', 'key', `${key}: `), Array.isArray(value) ? `[${size}]` : `{${size}}`)
    details.append(summary)
    const fill = () => details.append(...this.members(value, before, path))
    details.open = this.open.has(path) || (path.split('.').length === 2 && size > 0 && size <= 8)
    if (details.open) fill()
    details.addEventListener('toggle', () => {
      if (details.open) this.open.add(path)
      else this.open.delete(path)
      if (details.open && details.children.length === 1) fill()
    })
    return details
  }
}

/** The chosen actor's last records, newest first. */
export class HistoryView {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root
  }

  /** @param {any[]} records newest first */
  show(records) {
    this.root.replaceChildren(...records.map(item))
  }

  /** @param {any} record */
  add(record) {
    this.root.prepend(item(record))
    while (this.root.children.length > HISTORY_MAX) this.root.lastElementChild?.remove()
  }
}

/** @param {any} record */
function item(record) {
  const { at, rev, event, from, to, emitted = [], unhandled } = record
  const row = element('li', unhandled ? 'unhandled' : '')
  const details = document.createElement('details')
  const summary = document.createElement('summary')
  summary.append(
    element('span', 'when', timeText(at)),
    element('span', 'event', event.type),
    element('span', 'rev', `#${rev}`),
  )
  const [was, is] = [stateText(from), stateText(to)]
  const move = element('span', 'move')
  if (unhandled) move.append('not handled')
  else if (from === null || from === undefined) move.append('starts in ', element('b', '', is))
  else if (was === is) move.append('stays ', is)
  else move.append(was, ' → ', element('b', '', is))
  summary.append(move)
  for (const { type } of emitted) summary.append(element('span', 'emitted', `emitted ${type}`))
  details.append(summary)
  details.addEventListener('toggle', () => {
    if (!details.open || details.children.length > 1) return
    const json = element('pre', 'json', JSON.stringify(record, null, 2))
    details.append(json)
  })
  row.append(details)
  return row
}
