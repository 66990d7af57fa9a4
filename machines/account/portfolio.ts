/** The money of an account: balances by asset, positions, working orders. Pure. */

import type { Fill, FillBust, FillCorrected } from '../events/fill.ts'
import type { OrderRequest } from '../events/order-requests.ts'
import type { PositionChanged } from '../events/position.ts'
import type { AccountBooks } from '../events/reconciliation.ts'
import { positionAddress } from '../model/addresses.ts'
import { baseAssetOf, contractValue, notionalValue, pxIn, type SettledContract } from '../model/contract.ts'
import * as decimal from '../model/decimal.ts'
import { ownOf } from '../model/own.ts'
import { isConditional, isLimited } from '../order/terms.ts'
import { signedQty } from '../position/books.ts'
import { contractOf, type Instrument } from './instrument.ts'

export interface WorkingOrder {
  /** The request with the terms that were asked for last. Pending terms count as if the venue had accepted them. */
  readonly request: OrderRequest
  readonly cumQty: string
}

export interface HeldPosition extends SettledContract {
  readonly symbol: string
  readonly quantity: string
  readonly cost: string
  readonly markPx: string
}

export interface Portfolio {
  /** The asset that balance, equity and PnL are counted in. */
  readonly asset: string
  readonly balances: Readonly<Record<string, string>>
  /** Orders that the account let through and that have not ended, by address. */
  readonly working: Readonly<Record<string, WorkingOrder>>
  /** Open positions, by address. */
  readonly positions: Readonly<Record<string, HeldPosition>>
  readonly instruments: readonly Instrument[]
  /** The last candle's close of each symbol. */
  readonly marks: Readonly<Record<string, string>>
}

export function balanceOf({ balances }: Pick<Portfolio, 'balances'>, asset: string): string {
  return ownOf(balances, asset) ?? decimal.ZERO
}

export function leavesQtyOf({ request, cumQty }: WorkingOrder): string {
  return decimal.max(decimal.ZERO, decimal.subtract(request.orderQty, cumQty))
}

/** Returns the contract of an order's position: the contract that is held, or else the listed one. */
export function positionFor(
  { positions, instruments }: Pick<Portfolio, 'positions' | 'instruments'>,
  order: Pick<OrderRequest, 'venue' | 'symbol' | 'positionSide'>,
): SettledContract {
  return positions[positionAddress(order)] ?? contractOf(instruments, order.symbol)
}

/**
 * Returns the price that an order is judged by: its own price, or else the reference that came with it. Every order except a buy
 * with a limit may trade at the market's price instead, so it is never judged by a more favorable one.
 */
export function riskPx(portfolio: Portfolio, request: OrderRequest): string {
  const { refPx, price, stopPx, side, symbol } = request
  const named = (isLimited(request) ? price : isConditional(request) ? stopPx : undefined) ?? refPx
  const mark = ownOf(portfolio.marks, symbol)
  if (mark === undefined) return named
  const { contract } = positionFor(portfolio, request)
  if (contract === 'inverse') return decimal.min(named, mark)
  return isLimited(request) && side === 'BUY' ? named : decimal.max(named, mark)
}

export function notionalOf(portfolio: Portfolio, request: OrderRequest, quantity = request.orderQty): string {
  return notionalValue(positionFor(portfolio, request), quantity, riskPx(portfolio, request))
}

/** The value that an order reserves while it works, and the wallet that it is reserved in. */
export interface Hold {
  /** spot: the quantity of the asset that is owned. margin: the value that contracts which settle in the asset may have. */
  readonly wallet: 'spot' | 'margin'
  readonly asset: string
  readonly amount: string
}

/** Returns the value an order reserves: for spot the asset that it pays, for a contract its notional. */
export function holdOf(portfolio: Portfolio, request: OrderRequest, quantity: string): Hold {
  const { side, symbol } = request
  const { contract, settleAsset } = positionFor(portfolio, request)
  const wallet = contract === 'spot' ? 'spot' : 'margin'
  if (wallet === 'spot' && side === 'SELL')
    return { wallet, asset: baseAssetOf(symbol, settleAsset), amount: quantity }
  return { wallet, asset: settleAsset, amount: notionalOf(portfolio, request, quantity) }
}

