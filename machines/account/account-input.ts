/** How an account is configured. */
import { z } from 'zod'
import { overfillPolicy } from '../events/order.ts'
import { decimal } from '../model/fields.ts'
import { instrument } from './instrument.ts'
import { limitsOnRecord, positionMode } from './risk.ts'

/** The settings that a later start may change. */
export const accountSettings = z.object({
  /** Rules of the venue; a symbol that is not among them is refused. Where there are none, all are spot. */
  instruments: z.array(instrument).readonly().default([]),
  /** What becomes of fills beyond what was ordered. */
  overfill: overfillPolicy.default('count'),
  /** Symbols that have a watchdog: it hears of every order that protects a position there. */
  guarded: z.array(z.string()).default([]),
})

export const accountInput = accountSettings.extend({
  venue: z.string(),
  /** Whose symbols say what it holds is worth, where they are not of its venue. */
  marketVenue: z.string().optional(),
  /** What it is counted in. */
  asset: z.string().default('USDT'),
  /** Cash, in that asset. */
  balance: decimal,
  limits: limitsOnRecord,
  positionMode: positionMode.default('netting'),
})
export type AccountInput = z.input<typeof accountInput>
