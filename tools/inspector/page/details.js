// @ts-check
import { errorText, failureText } from './failures.js'
import { dateText, element, eventText, stateText, timeText } from './text.js'

/** Most transitions in the list. The command line has the older ones. */
const HISTORY_MAX = 60
/** Members of an object or array that are shown before it is cut. */
const MEMBERS_MAX = 100
/** Members up to which an object is open at first, and the depth of open objects. */
const UNFOLDED_MAX = 14
const UNFOLDED_DEPTH = 3
/** Characters up to which a list of plain values is shown on one line. */
const INLINE_MAX = 44
/** Numbers in this range are times: 2001 to 2096 in epoch ms. Quantities and money are decimal texts. */
const TIME_MIN = 1e12
const TIME_MAX = 4e12

/** Keys that come first, by kind. The others follow in the machine's order. @type {Record<string, string[]>} */
const FIRST = {
  account:
    'equity breaker review balances positions working dayEquity peakEquity consecutiveLosses flags'.split(
      ' ',
    ),
  position: ['symbol', 'quantity', 'cost', 'markPx', 'realizedPnl', 'commissions', 'funding'],
  order: ['ordStatus', 'text', 'cumQty', 'leavesQty', 'cumCost', 'terms', 'fills', 'pending'],
}

const decimal = /^-?\d+(\.\d+)?$/

/** The chosen actor's context as a tree. Changed values light up. */
export class ContextView {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root
    // The place scrolls, and may contain no other element that takes the focus.
    root.tabIndex = 0
    root.setAttribute('role', 'group')
    root.setAttribute('aria-labelledby', 'context-title')
    this.last = undefined
    /** Paths that were opened or folded by hand. @type {Map<string, boolean>} */
    this.open = new Map()
  }

  /** @param {any} context @param {string} kind @param {boolean} isSame whether it is the same actor as before */
  show(context, kind, isSame) {
    const before = isSame ? this.last : context
    this.last = context
    if (!isSame) this.open.clear()
    if (context === undefined || context === null)
      return this.root.replaceChildren(element('div', 'leaf', 'none'))
    const ordered = { ...pick(context, FIRST[kind] ?? []), ...context }
    this.root.replaceChildren(...this.members(ordered, before, ''))
  }

  /** @param {any} value @param {any} before @param {string} path @returns {HTMLElement[]} */
  members(value, before, path) {
    const entries = Object.entries(value)
    // Decimals below each other are aligned at their points.
    const places = Math.max(0, ...entries.map(([, item]) => placesOf(item)))
    const nodes = entries
      .slice(0, MEMBERS_MAX)
      .map(([key, item]) => this.member(key, item, before?.[key], `${path}.${key}`, places))
    if (entries.length > MEMBERS_MAX)
      nodes.push(element('div', 'leaf', `${entries.length - MEMBERS_MAX} more`))
    return nodes
  }

  /** @param {string} key @param {any} value @param {any} before @param {string} path @param {number} places */
  member(key, value, before, path, places) {
    const changed = JSON.stringify(value) !== JSON.stringify(before) ? ' changed' : ''
    const line = inline(value)
    if (line !== undefined) {
      const leaf = element('div', `leaf${changed}`)
      leaf.append(element('span', 'key', key), valueNode(value, line, places))
      return leaf
    }
    const details = /** @type {HTMLDetailsElement} */ (element('details', ''))
    const size = Object.keys(value).length
    const summary = element('summary', changed)
    summary.append(element('span', 'key', key), element('span', 'size', String(size)))
    details.append(summary)
    const fill = () => details.append(...this.members(value, before, path))
    const isSmall = size <= UNFOLDED_MAX && path.split('.').length - 1 <= UNFOLDED_DEPTH
    const isOpen = this.open.get(path) ?? isSmall
    details.open = isOpen
    if (isOpen) fill()
    details.addEventListener('toggle', () => {
      if (details.open !== isOpen || this.open.has(path)) this.open.set(path, details.open)
      if (details.open && details.children.length === 1) fill()
    })
    return details
  }
}

/** @param {any} value @param {string[]} keys */
function pick(value, keys) {
  return Object.fromEntries(keys.filter((key) => key in value).map((key) => [key, value[key]]))
}

/** @param {any} value */
function placesOf(value) {
  return typeof value === 'string' && decimal.test(value) ? (value.split('.')[1] ?? '').length : 0
}

/**
 * Returns the value as one line; undefined when it needs more lines.
 * @param {any} value
 * @returns {string | undefined}
 */
function inline(value) {
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value : String(value)
  const items = Object.values(value)
  if (items.length === 0) return Array.isArray(value) ? '[]' : '{}'
  if (!Array.isArray(value) || items.some((item) => typeof item === 'object' && item !== null))
    return undefined
  const line = items.join(', ')
  return line.length <= INLINE_MAX ? line : undefined
}

/** @param {any} value @param {string} line @param {number} places */
function valueNode(value, line, places) {
  if (typeof value === 'number' && Number.isInteger(value) && value >= TIME_MIN && value < TIME_MAX) {
    const node = element('span', 'is time', dateText(value))
    node.title = line
    return node
  }
  if (typeof value !== 'string') return element('span', 'is plain', line)
  if (!decimal.test(value)) return element('span', 'is', line === '' ? '""' : line)
  const missing = places - placesOf(value)
  const point = placesOf(value) === 0 && places > 0 ? 1 : 0
  return element('span', 'is decimal', line + ' '.repeat(missing + point))
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
  const when = element('span', 'when', timeText(at))
  when.title = `${dateText(at)}\n${at}`
  const what = element('span', 'event', eventText(event.type))
  what.title = event.type
  const head = element('span', 'head')
  head.append(when, what, element('span', 'rev', `#${rev}`))
  summary.append(head)
  const [was, is] = [stateText(from), stateText(to)]
  const move = element('span', 'move')
  if (unhandled) move.append('not handled')
  else if (from === null || from === undefined) move.append('starts in ', element('b', '', is))
  else if (was === is) move.append('stays ', is)
  else move.append(was, ' → ', element('b', '', is))
  summary.append(move)
  if (event.type === 'outcry.failed') {
    const failed = {
      event: event.event.type,
      message: errorText(event.error),
      action: event.directive.action,
    }
    summary.append(element('span', 'failed', failureText(failed)))
  }
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
