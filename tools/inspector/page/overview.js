// @ts-check
import { get } from './api.js'
import { showName } from './names.js'
import { decimalText, element, soon } from './text.js'

/** @typedef {{ text: string, title?: string, name?: string, className?: string }} Cell */

/** Least ms between two requests. Frames of the socket say when values may have changed. */
const REFRESH_MS = 500

/**
 * The first thing that a trader looks at: each account's money, state, positions and working orders. Empty without
 * accounts.
 */
export class Overview {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root
    /** @type {Map<string, AccountView>} */
    this.accounts = new Map()
    /** Reads the accounts soon, once for all calls until then. */
    this.refresh = soon(
      async () => this.show((await get('/accounts').catch(() => ({ accounts: [] }))).accounts),
      () => REFRESH_MS,
    )
  }

  /** @param {any[]} accounts */
  show(accounts) {
    for (const account of accounts) {
      const known = this.accounts.get(account.address)
      const view = known ?? new AccountView()
      if (!known) this.root.append(view.root)
      this.accounts.set(account.address, view)
      view.show(account)
    }
  }
}

class AccountView {
  constructor() {
    this.root = element('div', 'account')
    // A link must not lie within a summary, which is a control itself.
    this.link = element('a', 'link')
    const details = /** @type {HTMLDetailsElement} */ (element('details', ''))
    details.open = innerHeight > 700
    this.summary = new Cells(element('summary', ''))
    this.positions = new Table('Positions', 'nothing held')
    this.orders = new Table('Working orders', 'none')
    const tables = element('div', 'tables')
    tables.append(this.positions.root, this.orders.root)
    details.append(this.summary.root, tables)
    this.root.append(this.link, details)
  }

  /** @param {any} account */
  show({ address, asset, tradingState, breaker, review, positions, orders, ...figures }) {
    const { equity, dailyPnl, unrealizedPnl, drawdownPct } = figures
    const limit = breaker && `${breaker.check} reached: ${breaker.value}, limit ${breaker.limit}`
    const why = review ? `to be reviewed: ${review.reason}` : (limit ?? '')
    showName(this.link, address)
    this.link.setAttribute('href', `#${encodeURIComponent(address)}`)
    this.summary.show([
      // Leaves room for the link, which lies over it.
      { text: address, className: 'room' },
      { text: tradingState, name: 'tradingState', className: `pill ${tradingState}` },
      { ...money(equity, asset), text: `${money(equity, asset).text} ${asset}`, name: 'equity' },
      { ...gain(dailyPnl, asset), name: 'dailyPnl' },
      { ...gain(unrealizedPnl, asset), name: 'unrealizedPnl' },
      { text: `${decimalText(drawdownPct, 2)} %`, title: drawdownPct, name: 'drawdownPct' },
      { text: why, title: why, name: 'why', className: 'why' },
      { text: `${positions.length} held, ${orders.length} working`, className: 'counts' },
    ])
    this.positions.show(positions.map(positionRow))
    this.orders.show(orders.map(orderRow))
  }
}

/** @param {any} position @returns {[string, Cell[]]} */
function positionRow({ address, symbol, quantity, avgPx, markPx, settleAsset, unrealizedPnl }) {
  return [
    address,
    [
      { text: address.slice(address.lastIndexOf(symbol)), className: 'link', title: address },
      { text: quantity, name: 'quantity', className: sideOf(quantity) },
      { ...price(avgPx), name: 'avgPx' },
      { ...price(markPx), name: 'markPx' },
      { ...gain(unrealizedPnl, settleAsset), name: 'unrealizedPnl' },
    ],
  ]
}

/** @param {any} order @returns {[string, Cell[]]} */
function orderRow({ address, symbol, side, ordType, leavesQty, price: limit, stopPx, reduceOnly }) {
  return [
    address,
    [
      { text: address.slice(address.indexOf('/') + 1), className: 'link', title: address },
      { text: side, className: side === 'BUY' ? 'up' : 'down' },
      { text: symbol },
      { text: `${ordType}${reduceOnly ? ' reduce' : ''}`, title: reduceOnly ? 'only reduces' : '' },
      { text: leavesQty, name: 'leavesQty' },
      { ...price(limit), name: 'price' },
      { ...price(stopPx), name: 'stopPx' },
    ],
  ]
}

/** @param {string} [px] */
const price = (px) => (px === undefined ? { text: '' } : { text: decimalText(px, 8), title: px })

/** @param {string} amount @param {string} asset */
const money = (amount, asset) => ({
  text: decimalText(amount, /USD|EUR|GBP/.test(asset) ? 2 : 8),
  title: `${amount} ${asset}`,
})

/** @param {string} amount */
const sideOf = (amount) => (amount.startsWith('-') ? 'down' : /[1-9]/.test(amount) ? 'up' : '')

/** @param {string} amount @param {string} asset */
function gain(amount, asset) {
  const { text, title } = money(amount, asset)
  const className = sideOf(amount)
  return { text: className === 'up' ? `+${text}` : text, title, className }
}

/** Cells that change their text but stay in the page, so that a focused or pointed-at cell is not replaced. */
class Cells {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root
  }

  /** @param {Cell[]} cells */
  show(cells) {
    for (const [i, { text, title = '', name = '', className = '' }] of cells.entries()) {
      const node = /** @type {HTMLElement} */ (
        this.root.children[i] ?? this.root.appendChild(element(className === 'link' ? 'a' : 'span', ''))
      )
      if (className === 'link') {
        node.classList.add(className)
        showName(node, text, title || text)
        continue
      }
      node.className = className
      if (node.textContent !== text) node.textContent = text
      node.title = title
      if (name) node.dataset.figure = name
    }
  }

  /** @param {string} address */
  link(address) {
    this.root.querySelector('a')?.setAttribute('href', `#${encodeURIComponent(address)}`)
  }
}

class Table {
  /** @param {string} name @param {string} none */
  constructor(name, none) {
    this.root = element('section', 'table')
    this.body = element('div', 'rows')
    this.body.dataset.none = none
    this.root.append(element('div', 'rows-title', name), this.body)
    /** @type {Map<string, Cells>} */
    this.rows = new Map()
  }

  /** @param {[string, Cell[]][]} rows by address */
  show(rows) {
    const gone = new Set(this.rows.keys())
    for (const [address, cells] of rows) {
      gone.delete(address)
      const row = this.rows.get(address) ?? new Cells(element('div', 'row'))
      this.rows.set(address, row)
      row.show(cells)
      row.link(address)
      row.root.dataset.of = address
      if (!row.root.isConnected) this.body.append(row.root)
    }
    for (const address of gone) {
      this.rows.get(address)?.root.remove()
      this.rows.delete(address)
    }
  }
}
