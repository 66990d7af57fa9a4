/** Events that strategies emit, and commands of people to them. */
import { z } from 'zod'
import { by, byHand, decimal, epochMs, remark, side } from '../model/fields.ts'
import { listLeg } from './list.ts'
import { changed, EXAMPLE, event, ofSymbol, ofTrade, settings, settingsOf } from './shape.ts'

export const startStrategy = z
  .strictObject({ type: z.literal('START'), at: epochMs, by: byHand })
  .describe('Resumes a strategy that is paused. It trades once its indicators are warm.')
export const stopStrategy = z
  .strictObject({
    type: z.literal('STOP'),
    at: epochMs,
    by: byHand,
    reason: remark.optional().describe('A remark for the log.'),
  })
  .describe(
    'Pauses a strategy. It makes no more decisions until it is resumed, and a position that it holds keeps its stop.',
  )

const withParameters = (parameters: typeof settings) =>
  z
    .strictObject({
      type: z.literal('UPDATE_PARAMETERS'),
      at: epochMs,
      by: by.describe('The name of the person or program that asks for it.'),
      parameters: parameters.describe(
        'Any of [its own](configuration.md#strategies) and `orderQty`, by name. null removes a parameter. The others of a strategy do not change: start another strategy instead.',
      ),
    })
    .describe('Sets parameters of a strategy, all of them or none. Parameters that are left out stay.')

export const updateParameters = withParameters(settings)
/** Returns the same for strategies with these parameters. */
export const updateParametersOf = (parameters: z.ZodObject) => withParameters(settingsOf(parameters))

const total = z.int().nonnegative()
/** The work of a strategy. */
export const work = {
  strategy: z.string().describe('The id of the strategy.'),
  ticks: total.describe('The number of candles that it has judged.'),
  actions: total.describe('The number of entries and exits that it has asked for.'),
  errors: total.describe('The number of requests of its trades that were refused.'),
}
/** A strategy answers STATS_REQUEST: its work since it came into being. */
export const strategyStats = z.object({
  type: z.literal('STRATEGY_STATS'),
  at: epochMs,
  venue: z.string(),
  ...work,
})

const ofStrategy = { ...ofSymbol, instrument: ofTrade.instrument, strategy: z.string() }
const EXAMPLE_ENTRY = {
  at: 1_723_161_243_000,
  side: 'BUY',
  reason: 'cross up',
} as const
export const strategyStarted = event('STRATEGY_STARTED', ofStrategy, { ...EXAMPLE.ofTrade }).describe(
  'The strategy runs from now on.',
)
export const strategyStopped = event(
  'STRATEGY_STOPPED',
  {
    ...ofStrategy,
    reason: z.string().optional(),
  },
  { ...EXAMPLE.ofTrade, reason: 'the day is over' },
).describe('The strategy has stopped.')
export const parameterUpdated = event(
  'PARAMETER_UPDATED',
  {
    ...ofStrategy,
    parameter: z.string(),
    ...changed,
  },
  { ...EXAMPLE.ofTrade, parameter: 'fast', value: 5, was: 3, by: 'ann' },
).describe('A parameter of the strategy has changed.')
/** Indicators are no money: plain IEEE numbers, the same on every machine. */
const values = z.record(z.string(), z.number())
export const indicatorsCalculated = event(
  'INDICATORS_CALCULATED',
  {
    ...ofStrategy,
    values,
    close: decimal,
  },
  { ...EXAMPLE.ofTrade, values: { fast: 61_837.6, slow: 61_830.2 }, close: '61837.64' },
).describe('The indicators of the strategy at the close of a candle.')
export const regimeChanged = event(
  'REGIME_CHANGED',
  {
    ...ofStrategy,
    regime: z.string(),
    was: z.string().optional(),
  },
  { ...EXAMPLE.ofTrade, regime: 'trending', was: 'ranging' },
).describe('The strategy sees another regime of the market.')
const ofSignal = { ...ofStrategy, side, reason: z.string(), values }
export const signalGenerated = event(
  'SIGNAL_GENERATED',
  {
    ...ofSignal,
    signal: z.enum(['enter', 'exit']),
  },
  {
    ...EXAMPLE.ofTrade,
    side: 'BUY',
    reason: 'the fast average crosses over the slow one',
    values: { fast: 61_837.6, slow: 61_830.2 },
    signal: 'enter',
  },
).describe('The strategy has decided to enter or to exit.')
export const entrySignal = event('ENTRY_SIGNAL', ofSignal, {
  ...EXAMPLE.ofTrade,
  side: 'BUY',
  reason: 'the fast average crosses over the slow one',
  values: { fast: 61_837.6, slow: 61_830.2 },
}).describe('The strategy has decided to enter.')
export const exitSignal = event('EXIT_SIGNAL', ofSignal, {
  ...EXAMPLE.ofTrade,
  side: 'SELL',
  reason: 'the cross is undone',
  values: { fast: 61_830.1, slow: 61_833.9 },
}).describe('The strategy has decided to exit.')
export const tradeProposed = event(
  'TRADE_PROPOSED',
  {
    ...ofStrategy,
    list: z.string(),
    orders: z.array(listLeg),
  },
  {
    ...EXAMPLE.ofTrade,
    list: 'list/sim:btc-1',
    orders: [{ legId: 'entry', side: 'BUY', ordType: 'MARKET', orderQty: '0.5', timeInForce: 'GTC' }],
  },
).describe('The orders that the strategy asks for after a signal. The risk gate has not checked them yet.')
export const actionExecuted = event(
  'ACTION_EXECUTED',
  {
    ...ofStrategy,
    action: z.enum(['entered', 'exited']),
    list: z.string(),
    exposure: decimal.describe('The quantity that the list holds now.'),
  },
  { ...EXAMPLE.ofTrade, action: 'entered', list: 'list/sim:btc-1', exposure: '0.5' },
).describe('The list of a trade has entered or exited.')
/** An entry signal. */
const candidate = z.object({ at: epochMs, side, reason: z.string() })
export const tradeCycleCompleted = event(
  'TRADE_CYCLE_COMPLETED',
  {
    ...ofStrategy,
    pnl: decimal.describe(
      'The PnL of the fills of the trade, less the commissions in the asset that it settles in.',
    ),
    goneQty: decimal
      .describe(
        'The quantity that the watchdog or a person has closed. Its PnL is not in `pnl`. Absent when there is none.',
      )
      .optional(),
    cycles: z.number().int().describe('The number of trades so far, with this one.'),
    candidates: z.array(candidate).describe('The entry signals since the trade before, the newest ten.'),
    chosen: candidate
      .partial({ at: true, reason: true })
      .extend({ list: z.string() })
      .describe(
        'The signal that was traded, and its list. A trade from before an upgrade has no time and no reason.',
      ),
    summary: z.string().describe('A line for people: side, symbol, reasons, time and PnL.'),
  },
  {
    ...EXAMPLE.ofTrade,
    pnl: '9.41',
    cycles: 3,
    candidates: [EXAMPLE_ENTRY],
    chosen: { ...EXAMPLE_ENTRY, list: 'list/sim:btc-1' },
    summary: 'BUY BTCUSDT on "cross up", 12343 ms, out on "cross down": 9.41 USDT',
  },
).describe('A trade of the strategy has ended.')

export type StrategyStats = z.infer<typeof strategyStats>
export type Candidate = z.infer<typeof candidate>
export type StartStrategy = z.infer<typeof startStrategy>
export type StopStrategy = z.infer<typeof stopStrategy>
export type UpdateParameters = z.infer<typeof updateParameters>
