/** The schema of a venue's sections, except its adapter: account, rules of symbols, watchdog and reconciliation. */
import { z } from 'zod'
import {
  instrument,
  overfillPolicy,
  positionMode,
  reconciliationRules,
  riskLimits,
  symbolInput,
  watchdogRules,
} from '../../../machines/index.ts'
import { distinct, name } from '../../../machines/model/fields.ts'
import { amount } from '../../adapters/config-fields.ts'
import { ADAPTERS } from '../../adapters/registry.ts'
import { type VenueConfig, venueSection } from '../../adapters/sections.ts'

const { element: interval } = symbolInput.shape.intervals

const account = z.strictObject({
  asset: name.default('USDT').describe('The asset that the account is valued in.'),
  balance: amount.default('100000').describe('The cash at the beginning, in that asset.'),
  limits: riskLimits
    .extend({
      orderNotionalMax: riskLimits.shape.orderNotionalMax.default('10000'),
      openOrdersMax: riskLimits.shape.openOrdersMax.default(20),
    })
    .prefault({})
    .describe(
      'The limits of the risk gate. An order that only reduces a position passes the limits that keep positions from growing.',
    ),
  positionMode: positionMode.default('netting'),
  overfill: overfillPolicy.default('count'),
  valueEvery: interval
    .optional()
    .describe(
      'The interval at which the account is valued and its limits are checked: one of symbol.intervals. The default is the first.',
    ),
})
const instruments = z.array(instrument).check(distinct(({ symbol }) => symbol, 'symbol'))
const watchdog = z.strictObject(watchdogRules)
const reconciliation = z.strictObject(reconciliationRules)

export type AccountConfig = z.infer<typeof account>
export type InstrumentsConfig = z.infer<typeof instruments>
export type WatchdogConfig = z.infer<typeof watchdog>
export type ReconciliationConfig = z.infer<typeof reconciliation>

/** The run's sections. They hold at each of its venues. */
export const sectionsOfVenues = {
  account: account.prefault({}).describe('The money, and the limits of its use.'),
  instruments: instruments
    .default([])
    .describe(
      "The venue's rules by symbol, which the risk gate enforces. A rule that is left out does not hold. Quantities are in units of the symbol, notionals in its quote asset.",
    ),
  watchdog: watchdog.prefault({}).describe('Places a stop for each holding that has none.'),
  reconciliation: reconciliation.prefault({}).describe("The comparison of the venue's books with ours."),
}

/** The sections of one venue. They override the run's. */
export interface OwnSections {
  readonly account?: Own<Omit<AccountConfig, 'limits'>> & { readonly limits?: Own<AccountConfig['limits']> }
  readonly instruments?: InstrumentsConfig
  readonly watchdog?: Own<WatchdogConfig>
  readonly reconciliation?: Own<ReconciliationConfig>
}
type Own<Section> = { readonly [Key in keyof Section]?: Section[Key] }

/** Returns the schema of a section in which every key is optional and no default is filled in. */
function unfilled(section: z.ZodObject): z.ZodObject {
  const fields = Object.entries(section.shape as Record<string, z.ZodType>).map(([key, field]) => {
    const isFilled = field instanceof z.ZodDefault || field instanceof z.ZodPrefault
    const bare = isFilled ? (field.unwrap() as z.ZodType) : field
    return [key, (bare instanceof z.ZodObject ? unfilled(bare) : bare).optional()] as const
  })
  return z.strictObject(Object.fromEntries(fields))
}

/** Returns the schema of a venue's own section. The documentation lists the keys once, in the run's section. */
const inPlaceOf = (section: z.ZodObject, key: string) =>
  unfilled(section)
    .optional()
    .meta({
      title: `keys of \`${key}\``,
      description: `The keys that override those of \`${key}\` at this venue.`,
    })

const own = {
  account: inPlaceOf(account, 'account'),
  instruments: instruments.optional().meta({
    title: 'list, as `instruments`',
    description: 'Rules at this venue. They replace the rules of the same symbols in `instruments`.',
  }),
  watchdog: inPlaceOf(watchdog, 'watchdog'),
  reconciliation: inPlaceOf(reconciliation, 'reconciliation'),
}

/** The name is part of addresses, ids, topics and names of folders, even on disks that treat a and A alike. */
const venueName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,23}$/, 'is no name of a venue: 1 to 24 of a-z, 0-9 and -, a letter first')

export const venueConfig = venueSection(ADAPTERS)
export type VenueEntry = VenueConfig & OwnSections

export const venues = z
  .record(venueName, venueSection(ADAPTERS, own) as z.ZodType<VenueEntry>)
  .refine((named) => Object.keys(named).length > 0, 'must name at least one venue')
