import { z } from 'zod'
import { decimal, distinct, epochMs } from './fields.ts'

export const listedInstrument = z.object({
  symbol: z.string().min(1),
  baseAsset: z.string(),
  quoteAsset: z.string(),
  listedAt: epochMs.optional(),
  /** In the quote asset. */
  quoteVolume24h: decimal.optional(),
  bid: decimal.optional(),
  ask: decimal.optional(),
  /** TRADING, or what the venue calls it when it does not. */
  status: z.string().optional(),
})

/** All that the venue lists: what is missing here is listed no more. */
export const instrumentsListed = z.object({
  type: z.literal('INSTRUMENTS_LISTED'),
  at: epochMs,
  instruments: z.array(listedInstrument).check(distinct(({ symbol }) => symbol, 'symbol')),
})

export type ListedInstrument = z.infer<typeof listedInstrument>
export type InstrumentsListed = z.infer<typeof instrumentsListed>
