import { compact } from '../../../errors/compact.ts'
import {
  type AccountContext,
  accountAddress,
  avgPxOf,
  balanceOf,
  equityOf,
  holdingName,
  markOf,
  type PositionContext,
  positionAddress,
  type SymbolContext,
  symbolAddress,
  unrealizedOf,
} from '../../../machines/index.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import { ownOf } from '../../../machines/model/own.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'

/** Figures of the log, of this run and of the money. Decimals are text. */
export interface Stats extends Counts {
  /** The number of records in the whole log. */
  readonly records: number
  /** Actors in quarantine, whichever run put them there. */
  readonly quarantined: readonly string[]
  readonly openPositions: number
  /** The accounts, in the order of the venues. */
  readonly accounts: readonly AccountStats[]
}

/** The state of the money at one venue. */
export interface AccountStats {
  readonly venue: string
  /** The asset of the account. */
  readonly asset: string
  readonly positions: readonly {
    /** `BTCUSDT`, or `BTCUSDT:LONG`. */
    readonly symbol: string
    readonly quantity: string
    readonly avgPx: string
  }[]
  readonly realizedPnl: string
  readonly unrealizedPnl: string
  readonly commissions: string
  readonly balance: string
  /** Cash, and the value of the positions at their last prices. */
  readonly equity: string
}

/** Counts of the durable records of this run. */
export interface Counts {
  /** Records of symbols: market messages that the log did not have. */
  readonly marketRecords: number
  readonly ordersSubmitted: number
  readonly fills: number
  /** Orders that the risk gate denied, by the check that denied them. */
  readonly denied: Readonly<Record<string, number>>
}

export const NO_COUNTS: Counts = { marketRecords: 0, ordersSubmitted: 0, fills: 0, denied: {} }

/** Returns the counts after one more durable record. */
export function counted(counts: Counts, { actor, emitted = [] }: TransitionRecord): Counts {
  let { ordersSubmitted, fills, denied } = counts
  const marketRecords = counts.marketRecords + (actor.startsWith('symbol/') ? 1 : 0)
  for (const { type, check } of emitted) {
    if (type === 'ORDER_SUBMITTED') ordersSubmitted++
    else if (type === 'ORDER_FILLED' || type === 'ORDER_PARTIAL_FILL') fills++
    else if (type === 'RISK_REJECTED' || type === 'ENTRY_SKIPPED')
      denied = { ...denied, [String(check)]: (ownOf(denied, String(check)) ?? 0) + 1 }
  }
  return { marketRecords, ordersSubmitted, fills, denied }
}

/** The sides of a holding: netted, or the two of a hedge. */
const SIDES = [undefined, 'LONG', 'SHORT'] as const

interface StatsParts {
  readonly place: { readonly venue: string; readonly symbols: readonly string[] }
  readonly venues: readonly { readonly name: string }[]
}

export function statsOf(supervisor: Supervisor, { place, venues }: StatsParts, counts: Counts): Stats {
  const accounts = venues.map(({ name }) => accountStatsOf(supervisor, name, place))
  const openPositions = accounts.reduce((sum, { positions }) => sum + positions.length, 0)
  const quarantined = supervisor.quarantined.map(({ address }) => address)
  return { records: supervisor.seq, ...counts, quarantined, openPositions, accounts }
}

function accountStatsOf(
  supervisor: Supervisor,
  venue: string,
  { venue: marketVenue, symbols }: StatsParts['place'],
): AccountStats {
  const contextOf = <C>(address: string) => supervisor.getSnapshot(address)?.context as C | undefined
  const account = contextOf<AccountContext>(accountAddress(venue))
  if (account === undefined) throw new Error(`there is no account/${venue}`)
  const { asset } = account
  const balance = balanceOf(account, asset)
  let [realizedPnl, unrealized, commissions] = [decimal.ZERO, decimal.ZERO, decimal.ZERO]
  const positions: AccountStats['positions'][number][] = []
  const held = { ...account.positions }
  const holdings = symbols.flatMap((symbol) => SIDES.map((positionSide) => ({ venue, symbol, positionSide })))
  for (const holding of holdings) {
    const { symbol } = holding
    const address = positionAddress(holding)
    const position = contextOf<PositionContext>(address)
    if (position === undefined) continue
    const market = contextOf<SymbolContext>(symbolAddress(marketVenue, symbol))
    const markPx = (market && markOf(market)) ?? position.markPx
    const marked = { ...position, ...compact({ markPx }) }
    realizedPnl = decimal.add(realizedPnl, position.realizedPnl)
    unrealized = decimal.add(unrealized, unrealizedOf(marked))
    commissions = decimal.add(commissions, ownOf(position.commissions, position.settleAsset) ?? decimal.ZERO)
    if (decimal.isZero(position.quantity)) continue
    const known = held[address]
    if (known !== undefined && markPx !== undefined) held[address] = { ...known, markPx }
    positions.push({
      symbol: holdingName(holding),
      quantity: position.quantity,
      avgPx: avgPxOf(position, position),
    })
  }
  const equity = equityOf({ ...account, positions: held })
  return { venue, asset, positions, realizedPnl, unrealizedPnl: unrealized, commissions, balance, equity }
}
