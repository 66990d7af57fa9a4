export interface ExchangeOptions {
  readonly market: 'spot' | 'usdm' | 'coinm'
  readonly symbol: string
  readonly base: string
  readonly quote: string
  /** The asset that a contract settles in; by default the quote asset. */
  readonly settle?: string
  readonly px: string
  readonly balances: Readonly<Record<string, string>>
  /** Share of its value that a fill costs. */
  readonly feeRate: string
  /** Without BNB, spot takes the fee from what the fill brings. */
  readonly feeIn: 'received' | 'quote'
  readonly lotSize: string
  readonly tickSize: string
  /** Least value of an order; '0' where there is none. */
  readonly minNotional: string
  /** Ids that do not fit Binance's rule are refused. */
  readonly checksIds: boolean
  /** Spot knows no positions; an adapter may tell what is owned of the base asset in their place. */
  readonly tellsHoldings: boolean
}

export const DEFAULTS: ExchangeOptions = {
  market: 'spot',
  symbol: 'BTCUSDT',
  base: 'BTC',
  quote: 'USDT',
  px: '100',
  balances: { USDT: '100000' },
  feeRate: '0.001',
  feeIn: 'quote',
  lotSize: '0.00001',
  tickSize: '0.01',
  minNotional: '5',
  checksIds: false,
  tellsHoldings: false,
}
