/** The exits of positions that are to be closed, and what they leave open. Pure. */
import { compact } from '../../errors/compact.ts'
import type { DomainEvents } from '../domain.ts'
import type { Left } from '../events/closing.ts'
import type { OrderRequest } from '../events/order-requests.ts'
import { holdingAt, holdingName, positionAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { venueId } from '../model/ids.ts'
import { type Flattening, isExit, keepsProtection, mayTurnOver } from './closing.ts'
import type { Gated } from './gate.ts'
import { type Instrument, instrumentName } from './instrument.ts'
import { type HeldPosition, leavesQtyOf, notionalOf, type WorkingOrder } from './portfolio.ts'

/** The lot of a quotient where the symbol has none: the quotient itself is rounded, and may be worth too much. */
const LOT_MIN = '0.00000001'

/** The part of an account that the exits of its positions depend on. */
export interface Closable extends Gated {
  /** The number of exits that it has placed by itself. The next exit has the number after it. */
  readonly exits?: number | undefined
}

/** Returns the names of a position, by its address. */
export function namesOf({ venue, instruments, positionMode }: Closable, address: string) {
  const { symbol, positionSide } = holdingAt(venue, address, positionMode)
  return compact({ symbol, instrument: instrumentName(instruments, symbol), positionSide })
}

/** Returns the exits at market of a position that have not ended. */
function exitsOf(account: Closable, address: string): readonly WorkingOrder[] {
  const orders = Object.values(account.working)
  return orders.filter(({ request }) => positionAddress(request) === address && isExit(account, request))
}

/** Returns the quantity that exits at market are about to close. */
function exitingQty(account: Closable, address: string): string {
  return exitsOf(account, address).map(leavesQtyOf).reduce(decimal.add, decimal.ZERO)
}

/** Returns whether an exit at market is about to close a part of the position, or all of it. */
export function isExiting(account: Closable, address: string): boolean {
  return decimal.isPositive(exitingQty(account, address))
}

/**
 * Returns the quantity that an exit may close: no other exit is about to, and no order that works beside it could turn the
 * position over. Not above zero if there is none.
 */
export function leftToExit(account: Closable, address: string): string {
  const { quantity } = account.positions[address] as HeldPosition
  const turning = Object.values(account.working)
    .filter(({ request }) => positionAddress(request) === address && mayTurnOver(account, request))
    .map(leavesQtyOf)
    .reduce(decimal.add, decimal.ZERO)
  return [exitingQty(account, address), turning].reduce(decimal.subtract, decimal.absolute(quantity))
}

/** Returns the account as it will be without the orders that protect the position and could turn it over. */
export function withoutTurning(account: Closable, address: string): Closable {
  const stays = ([, works]: readonly [string, WorkingOrder]) =>
    positionAddress(works.request) !== address ||
    !mayTurnOver(account, works.request) ||
    !keepsProtection(account, works)
  return { ...account, working: Object.fromEntries(Object.entries(account.working).filter(stays)) }
}

/** Returns the request of the account's next exit, for what nothing else closes: at market, and bound to reduce. */
export function exitOf(account: Closable, address: string, at: number): OrderRequest {
  const { venue, instruments, positionMode, exits = 0 } = account
  const held = account.positions[address] as HeldPosition
  const left = leftToExit(account, address)
  const { symbol, positionSide } = holdingAt(venue, address, positionMode)
  const rules = instruments.find((one) => one.symbol === symbol)
  const request: OrderRequest = {
    type: 'ORDER_REQUEST',
    at,
    clOrdId: venueId(venue, `${holdingName({ symbol, positionSide })}-close-${exits + 1}`),
    venue,
    symbol,
    ...compact({ positionSide }),
    side: decimal.isPositive(held.quantity) ? 'SELL' : 'BUY',
    ordType: 'MARKET',
    orderQty: left,
    timeInForce: 'GTC',
    reduceOnly: true,
    refPx: held.markPx,
  }
  return rules === undefined
    ? request
    : { ...request, orderQty: pieceOf(rules, left, notionalOf(account, request, '1')) }
}

/** Returns the quantity that one order may close, such that another one may close what is left. `notional` is the notional of 1. */
function pieceOf(
  { lotSize, minQty, maxQty, maxNotional }: Instrument,
  left: string,
  notional: string,
): string {
  const all = inLots(left, lotSize)
  const worth =
    maxNotional && decimal.isPositive(notional)
      ? inLots(decimal.divide(maxNotional, notional), lotSize ?? LOT_MIN)
      : all
  const cap = inLots(decimal.min(decimal.min(all, maxQty ?? all), worth), lotSize)
  // Where not even the smallest order passes, the refusal of that says why.
  const least = decimal.max(lotSize ?? decimal.ZERO, minQty ?? decimal.ZERO)
  const most = decimal.max(cap, decimal.min(least, all))
  const rest = decimal.subtract(all, most)
  if (minQty === undefined || !decimal.isPositive(rest) || decimal.compare(rest, minQty) >= 0) return most
  const less = inLots(decimal.subtract(all, minQty), lotSize)
  return decimal.compare(less, minQty) >= 0 ? less : most
}

/** Returns the quantity in whole lots; the quantity itself if it is less than one. */
function inLots(quantity: string, lotSize: string | undefined): string {
  if (lotSize === undefined) return quantity
  const whole = decimal.multiply(decimal.floor(decimal.divide(quantity, lotSize)), lotSize)
  return decimal.isPositive(whole) ? whole : quantity
}

/** Returns what is left of an open position, and why. */
export function leftOf(account: Closable, address: string): Left {
  const { quantity } = account.positions[address] as HeldPosition
  return { ...namesOf(account, address), quantity, text: whyOpen(account, address) }
}

function whyOpen(account: Closable, address: string): string {
  const exits = exitsOf(account, address)
  // An order tells its account of its fills, not that the venue has it.
  if (exits.some(({ cumQty }) => decimal.isPositive(cumQty))) return 'an exit works at the venue'
  if (exits.length > 0) return 'an exit was asked for, and nothing of it is filled'
  return account.closing?.positions[address]?.text ?? 'no exit has been asked for yet'
}

/** Returns the event that tells what is still open of an account that is to be flat. */
export function notFlat(
  account: Closable,
  { by, closed }: Flattening,
  { at, text }: { readonly at: number; readonly text: string },
): DomainEvents<'ACCOUNT_NOT_FLAT'> {
  const { venue, positions, working } = account
  const left = Object.keys(positions).map((address) => leftOf(account, address))
  const orders = Object.keys(working)
  return { type: 'ACCOUNT_NOT_FLAT', at, venue, by, closed: [...closed], left, orders, text }
}
