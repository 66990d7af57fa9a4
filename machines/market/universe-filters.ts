/** The filters that select the instruments of a venue to trade. Pure. Each refusal has its numbers. */
import { z } from 'zod'
import type { ListedInstrument } from '../events/universe.ts'
import * as decimal from '../model/decimal.ts'
import { epochMs, positive } from '../model/fields.ts'

const glob = z.string().regex(/^[^\s]+$/, 'a symbol such as BTCUSDT, or a pattern such as *USDT')

/** A filter that is not given is not checked. An instrument without the value that a filter needs does not pass it. */
export const universeFilters = z.strictObject({
  quoteAssets: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Lets in only symbols with one of these quote assets.'),
  quoteVolumeMin: positive.optional().describe('The smallest volume of 24 hours, in the quote asset.'),
  spreadBpsMax: positive
    .optional()
    .describe('The widest spread of bid and ask, in basis points of their middle.'),
  ageDaysMin: z.number().int().positive().optional().describe('The fewest days since the listing.'),
  allow: z
    .array(glob)
    .min(1)
    .optional()
    .describe('Lets in only symbols of these names. `*` stands for any characters, `?` for one.'),
  deny: z.array(glob).min(1).optional().describe('Keeps out symbols of these names.'),
  symbolsMax: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('The most symbols. Those of the largest volume stay.'),
})
export type UniverseFilters = z.infer<typeof universeFilters>

/** A command to a universe: the filters for its next listing and later ones. */
export const setUniverseFilters = z.object({
  type: z.literal('SET_UNIVERSE_FILTERS'),
  at: epochMs,
  filters: universeFilters,
})
export type SetUniverseFilters = z.infer<typeof setUniverseFilters>

/** The reason why an instrument stays out. */
export interface Filtered {
  readonly symbol: string
  readonly filter: 'status' | keyof UniverseFilters
  readonly limit: string
  readonly value: string
}

/** Returns the symbols that pass, in order of their names, and the reasons why the others do not. */
export function selectUniverse(
  filters: UniverseFilters,
  instruments: readonly ListedInstrument[],
  at: number,
): { symbols: string[]; filtered: Filtered[] } {
  const filtered: Filtered[] = []
  const fit: ListedInstrument[] = []
  for (const instrument of instruments) {
    const refusal = filterOf(filters, instrument, at)
    if (refusal === undefined) fit.push(instrument)
    else filtered.push({ symbol: instrument.symbol, ...refusal })
  }
  const { symbolsMax = fit.length } = filters
  const ranked = fit.toSorted(byVolume)
  for (const [i, { symbol }] of ranked.entries()) {
    if (i < symbolsMax) continue
    filtered.push({ symbol, filter: 'symbolsMax', limit: String(symbolsMax), value: String(i + 1) })
  }
  const symbols = ranked.slice(0, symbolsMax).map(({ symbol }) => symbol)
  return { symbols: symbols.sort(), filtered }
}

type Refusal = Omit<Filtered, 'symbol'>

const DAY_MS = 86_400_000
const UNKNOWN = 'unknown'

/** Returns the first filter that the instrument fails by itself; undefined if it passes all. */
function filterOf(
  filters: UniverseFilters,
  { symbol, quoteAsset, status, quoteVolume24h, bid, ask, listedAt }: ListedInstrument,
  at: number,
): Refusal | undefined {
  const { quoteAssets, quoteVolumeMin, spreadBpsMax, ageDaysMin, allow, deny } = filters
  if (status !== undefined && status !== 'TRADING') {
    return { filter: 'status', limit: 'TRADING', value: status }
  }
  if (allow && !allow.some((pattern) => matches(pattern, symbol))) {
    return { filter: 'allow', limit: `one of ${allow.length}`, value: symbol }
  }
  const denied = deny?.find((pattern) => matches(pattern, symbol))
  if (denied !== undefined) return { filter: 'deny', limit: denied, value: symbol }
  if (quoteAssets && !(quoteAsset !== undefined && quoteAssets.includes(quoteAsset))) {
    return { filter: 'quoteAssets', limit: quoteAssets.join(' '), value: quoteAsset ?? UNKNOWN }
  }
  if (ageDaysMin !== undefined && !(listedAt !== undefined && at - listedAt >= ageDaysMin * DAY_MS)) {
    const days = listedAt === undefined ? UNKNOWN : String(Math.floor((at - listedAt) / DAY_MS))
    return { filter: 'ageDaysMin', limit: String(ageDaysMin), value: days }
  }
  if (
    quoteVolumeMin &&
    (quoteVolume24h === undefined || decimal.compare(quoteVolume24h, quoteVolumeMin) < 0)
  ) {
    return { filter: 'quoteVolumeMin', limit: quoteVolumeMin, value: quoteVolume24h ?? UNKNOWN }
  }
  const spread = spreadBpsMax && spreadBps(bid, ask)
  if (spreadBpsMax && (spread === undefined || decimal.compare(spread, spreadBpsMax) > 0)) {
    return { filter: 'spreadBpsMax', limit: spreadBpsMax, value: spread ?? UNKNOWN }
  }
  return undefined
}

/**
 * Returns the spread in basis points; undefined if a side is missing or the two are crossed, because there is no market to
 * measure then.
 */
function spreadBps(bid: string | undefined, ask: string | undefined): string | undefined {
  if (!bid || !ask || !decimal.isPositive(bid) || decimal.compare(bid, ask) > 0) return undefined
  return decimal.divide(decimal.multiply(decimal.subtract(ask, bid), '20000'), decimal.add(ask, bid))
}

function byVolume(a: ListedInstrument, b: ListedInstrument): number {
  const order = decimal.compare(b.quoteVolume24h ?? decimal.ZERO, a.quoteVolume24h ?? decimal.ZERO)
  // Symbols of one volume must not change places with the order of the listing.
  return order !== 0 ? order : a.symbol < b.symbol ? -1 : 1
}

function matches(pattern: string, symbol: string): boolean {
  const source = pattern
    .replace(/[\\^$.+()[\]{}|]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`).test(symbol)
}
