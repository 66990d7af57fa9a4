/** Derives from a tick what the open positions of its symbol are worth. Pure. */
import { positionMarked } from '../events/position.ts'
import { positionAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { unrealizedPnl } from './books.ts'
import { facts, type PositionContext } from './context.ts'
import { positionMachine } from './position.ts'

/** The part of a record that a tick is read from. */
interface TickRecord {
  readonly at: number
  readonly emitted?: readonly { readonly type: string; readonly symbol?: unknown; readonly px?: unknown }[]
}

/** Returns the snapshot of an actor; undefined when there is none. */
type Read = (address: string) => { readonly context?: unknown } | undefined

/** The sides that a position may have. One of a netting account has none. */
const SIDES = [undefined, 'LONG', 'SHORT'] as const

/**
 * Returns the derivation of POSITION_MARKED for the positions at these venues, for `serve` and the feed.
 *
 * @example serve(supervisor, { derivations: [positionMarks(['sim'])] })
 */
export function positionMarks(venues: readonly string[]) {
  const places = venues.flatMap((venue) => SIDES.map((positionSide) => ({ venue, positionSide })))
  return {
    emits: [positionMarked],
    derive: ({ at, emitted = [] }: TickRecord, read: Read) =>
      emitted.flatMap(({ type, symbol, px }) => {
        if (type !== 'MARKET_TICK' || typeof symbol !== 'string' || typeof px !== 'string') return []
        return places.flatMap((place) => {
          const actor = positionAddress({ ...place, symbol })
          const position = read(actor)?.context as PositionContext | undefined
          if (position === undefined || decimal.isZero(position.quantity)) return []
          const value = { px, unrealizedPnl: unrealizedPnl(position, position, px) }
          const event = { type: 'POSITION_MARKED' as const, ...facts(position, { at }), ...value }
          return [{ actor, source: `position@${positionMachine.version}`, event }]
        })
      }),
  }
}
