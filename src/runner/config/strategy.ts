/** The schema of a strategy in a configuration. */
import { z } from 'zod'
import { strategyTerms } from '../../../machines/index.ts'

/** The strategy's type knows its other keys: see `loadStrategies`. */
export const strategy = z.looseObject({
  id: strategyTerms.shape.id,
  type: z
    .string()
    .default('emaCross')
    .describe('emaCross, meanReversion, or the path of a module that exports a `strategy`.'),
  symbol: strategyTerms.shape.symbol.describe(
    'The symbol that it trades. `universe` gives one strategy for each symbol of the market, `<id>-<symbol>`, which trades while the symbol is in the universe.',
  ),
  venue: z
    .string()
    .optional()
    .describe('The venue that it trades at: one of `venues`. The default is the first.'),
})
export type StrategyConfig = z.infer<typeof strategy>

/** Returns the strategy's own parameters, without its type and its venue. */
export function paramsOf({
  type: _,
  venue: __,
  ...params
}: StrategyConfig): Omit<StrategyConfig, 'type' | 'venue'> {
  return params
}

/** Returns whether the type of a strategy is the path of a module, rather than the name of a built-in strategy. */
export function isModule(type: string): boolean {
  return /[\\/]|\.[cm]?[jt]s$/.test(type)
}
