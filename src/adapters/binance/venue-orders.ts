/**
 * The orders that Binance itself places, to close positions: liquidations, deleveraging, settlements, deliveries. Nobody asked for them, so
 * each is adopted by the first message that tells of it, and its fills are booked as those of any order.
 */
import { compact } from '../../../errors/compact.ts'
import { type Adopt, accountAddress, type ExecutionReport, type VenueCause } from '../../../machines/index.ts'
import { orderAddress } from '../../../machines/model/addresses.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import { ownOf } from '../../../machines/model/own.ts'

export type VenueAdoption = Adopt

/** The beginnings of the client ids of such orders. */
const CAUSES: readonly (readonly [string, VenueCause])[] = [
  ['autoclose-', 'liquidation'],
  ['adl_autoclose', 'adl'],
  ['settlement_autoclose-', 'settlement'],
  ['delivery_autoclose-', 'delivery'],
]
const BY_STATUS: Readonly<Record<string, VenueCause>> = { NEW_INSURANCE: 'insurance', NEW_ADL: 'adl' }
/** The client id of every order that deleverages, in some messages. */
const NAMELESS = 'adl_autoclose'

/** Returns the reason for which Binance has placed an order; undefined for an order of anybody else. */
export function causeOf(wireId: string, status = ''): VenueCause | undefined {
  const [, cause] = CAUSES.find(([beginning]) => wireId.startsWith(beginning)) ?? []
  return cause && (ownOf(BY_STATUS, status) ?? cause)
}

/** Returns a client id that no other order has. */
export function wireIdOf(wireId: string, venueOrderId: string): string {
  return wireId === NAMELESS ? `${wireId}-${venueOrderId}` : wireId
}

interface Told {
  readonly wireId: string
  /** The id that the order has here. */
  readonly clOrdId: string
  readonly status: string
  readonly venue: string
}

/** Returns the adoption of an order that the venue has placed, with the terms of its report; nothing for any other order. */
export function adoptionOf(
  { wireId, clOrdId, status, venue }: Told,
  { at, symbol, side, positionSide, orderQty, price, ordType }: ExecutionReport,
): readonly { readonly to: string; readonly event: VenueAdoption }[] {
  const cause = causeOf(wireId, status)
  if (cause === undefined) return []
  const isLimit = price !== undefined && decimal.isPositive(price) && ordType !== 'MARKET'
  const event: VenueAdoption = {
    type: 'ADOPT',
    at,
    venue,
    symbol,
    side,
    ordType: isLimit ? 'LIMIT' : 'MARKET',
    orderQty,
    ...compact({ price: isLimit ? price : undefined, positionSide }),
    timeInForce: 'IOC',
    reduceOnly: true,
    ...(clOrdId !== wireId && { foreignId: wireId }),
    cause,
    account: accountAddress(venue),
  }
  return [{ to: orderAddress(clOrdId), event }]
}
