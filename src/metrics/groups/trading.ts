import type { Family, Group, Labelled } from '../family.ts'

type Counts = Iterable<Labelled<number>>

/** The part of a runner that says what strategies and orders have done, counted from durable events. */
export interface TradingSource {
  readonly candles: Counts
  readonly indicators: Counts
  readonly signals: Counts
  readonly placed: Counts
  readonly rejected: Counts
  readonly denied: Counts
  readonly canceled: Counts
  readonly filled: Counts
  readonly fills: Counts
  readonly refusals: Counts
  readonly breaches: Counts
  readonly trips: Counts
  readonly unprotected: Counts
  readonly discrepancies: Counts
  readonly errors: Counts
}

const ACCOUNT = { account: 'name of the venue that has the account' }
const STRATEGY = { strategy: 'id of the strategy; empty for an order that belongs to none' }
const CHECK = { check: 'rule or limit, as `orderNotionalMax`' }

const counter = (
  name: string,
  help: string,
  labels: Readonly<Record<string, string>>,
  read: (source: TradingSource) => Counts,
): Family<TradingSource> => ({ name: `outcry_${name}_total`, help, type: 'counter', labels, read })

export const TRADING: Group<TradingSource> = {
  name: 'Strategies and orders',
  about:
    'Of a runner, counted from durable events. Of labels that clients may choose, the first 1,000 values are told apart; `other` has the rest.',
  families: [
    counter(
      'candles',
      'Candles that have closed',
      { symbol: 'symbol', interval: 'length of the candle, as `1m`' },
      ({ candles }) => candles,
    ),
    counter(
      'indicators',
      'Calculations of the indicators of a strategy, one for each candle',
      STRATEGY,
      ({ indicators }) => indicators,
    ),
    counter(
      'signals',
      'Decisions of a strategy to enter or to exit',
      { ...STRATEGY, signal: '`enter` or `exit`' },
      ({ signals }) => signals,
    ),
    counter(
      'orders_placed',
      'Orders on their way to a venue',
      { ...ACCOUNT, ...STRATEGY },
      ({ placed }) => placed,
    ),
    counter(
      'orders_rejected',
      'Orders that a venue has rejected',
      { ...ACCOUNT, ...STRATEGY },
      ({ rejected }) => rejected,
    ),
    counter(
      'orders_denied',
      'Orders that the risk gate has denied: the venue never sees them',
      { ...ACCOUNT, ...STRATEGY },
      ({ denied }) => denied,
    ),
    counter(
      'orders_canceled',
      'Orders that were canceled or have expired',
      { ...ACCOUNT, ...STRATEGY },
      ({ canceled }) => canceled,
    ),
    counter('orders_filled', 'Orders that are filled', { ...ACCOUNT, ...STRATEGY }, ({ filled }) => filled),
    counter('fills', 'Fills, partial ones included', { ...ACCOUNT, ...STRATEGY }, ({ fills }) => fills),
    counter(
      'risk_refusals',
      'Requests that the risk gate has refused or held back',
      { ...ACCOUNT, ...CHECK },
      ({ refusals }) => refusals,
    ),
    counter(
      'risk_breaches',
      'Times that an account has reached a limit of its losses',
      { ...ACCOUNT, ...CHECK },
      ({ breaches }) => breaches,
    ),
    counter(
      'circuit_breaker_trips',
      'Times that the circuit breaker of an account has tripped',
      { ...ACCOUNT, ...CHECK },
      ({ trips }) => trips,
    ),
    counter(
      'protection_missing',
      "Times that a position had no live stop for the watchdog's grace",
      { ...ACCOUNT, symbol: 'symbol' },
      ({ unprotected }) => unprotected,
    ),
    counter(
      'reconciliation_discrepancies',
      "Places in which a venue's books and ours differed at the end of a reconciliation",
      ACCOUNT,
      ({ discrepancies }) => discrepancies,
    ),
    counter(
      'errors',
      'Errors and warnings of the process',
      { severity: '`warning`, `error` or `critical`' },
      ({ errors }) => errors,
    ),
  ],
}
