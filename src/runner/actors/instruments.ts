import { type Instrument, instrument, quantityCheck, strategyTerms } from '../../../machines/index.ts'
import { decimal, name } from '../../../machines/model/fields.ts'
import { type Issue, OutcryError } from '../../../store/index.ts'
import type { Place } from '../../adapters/adapter.ts'
import type { MarketSource } from '../../adapters/market-source.ts'
import { adapterNamed } from '../../adapters/registry.ts'
import type { RunnerConfig } from '../config/schema.ts'
import { rulesAt, venueNames } from '../config/venues.ts'
import { eachOf } from './strategies.ts'

/**
 * Returns the venue and the symbols of a market's instruments.
 * @throws CONFIG_INVALID when there are none, or several venues
 */
export function venueAndSymbols({ instruments, name: market }: MarketSource): Place {
  const pairs = instruments.map(venueAndSymbol)
  const venues = [...new Set(pairs.map(([venue]) => venue))]
  const [venue] = venues
  if (venue !== undefined && venues.length === 1)
    return { venue, symbols: [...new Set(pairs.map(([, s]) => s))] }
  const found = venues.length === 0 ? 'no symbol' : `symbols of several venues, ${venues.join(' and ')}`
  throw new OutcryError(
    'CONFIG_INVALID',
    `market: ${market} has ${found}`,
    'Give the symbols of each venue a market and a run of their own.',
  )
}

/** A symbol may have a colon, too. */
function venueAndSymbol(text: string): readonly [venue: string, symbol: string] {
  const [venue = ''] = text.split(':', 1)
  return [venue, text.slice(venue.length + 1)]
}

/** Returns a problem for each symbol that cannot be part of an address: its adapter has to translate it. */
function nameIssues(symbols: readonly string[]): readonly Issue[] {
  return symbols.flatMap((symbol) => {
    const { error } = name.safeParse(symbol)
    return (error?.issues ?? []).map(({ message }) => ({
      field: 'market',
      rule: `calls a symbol "${symbol}", and a name has ${message}`,
    }))
  })
}

/** Returns the configured instruments, and the market's own data for each other symbol. */
export function instrumentsOf(
  { instruments: configured, market }: Pick<RunnerConfig, 'instruments' | 'market'>,
  place: Place,
): readonly Instrument[] {
  const symbols = place.symbols.filter((symbol) => !configured.some((one) => one.symbol === symbol))
  const known = adapterNamed(market.source).instruments?.(market, { ...place, symbols }) ?? []
  const listed = symbols.map(
    (symbol) => known.find((one) => one.symbol === symbol) ?? instrument.parse({ symbol }),
  )
  return [...configured, ...listed]
}

/**
 * Returns a problem for each symbol that the market does not have, for each strategy id that is wrong or used twice,
 * and for each quantity that a strategy's symbol cannot have.
 */
export function symbolIssues(config: Traded, place: Place): readonly Issue[] {
  const { instruments, strategies = [], venues = {}, market } = config
  const { symbols } = place
  const unnamed = nameIssues(symbols)
  if (unnamed.length > 0) return unnamed
  const issues: Issue[] = []
  const expectKnown = (symbol: string, field: string) => {
    if (symbols.includes(symbol)) return
    issues.push({ field, rule: `must be one of the market's symbols, ${symbols.join(', ')}` })
  }
  for (const [i, { symbol }] of instruments.entries()) expectKnown(symbol, `instruments.${i}.symbol`)
  for (const [name, venue] of Object.entries(venues))
    for (const [i, { symbol }] of (venue.instruments ?? []).entries())
      expectKnown(symbol, `venues.${name}.instruments.${i}.symbol`)
  const names = venueNames(config, place.venue)
  const listedAt = new Map(
    names.map((name) => [name, instrumentsOf({ instruments: rulesAt(config, name), market }, place)]),
  )
  const ids = new Set<string>()
  for (const [i, strategy] of strategies.entries()) {
    const { venue = names[0] as string } = strategy
    const listed = listedAt.get(venue) ?? []
    if (!names.includes(venue))
      issues.push({ field: `strategies.${i}.venue`, rule: `must be one of the venues, ${names.join(', ')}` })
    for (const { id, symbol, orderQty } of eachOf(strategy, symbols)) {
      expectKnown(symbol, `strategies.${i}.symbol`)
      const field = `strategies.${i}.id`
      if (ids.has(id)) issues.push({ field, rule: `another one is called ${id}` })
      else if (!strategyTerms.shape.id.safeParse(id).success)
        issues.push({ field, rule: `makes ${id}, and an id has letters, digits, - and _` })
      ids.add(id)
      const rules = listed.find((one) => one.symbol === symbol)
      const { data: quantity } = decimal.safeParse(orderQty)
      const refusal = rules && quantity !== undefined ? quantityCheck(rules, quantity) : undefined
      if (refusal === undefined) continue
      const { check, limit } = refusal
      issues.push({ field: `strategies.${i}.orderQty`, rule: `${check} of ${symbol} is ${limit}` })
    }
  }
  return issues
}

/** The parts of a configuration that name symbols. */
type Traded = Pick<RunnerConfig, 'instruments' | 'strategies' | 'market' | 'venues'>

/** Returns the venue, and the market's own venue if that is another one. */
export function placeAt(
  venue: string,
  market: string,
): { readonly venue: string; readonly marketVenue?: string } {
  return { venue, ...(venue !== market && { marketVenue: market }) }
}
