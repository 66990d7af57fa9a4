/** The addresses of the actors of trading. */
import type { PositionSide } from '../events/order.ts'

interface Holding {
  readonly symbol: string
  /** The side, if the account hedges. */
  readonly positionSide?: PositionSide | undefined
}

/** Returns `BTCUSDT`, or `BTCUSDT:LONG` if the account hedges. */
export function holdingName({ symbol, positionSide }: Holding): string {
  return positionSide === undefined ? symbol : `${symbol}:${positionSide}`
}

/**
 * Returns the holding of a name: the reverse of `holdingName`. A symbol may have a colon, too, so the mode of the account says
 * whether the name has a side.
 */
export function holdingOf(name: string, mode: 'netting' | 'hedging'): Holding {
  const [, symbol, side] = (mode === 'hedging' && /^(.+):(LONG|SHORT)$/s.exec(name)) || []
  return symbol === undefined ? { symbol: name } : { symbol, positionSide: side as PositionSide }
}

/** Returns the id of a position and of its watchdog. */
export function holdingId(of: Holding & { readonly venue: string }): string {
  return `${of.venue}:${holdingName(of)}`
}

/** Returns the beginning of the addresses of a venue's positions. */
export function positionsAt(venue: string): `position/${string}` {
  return `position/${venue}:`
}

export function positionAddress(of: Holding & { readonly venue: string }): `position/${string}` {
  return `position/${holdingId(of)}`
}

/**
 * Returns the address of the order that a ClOrdID belongs to. Our first request has the order's id, and later ones have a number
 * after it: `o-1/2`. In somebody else's ClOrdID a slash may be anywhere. It is written `=2F`, because a slash separates the parts
 * of an address. An empty ClOrdID is `=`.
 */
export function orderAddress(clOrdId: string): `order/${string}` {
  const id = clOrdId.replace(/^([^/]+)\/\d+$/, '$1').replaceAll('/', '=2F')
  return `order/${id || '='}`
}

/** Returns the holding of a position by its address: the reverse of `positionAddress`. */
export function holdingAt(venue: string, address: string, mode: 'netting' | 'hedging'): Holding {
  return holdingOf(address.slice(positionsAt(venue).length), mode)
}

export function watchdogAddress(of: Holding & { readonly venue: string }): `watchdog/${string}` {
  return `watchdog/${holdingId(of)}`
}

/** Returns the address of an order of ours by its id, which follows the kind in the address. */
export function ownOrderAddress(id: string): `order/${string}` {
  return `order/${id}`
}

/** Returns the id of an order, which its address has after the kind. */
export function clOrdIdOf(address: string): string {
  return address.slice('order/'.length)
}

export function listAddress(id: string): `list/${string}` {
  return `list/${id}`
}

export function accountAddress(venue: string): `account/${string}` {
  return `account/${venue}`
}

export function reconciliationAddress(venue: string): `reconciliation/${string}` {
  return `reconciliation/${venue}`
}

export function universeAddress(venue: string): `universe/${string}` {
  return `universe/${venue}`
}

export function symbolAddress(venue: string, symbol: string): `symbol/${string}` {
  return `symbol/${venue}:${symbol}`
}

/** Returns the address of a strategy. Its type is the kind of its actors. */
export function strategyAddress(type: string, id: string): string {
  return `${type}/${id}`
}

/** Returns the address of the actor that a component's starts, stops and failures are records of: `component/news`. */
export function componentAddress(name: string): `component/${string}` {
  return `component/${name}`
}

/** The address of the actor that judges news. A process has one. */
export const NEWS = 'news/main'

/** Returns the address of a venue's port, where orders are placed. */
export function portAddress(venue: string): `port/${string}` {
  return `port/${venue}`
}

/** Returns an address that an event has brought as one of the kind that the event's field is for. */
export function asKind<Kind extends string>(_kind: Kind, address: string): `${Kind}/${string}` {
  return address as `${Kind}/${string}`
}
