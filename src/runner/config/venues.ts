/** The venues of a run. A configuration that names none has one, with the market's name. */
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

/** All settings of one venue. */
export interface VenueSettings {
  /** The name in addresses, ids and events. */
  readonly name: string
  /** The settings of the adapter. */
  readonly adapter: VenueConfig
  readonly account: AccountConfig
  readonly instruments: InstrumentsConfig
  readonly watchdog: WatchdogConfig
  readonly reconciliation: ReconciliationConfig
  /** The prefix of the venue's keys in the configuration: `venues.second.`, or nothing. */
  readonly path: string
  /** The prefix of the adapter's keys: `venues.second.`, or `venue.`. */
  readonly adapterPath: string
}

/** The parts of a configuration that describe venues. */
export type OfVenues = Pick<
  RunnerConfig,
  'venue' | 'venues' | 'account' | 'instruments' | 'watchdog' | 'reconciliation'
>

/** Returns the names of a run's venues, in order. Without a name there is the market's alone. */
export function venueNames({ venues }: Pick<OfVenues, 'venues'>, market: string): readonly string[] {
  return Object.keys(venues ?? { [market]: undefined })
}

/** Returns the rules of symbols at a venue: its own, and the run's for the other symbols. */
export function rulesAt(
  { instruments, venues }: Pick<OfVenues, 'instruments' | 'venues'>,
  venue: string,
): InstrumentsConfig {
  const own = venues?.[venue]?.instruments ?? []
  return [...own, ...instruments.filter(({ symbol }) => !own.some((rule) => rule.symbol === symbol))]
}

/**
 * Returns the venues of a run, in order. Strategies that name no venue trade at the first. `market`: the name of the
 * market's own venue.
 */
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

/** Returns the place of a symbol's rules at a venue in the configuration, whether they exist or not. */
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

/** Returns a problem when a configuration has both `venue` and `venues`. */
export function bothIssues({ venue, venues }: Partial<Pick<OfVenues, 'venue' | 'venues'>>): readonly Issue[] {
  if (venue === undefined || venues === undefined) return []
  const rule = 'stands beside venues: put what it says under the name of its venue there, and leave it out'
  return [{ field: 'venue', rule }]
}
