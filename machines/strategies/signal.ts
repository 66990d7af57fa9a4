/** What a strategy wants, and the orders that this asks for. Pure. */
import * as decimal from '../decimal.ts'
import type { Candle } from '../events/commands.ts'
import type { Side } from '../events/fields.ts'
import type { ListLeg, ListRequest } from '../events/list.ts'
import type { StrategyTerms } from './terms.ts'

/** Prices are in the quote asset, any number of digits: they are put on a tick. */
export type Signal =
  | {
      readonly do: 'enter'
      readonly side: Side
      readonly reason: string
      /** Stop at a price, or one that trails by a distance; without either the watchdog's is the only one. */
      readonly stopPx?: number
      readonly trailingOffset?: number
      readonly targetPx?: number
    }
  | { readonly do: 'exit'; readonly reason: string }

export type EntrySignal = Extract<Signal, { do: 'enter' }>

export function opposite(side: Side): Side {
  return side === 'BUY' ? 'SELL' : 'BUY'
}

/** In at market, with the stop and the target that the signal names. */
export function entryOf(
  { venue, symbol, orderQty, positionMode, tickSize }: StrategyTerms,
  { side, stopPx, trailingOffset, targetPx }: EntrySignal,
  candle: Candle,
): Omit<ListRequest, 'type' | 'at' | 'owner'> {
  const exit = { side: opposite(side), orderQty, timeInForce: 'GTC', reduceOnly: true } as const
  const onTick = (px: number) => tickOf(px, tickSize)
  const stop: ListLeg[] =
    stopPx !== undefined
      ? [{ legId: 'stop', ordType: 'STOP', stopPx: onTick(stopPx), ...exit }]
      : trailingOffset !== undefined
        ? [{ legId: 'stop', ordType: 'TRAILING_STOP', trailingOffset: onTick(trailingOffset), ...exit }]
        : []
  const target: ListLeg[] =
    targetPx === undefined ? [] : [{ legId: 'target', ordType: 'LIMIT', price: onTick(targetPx), ...exit }]
  return {
    venue,
    symbol,
    ...(positionMode === 'hedging' && { positionSide: side === 'BUY' ? 'LONG' : 'SHORT' }),
    contingencyType: 'OTOCO',
    orders: [{ legId: 'entry', side, ordType: 'MARKET', orderQty, timeInForce: 'GTC' }, ...stop, ...target],
    refPx: candle.close,
  }
}

const PX_PLACES = 8

/** The nearest price that the venue takes, never 0. */
function tickOf(px: number, tickSize: string | undefined): string {
  if (!Number.isFinite(px)) throw new RangeError(`${px} is no price`)
  const exact = decimal.round(decimal.fromNumber(px), PX_PLACES)
  if (tickSize === undefined) return exact
  const ticks = decimal.round(decimal.divide(exact, tickSize), 0)
  return decimal.multiply(decimal.max(ticks, '1'), tickSize)
}
