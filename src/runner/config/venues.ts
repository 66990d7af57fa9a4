/** The venues of a run. Where a configuration does not name any, there is one, and it has the market's name. */
import type { Issue } from '../../../store/index.ts'
import type { VenueConfig } from '../../adapters/sections.ts'
import type { RunnerConfig } from './schema.ts'
import type {
  AccountConfig,
  InstrumentsConfig,
  ReconciliationConfig,
  VenueEntry,
  WatchdogConfig,
} from './venue-sections.ts'

/** All that a configuration says of one venue. */
export interface VenueSettings {
  /** As addresses, ids and events name it. */
  readonly name: string
  /** Of its adapter. */
  readonly adapter: VenueConfig
  readonly account: AccountConfig
  readonly instruments: InstrumentsConfig
  readonly watchdog: WatchdogConfig
  readonly reconciliation: ReconciliationConfig
  /** Before its keys in the configuration: `venues.second.`, or nothing. */
  readonly path: string
  /** Before the keys of its adapter: `venues.second.`, or `venue.`. */
  readonly adapterPath: string
}

/** The parts of a configuration that are about venues. */
export type OfVenues = Pick<
  RunnerConfig,
  'venue' | 'venues' | 'account' | 'instruments' | 'watchdog' | 'reconciliation'
>

/** Returns the names of the venues of a run in their order: the market's where none is named. */
export function venueNames({ venues }: Pick<OfVenues, 'venues'>, market: string): readonly string[] {
  return Object.keys(venues ?? { [market]: undefined })
}

/** Returns the rules of symbols at a venue: its own, and the run's of other symbols. */
export function rulesAt(
  { instruments, venues }: Pick<OfVenues, 'instruments' | 'venues'>,
  venue: string,
): InstrumentsConfig {
  const own = venues?.[venue]?.instruments ?? []
  return [...own, ...instruments.filter(({ symbol }) => !own.some((rule) => rule.symbol === symbol))]
}

/** Returns the venues of a run in their order: the first is where a strategy trades that names none. `market`: name of the market's own. */
export function venuesOf(config: OfVenues, market: string): readonly [VenueSettings, ...VenueSettings[]] {
  const { venue, venues, account, watchdog, reconciliation } = config
  const named = Object.entries(venues ?? { [market]: venue as VenueEntry })
  const all = named.map(([name, { account: money, instruments: _, ...entry }]) => {
    const { watchdog: guard, reconciliation: looks, ...adapter } = entry
    return {
      name,
      adapter,
      account: { ...account, ...money, limits: { ...account.limits, ...money?.limits } },
      instruments: rulesAt(config, name),
      watchdog: { ...watchdog, ...guard },
      reconciliation: { ...reconciliation, ...looks },
      path: venues === undefined ? '' : `venues.${name}.`,
      adapterPath: venues === undefined ? 'venue.' : `venues.${name}.`,
    }
  })
  return all as [VenueSettings, ...VenueSettings[]]
}

/** Returns where a configuration has the rules of a symbol at a venue, or would have them. */
export function instrumentPath(
  { instruments, venues }: Pick<OfVenues, 'instruments' | 'venues'>,
  venue: string,
  symbol: string,
): string {
  const own = venues?.[venue]?.instruments ?? []
  const i = own.findIndex((one) => one.symbol === symbol)
  if (i >= 0) return `venues.${venue}.instruments.${i}`
  const k = instruments.findIndex((one) => one.symbol === symbol)
  return `instruments.${k >= 0 ? k : symbol}`
}

/** Returns what is wrong where both ways of naming venues are taken. */
export function bothIssues({ venue, venues }: Partial<Pick<OfVenues, 'venue' | 'venues'>>): readonly Issue[] {
  if (venue === undefined || venues === undefined) return []
  const rule = 'stands beside venues: put what it says under the name of its venue there, and leave it out'
  return [{ field: 'venue', rule }]
}
