/** Sections of a configuration that name adapters: each takes the keys of the adapter that it names. */
import { z } from 'zod'
import type { Adapter } from './adapter.ts'

export type Settings = Readonly<Record<string, unknown>>
/** The configuration of an adapter as a market: see `Adapter.config`. */
export type MarketConfig = Settings & { readonly source: string }
export type VenueConfig = Settings & { readonly adapter: string }
export type NewsConfig = Settings & { readonly type: string; readonly name?: string | undefined }

/** Returns the schema of a section `market`. One without `source` means the adapter that one of its keys implies, else the first. */
export function marketSection(adapters: readonly Adapter[]): z.ZodType<MarketConfig> {
  const markets = adapters.filter(({ market }) => market !== undefined)
  return named('source', markets, (raw) => impliedMarket(adapters, raw)) as z.ZodType<MarketConfig>
}

/** Returns the name of the market's adapter that a section means. What it names may be none. */
export function impliedMarket(adapters: readonly Adapter[], section: object): unknown {
  if ('source' in section) return section.source
  const markets = adapters.filter(({ market }) => market !== undefined)
  const implied = markets.find(({ market }) => market?.impliedBy !== undefined && market.impliedBy in section)
  return (implied ?? markets[0])?.name
}

/** Returns the schema of a section of a venue. One without `adapter` means the first. `also`: keys that it has whatever the adapter. */
export function venueSection(adapters: readonly Adapter[], also: z.ZodRawShape = {}): z.ZodType<VenueConfig> {
  const venues = adapters.filter(({ execution }) => execution !== undefined)
  return named('adapter', venues, () => venues[0]?.name, also) as z.ZodType<VenueConfig>
}

const sourceName = z
  .string()
  .min(1)
  .optional()
  .describe(
    'Stands for the source in log and warnings; by default its file as it is written here, or its address without what may be a key.',
  )

/** Returns the schema of one source of news. */
export function newsSection(adapters: readonly Adapter[]): z.ZodType<NewsConfig> {
  const sources = adapters.filter(({ news }) => news !== undefined)
  return union('type', sources, { name: sourceName }) as z.ZodType<NewsConfig>
}

/** `implied` returns what the key is where a section does not have it. */
function named(
  key: string,
  adapters: readonly Adapter[],
  implied: (section: object) => unknown,
  also: z.ZodRawShape = {},
): z.ZodType {
  return z.preprocess(
    (raw) => {
      if (typeof raw !== 'object' || raw === null || key in raw) return raw
      return { [key]: implied(raw), ...raw }
    },
    union(key, adapters, also),
  )
}

/** Returns the union of one shape for each adapter, told apart by the key. `also`: keys that all of them take. */
function union(key: string, adapters: readonly Adapter[], also: z.ZodRawShape = {}): z.ZodType {
  const [first, ...others] = adapters.map(({ name, about, config }) =>
    z.strictObject({ [key]: z.literal(name).describe(about), ...config.shape, ...also }),
  )
  if (first === undefined) throw new Error(`no adapter can be named by ${key}`)
  return z.discriminatedUnion(key, [first, ...others])
}
