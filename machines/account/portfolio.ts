/** The money of an account: balances by asset, positions, orders that work. Pure. */

import { positionAddress } from '../addresses.ts'
import { baseAssetOf, contractValue, notionalValue, type SettledContract } from '../contract.ts'
import * as decimal from '../decimal.ts'
import type { Fill, FillBust, OrderRequest, PositionChanged } from '../events/commands.ts'
import type { PositionSide } from '../events/order.ts'
import { signedQty } from '../position/books.ts'
import { contractOf, type Instrument } from './instrument.ts'

export interface WorkingOrder {
  readonly symbol: string
  readonly positionSide?: PositionSide
  readonly side: 'BUY' | 'SELL'
  readonly leavesQty: string
  /** What it is judged by: its own price, or the last one when it was asked for. */
  readonly px: string
  readonly reduceOnly: boolean
  /** As it was let through, with the terms that are in force by now; one that was adopted has none. */
  readonly request?: OrderRequest
}

export interface HeldPosition extends SettledContract {
  readonly symbol: string
  readonly quantity: string
  readonly cost: string
  readonly markPx: string
}

export interface Portfolio {
  /** The asset that it is counted in: balance, equity, PnL. */
  readonly asset: string
  readonly balances: Readonly<Record<string, string>>
  /** What the account let through and has not heard the end of, by order address. */
  readonly working: Readonly<Record<string, WorkingOrder>>
  /** Those that are open, by address. */
  readonly positions: Readonly<Record<string, HeldPosition>>
}

export function balanceOf({ balances }: Pick<Portfolio, 'balances'>, asset: string): string {
  return balances[asset] ?? decimal.ZERO
}

/** What an order's position is of: as it is held, or else as the instrument is listed. */
export function positionFor(
  { positions, instruments }: Pick<Portfolio, 'positions'> & { readonly instruments: readonly Instrument[] },
  order: Pick<OrderRequest, 'venue' | 'symbol' | 'positionSide'>,
): SettledContract {
  return positions[positionAddress(order)] ?? contractOf(instruments, order.symbol)
}

/** Quantity of its position that the order could take away, with what other orders may take away taken off. */
export function reducible({ positions, working }: Portfolio, order: OrderRequest): string {
  const { side, symbol, positionSide, reduceOnly } = order
  const held = positions[positionAddress(order)]?.quantity ?? decimal.ZERO
  const against = side === 'SELL' ? held : decimal.negate(held)
  if (!decimal.isPositive(against)) return decimal.ZERO
  // The venue sees to it that orders that only reduce do no more, however many there are.
  if (reduceOnly) return against
  const rivals = Object.values(working).filter(
    (one) =>
      one.symbol === symbol && one.side === side && one.positionSide === positionSide && !one.reduceOnly,
  )
  const taken = rivals.reduce((sum, { leavesQty }) => decimal.add(sum, leavesQty), decimal.ZERO)
  return decimal.max(decimal.ZERO, decimal.subtract(against, taken))
}

/** What the working orders hold of the asset: the cost of what they buy; what only reduces holds nothing. */
export function heldFor({ working }: Portfolio): string {
  return Object.values(working).reduce(
    (sum, { side, leavesQty, px, reduceOnly }) =>
      side === 'BUY' && !reduceOnly ? decimal.add(sum, decimal.multiply(leavesQty, px)) : sum,
    decimal.ZERO,
  )
}

/** What new orders may cost: of spot the cash that nothing else holds, of contracts what the equity carries. */
export function freeBalance(
  portfolio: Portfolio,
  { contract, settleAsset }: SettledContract,
  leverage: string,
): string {
  const held = heldFor(portfolio)
  if (contract === 'spot') return decimal.subtract(balanceOf(portfolio, settleAsset), held)
  const used = Object.values(portfolio.positions)
    .filter((position) => position.settleAsset === settleAsset && position.contract !== 'spot')
    .reduce((sum, one) => decimal.add(sum, notionalValue(one, one.quantity, one.markPx)), held)
  return decimal.subtract(decimal.multiply(equityIn(portfolio, settleAsset), leverage), used)
}

/** Cash of the asset, what is held of spot paid in it, and the unrealised PnL of contracts settled in it. */
export function equityIn(portfolio: Portfolio, asset: string): string {
  return Object.values(portfolio.positions)
    .filter(({ settleAsset }) => settleAsset === asset)
    .reduce(
      (sum, position) => {
        const value = contractValue(position, position.quantity, position.markPx)
        return decimal.add(sum, position.contract === 'spot' ? value : decimal.subtract(value, position.cost))
      },
      balanceOf(portfolio, asset),
    )
}

export function unrealizedIn({ positions }: Portfolio, asset: string): string {
  return Object.values(positions)
    .filter(({ settleAsset }) => settleAsset === asset)
    .reduce((sum, one) => {
      const value = contractValue(one, one.quantity, one.markPx)
      return decimal.add(sum, decimal.subtract(value, one.cost))
    }, decimal.ZERO)
}

type Dealt = Pick<
  Fill | FillBust,
  'type' | 'symbol' | 'side' | 'lastQty' | 'lastPx' | 'commission' | 'commissionAsset'
>

/** What a fill, or the bust of one, moves: of spot both assets, of a contract the commission alone. */
export function movementsOf(
  event: Dealt,
  { contract, multiplier, settleAsset }: SettledContract,
): readonly { readonly asset: string; readonly change: string }[] {
  const { lastPx, commission, commissionAsset, symbol } = event
  const signed = signedQty(event)
  const bought =
    contract === 'spot'
      ? [
          {
            asset: settleAsset,
            change: decimal.negate(contractValue({ contract, multiplier }, signed, lastPx)),
          },
          { asset: baseAssetOf(symbol), change: signed },
        ]
      : []
  const all = [...bought, { asset: commissionAsset, change: decimal.negate(commission) }]
  const sums = new Map<string, string>()
  for (const { asset, change } of all) sums.set(asset, decimal.add(sums.get(asset) ?? decimal.ZERO, change))
  return [...sums]
    .map(([asset, change]) => ({ asset, change: event.type === 'FILL' ? change : decimal.negate(change) }))
    .filter(({ change }) => !decimal.isZero(change))
}

export function withMovements(
  balances: Portfolio['balances'],
  movements: readonly { readonly asset: string; readonly change: string }[],
): Portfolio['balances'] {
  const after = { ...balances }
  for (const { asset, change } of movements) after[asset] = decimal.add(after[asset] ?? decimal.ZERO, change)
  return after
}

/** The positions with one of them as it is now; one that is closed is held no more. */
export function withPosition(
  positions: Portfolio['positions'],
  { position, symbol, contract, multiplier, settleAsset, quantity, cost, markPx, avgPx }: PositionChanged,
): Portfolio['positions'] {
  const { [position]: _, ...others } = positions
  if (decimal.isZero(quantity)) return others
  const held = { symbol, contract, multiplier, settleAsset, quantity, cost, markPx: markPx ?? avgPx }
  return { ...others, [position]: held }
}

/** Quantity of each position, by symbol, and `:LONG` or `:SHORT` where the account hedges. */
export function quantitiesHeld({ positions }: Portfolio): Record<string, string> {
  const ids = Object.entries(positions).map(
    ([address, { quantity }]) => [address.replace(/^[^:]*:/, ''), quantity] as const,
  )
  return Object.fromEntries(ids)
}
