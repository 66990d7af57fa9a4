/**
 * A strategy to copy and change: it buys a dip in a rising market, with a stop and a target, and exits once the price
 * has recovered. Put it beside outcry.yaml and name it there:
 *
 *     strategies:
 *       - { id: btc, type: ./strategy-template.ts, symbol: BTCUSDT, interval: 1m, orderQty: "0.01", oversold: 25 }
 *
 * The strategy only decides. Outcry does the rest, and it survives a crash: each order is placed once, a position has a
 * live stop, a stop that is hit cancels the target, and every step is an event.
 *
 * A strategy is replayed from the log, so it keeps to two rules. It uses no clock, no randomness, no files and no
 * network: all its input comes with the candle. Its state is plain JSON. A strategy that throws is quarantined: it
 * decides nothing more, and its position keeps its stop.
 */
import { defineStrategy, indicators } from 'outcry/machines'
import { z } from 'zod'

const length = z.number().int().min(2).max(10_000)

export const strategy = defineStrategy({
  // The kind of its actors (`dip/btc`). No two strategies have the same name.
  name: 'dip',
  // Change the version whenever the decisions change: the log names the version that wrote it.
  version: '1',
  description: 'Buys a dip in a rising market.',

  // The configuration keys besides id, symbol, interval, orderQty and evaluateOn. A value that breaks a rule is refused
  // at the start with the key and the rule, and so is a person's UPDATE_PARAMETERS while it runs.
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
  // Rules for several parameters together.
  rules: [
    {
      field: 'oversold',
      rule: 'must be less than recovered',
      holds: ({ oversold, recovered }) => oversold < recovered,
    },
  ],

  // The parameters of the fold, which carries the state from candle to candle. When a person changes one of them during
  // a run, the fold starts over. When another parameter changes, it goes on.
  indicatorParams: ['trendLength', 'rsiLength', 'rangeLength'],
  initial: ({ trendLength, rsiLength, rangeLength }) => ({
    trend: indicators.ema(trendLength).initial,
    rsi: indicators.rsi(rsiLength).initial,
    range: indicators.atr(rangeLength).initial,
  }),
  next: (state, candle, { trendLength, rsiLength, rangeLength }) => {
    // A candle's prices are decimal text. A bar has them as numbers, which indicators need.
    const bar = indicators.barOf(candle)
    return {
      trend: indicators.ema(trendLength).next(state.trend, bar.close),
      rsi: indicators.rsi(rsiLength).next(state.rsi, bar.close),
      range: indicators.atr(rangeLength).next(state.range, bar),
    }
  },
  // The published values (INDICATORS_CALCULATED). While they are undefined, the strategy warms up and does not decide.
  values: ({ trend, rsi, range }) =>
    trend.value === undefined || rsi.value === undefined || range.value === undefined
      ? undefined
      : { trend: trend.value, rsi: rsi.value, range: range.value },
  // The state of the market (REGIME_CHANGED). Leave it out if the strategy has none.
  regime: ({ rsi }) => (rsi.value === undefined ? undefined : rsi.value < 50 ? 'falling' : 'rising'),

  // The decision at every candle, with or without a position. `is` has the indicators after this candle, `was` those
  // before it, and `side` is the side of the position. The decision is carried out, or the strategy gets the refusal.
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
      // Give one of these stops, or none: then only the watchdog sets one. Prices are rounded to the venue's ticks.
      stopPx: close - params.stopRanges * range,
      // trailingOffset: params.stopRanges * range,
      targetPx: close + params.targetRanges * range,
    }
  },
})