/** Returns the amount that working orders reserve. Orders that only reduce reserve nothing. */
function reserved(portfolio: Portfolio, wallet: Hold['wallet'], asset: string): string {
  const holds = Object.values(portfolio.working)
    .filter(({ request }) => !request.reduceOnly)
    .map((one) => holdOf(portfolio, one.request, leavesQtyOf(one)))
    .filter((hold) => hold.wallet === wallet && hold.asset === asset)
  return sum(holds.map(({ amount }) => amount))
}

/**
 * Returns the amount that new orders may reserve: for spot the unreserved balance, for contracts the value that the asset's
 * capital carries.
 */
export function freeBalance(portfolio: Portfolio, { wallet, asset }: Hold, leverage: string): string {
  if (wallet === 'spot') return unheld(portfolio, asset)
  const used = contractsOf(portfolio)
    .filter(({ settleAsset }) => settleAsset === asset)
    .map((one) => notionalValue(one, one.quantity, one.markPx))
  const carried = decimal.multiply(ownOf(capitalOf(portfolio), asset) ?? decimal.ZERO, leverage)
  return decimal.subtract(carried, sum([...used, reserved(portfolio, wallet, asset)]))
}

function unheld(portfolio: Portfolio, asset: string): string {
  return decimal.subtract(balanceOf(portfolio, asset), reserved(portfolio, 'spot', asset))
}

/** Returns the quantity by which the order could reduce its position, less the quantity by which other orders may reduce it. */
export function reducible(portfolio: Portfolio, order: OrderRequest): string {
  const { side, symbol, positionSide, reduceOnly } = order
  const held = portfolio.positions[positionAddress(order)]?.quantity ?? decimal.ZERO
  const against = side === 'SELL' ? held : decimal.negate(held)
  if (!decimal.isPositive(against)) return decimal.ZERO
  // The venue sees to it that orders that only reduce do no more, however many there are.
  const working = reduceOnly ? {} : portfolio.working
  const rivals = Object.values(working).filter(
    ({ request: one }) =>
      one.symbol === symbol && one.side === side && one.positionSide === positionSide && !one.reduceOnly,
  )
  const left = decimal.subtract(against, sum(rivals.map(leavesQtyOf)))
  const { contract, settleAsset } = positionFor(portfolio, order)
  if (contract !== 'spot' || side === 'BUY') return decimal.max(decimal.ZERO, left)
  // A fee in the coin itself, or a withdrawal, leaves less of it than was bought.
  const owned = unheld({ ...portfolio, working }, baseAssetOf(symbol, settleAsset))
  return decimal.max(decimal.ZERO, decimal.min(left, owned))
}

/**
 * Returns the last price of an asset in the account's asset: the mark of a position in it, or else its market's; undefined
 * without either.
 */
export function assetPx({ asset, positions, marks }: Portfolio, of: string): string | undefined {
  if (of === asset) return '1'
  const held = Object.values(positions).find(
    ({ contract, symbol, settleAsset }) =>
      contract === 'spot' && settleAsset === asset && baseAssetOf(symbol, asset) === of,
  )
  return held?.markPx ?? pxIn(marks, of, asset)
}

/** Returns the equity in the account's asset. An asset without a price counts as nothing. */
export function equityOf(portfolio: Portfolio): string {
  const values = Object.entries(capitalOf(portfolio)).map(([asset, amount]) =>
    decimal.multiply(amount, assetPx(portfolio, asset) ?? decimal.ZERO),
  )
  return sum(values)
}

/** Returns the capital by asset: the balance, and the unrealised PnL of contracts that settle in the asset. */
function capitalOf(portfolio: Portfolio): Portfolio['balances'] {
  const pnl = contractsOf(portfolio).map((one) => ({ asset: one.settleAsset, change: unrealizedOn(one) }))
  return withMovements(portfolio.balances, pnl)
}

export function unrealizedIn({ positions }: Portfolio, asset: string): string {
  const held = Object.values(positions).filter(({ settleAsset }) => settleAsset === asset)
  return sum(held.map(unrealizedOn))
}

export function unrealizedOn(position: HeldPosition): string {
  return decimal.subtract(contractValue(position, position.quantity, position.markPx), position.cost)
}

