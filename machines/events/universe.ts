import { z } from 'zod'
import { address, decimal, distinct, epochMs, name } from './fields.ts'

/** Of a symbol, what its venue says. */
export const listedInstrument = z.object({
  symbol: z.string().min(1),
  baseAsset: z.string().optional(),
  quoteAsset: z.string().optional(),
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

/** To a universe: tell me START when the symbol comes in, and STOP when it drops out. */
export const follow = z.object({ type: z.literal('FOLLOW'), at: epochMs, subscriber: address, symbol: name })
/** To a universe: nothing more. */
export const unfollow = z.object({ type: z.literal('UNFOLLOW'), at: epochMs, subscriber: address })

export type ListedInstrument = z.infer<typeof listedInstrument>
export type InstrumentsListed = z.infer<typeof instrumentsListed>
export type Follow = z.infer<typeof follow>
