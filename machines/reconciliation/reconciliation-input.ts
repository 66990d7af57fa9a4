/** The configuration of a reconciliation. */
import { z } from 'zod'
import { anyDurationMs, durationMs } from '../model/fields.ts'

const rulesWith = (ms: typeof anyDurationMs) => ({
  everyMs: ms.default(60_000).describe('The interval at which the books are compared, in ms.'),
  settleMs: ms
    .default(5_000)
    .describe('The time that a report under way may take before a difference counts, in ms.'),
  unknownOrders: z
    .enum(['adopt', 'cancel'])
    .default('adopt')
    .describe('The action for orders at the venue that are unknown here.'),
  balances: z
    .enum(['adopt', 'report'])
    .default('adopt')
    .describe(
      'The action for a balance that differs although orders and positions agree, because money came or went unseen.',
    ),
})

export const reconciliationRules = rulesWith(durationMs)
export const reconciliationInput = z.object({ venue: z.string(), ...rulesWith(anyDurationMs) })
export type ReconciliationInput = z.input<typeof reconciliationInput>