function contractsOf({ positions }: Portfolio): readonly HeldPosition[] {
  return Object.values(positions).filter(({ contract }) => contract !== 'spot')
}

function sum(amounts: readonly string[]): string {
  return amounts.reduce((total, amount) => decimal.add(total, amount), decimal.ZERO)
}

type Dealt = Pick<
  Fill | FillBust,
  'type' | 'symbol' | 'side' | 'lastQty' | 'lastPx' | 'commission' | 'commissionAsset'
>

interface Movement {
  readonly asset: string
  readonly change: string
}

/**
 * Returns the movements that a fill, a bust or a correction causes: for spot of both assets, for a contract of the commission
 * alone.
 */
export function movementsOf(event: Dealt | FillCorrected, of: SettledContract): readonly Movement[] {
  if (event.type === 'FILL_CORRECTED') {
    const before = movementsOf({ ...event, ...event.was, type: 'FILL_BUST' }, of)
    return netted([...before, ...movementsOf({ ...event, type: 'FILL' }, of)])
  }
  const { settleAsset } = of
  const { lastPx, commission, commissionAsset, symbol } = event
  const signed = signedQty(event)
  const paid = decimal.negate(contractValue(of, signed, lastPx))
  const bought = [
    { asset: settleAsset, change: paid },
    { asset: baseAssetOf(symbol, settleAsset), change: signed },
  ]
  const charged = { asset: commissionAsset, change: decimal.negate(commission) }
  const moved = netted(of.contract === 'spot' ? [...bought, charged] : [charged])
  if (event.type === 'FILL') return moved
  return moved.map(({ asset, change }) => ({ asset, change: decimal.negate(change) }))
}

/** Returns the movements with each asset once, and without assets that do not move. */
function netted(movements: readonly Movement[]): readonly Movement[] {
  return Object.entries(withMovements({}, movements))
    .map(([asset, change]) => ({ asset, change }))
    .filter(({ change }) => !decimal.isZero(change))
}

export function withMovements(
  balances: Portfolio['balances'],
  movements: readonly Movement[],
): Portfolio['balances'] {
  const after = { ...balances }
  for (const { asset, change } of movements)
    after[asset] = decimal.add(ownOf(after, asset) ?? decimal.ZERO, change)
  return after
}

/** Returns the positions with one of them changed. A closed position is left out. */
export function withPosition(
  positions: Portfolio['positions'],
  { position, symbol, contract, multiplier, settleAsset, quantity, cost, markPx, avgPx }: PositionChanged,
): Portfolio['positions'] {
  const { [position]: _, ...others } = positions
  if (decimal.isZero(quantity)) return others
  const held = { symbol, contract, multiplier, settleAsset, quantity, cost, markPx: markPx ?? avgPx }
  return { ...others, [position]: held }
}

/** Returns what a reconciliation holds against the venue's books. */
export function booksOf(portfolio: Portfolio): AccountBooks {
  const working = Object.entries(portfolio.working).map(
    ([order, works]) => [order, leavesQtyOf(works)] as const,
  )
  const { balances } = portfolio
  return { working: Object.fromEntries(working), positions: quantitiesHeld(portfolio), balances }
}

/** Returns the books with the coin of each symbol that is traded on spot: of those that the venue lists, or that are held. */
export function booksWithCoins(portfolio: Portfolio): AccountBooks {
  const { instruments, positions } = portfolio
  const symbols = [...instruments, ...Object.values(positions)].map(({ symbol }) => symbol)
  const coins = [...new Set(symbols)].flatMap((symbol) => {
    const { contract, settleAsset } = contractOf(instruments, symbol)
    if (contract !== 'spot') return []
    const { baseAsset } = instruments.find((one) => one.symbol === symbol) ?? {}
    return [[symbol, baseAsset ?? baseAssetOf(symbol, settleAsset)] as const]
  })
  return { ...booksOf(portfolio), coins: Object.fromEntries(coins) }
}

/** Returns the quantity of each position by symbol, with `:LONG` or `:SHORT` if the account hedges. */
export function quantitiesHeld({ positions }: Portfolio): Record<string, string> {
  const ids = Object.entries(positions).map(
    ([address, { quantity }]) => [address.replace(/^[^:]*:/, ''), quantity] as const,
  )
  return Object.fromEntries(ids)
}
