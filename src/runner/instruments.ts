import { type Instrument, instrument } from '../../machines/index.ts'
import { OutcryError } from '../../store/index.ts'
import type { MarketSource } from '../ports/market.ts'
import { type RunnerConfig, wrongConfig } from './config.ts'

/** The venue and the symbols of a market's instruments. @throws CONFIG_INVALID when they are of several venues */
export function venueAndSymbols({ instruments, name }: MarketSource): Place {
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

interface Place {
  readonly venue: string
  readonly symbols: readonly string[]
}

/**
 * Those that are configured, and each other symbol with the ticks and lots that a simulated market has, or with no
 * rules: a contract where the venue trades nothing else.
 */
export function instrumentsOf(
  { instruments: configured, market }: RunnerConfig,
  { venue, symbols }: Place,
): readonly Instrument[] {
  const contract = venue.endsWith('-usdm') ? 'linear' : 'spot'
  const simulated = market.source === 'sim' ? market.symbols : []
  const others = symbols.filter((symbol) => !configured.some((one) => one.symbol === symbol))
  const listed = others.map((symbol) => {
    const {
      startPx: _,
      fundingRate: _rate,
      ...grid
    } = simulated.find((one) => one.symbol === symbol) ?? { symbol }
    return instrument.parse({ contract, ...grid })
  })
  return [...configured, ...listed]
}

/** @throws CONFIG_INVALID when rules or strategies are for symbols that the market does not have */
export function checkSymbols(config: RunnerConfig, place: Place): void {
  const rule = `one of the market's symbols, ${place.symbols.join(', ')}`
  const strangers = (key: 'instruments' | 'strategies') =>
    (config[key] ?? []).flatMap(({ symbol }, i) =>
      place.symbols.includes(symbol) ? [] : [{ field: `${key}.${i}.symbol`, rule }],
    )
  const issues = [...strangers('instruments'), ...strangers('strategies')]
  if (issues.length > 0) throw wrongConfig(issues)
}
