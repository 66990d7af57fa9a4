/** The configuration of a reconciliation. */
import { z } from 'zod'
import { anyDurationMs, durationMs } from '../model/fields.ts'

const rulesWith = (ms: typeof anyDurationMs) => ({
  everyMs: ms.default(60_000).describe('How often the books are held against each other, in ms.'),
  settleMs: ms
    .default(5_000)
    .describe('How long what is under way may take to arrive before a difference counts as one, in ms.'),
  unknownOrders: z
    .enum(['adopt', 'cancel'])
    .default('adopt')
    .describe('What becomes of orders at the venue that nobody here knows.'),
  balances: z
    .enum(['adopt', 'report'])
    .default('adopt')
    .describe(
      'What becomes of a balance that still differs when orders and positions agree: money came or went unseen.',
    ),
})

export const reconciliationRules = rulesWith(durationMs)
export const reconciliationInput = z.object({ venue: z.string(), ...rulesWith(anyDurationMs) })
export type ReconciliationInput = z.input<typeof reconciliationInput>
