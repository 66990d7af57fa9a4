/** Trades as events tell them: what was opened and closed, at which prices, and what was left of it. Pure. */
import type { EventEnvelope } from '../../../src/client/index.ts'

/** A position from its opening to its close. */
export interface Trade {
  /** seq of the record that closed it. */
  readonly seq: number
  readonly position: string
  readonly strategy: string | null
  /** Address of the list whose order closed it; undefined when no order of a list did. */
  readonly list: string | undefined
  /** Epoch ms; undefined when the opening is older than the events. */
  readonly openedAt: number | undefined
  readonly closedAt: number
  /** Prices as decimals; undefined when the events do not have them. */
  readonly in: string | undefined
  readonly out: string | undefined
  /** PnL after commissions, as a decimal. */
  readonly pnl: string
}

/** A fill of an order. */
export interface Fill {
  readonly seq: number
  readonly at: number
  readonly order: string
  readonly side: 'BUY' | 'SELL'
  readonly quantity: string
  readonly price: string
}

/** Returns the fills among events, in the order of the log. */
export function fillsIn(events: readonly EventEnvelope[]): Fill[] {
  return events
    .filter(({ type }) => type === 'ORDER_FILLED' || type === 'ORDER_PARTIAL_FILL')
    .map(({ seq, at, actor, event }) => ({
      seq,
      at,
      order: actor,
      side: event.side,
      quantity: event.lastQty,
      price: event.lastPx,
    }))
    .sort((a, b) => a.seq - b.seq)
}

/** Returns the trades that were closed, the latest first. `events` are of positions, in the order of the log. */
export function tradesOf(events: readonly EventEnvelope[], fills: readonly Fill[]): Trade[] {
  const bySeq = new Map(fills.map((fill) => [fill.seq, fill]))
  const openings = new Map<string, { readonly at: number; readonly price: string }>()
  const trades: Trade[] = []
  for (const { type, seq, at, actor, cause, strategy, event } of events) {
    if (type === 'POSITION_CLOSED' || type === 'POSITION_FLIPPED') {
      const opening = openings.get(actor)
      const fill = cause === null ? undefined : bySeq.get(cause)
      trades.unshift({
        seq,
        position: actor,
        strategy,
        list: fill && listOf(fill.order),
        openedAt: opening?.at,
        closedAt: at,
        in: opening?.price,
        out: fill?.price,
        pnl: event.tradePnl ?? event.realizedPnl,
      })
      openings.delete(actor)
    }
    if (type === 'POSITION_OPENED' || type === 'POSITION_FLIPPED')
      openings.set(actor, { at, price: event.avgPx })
  }
  return trades
}

/** Returns the list of an order: `order/sim:ema-1-stop` is of `list/sim:ema-1`; undefined when it is of none. */
export function listOf(order: string): string | undefined {
  const [, list] = /^order\/(.+-\d+)-[A-Za-z]\w*(?:-\d+)?$/.exec(order) ?? []
  return list === undefined ? undefined : `list/${list}`
}
