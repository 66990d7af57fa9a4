/** The capabilities of a venue, as data. So a request that it cannot carry out is refused before it is made. */
import type { OrdType, TimeInForce } from '../../machines/events/order.ts'
import type { Issue } from '../../store/index.ts'

export interface VenueCapabilities {
  /** FIX OrdType (tag 40). */
  readonly orderTypes: readonly OrdType[]
  /** FIX TimeInForce (tag 59). */
  readonly timeInForce: readonly TimeInForce[]
  /** The terms that a replace may change. With `none` a replace is a cancel and another order. */
  readonly amend: 'none' | 'quantityDown' | 'priceAndQuantity'
  /** Lists of orders that the venue itself keeps together. Others are kept together here, order by order. */
  readonly nativeLists: readonly ('OCO' | 'OTOCO')[]
  /** True when an order may be bound to make a position smaller. */
  readonly reduceOnly: boolean
  /** True when a symbol may have a long and a short position at once. */
  readonly hedgeMode: boolean
  /**
   * The assets of commissions: `settle` is the asset that a trade is paid or settled in, `received` the asset that it brings,
   * `other` any asset.
   */
  readonly feeAssets: readonly ('settle' | 'received' | 'other')[]
  readonly ids: IdRules
  readonly limits: VenueLimits
}

/** The venue's rules for a ClOrdID. A rule that is left out is no bound. */
export interface IdRules {
  readonly lengthMax?: number
  /** Source of a regular expression that the whole id matches. */
  readonly pattern?: string
}

/** The limits of a venue. A limit that is left out is no bound. */
export interface VenueLimits {
  /** The largest number of open orders of one symbol. */
  readonly openOrdersMax?: number
  readonly requestsPerMinuteMax?: number
}

/** The capabilities that a configuration needs from its venue. */
export interface Wanted {
  readonly account: { readonly positionMode: 'netting' | 'hedging' }
  readonly watchdog: { readonly enabled: boolean }
}

/** Returns what a configuration asks of the venue that it cannot do. */
export function capabilityIssues(
  { hedgeMode, orderTypes, reduceOnly }: VenueCapabilities,
  { account, watchdog }: Wanted,
): readonly Issue[] {
  const issues: Issue[] = []
  if (account.positionMode === 'hedging' && !hedgeMode)
    issues.push({ field: 'account.positionMode', rule: 'must be netting: the venue has no hedge mode' })
  // Its stops are reduce-only, and so is its way out at market.
  if (watchdog.enabled && !(reduceOnly && orderTypes.includes('STOP') && orderTypes.includes('MARKET')))
    issues.push({
      field: 'watchdog.enabled',
      rule: 'must be false: the venue does not take the reduce-only stops that it places',
    })
  return issues
}
