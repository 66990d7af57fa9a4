/** The limits of an account as they are configured and changed. Says what each limit means and which values are too large. */
import { z } from 'zod'
import { anyDurationMs, durationMs, positive } from '../model/fields.ts'
import { breakerLimits } from './circuit-breaker.ts'

export const positionMode = z
  .enum(['netting', 'hedging'])
  .describe(
    'Whether a symbol has one position, or a long and a short one apart: then every order says which it is for.',
  )
export type PositionMode = z.infer<typeof positionMode>

const count = z.number().int().positive()

const limitsWith = (ms: typeof anyDurationMs) =>
  z.strictObject({
    orderNotionalMax: positive.describe(
      'Largest value of one order, in the asset that it is paid or settled in.',
    ),
    openOrdersMax: count.describe('Orders working at a time.'),
    openPositionsMax: count
      .optional()
      .describe('Positions at a time, those included that a working order would open.'),
    ordersPerMinuteMax: count
      .optional()
      .describe('Orders let through within a minute, and as many replaces.'),
    leverage: positive
      .default('1')
      .describe('Value of contracts held for each unit of equity; spot is paid in full.'),
    cooldownMs: ms
      .optional()
      .describe(
        'After a stop has closed a position of a symbol at a loss, in ms: no entry there for so long.',
      ),
    stoplossGuard: z
      .strictObject({
        stops: count.describe('Number of stops.'),
        withinMs: ms.describe('Time that they come within, in ms.'),
        blockMs: ms.describe('Time after the last of them in which nothing is entered, in ms.'),
      })
      .optional()
      .describe('So many such stops within a time, of whatever symbols, and nothing is entered for a time.'),
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
