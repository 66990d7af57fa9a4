import { type Instrument, instrument } from '../../machines/index.ts'
import { OutcryError } from '../../store/index.ts'
import type { MarketSource } from '../ports/market.ts'

/** The venue and the symbols of a market's instruments. @throws CONFIG_INVALID when they are of several venues */
export function venueAndSymbols({ instruments, name }: MarketSource): {
  venue: string
  symbols: readonly string[]
} {
  const pairs = instruments.map((text) => text.split(':') as [string, string])
  const venues = [...new Set(pairs.map(([venue]) => venue))]
  const [venue] = venues
  if (venue !== undefined && venues.length === 1)
    return { venue, symbols: [...new Set(pairs.map(([, s]) => s))] }
  throw new OutcryError(
    'CONFIG_INVALID',
    `market.files: ${name} has ${venues.length === 0 ? 'no symbol' : `symbols of several venues, ${venues.join(' and ')}`}`,
    'A run trades at one venue; play the recordings of each in a run of its own.',
  )
}

/** Those that are configured, and each other symbol with no rules: a contract where the venue trades nothing else. */
export function instrumentsOf(
  configured: readonly Instrument[],
  { venue, symbols }: { venue: string; symbols: readonly string[] },
): readonly Instrument[] {
  const contract = venue.endsWith('-usdm') ? 'linear' : 'spot'
  const others = symbols.filter((symbol) => !configured.some((one) => one.symbol === symbol))
  return [...configured, ...others.map((symbol) => instrument.parse({ symbol, contract }))]
}
