/** Binance's markets: where each is reached, and what differs between them. */

export const BINANCE_MARKETS = {
  spot: {
    venue: 'binance',
    ws: 'wss://stream.binance.com:9443',
    rest: 'https://api.binance.com',
    api: '/api/v3',
    isFutures: false,
    streams: ['trade', 'bookTicker', 'depth@100ms'],
    /** The weight of a depth snapshot of 1,000 levels, and the weight that all requests of an address may have in a minute. */
    snapshotWeight: 50,
    weightPerMinute: 6_000,
  },
  usdm: {
    venue: 'binance-usdm',
    ws: 'wss://fstream.binance.com',
    rest: 'https://fapi.binance.com',
    api: '/fapi/v1',
    isFutures: true,
    streams: ['trade', 'bookTicker', 'depth@0ms', 'markPrice@1s'],
    snapshotWeight: 20,
    weightPerMinute: 2_400,
  },
  coinm: {
    venue: 'binance-coinm',
    ws: 'wss://dstream.binance.com',
    rest: 'https://dapi.binance.com',
    api: '/dapi/v1',
    isFutures: true,
    streams: ['trade', 'bookTicker', 'depth@0ms', 'markPrice@1s'],
    snapshotWeight: 20,
    weightPerMinute: 2_400,
  },
} as const
export type BinanceMarketName = keyof typeof BINANCE_MARKETS

/** Returns the market of a venue's name, such as `usdm` for `binance-usdm`. */
export function marketOfVenue(venue: string): BinanceMarketName | undefined {
  const names = Object.keys(BINANCE_MARKETS) as BinanceMarketName[]
  return names.find((name) => BINANCE_MARKETS[name].venue === venue)
}

/** Returns the address of the REST API of a market. `restUrl`: another one than the exchange's own. */
export function apiOf({
  market,
  restUrl = BINANCE_MARKETS[market].rest,
}: {
  readonly market: BinanceMarketName
  readonly restUrl?: string | undefined
}): string {
  return `${restUrl}${BINANCE_MARKETS[market].api}`
}
