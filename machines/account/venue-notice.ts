/** The notices of a venue, which change none of our books: of leverage, liabilities, locks, warnings, and strategies of its own. */
import { z } from 'zod'
import { EXAMPLE, event, ofVenue } from '../events/shape.ts'

const notice = {
  ...ofVenue,
  symbol: z
    .string()
    .optional()
    .describe('The symbol that it is about. Absent when it is about no single one.'),
  kind: z.string().describe("The venue's own name of the message."),
  fields: z
    .record(z.string(), z.string())
    .describe(
      "The fields of the message by the venue's own names, as text. A field of a part has the part's name before it.",
    ),
}

/** Comes from the venue, and changes nothing here. */
export const venueNotice = z.object({ type: z.literal('VENUE_NOTICE'), ...notice })

export const venueNoticed = event('VENUE_NOTICED', notice, {
  ...EXAMPLE.ofVenue,
  symbol: 'BTCUSDT',
  kind: 'ACCOUNT_CONFIG_UPDATE',
  fields: { 'ac.s': 'BTCUSDT', 'ac.l': '25' },
}).describe('The venue has told something of the account that changes no order, balance or position.')

export type VenueNotice = z.infer<typeof venueNotice>
