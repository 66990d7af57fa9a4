/** Events that strategies emit, and commands of people to them. */
import { z } from 'zod'
import { by, byHand, decimal, epochMs, remark, side } from '../model/fields.ts'
import { listLeg } from './list.ts'
import { changed, event, ofSymbol, ofTrade, settings } from './shape.ts'

export const startStrategy = z
  .strictObject({ type: z.literal('START'), at: epochMs, by: byHand })
  .describe('From now on it trades, once it is warm.')
export const stopStrategy = z
  .strictObject({
    type: z.literal('STOP'),
    at: epochMs,
    by: byHand,
    reason: remark.optional().describe('For the record.'),
  })
  .describe('From now on it looks on. What it holds stays, with its stop.')

export const updateParameters = z
  .strictObject({
    type: z.literal('UPDATE_PARAMETERS'),
    at: epochMs,
    by: by.describe('Who says so.'),
    parameters: settings.describe(
      'Any of [its own](configuration.md#strategies) and `orderQty`, by name; null takes one away. By the others it is set up: start another strategy.',
    ),
  })
  .describe('From a person, to a strategy: other parameters, all of them or none. What is not named stays.')

const ofStrategy = { ...ofSymbol, instrument: ofTrade.instrument, strategy: z.string() }
export const strategyStarted = event('STRATEGY_STARTED', ofStrategy)
export const strategyStopped = event('STRATEGY_STOPPED', { ...ofStrategy, reason: z.string().optional() })
export const parameterUpdated = event('PARAMETER_UPDATED', {
  ...ofStrategy,
  parameter: z.string(),
  ...changed,
})
/** Indicators are no money: plain IEEE numbers, the same on every machine. */
const values = z.record(z.string(), z.number())
export const indicatorsCalculated = event('INDICATORS_CALCULATED', {
  ...ofStrategy,
  values,
  close: decimal,
})
export const regimeChanged = event('REGIME_CHANGED', {
  ...ofStrategy,
  regime: z.string(),
  was: z.string().optional(),
})
const ofSignal = { ...ofStrategy, side, reason: z.string(), values }
export const signalGenerated = event('SIGNAL_GENERATED', { ...ofSignal, signal: z.enum(['enter', 'exit']) })
export const entrySignal = event('ENTRY_SIGNAL', ofSignal)
export const exitSignal = event('EXIT_SIGNAL', ofSignal)
export const tradeProposed = event('TRADE_PROPOSED', {
  ...ofStrategy,
  list: z.string(),
  orders: z.array(listLeg),
}).describe('What is to be done about a signal, before the risk gate has seen it.')
export const actionExecuted = event('ACTION_EXECUTED', {
  ...ofStrategy,
  action: z.enum(['entered', 'exited']),
  list: z.string(),
  exposure: decimal.describe('what it holds by now'),
})
export const tradeCycleCompleted = event('TRADE_CYCLE_COMPLETED', {
  ...ofStrategy,
  pnl: decimal.describe('of its own fills, commissions in the asset it settles in taken off'),
  goneQty: decimal
    .describe('that others closed, the watchdog or a person: what that brought is not in its PnL')
    .optional(),
  cycles: z.number().int(),
})

export type StartStrategy = z.infer<typeof startStrategy>
export type StopStrategy = z.infer<typeof stopStrategy>
export type UpdateParameters = z.infer<typeof updateParameters>
