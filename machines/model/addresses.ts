/** How the actors that belong to a position are called. */
import type { PositionSide } from '../events/order.ts'

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

export function positionAddress(of: Holding & { readonly venue: string }): `position/${string}` {
  return `position/${holdingId(of)}`
}

/**
 * The order that a ClOrdID is of: a request of ours is its order's id, from the second one on with a number, `o-1/2`. In
 * somebody else's a slash may be anywhere, and is written `=2F` for an address has its own meaning of it; none at all is `=`.
 */
export function orderAddress(clOrdId: string): `order/${string}` {
  const id = clOrdId.replace(/^([^/]+)\/\d+$/, '$1').replaceAll('/', '=2F')
  return `order/${id || '='}`
}

export function watchdogAddress(of: Holding & { readonly venue: string }): `watchdog/${string}` {
  return `watchdog/${holdingId(of)}`
}

/** Of an order by its id, which is what its address has after the kind. */
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

/** Of a strategy: its type is the kind of its actors. */
export function strategyAddress(type: string, id: string): string {
  return `${type}/${id}`
}

/** Returns the address of the actor that a component's starts, stops and failures are records of: `component/news`. */
export function componentAddress(name: string): `component/${string}` {
  return `component/${name}`
}

/** The judge of news: there is one in a process. */
export const NEWS = 'news/main'

/** Of what is outside: the venue itself, where orders are placed. */
export function portAddress(venue: string): `port/${string}` {
  return `port/${venue}`
}

/** Returns an address that an event has brought as one of the kind that the event's field is for. */
export function asKind<Kind extends string>(_kind: Kind, address: string): `${Kind}/${string}` {
  return address as `${Kind}/${string}`
}
