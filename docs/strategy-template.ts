/**
 * A strategy to copy and change: it buys a dip in a rising market, with a stop and a target, and is out early when the
 * dip turns into a fall. Put it beside outcry.yaml and name it there:
 *
 *     strategies:
 *       - { id: btc, type: ./strategy-template.ts, symbol: BTCUSDT, interval: 1m, orderQty: "0.01", oversold: 25 }
 *
 * What is written here is all that is its own. It decides; the rest is done for it and survives a crash: an order is
 * placed once, what is held has a live stop, a stop that is hit takes the target with it, and every step is an event.
 *
 * Two rules, for it is replayed from the log: no clock, no randomness, no files, no network, for all it may know comes
 * with the candle; and what it keeps is plain JSON. If it throws it is quarantined: it decides nothing more, and what it
 * holds keeps its stop.
 */
import { defineStrategy, indicators } from 'outcry/machines'
import { z } from 'zod'

const length = z.number().int().min(2).max(10_000)

export const strategy = defineStrategy({
  // The kind of its actors (`dip/btc`) and of their lists (`list/dip:btc-1`): no two strategies have the same.
  name: 'dip',
  // Another one whenever it decides otherwise than before: a log says which version wrote it.
  version: '1',
  description: 'Buys a dip in a rising market.',

  // What its configuration may say besides id, symbol, interval, orderQty and evaluateOn. What breaks a rule here is
  // refused at the start with the key and the rule, and so is a person's UPDATE_PARAMETERS while it runs.
  params: z.object({
    trendLength: length.default(50),
    rsiLength: length.default(14),
    rangeLength: length.default(14),
    /** RSI below which the price has dipped, and above which it has recovered. */
    oversold: z.number().min(0).max(100).default(30),
    recovered: z.number().min(0).max(100).default(60),
    /** Distance of stop and target in average true ranges. */
    stopRanges: z.number().positive().default(2),
    targetRanges: z.number().positive().default(4),
  }),
  // Of several together.
  rules: [
    {
      field: 'oversold',
      rule: 'must be less than recovered',
      holds: ({ oversold, recovered }) => oversold < recovered,
    },
  ],

  // The fold: what it keeps from candle to candle. Only these parameters are for it; when a person changes one of
  // them while it runs the fold begins anew, when another one it goes on.
  indicatorParams: ['trendLength', 'rsiLength', 'rangeLength'],
  initial: ({ trendLength, rsiLength, rangeLength }) => ({
    trend: indicators.ema(trendLength).initial,
    rsi: indicators.rsi(rsiLength).initial,
    range: indicators.atr(rangeLength).initial,
  }),
  next: (state, candle, { trendLength, rsiLength, rangeLength }) => {
    // A candle's prices are decimal text; a bar has them as numbers, which is what indicators are made of.
    const bar = indicators.barOf(candle)
    return {
      trend: indicators.ema(trendLength).next(state.trend, bar.close),
      rsi: indicators.rsi(rsiLength).next(state.rsi, bar.close),
      range: indicators.atr(rangeLength).next(state.range, bar),
    }
  },
  // What it shows of them (INDICATORS_CALCULATED). While this is undefined it warms up, and is asked for nothing.
  values: ({ trend, rsi, range }) =>
    trend.value === undefined || rsi.value === undefined || range.value === undefined
      ? undefined
      : { trend: trend.value, rsi: rsi.value, range: range.value },
  // How it takes the market to be (REGIME_CHANGED); to be left out where that does not matter.
  regime: ({ rsi }) => (rsi.value === undefined ? undefined : rsi.value < 50 ? 'falling' : 'rising'),

  // The decision, asked at every candle while it holds nothing or is in. `is` are the indicators by now, `was` before
  // this candle, `side` which way it holds something. What it wants is carried out, or it is told who refused it.
  decide: ({ is, was, side, candle, params }) => {
    const close = Number(candle.close)
    const [rsi, trend, range] = [is.rsi.value as number, is.trend.value as number, is.range.value as number]
    if (side === 'BUY') return rsi > params.recovered ? { do: 'exit', reason: 'recovered' } : undefined
    const dipped = was.rsi.value !== undefined && was.rsi.value < params.oversold
    if (!dipped || rsi < params.oversold || close < trend) return undefined
    return {
      do: 'enter',
      side: 'BUY',
      reason: 'a dip is over',
      // One of these stops, or none: then the watchdog's is the only one. Prices are put on the venue's ticks.
      stopPx: close - params.stopRanges * range,
      // trailingOffset: params.stopRanges * range,
      targetPx: close + params.targetRanges * range,
    }
  },
})
