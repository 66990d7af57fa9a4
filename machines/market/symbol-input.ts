/** How a symbol is configured. */
import { z } from 'zod'
import { durationMs } from '../model/fields.ts'
import { intervalMs } from './candles.ts'

/** The settings that a later start may change. */
export const symbolSettings = z.object({
  /** Intervals that candles are made of. */
  intervals: z.array(
    z
      .string()
      .refine((i) => intervalMs(i) !== undefined, 'an interval such as 1s, 5m or 1h')
      .meta({ title: 'interval' }),
  ),
  /** Without data for so long the symbol is stale. */
  staleAfterMs: durationMs,
  /** Further events that it emits, one for each message. */
  emit: z.array(z.enum(['trade', 'quote', 'orderBook'])).optional(),
})
export const symbolInput = symbolSettings.extend({ venue: z.string(), symbol: z.string() })
export type SymbolInput = z.infer<typeof symbolInput>

/**
 * What is told of a market was received before it is told. A time ahead of that would stop candles and marks until it comes.
 * As much as a recorder's clock may be ahead of ours; a market source judges the times of its own messages.
 */
export const SYMBOL_AHEAD_MAX_MS = 60_000
