/** The configuration of a watchdog. */
import { z } from 'zod'
import { positionSide } from '../events/order.ts'
import { ofTrade } from '../events/shape.ts'
import * as decimal from '../model/decimal.ts'
import { anyDurationMs, durationMs, positive } from '../model/fields.ts'

const rulesWith = (ms: typeof anyDurationMs) => ({
  enabled: z.boolean().default(true).describe('False switches the watchdog off.'),
  stopPct: positive
    .refine((pct) => decimal.compare(pct, '100') < 0, 'must be less than 100')
    .default('5')
    .describe("The distance of the watchdog's own stop from the average price paid, in percent."),
  graceMs: ms
    .default(5_000)
    .describe('The time that a position may be without a stop, in ms. A stop of its own may be on its way.'),
  verifyEveryMs: ms
    .default(60_000)
    .describe('The interval at which the watchdog asks the venue whether the stops still exist, in ms.'),
})

export const watchdogRules = rulesWith(durationMs)

/** The settings that a later start may change. */
export const watchdogSettings = z.object({
  tickSize: positive.optional().describe('Prices of the venue are multiples of it.'),
  instrument: ofTrade.instrument,
  ...rulesWith(anyDurationMs),
})
export const watchdogInput = watchdogSettings.extend({
  venue: z.string(),
  symbol: z.string(),
  positionSide: positionSide.optional(),
})
export type WatchdogInput = z.input<typeof watchdogInput>
