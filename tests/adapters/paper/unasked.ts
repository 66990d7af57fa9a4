/** Requests to Binance that our orders have no terms for, by name, each with the reason. */

const REASONS: readonly (readonly [reason: string, ids: string])[] = [
  [
    'our terms always have a time in force, and an adapter leaves it out where a type has none',
    'spot-limit-missing-timeinforce spot-stop-loss-limit-missing-timeinforce spot-market-with-timeinforce spot-limit-maker-with-tif',
  ],
  [
    'our orders have no part that is shown: there are no icebergs',
    'spot-iceberg-exceeds spot-notsupported-iceberg',
  ],
  ['our quantities are never in the quote asset', 'spot-filter-quoteqty-not-lot-size'],
  [
    'a trailing stop of ours keeps a distance in units of price, and Binance takes a share',
    'spot-filter-trailing-low spot-filter-trailing-tp-sell-uses-above usdm-order-trailing-stop-market-moved',
  ],
  [
    'our orders have no self-trade prevention',
    'spot-reject-stp-mode spot-stp-none spot-stp-expire-taker spot-stp-expire-both spot-stp-decrement usdm-stp-default',
  ],
  ['our market data has no reference price', 'spot-filter-percent-reference-price spot-tif-price-range-rule'],
  ['an account of the paper venue may always trade', 'spot-reject-account-cannot-trade'],
  ['a cancel of ours names its order by one id', 'spot-cancel-ids-disagree'],
  ['a cancel of ours has no restrictions', 'spot-cancel-only-partial-refused'],
  [
    'the paper venue has no native lists: ours are kept together order by order',
    'spot-cancel-one-leg-cancels-list spot-cancel-list spot-list-oco-sell-ok spot-list-oco-sell-stop-over-last spot-list-oco-sell-limit-below spot-list-oco-both-limit spot-list-oco-type-market spot-list-oco-iceberg-ioc spot-list-oco-buy-stop-below spot-list-oco-sell-stop-above spot-list-oco-counts-two spot-list-otoco-ok spot-list-opo-ok spot-list-opo-working-sell spot-list-opo-pending-buy spot-list-query',
  ],
  [
    'cancel-replace is two requests of ours: a cancel, and an order',
    'spot-cr-success spot-cr-stop-cancel-fails spot-cr-stop-new-fails spot-cr-allow-cancel-fails spot-cr-allow-both-fail spot-cr-limit-do-nothing spot-cr-limit-cancel-only spot-cr-filter-first spot-cr-not-attempted-counts',
  ],
  ['our prices are never left to the venue', 'usdm-pricematch-market usdm-pricematch-no-depth'],
  [
    'an adapter chooses the endpoint of a conditional order, and its algoType',
    'usdm-order-stop-market-moved usdm-order-stop-moved usdm-order-take-profit-market-moved usdm-algo-missing-algotype',
  ],
  [
    'our orders have a quantity, and none closes a whole position',
    'usdm-algo-closeposition-ok usdm-algo-closeposition-with-quantity usdm-algo-closeposition-second',
  ],
  [
    'a query is no request of an order: status and openOrders answer it at once',
    'usdm-algo-query usdm-algo-open-list usdm-algo-not-in-openorders',
  ],
  ['orders are canceled one by one', 'usdm-algo-cancel-all usdm-cancel-all'],
  [
    'leverage, margin and the modes of the account are settings, and no orders',
    'usdm-leverage-0 usdm-leverage-ok usdm-leverage-position-cap usdm-margintype-same usdm-margintype-open-orders usdm-margintype-position usdm-dual-ok usdm-dual-open-orders usdm-dual-position usdm-multiassets-same usdm-multiassets-isolated usdm-multiassets-open-order usdm-positionmargin-cross usdm-positionmargin-no-position',
  ],
  [
    'a countdown that cancels all orders is none of our requests',
    'usdm-countdown-echo usdm-countdown-fires usdm-countdown-zero-stops',
  ],
]

export const CANNOT_BE_ASKED: Readonly<Record<string, string>> = Object.fromEntries(
  REASONS.flatMap(([reason, ids]) => ids.split(' ').map((id) => [id, reason] as const)),
)
