/** The configuration of a symbol. */
import { z } from 'zod'
import { durationMs } from '../model/fields.ts'
import { intervalMs } from './candles.ts'

/** The settings that a later start may change. */
export const symbolSettings = z.object({
  /** The intervals of the candles. */
  intervals: z.array(
    z
      .string()
      .refine((i) => intervalMs(i) !== undefined, 'an interval such as 1s, 5m or 1h')
      .meta({ title: 'interval' }),
  ),
  /** Time without data after which the symbol is stale, in ms. */
  staleAfterMs: durationMs,
  /** Further events that it emits, one for each message. */
  emit: z.array(z.enum(['trade', 'quote', 'orderBook'])).optional(),
})
export const symbolInput = symbolSettings.extend({ venue: z.string(), symbol: z.string() })
export type SymbolInput = z.infer<typeof symbolInput>

/**
 * The longest time by which a market event may be ahead of the clock, in ms. A time ahead would stop candles and marks until it
 * comes. A recorder's clock may be ahead of ours by as much. A market source checks the times of its own messages.
 */
export const SYMBOL_AHEAD_MAX_MS = 60_000
