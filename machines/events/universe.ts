/** Events of a universe: the venue's listing, and the symbols that it keeps. */
import { z } from 'zod'
import { address, byHand, decimal, distinct, epochMs, name } from '../model/fields.ts'
import { base, EXAMPLE, event, ofSymbol } from './shape.ts'

/** The venue's facts of a symbol. */
export const listedInstrument = z.object({
  symbol: z.string().min(1).describe('The name of the symbol.'),
  baseAsset: z.string().optional().describe('The asset that is traded.'),
  quoteAsset: z.string().optional().describe('The asset that it is paid in.'),
  listedAt: epochMs.optional().describe('The time of the listing.'),
  quoteVolume24h: decimal.optional().describe('The volume of 24 hours, in the quote asset.'),
  bid: decimal.optional().describe('The best bid.'),
  ask: decimal.optional().describe('The best ask.'),
  status: z.string().optional().describe("TRADING, or the venue's word for another status."),
})

export const instrumentsListed = z
  .object({
    type: z.literal('INSTRUMENTS_LISTED'),
    at: epochMs,
    by: byHand,
    instruments: z
      .array(listedInstrument)
      .check(distinct(({ symbol }) => symbol, 'symbol'))
      .describe('The listed instruments, each symbol once.'),
  })
  .describe('Gives a universe the whole listing of its venue. A symbol that is left out is no longer listed.')

/** Asks a universe for START when the symbol comes in, and for STOP when it drops out. */
export const follow = z.object({ type: z.literal('FOLLOW'), at: epochMs, subscriber: address, symbol: name })
/** Ends what FOLLOW asked for. */
export const unfollow = z.object({ type: z.literal('UNFOLLOW'), at: epochMs, subscriber: address })

export const universeUpdated = event(
  'UNIVERSE_UPDATED',
  {
    ...base,
    venue: z.string(),
    added: z.array(z.string()),
    removed: z.array(z.string()),
    symbols: z.array(z.string()).describe('All symbols of the universe now.'),
  },
  { ...EXAMPLE.ofVenue, added: ['ETHUSDT'], removed: [], symbols: ['BTCUSDT', 'ETHUSDT'] },
).describe('Symbols have come into the universe, or have left it.')
export const symbolFiltered = event(
  'SYMBOL_FILTERED',
  {
    ...ofSymbol,
    filter: z.string().describe('The filter that keeps the symbol out.'),
    limit: z.string().describe('The value that the filter requires.'),
    value: z.string().describe('The value that the symbol has.'),
  },
  { ...EXAMPLE.ofSymbol, filter: 'quoteVolumeMin', limit: '1000000', value: '2500' },
).describe('A filter keeps a symbol out of the universe.')

export type ListedInstrument = z.infer<typeof listedInstrument>
export type InstrumentsListed = z.infer<typeof instrumentsListed>
export type Follow = z.infer<typeof follow>
