/** The rules that a venue has for one symbol, beyond those that a configuration can name. A rule that is left out is not checked. */
import type { Instrument, OrdType } from '../../../../machines/index.ts'

/** Factors of the market's price. */
export interface Band {
  readonly up: string
  readonly down: string
}

export interface SymbolRules extends Instrument {
  /** A symbol takes orders while it is `trading`, which is the default. */
  readonly status?: 'trading' | 'halted' | 'closing' | 'gone'
  /** Default: all types of the profile. */
  readonly orderTypes?: readonly OrdType[]
  /** False: resting orders cannot be amended. */
  readonly canAmend?: boolean
  readonly minPx?: string
  readonly maxPx?: string
  /** The largest number of decimal places. */
  readonly pxPlaces?: number
  readonly qtyPlaces?: number
  /** The quantities of market orders, beside those of all orders. */
  readonly market?: { readonly lotSize?: string; readonly minQty?: string; readonly maxQty?: string }
  /** True: market orders keep to this notional, too. Default: to the smallest one only. */
  readonly notionalOfMarket?: { readonly min: boolean; readonly max: boolean }
  /** The prices of limits, as shares of the market's price. */
  readonly priceBands?: { readonly buy: Band; readonly sell: Band }
  /** The largest number of open orders, and of those that wait for a price. */
  readonly maxOrders?: number
  readonly maxConditional?: number
  /** The largest number of amendments of one order. */
  readonly maxAmends?: number
  /** The largest quantity of the base asset that is owned and being bought. */
  readonly maxPosition?: string
}
