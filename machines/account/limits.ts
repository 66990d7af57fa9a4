/** The limits of an account as they are configured and changed. Says what each limit means and which values are too large. */
import { z } from 'zod'
import { anyDurationMs, durationMs, positive } from '../model/fields.ts'
import { breakerLimits } from './circuit-breaker.ts'

export const positionMode = z
  .enum(['netting', 'hedging'])
  .describe(
    'netting: a symbol has one position. hedging: it has a long and a short one, and every order names its own.',
  )
export type PositionMode = z.infer<typeof positionMode>

const count = z.number().int().positive()

const limitsWith = (ms: typeof anyDurationMs) =>
  z.strictObject({
    orderNotionalMax: positive.describe(
      'The largest value of one order, in the asset that it is paid or settled in.',
    ),
    openOrdersMax: count.describe('The most orders that work at a time.'),
    openPositionsMax: count
      .optional()
      .describe('The most positions at a time. A working order that would open one counts.'),
    ordersPerMinuteMax: count.optional().describe('The most orders within a minute, and the most replaces.'),
    leverage: positive
      .default('1')
      .describe('The value of contracts for each unit of equity. Spot is paid in full.'),
    cooldownMs: ms
      .optional()
      .describe(
        'The time without an entry in a symbol after a stop has closed a position there at a loss, in ms.',
      ),
    stoplossGuard: z
      .strictObject({
        stops: count.describe('The number of stops.'),
        withinMs: ms.describe('The time within which they come, in ms.'),
        blockMs: ms.describe('The time without an entry after the last of them, in ms.'),
      })
      .optional()
      .describe('Blocks all entries for a time after several such stops, of any symbols.'),
    ...breakerLimits,
  })

/** Orders that only reduce a position are exempt from the limits that keep positions from growing. */
export const riskLimits = limitsWith(durationMs)
/** The limits as a machine reads them from a log: durations may have any length. */
export const limitsOnRecord = limitsWith(anyDurationMs)
export type RiskLimits = z.infer<typeof riskLimits>

/** Returns the limits that are larger than a person may ask for, by field: see the `problems` of a registration. */
export function excessIn(limits: unknown): Readonly<Record<string, string>> {
  const issues = riskLimits.partial().safeParse(limits).error?.issues ?? []
  return Object.fromEntries(
    issues.flatMap((issue) =>
      issue.code === 'too_big'
        ? [[`limits.${issue.path.join('.')}`, `at most ${issue.maximum}`] as const]
        : [],
    ),
  )
}
