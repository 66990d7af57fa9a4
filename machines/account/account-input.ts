/** The configuration of an account. */
import { z } from 'zod'
import { overfillPolicy } from '../events/order.ts'
import { decimal } from '../model/fields.ts'
import { instrument } from './instrument.ts'
import { limitsOnRecord, positionMode } from './limits.ts'

/** The settings that a later start may change. */
export const accountSettings = z.object({
  /** Rules of the venue. A symbol that is not among them is refused. Without any, all symbols are spot. */
  instruments: z.array(instrument).readonly().default([]),
  /** The policy for fills beyond the ordered quantity. */
  overfill: overfillPolicy.default('count'),
  /** Symbols that have a watchdog. The watchdog hears of every order that protects a position in its symbol. */
  guarded: z.array(z.string()).default([]),
})

export const accountInput = accountSettings.extend({
  venue: z.string(),
  /** The venue whose symbols value the holdings, if it is not the account's own. */
  marketVenue: z.string().optional(),
  /** The asset that the account is counted in. */
  asset: z.string().default('USDT'),
  /** Cash, in that asset. */
  balance: decimal,
  limits: limitsOnRecord,
  positionMode: positionMode.default('netting'),
})
export type AccountInput = z.input<typeof accountInput>
