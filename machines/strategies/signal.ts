/** The decision of a strategy, and the orders for it. Pure. */

import type { Candle } from '../events/candle.ts'
import type { ListLeg, ListRequest } from '../events/list.ts'
import * as decimal from '../model/decimal.ts'
import type { Side } from '../model/fields.ts'
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

const ENTER_KEYS = ['do', 'side', 'reason', 'stopPx', 'trailingOffset', 'targetPx']
const EXIT_KEYS = ['do', 'reason']

/**
 * Returns what `decide` gave, once it is a signal. A module may be JavaScript, so its types prove nothing: what is
 * taken for another signal than it is, or for none, trades.
 * @throws TypeError, RangeError with the field and its rule
 */
export function signalOf(given: unknown, candle: Candle): Signal | undefined {
  // `isNewHigh && { do: 'enter', ... }` gives false.
  if (given === undefined || given === null || given === false) return undefined
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new TypeError(
      `decide gives ${shown(given)}; it must give undefined, or an object with do and reason`,
    )
  }
  if ('then' in given) throw new TypeError('decide gives a promise; it must not be async')
  const signal = given as Partial<Record<string, unknown>>
  if (signal.do !== 'enter' && signal.do !== 'exit') refuse('do', signal.do, 'it must be enter or exit')
  const keys = signal.do === 'enter' ? ENTER_KEYS : EXIT_KEYS
  for (const key of Object.keys(signal)) {
    if (!keys.includes(key)) refuse(key, signal[key], `there is only ${keys.join(', ')}`)
  }
  if (typeof signal.reason !== 'string') refuse('reason', signal.reason, 'it must be a text')
  if (signal.do === 'enter') checkEntry(signal, Number(candle.close))
  return given as Signal
}

/** Checks the stop and the target. One on the wrong side of the price would end the trade as soon as it begins, and cost commissions. */
function checkEntry(signal: Partial<Record<string, unknown>>, close: number): void {
  const { side, stopPx, trailingOffset, targetPx } = signal
  if (side !== 'BUY' && side !== 'SELL') refuse('side', side, 'it must be BUY or SELL')
  const [below, above] = side === 'BUY' ? ([stopPx, targetPx] as const) : ([targetPx, stopPx] as const)
  for (const [key, price] of Object.entries({ stopPx, trailingOffset, targetPx })) {
    if (price !== undefined && !Number.isFinite(price)) refuse(key, price, 'it must be a finite number')
  }
  if (trailingOffset !== undefined && (trailingOffset as number) < 0)
    refuse('trailingOffset', trailingOffset, 'it must be a distance, from 0')
  if (below !== undefined && (below as number) > close)
    refuse(
      side === 'BUY' ? 'stopPx' : 'targetPx',
      below,
      `that of a ${side} must not be above the close, ${close}`,
    )
  if (above !== undefined && (above as number) < close)
    refuse(
      side === 'BUY' ? 'targetPx' : 'stopPx',
      above,
      `that of a ${side} must not be below the close, ${close}`,
    )
}

/**
 * Returns what `values` gave, once it is numbers by name.
 * @throws TypeError
 */
export function valuesOf(given: unknown): Readonly<Record<string, number>> | undefined {
  if (given === undefined) return undefined
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(`values gives ${shown(given)}; it must give undefined, or an object of numbers`)
  }
  for (const [key, value] of Object.entries(given)) {
    if (!Number.isFinite(value)) {
      throw new TypeError(`values gives ${key}: ${shown(value)}; it must be a finite number`)
    }
  }
  return given as Readonly<Record<string, number>>
}

function refuse(key: string, value: unknown, rule: string): never {
  throw new RangeError(`decide gives ${key}: ${shown(value)}, but ${rule}`)
}

const SHOWN_MAX = 60

/** Returns a value as a module would write it. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `"${value.slice(0, SHOWN_MAX)}"`
  if (typeof value === 'bigint') return `${value}n`.slice(0, SHOWN_MAX)
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

/** Returns the list that enters at market, with the stop and the target of the signal. */
export function entryOf(
  { venue, symbol, orderQty, positionMode, tickSize }: StrategyTerms,
  { side, stopPx, trailingOffset, targetPx }: EntrySignal,
  candle: Candle,
  priceOf: typeof onTick,
): Omit<ListRequest, 'type' | 'at' | 'owner'> {
  const exit = { side: opposite(side), orderQty, timeInForce: 'GTC', reduceOnly: true } as const
  const priced = (px: number) => priceOf(px, tickSize)
  const stop: ListLeg[] =
    stopPx !== undefined
      ? [{ legId: 'stop', ordType: 'STOP', stopPx: priced(stopPx), ...exit }]
      : trailingOffset !== undefined
        ? [{ legId: 'stop', ordType: 'TRAILING_STOP', trailingOffset: priced(trailingOffset), ...exit }]
        : []
  const target: ListLeg[] =
    targetPx === undefined ? [] : [{ legId: 'target', ordType: 'LIMIT', price: priced(targetPx), ...exit }]
  return {
    venue,
    symbol,
    ...(positionMode === 'hedging' && { positionSide: side === 'BUY' ? 'LONG' : 'SHORT' }),
    contingencyType: 'OTOCO',
    orders: [{ legId: 'entry', side, ordType: 'MARKET', orderQty, timeInForce: 'GTC' }, ...stop, ...target],
    refPx: candle.close,
  }
}

/** Decimal places of a price where no tick is known, and significant digits of a smaller one. */
const PX_PLACES = 8

/** Returns the nearest price that the venue takes, never 0. */
export function onTick(px: number, tickSize: string | undefined): string {
  const exact = decimal.fromNumber(px)
  return tickSize === undefined ? decimal.round(exact, placesOf(px)) : nearestTick(exact, tickSize)
}

function placesOf(px: number): number {
  return px > 0 ? Math.max(PX_PLACES, PX_PLACES - 1 - Math.floor(Math.log10(px))) : PX_PLACES
}

/** The price of version 4 and below of the common part, which has at most 8 places before it comes on a tick. */
export function onTick4(px: number, tickSize: string | undefined): string {
  const exact = decimal.round(decimal.fromNumber(px), PX_PLACES)
  return tickSize === undefined ? exact : nearestTick(exact, tickSize)
}

function nearestTick(exact: string, tickSize: string): string {
  const ticks = decimal.round(decimal.divide(exact, tickSize), 0)
  return decimal.multiply(decimal.max(ticks, '1'), tickSize)
}
