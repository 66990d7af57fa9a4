/** The instruments of Binance's symbols, as far as the name of the venue says. */
import { type Instrument, instrument } from '../../../machines/index.ts'
import type { Place } from '../adapter.ts'
import { marketOfVenue } from './markets.ts'

const CONTRACTS = { spot: 'spot', usdm: 'linear', coinm: 'inverse' } as const

/** Returns each symbol with the contract that its venue trades, and no rules. Another venue's is spot. */
export function instrumentsOfVenue({ venue, symbols }: Place): readonly Instrument[] {
  const contract = CONTRACTS[marketOfVenue(venue) ?? 'spot']
  return symbols.map((symbol) => instrument.parse({ symbol, contract }))
}
