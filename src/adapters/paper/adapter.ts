/** The paper venue as an adapter. */
import { z } from 'zod'
import { DURATION_MAX_MS } from '../../../machines/model/fields.ts'
import { defineAdapter, type VenueContext } from '../adapter.ts'
import { amount } from '../config-fields.ts'
import { linkFaults } from '../transport/link-faults.ts'
import { openPaperVenue } from './paper-venue.ts'
import { openVenueFolder, type VenueFolder } from './venue-folder.ts'

const fee = amount
  .refine((text) => Number(text) < 1, 'a share less than 1, such as "0.001"')
  .meta({ title: 'decimal from 0, below 1' })

const config = z.strictObject({
  latencyMs: z
    .number()
    .int()
    .nonnegative()
    .max(DURATION_MAX_MS)
    .default(20)
    .describe('The time that a request takes to the venue, and a report takes back, in ms of event time.'),
  takerFee: fee.default('0.001').describe('The fee of a fill that takes liquidity, as a share of its value.'),
  makerFee: fee.default('0.001').describe('The fee of a fill that makes liquidity, as a share of its value.'),
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
    open: ({ latencyMs, takerFee, makerFee }, { venue, books, ...context }: PaperContext) =>
      openPaperVenue({ ...context, name: `paper:${venue}`, latencyMs, takerFee, makerFee }, books),
    openBooks: (location) => openVenueFolder(location),
  },
})
