/** Counts what strategies, orders and accounts have done in this run, from durable events. */
import type { DomainEvent } from '../../../machines/index.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import { LabelCounts } from './label-counts.ts'

/** The names in the configuration. */
interface Known {
  readonly venues: readonly string[]
  readonly symbols: readonly string[]
  readonly strategies: readonly { readonly id: string; readonly venue?: string | undefined }[]
}

/** The limits of losses. */
const LOSS_CHECKS = ['dailyLossMax', 'drawdownPctMax', 'consecutiveLossesMax']

export class TradingCounts {
  readonly candles = new LabelCounts()
  readonly indicators = new LabelCounts()
  readonly signals = new LabelCounts()
  readonly placed = new LabelCounts()
  readonly rejected = new LabelCounts()
  readonly denied = new LabelCounts()
  readonly canceled = new LabelCounts()
  readonly filled = new LabelCounts()
  readonly fills = new LabelCounts()
  readonly refusals = new LabelCounts()
  readonly breaches = new LabelCounts()
  readonly trips = new LabelCounts()
  readonly unprotected = new LabelCounts()
  readonly discrepancies = new LabelCounts()
  readonly errors = new LabelCounts()

  /** Each counter whose labels are known begins at 0, because an increase is seen only where a 0 was before it. */
  constructor({ venues, symbols, strategies }: Known) {
    for (const venue of venues) {
      this.discrepancies.add([venue], 0)
      for (const symbol of symbols) this.unprotected.add([venue, symbol], 0)
      for (const check of LOSS_CHECKS)
        for (const counts of [this.breaches, this.trips]) counts.add([venue, check], 0)
      for (const strategy of [
        '',
        ...strategies.filter((one) => (one.venue ?? venues[0]) === venue).map(({ id }) => id),
      ])
        for (const counts of [
          this.placed,
          this.rejected,
          this.denied,
          this.canceled,
          this.filled,
          this.fills,
        ])
          counts.add([venue, strategy], 0)
    }
    for (const { id } of strategies) {
      this.indicators.add([id], 0)
      for (const signal of ['enter', 'exit']) this.signals.add([id, signal], 0)
    }
    for (const severity of ['warning', 'error', 'critical']) this.errors.add([severity], 0)
  }

  take({ emitted }: Pick<TransitionRecord, 'emitted'>): void {
    if (emitted === undefined) return
    for (const event of emitted)
      if (Object.hasOwn(COUNT, event.type)) COUNT[event.type]?.(this, event as DomainEvent as never)
  }
}

type Counters = {
  readonly [T in DomainEvent['type']]?: (
    counts: TradingCounts,
    event: Extract<DomainEvent, { type: T }>,
  ) => void
}

/** Labels of an order: its account and its strategy. */
const of = ({ venue, strategy = '' }: { readonly venue: string; readonly strategy?: string | undefined }) => [
  venue,
  strategy,
]

const COUNTERS: Counters = {
  CANDLE_CLOSE: ({ candles }, { symbol, interval }) => candles.add([symbol, interval]),
  INDICATORS_CALCULATED: ({ indicators }, { strategy }) => indicators.add([strategy]),
  SIGNAL_GENERATED: ({ signals }, { strategy, signal }) => signals.add([strategy, signal]),
  ORDER_SUBMITTED: ({ placed }, event) => placed.add(of(event)),
  ORDER_REJECTED: ({ rejected }, event) => rejected.add(of(event)),
  ORDER_DENIED: ({ denied }, event) => denied.add(of(event)),
  ORDER_CANCELLED: ({ canceled }, event) => canceled.add(of(event)),
  ORDER_EXPIRED: ({ canceled }, event) => canceled.add(of(event)),
  ORDER_PARTIAL_FILL: ({ fills }, event) => fills.add(of(event)),
  ORDER_FILLED: ({ filled, fills }, event) => {
    filled.add(of(event))
    fills.add(of(event))
  },
  RISK_REJECTED: ({ refusals }, { venue, check }) => refusals.add([venue, check]),
  ENTRY_SKIPPED: ({ refusals }, { venue, check }) => refusals.add([venue, check]),
  LIMIT_BREACHED: ({ breaches }, { venue, check }) => breaches.add([venue, check]),
  CIRCUIT_BREAKER_TRIGGERED: ({ trips }, { venue, check }) => trips.add([venue, check]),
  PROTECTIVE_ORDERS_MISSING: ({ unprotected }, { venue, symbol }) => unprotected.add([venue, symbol]),
  RECONCILIATION_COMPLETED: (counts, { venue, discrepancies }) =>
    counts.discrepancies.add([venue], discrepancies),
  SYSTEM_ERROR: ({ errors }, { severity }) => errors.add([severity]),
}
const COUNT = COUNTERS as Readonly<Record<string, (counts: TradingCounts, event: never) => void>>
