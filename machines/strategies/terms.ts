/** The parameters that every strategy has besides its own. */
import { z } from 'zod'
import { positionMode } from '../account/limits.ts'
import type { Problem } from '../account/settings.ts'
import { ofTrade } from '../events/shape.ts'
import { contractTerms } from '../model/contract.ts'
import { interval, name, positive } from '../model/fields.ts'

/** The parameters that a configuration sets. */
export const strategyTerms = z.strictObject({
  id: name
    .regex(/^[\w\-\u{80}-\u{10FFFF}]+$/u, 'letters, digits, - and _')
    .describe(
      'The actor is `<type>/<id>`, such as `emaCross/btc`. Its lists of orders are `<venue>:<id>-1`, `<venue>:<id>-2`, and so on. A long id is shortened there.',
    ),
  symbol: name.describe('The symbol that it trades.'),
  interval: interval.describe('The interval of its candles: one of `symbol.intervals`.'),
  orderQty: positive.describe('The quantity of each entry.'),
  evaluateOn: z
    .enum(['candle', 'tick'])
    .default('candle')
    .describe(
      'candle: it decides when a candle closes. tick: it decides at every trade, with the candle so far.',
    ),
})

/** And by where it trades: it cannot be configured to trade as its account does not. */
export const placedTerms = strategyTerms.extend({
  venue: z.string(),
  marketVenue: z.string().optional().describe('The venue whose symbols it sees, if that is not its own.'),
  ...contractTerms,
  positionMode: positionMode.default('netting'),
  tickSize: positive.optional().describe('Prices of the venue are multiples of it.'),
  settleAsset: z.string().optional().describe('The asset that its PnL is in, as the venue says.'),
  instrument: ofTrade.instrument,
})
export type StrategyTerms = z.infer<typeof placedTerms>

/** The common parameters that can change at run time. A strategy is created and subscribed by the others. */
const CHANGEABLE: readonly string[] = ['orderQty', 'tickSize', 'settleAsset', 'instrument']

export function fixedAmong(parameters: Readonly<Record<string, unknown>>): Problem[] {
  return Object.keys(parameters)
    .filter((name) => Object.hasOwn(placedTerms.shape, name) && !CHANGEABLE.includes(name))
    .map((field) => ({ field, rule: 'stays as it is: start another strategy' }))
}
