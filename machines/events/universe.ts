/** Events of a universe: the venue's listing, and the symbols that it keeps. */
import { z } from 'zod'
import { address, decimal, distinct, epochMs, name } from '../model/fields.ts'
import { base, event, ofSymbol } from './shape.ts'

/** The venue's facts of a symbol. */
export const listedInstrument = z.object({
  symbol: z.string().min(1).describe('What it is called.'),
  baseAsset: z.string().optional().describe('What it is of.'),
  quoteAsset: z.string().optional().describe('What it is paid in.'),
  listedAt: epochMs.optional().describe('When it was listed.'),
  quoteVolume24h: decimal.optional().describe('Volume of 24 hours, in the quote asset.'),
  bid: decimal.optional().describe('Best price to sell at.'),
  ask: decimal.optional().describe('Best price to buy at.'),
  status: z.string().optional().describe('TRADING, or what the venue calls it when it does not.'),
})

export const instrumentsListed = z
  .object({
    type: z.literal('INSTRUMENTS_LISTED'),
    at: epochMs,
    instruments: z
      .array(listedInstrument)
      .check(distinct(({ symbol }) => symbol, 'symbol'))
      .describe('Each symbol once.'),
  })
  .describe('To a universe: all that the venue lists. What is missing here is listed no more.')

/** Asks a universe for START when the symbol comes in, and for STOP when it drops out. */
export const follow = z.object({ type: z.literal('FOLLOW'), at: epochMs, subscriber: address, symbol: name })
/** Ends what FOLLOW asked for. */
export const unfollow = z.object({ type: z.literal('UNFOLLOW'), at: epochMs, subscriber: address })

export const universeUpdated = event('UNIVERSE_UPDATED', {
  ...base,
  venue: z.string(),
  added: z.array(z.string()),
  removed: z.array(z.string()),
  symbols: z.array(z.string()).describe('all that are in it now'),
})
export const symbolFiltered = event('SYMBOL_FILTERED', {
  ...ofSymbol,
  filter: z.string().describe('that keeps it out'),
  limit: z.string().describe('what it asks for'),
  value: z.string().describe('what was found'),
})

export type ListedInstrument = z.infer<typeof listedInstrument>
export type InstrumentsListed = z.infer<typeof instrumentsListed>
export type Follow = z.infer<typeof follow>
