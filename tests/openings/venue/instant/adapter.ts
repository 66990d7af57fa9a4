/** The adapter of a venue that fills every order at once. */
import { z } from 'zod'
import { defineAdapter } from '../adapter.ts'
import { InstantVenue } from './venue.ts'

export const instant = defineAdapter({
  name: 'instant',
  about: 'A venue that fills every order at once, at the last price.',
  config: z.strictObject({}),
  execution: { simulated: true, open: async (_, context) => new InstantVenue(context) },
})
