/** The paper venue as an adapter. */
import { z } from 'zod'
import { OutcryError } from '../../../errors/outcry-error.ts'
import { DURATION_MAX_MS, positive } from '../../../machines/model/fields.ts'
import { defineAdapter, type VenueContext } from '../adapter.ts'
import { amount } from '../config-fields.ts'
import { linkFaults } from '../transport/link-faults.ts'
import { DEFAULT_PROFILE, PROFILE_NAMES, type ProfileName } from './engine/profile-name.ts'
import { openPaperVenue } from './paper-venue.ts'
import { PROFILES } from './profiles/profiles.ts'
import { openVenueFolder, type VenueFolder } from './venue-folder.ts'

const fee = amount
  .refine((text) => Number(text) < 1, 'a share less than 1, such as "0.001"')
  .meta({ title: 'decimal from 0, below 1' })

const FEE_ASSETS = { settle: 'settle', received: 'received', bnb: 'other' } as const

const config = z.strictObject({
  profile: z
    .enum(PROFILE_NAMES)
    .optional()
    .describe(
      `The rules that the venue copies: filters, balances, refusals with their codes. A lenient venue takes every order whose terms make sense. The default is the profile that the books have, and of new books ${DEFAULT_PROFILE}.`,
    ),
  latencyMs: z
    .number()
    .int()
    .nonnegative()
    .max(DURATION_MAX_MS)
    .default(20)
    .describe('The time that a request takes to the venue, and a report takes back, in ms of event time.'),
  latencyMaxMs: z
    .number()
    .int()
    .nonnegative()
    .max(DURATION_MAX_MS)
    .optional()
    .describe(
      'The longest such time, in ms. Each request and each report takes one between the two, so that requests may overtake each other. By default each takes `latencyMs`.',
    ),
  takerFee: fee.default('0.001').describe('The fee of a fill that takes liquidity, as a share of its value.'),
  makerFee: fee.default('0.001').describe('The fee of a fill that makes liquidity, as a share of its value.'),
  feeIn: z
    .enum(['settle', 'received', 'bnb'])
    .optional()
    .describe(
      'The asset of fees. settle: the asset that a trade is paid or settled in. received: the asset that a spot trade brings. bnb: BNB while the account has enough of it. The default is that of the profile: received of binance-spot, else settle.',
    ),
  bnbPx: positive
    .optional()
    .describe('The price of BNB in the asset that trades are paid or settled in, where the market has none.'),
  faults: linkFaults
    .optional()
    .describe('Faults on the way from the venue, to test a strategy. There are none by default.'),
})

/** Books in place of its own are of its own kind. */
type PaperContext = VenueContext & { readonly books?: VenueFolder | undefined }

export const paper = defineAdapter({
  name: 'paper',
  about: 'A simulated venue. It matches orders against the market.',
  config,
  execution: {
    simulated: true,
    faults: ({ faults }) => faults,
    open: async ({ faults: _, ...settings }, { venue, books, ...context }: PaperContext) => {
      try {
        checkProfile(settings, context)
      } catch (error) {
        await books?.close()
        throw error
      }
      return openPaperVenue({ ...context, ...settings, name: `paper:${venue}` }, books)
    },
    openBooks: (location) => openVenueFolder(location),
  },
})

/** @throws CONFIG_INVALID where the profile is of another kind of market than the symbols, or has no such fees */
function checkProfile(
  {
    profile,
    feeIn,
  }: { readonly profile?: ProfileName | undefined; readonly feeIn?: keyof typeof FEE_ASSETS | undefined },
  { instruments }: Pick<VenueContext, 'instruments'>,
): void {
  if (profile === undefined) return
  const { contract, capabilities } = PROFILES[profile]
  const other = instruments.find((one) => contract !== undefined && one.contract !== contract)
  if (other !== undefined)
    throw new OutcryError(
      'CONFIG_INVALID',
      `the profile ${profile} trades ${contract} symbols, and ${other.symbol} is ${other.contract}`,
      `Set the contract of ${other.symbol} in the section instruments, or choose another profile.`,
    )
  if (feeIn !== undefined && profile !== 'lenient' && !capabilities.feeAssets.includes(FEE_ASSETS[feeIn]))
    throw new OutcryError(
      'CONFIG_INVALID',
      `the profile ${profile} takes no fees in ${feeIn}`,
      'Leave feeIn out, or choose another profile.',
    )
}
