/** How the actors that belong to a position are called. */
import type { PositionSide } from './events/order.ts'

interface Holding {
  readonly symbol: string
  /** Of a hedging account. */
  readonly positionSide?: PositionSide | undefined
}

/** `BTCUSDT`, or `BTCUSDT:LONG` where the account hedges. */
export function holdingName({ symbol, positionSide }: Holding): string {
  return positionSide === undefined ? symbol : `${symbol}:${positionSide}`
}

/** Of the position and of its watchdog. */
export function holdingId(of: Holding & { readonly venue: string }): string {
  return `${of.venue}:${holdingName(of)}`
}

export function positionAddress(of: Holding & { readonly venue: string }): string {
  return `position/${holdingId(of)}`
}

export function watchdogAddress(of: Holding & { readonly venue: string }): string {
  return `watchdog/${holdingId(of)}`
}
