import * as decimal from '../../machines/decimal.ts'
import {
  type AccountContext,
  avgPxOf,
  type PositionContext,
  type SymbolContext,
  unrealizedPnl,
} from '../../machines/index.ts'
import type { Supervisor } from '../runtime/supervisor.ts'

/** Totals of the whole log, and the state of the money. Decimals are text. */
export interface Stats {
  readonly records: number
  readonly ordersSubmitted: number
  readonly fills: number
  readonly openPositions: number
  readonly positions: readonly {
    readonly symbol: string
    readonly quantity: string
    readonly avgPx: string
  }[]
  readonly realizedPnl: string
  readonly unrealizedPnl: string
  readonly commissions: string
  readonly balance: string
  /** Cash, and what is held at its last price. */
  readonly equity: string
}

/** Counts that the runner keeps from the durable records. */
export interface Counts {
  readonly ordersSubmitted: number
  readonly fills: number
}

export function statsOf(
  supervisor: Supervisor,
  { venue, symbols }: { venue: string; symbols: readonly string[] },
  counts: Counts,
): Stats {
  const contextOf = <C>(address: string) => supervisor.getSnapshot(address)?.context as C | undefined
  const account = contextOf<AccountContext>(`account/${venue}`)
  const balance = account?.balance ?? decimal.ZERO
  let [equity, realizedPnl, unrealized, commissions] = [balance, decimal.ZERO, decimal.ZERO, decimal.ZERO]
  const positions: { symbol: string; quantity: string; avgPx: string }[] = []
  for (const symbol of symbols) {
    const position = contextOf<PositionContext>(`position/${venue}:${symbol}`)
    if (position === undefined) continue
    const markPx = contextOf<SymbolContext>(`symbol/${venue}:${symbol}`)?.trade?.px ?? position.markPx
    const marked = { ...position, ...(markPx !== undefined && { markPx }) }
    realizedPnl = decimal.add(realizedPnl, position.realizedPnl)
    unrealized = decimal.add(unrealized, unrealizedPnl(marked))
    commissions = decimal.add(commissions, position.commissions)
    if (decimal.isZero(position.quantity)) continue
    equity = decimal.add(equity, decimal.multiply(position.quantity, marked.markPx ?? decimal.ZERO))
    positions.push({ symbol, quantity: position.quantity, avgPx: avgPxOf(position) })
  }
  const openPositions = positions.length
  const money = { realizedPnl, unrealizedPnl: unrealized, commissions, balance, equity }
  return { records: supervisor.seq, ...counts, openPositions, positions, ...money }
}
