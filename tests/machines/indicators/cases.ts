/** Every indicator and its right values: the library's, or the definition's where the library's convention is another. */
import {
  ATR,
  BollingerBands,
  DonchianChannels,
  EMA,
  getZScore,
  LinearRegression,
  RSI,
  SMA,
  WSMA,
} from 'trading-signals'
import {
  adx,
  atr,
  type Bar,
  bollinger,
  donchian,
  ema,
  highest,
  type Indicator,
  lowest,
  type Macd,
  macd,
  type Reading,
  rsi,
  slope,
  sma,
  wilder,
  zScore,
} from '../../../machines/indicators/index.ts'
import * as definitions from './definitions.ts'

type Bars = readonly Bar[]

export interface Case {
  readonly name: string
  readonly indicator: Indicator<Bar, Reading<unknown>>
  readonly expected: (bars: Bars) => readonly unknown[]
  /** The size of what the value is a difference of, which its rounding is relative to, rather than to the value. */
  readonly scaleOf?: (bars: Bars) => number
}

const highestClose = (bars: Bars) => Math.max(...closesOf(bars))
const percentage = () => 100

export const cases: readonly Case[] = [
  { name: 'sma', indicator: ofClose(sma(20)), expected: closes((c) => library(new SMA(20), c)) },
  { name: 'ema', indicator: ofClose(ema(12)), expected: closes((c) => seededEma(c, 12)) },
  { name: 'wilder', indicator: ofClose(wilder(14)), expected: closes((c) => library(new WSMA(14), c)) },
  { name: 'rsi', indicator: ofClose(rsi(14)), expected: closes(libraryRsi), scaleOf: percentage },
  { name: 'atr', indicator: anyState(atr(14)), expected: (bars) => library(new ATR(14), bars) },
  {
    name: 'bollinger',
    indicator: ofClose(bollinger(20, 2)),
    expected: closes((c) => library(new BollingerBands(20, 2), c)),
  },
  // The library's first bar counts as one without a move, and of a bar that goes as far up as down it counts both.
  {
    name: 'adx',
    indicator: anyState(adx(14)),
    expected: (bars) => definitions.adx(bars, 14),
    scaleOf: percentage,
  },
  {
    name: 'macd',
    indicator: ofClose(macd(12, 26, 9)),
    expected: closes(seededMacd),
    scaleOf: highestClose,
  },
  { name: 'zScore', indicator: ofClose(zScore(20)), expected: closes(libraryZScore) },
  {
    name: 'donchian',
    indicator: anyState(donchian(20)),
    expected: (bars) => library(new DonchianChannels(20), bars),
  },
  {
    name: 'highest',
    indicator: ofClose(highest(30)),
    expected: (bars) => library(new DonchianChannels(30), flat(bars)).map((channel) => channel?.upper),
  },
  {
    name: 'lowest',
    indicator: ofClose(lowest(30)),
    expected: (bars) => library(new DonchianChannels(30), flat(bars)).map((channel) => channel?.lower),
  },
  {
    name: 'slope',
    indicator: ofClose(slope(20)),
    expected: closes((c) => library(new LinearRegression(20), c).map((line) => line?.slope)),
    scaleOf: highestClose,
  },
]

/** What the library's indicator says after each input. */
export function library<Input, Value>(
  indicator: { add(input: Input): Value | null },
  inputs: readonly Input[],
): (Value | undefined)[] {
  return inputs.map((input) => indicator.add(input) ?? undefined)
}

/** The library seeds an EMA with its first input: the simple average is given to it as that. */
function seededEma(values: readonly number[], length: number): (number | undefined)[] {
  const [seed] = library(new SMA(length), values.slice(0, length)).slice(-1)
  const averages = library(new EMA(length), [seed as number, ...values.slice(length)])
  return [...Array(length - 1).fill(undefined), ...averages]
}

function seededMacd(closes: readonly number[]): (Macd | undefined)[] {
  const [fast, slow] = [seededEma(closes, 12), seededEma(closes, 26)]
  const line = slow.slice(25).map((value, i) => (fast[25 + i] as number) - (value as number))
  const values = seededEma(line, 9).map((signal, i) => {
    const macd = line[i] as number
    return signal === undefined ? undefined : { macd, signal, histogram: macd - signal }
  })
  return [...Array(25).fill(undefined), ...values]
}

/** The library takes closes that have not moved at all for ones without a loss: 100, where ours is 50. */
function libraryRsi(closes: readonly number[]): (number | undefined)[] {
  const moved = closes.findIndex((close) => close !== closes[0])
  return library(new RSI(14), closes).map((value, i) =>
    value !== undefined && (moved === -1 || i < moved) ? 50 : value,
  )
}

/** The library throws where all are equal. It gets distances from the first close, for it loses digits to their size. */
function libraryZScore(closes: readonly number[]): (number | undefined)[] {
  return closes.map((_, i) => {
    if (i < 19) return undefined
    const distances = closes.slice(i - 19, i + 1).map((close) => close - (closes[i - 19] as number))
    return distances.every((distance) => distance === 0) ? 0 : getZScore(distances)
  })
}

function closes(expected: (closes: readonly number[]) => readonly unknown[]) {
  return (bars: Bars) => expected(closesOf(bars))
}

function closesOf(bars: Bars): number[] {
  return bars.map(({ close }) => close)
}

/** Bars of the closes alone. */
function flat(bars: Bars): Bar[] {
  return bars.map(({ close }) => ({ high: close, low: close, close }))
}

function ofClose<State extends Reading<unknown>>({ next, ...rest }: Indicator<number, State>) {
  return anyState<State>({ ...rest, next: (state, { close }) => next(state, close) })
}

/** As one of many: its states are given back to it alone. */
export function anyState<State extends Reading<unknown>>(indicator: Indicator<Bar, State>) {
  return indicator as unknown as Indicator<Bar, Reading<unknown>>
}
