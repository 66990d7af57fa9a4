/** The filters of a symbol as pure checks. Each says which bound is broken; a profile has the words for it. */
import { contractOf } from '../../../../machines/account/instrument.ts'
import { isConditional, isLimited } from '../../../../machines/index.ts'
import * as decimal from '../../../../machines/model/decimal.ts'
import { averageOf } from '../engine/average.ts'
import { priceOf } from '../engine/market-view.ts'
import type { Asked } from '../engine/profile.ts'
import type { Band } from '../engine/symbol-rules.ts'
import { ownedOf } from '../engine/wallet.ts'

export interface Bounds {
  readonly min?: string | undefined
  readonly max?: string | undefined
  readonly step?: string | undefined
  readonly places?: number | undefined
}
export type Fault = 'places' | 'min' | 'max' | 'step'

/** Returns the first bound that the amount breaks; undefined if it breaks none. */
export function faultOf(amount: string, { min, max, step, places }: Bounds): Fault | undefined {
  if (places !== undefined && placesOf(amount) > places) return 'places'
  if (min !== undefined && decimal.compare(amount, min) < 0) return 'min'
  if (max !== undefined && decimal.compare(amount, max) > 0) return 'max'
  if (step !== undefined && !decimal.isMultiple(amount, step)) return 'step'
  return undefined
}

function placesOf(amount: string): number {
  const [, fraction = ''] = amount.split('.')
  return fraction.replace(/0+$/, '').length
}

/** Returns the fault of the order's limit, or else of its trigger. */
export function priceFaultOf({ order, rules }: Asked): Fault | undefined {
  const bounds = { min: rules.minPx, max: rules.maxPx, step: rules.tickSize, places: rules.pxPlaces }
  const prices = [isLimited(order) ? order.price : undefined, isConditional(order) ? order.stopPx : undefined]
  return firstOf(prices.map((px) => (px === undefined ? undefined : faultOf(px, bounds))))
}

export function quantityFaultOf({ order, rules }: Asked): Fault | undefined {
  const { minQty, maxQty, lotSize, qtyPlaces } = rules
  return faultOf(order.orderQty, { min: minQty, max: maxQty, step: lotSize, places: qtyPlaces })
}

/** Returns the fault of a market order's quantity. */
export function marketQuantityFaultOf({ order, rules: { market } }: Asked): Fault | undefined {
  if (order.ordType !== 'MARKET' || market === undefined) return undefined
  return faultOf(order.orderQty, { min: market.minQty, max: market.maxQty, step: market.lotSize })
}

/** Returns the price that filters judge by: the average, where one is kept, or else the price of the market by now. */
export function marketPxOf({ state, market, order: { side } }: Asked): string | undefined {
  return averageOf(market.minutes ?? [], state.now) ?? priceOf(market, side)
}

/** Returns the fault of the value: at the limit, or at the trigger, or of a market order at the market's price. */
export function notionalFaultOf(asked: Asked): 'min' | 'max' | undefined {
  const { order, rules } = asked
  const isMarket = order.ordType === 'MARKET'
  const { min, max } = isMarket
    ? (rules.notionalOfMarket ?? { min: true, max: false })
    : { min: true, max: true }
  const px = isLimited(order) ? order.price : isConditional(order) ? order.stopPx : marketPxOf(asked)
  if (px === undefined) return undefined
  const value = quoteValueOf(asked, px)
  const { minNotional, maxNotional } = rules
  if (min && minNotional !== undefined && decimal.compare(value, minNotional) < 0) return 'min'
  if (max && maxNotional !== undefined && decimal.compare(value, maxNotional) > 0) return 'max'
  return undefined
}

/** Returns the value of the order in the asset that it is priced in. */
function quoteValueOf({ order, terms }: Asked, px: string): string {
  const { contract, multiplier } = contractOf(terms.instruments, order.symbol)
  const size = decimal.multiply(order.orderQty, multiplier)
  return contract === 'inverse' ? size : decimal.multiply(size, px)
}

/** Returns the fault of a limit that is too far from the market's price. */
export function bandFaultOf(asked: Asked): 'up' | 'down' | undefined {
  const { order } = asked
  const of = marketPxOf(asked)
  const band = bandOf(asked)
  if (!isLimited(order) || order.price === undefined || of === undefined || band === undefined)
    return undefined
  if (decimal.compare(order.price, decimal.multiply(of, band.up)) > 0) return 'up'
  if (decimal.compare(order.price, decimal.multiply(of, band.down)) < 0) return 'down'
  return undefined
}

/** Returns the band of the order's side: the two sides may have different ones. */
export function bandOf({ order, rules }: Asked): Band | undefined {
  const { priceBands, priceBandPct } = rules
  if (priceBands !== undefined) return order.side === 'BUY' ? priceBands.buy : priceBands.sell
  if (priceBandPct === undefined) return undefined
  const reach = decimal.divide(priceBandPct, '100')
  return { up: decimal.add('1', reach), down: decimal.subtract('1', reach) }
}

/** The open orders of the symbol, this one not counted. */
export function openCountsOf({ state, order }: Asked): {
  readonly all: number
  readonly conditional: number
} {
  const open = state.open.filter(({ symbol }) => symbol === order.symbol)
  return { all: open.length, conditional: open.filter(({ phase }) => phase === 'waiting').length }
}

/** Returns the quantity of the asset that is owned, open orders buy, and this one would buy. */
export function soughtOf(asked: Asked, asset: string): string {
  const { state, order } = asked
  const buys = state.open.filter(({ symbol, side }) => symbol === order.symbol && side === 'BUY')
  const owned = decimal.add(ownedOf(asked, asset), order.orderQty)
  return buys.reduce((sum, { leavesQty }) => decimal.add(sum, leavesQty), owned)
}

function firstOf<T>(faults: readonly (T | undefined)[]): T | undefined {
  return faults.find((fault) => fault !== undefined)
}
