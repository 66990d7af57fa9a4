/** The configuration of a watchdog. */
import { z } from 'zod'
import { positionSide } from '../events/order.ts'
import * as decimal from '../model/decimal.ts'
import { anyDurationMs, durationMs, positive } from '../model/fields.ts'

const rulesWith = (ms: typeof anyDurationMs) => ({
  enabled: z.boolean().default(true).describe('Without it nothing is done about a position without a stop.'),
  stopPct: positive
    .refine((pct) => decimal.compare(pct, '100') < 0, 'must be less than 100')
    .default('5')
    .describe('How far from what was paid the stop is that it places itself, in percent.'),
  graceMs: ms
    .default(5_000)
    .describe('A position without a stop for so long gets one, in ms: a stop of its own may be on its way.'),
  verifyEveryMs: ms
    .default(60_000)
    .describe('How often it asks the venue whether the stops are there still, in ms.'),
})

export const watchdogRules = rulesWith(durationMs)

/** The settings that a later start may change. */
export const watchdogSettings = z.object({
  tickSize: positive.optional().describe('Prices of the venue are multiples of it.'),
  ...rulesWith(anyDurationMs),
})
export const watchdogInput = watchdogSettings.extend({
  venue: z.string(),
  symbol: z.string(),
  positionSide: positionSide.optional(),
})
export type WatchdogInput = z.input<typeof watchdogInput>
