/** What the account owns at the exchange: coins, free and locked, and contracts. */

import {
  applyFill,
  type Books,
  holdingName,
  NO_BOOKS,
  type PlaceOrder,
  type PositionSide,
} from '../../../machines/index.ts'
import type { Contract } from '../../../machines/model/contract.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import type { ExchangeOptions } from './options.ts'

export interface Deal {
  readonly terms: PlaceOrder
  readonly qty: string
  readonly px: string
}

export interface Fee {
  readonly amount: string
  readonly asset: string
}

export class Wallet {
  readonly free: Record<string, string>
  readonly locked: Record<string, string> = {}
  /** The asset that is paid in, or settled in. */
  readonly cash: string
  readonly #options: ExchangeOptions
  /** By symbol, and side where the account hedges. */
  readonly #positions: Record<string, Books> = {}

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.cash = options.settle ?? options.quote
    this.free = { ...options.balances }
  }

  get isSpot(): boolean {
    return this.#options.market === 'spot'
  }

  get assets(): readonly string[] {
    return [...new Set([...Object.keys(this.free), ...Object.keys(this.locked)])]
  }

  owned(asset: string): string {
    return decimal.add(this.free[asset] ?? '0', this.locked[asset] ?? '0')
  }

  held(name: string): string {
    return this.#positions[name]?.quantity ?? '0'
  }

  get holdings(): readonly { symbol: string; positionSide?: PositionSide; quantity: string }[] {
    return Object.entries(this.#positions).map(([name, { quantity }]) => {
      const [symbol, positionSide] = name.split(':') as [string, PositionSide | undefined]
      return { symbol, ...(positionSide && { positionSide }), quantity }
    })
  }

  /** Quantity of the position that the order could close. */
  reducible(terms: PlaceOrder): string {
    const held = this.held(holdingName(terms))
    return decimal.max('0', terms.side === 'SELL' ? held : decimal.negate(held))
  }

  credit(asset: string, change: string): void {
    this.free[asset] = decimal.add(this.free[asset] ?? '0', change)
  }

  lock(asset: string, amount: string): void {
    this.credit(asset, decimal.negate(amount))
    this.locked[asset] = decimal.add(this.locked[asset] ?? '0', amount)
  }

  /** Moves what a fill moves; returns its fee. */
  take(deal: Deal): Fee {
    if (this.isSpot) this.#exchange(deal)
    else this.#hold(deal)
    const fee = this.#feeOf(deal)
    this.credit(fee.asset, decimal.negate(fee.amount))
    return fee
  }

  #exchange({ terms: { side }, qty, px }: Deal): void {
    const { base, quote } = this.#options
    const value = decimal.multiply(qty, px)
    this.credit(base, side === 'BUY' ? qty : decimal.negate(qty))
    this.credit(quote, side === 'BUY' ? decimal.negate(value) : value)
  }

  #hold({ terms, qty, px }: Deal): void {
    const contract: Contract = { contract: this.#isInverse ? 'inverse' : 'linear', multiplier: '1' }
    const name = holdingName(terms)
    const was = this.#positions[name] ?? NO_BOOKS
    const deal = { side: terms.side, lastQty: qty, lastPx: px, commission: '0', commissionAsset: this.cash }
    const { after } = applyFill(contract, was, deal)
    this.#positions[name] = after
    this.credit(this.cash, decimal.subtract(after.realizedPnl, was.realizedPnl))
  }

  #feeOf({ terms: { side }, qty, px }: Deal): Fee {
    const { feeRate, feeIn, base } = this.#options
    if (this.isSpot && feeIn === 'received' && side === 'BUY')
      return { amount: decimal.multiply(qty, feeRate), asset: base }
    const value = this.#isInverse ? decimal.divide(qty, px) : decimal.multiply(qty, px)
    return { amount: decimal.multiply(value, feeRate), asset: this.cash }
  }

  get #isInverse(): boolean {
    return this.#options.market === 'coinm'
  }
}
