/** The limits on losses that stop an account from new entries. Pure. */
import { z } from 'zod'
import * as decimal from '../model/decimal.ts'
import { positive } from '../model/fields.ts'

export const breakerLimits = {
  dailyLossMax: positive
    .optional()
    .describe(
      'The loss of equity since midnight UTC at which the circuit breaker trips, in the asset of the account.',
    ),
  drawdownPctMax: positive
    .optional()
    .describe('The fall from the highest equity so far at which it trips, in percent of that equity.'),
  consecutiveLossesMax: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('The number of losing trades in a row at which it trips.'),
  breakTo: z
    .enum(['reducing', 'halted'])
    .default('reducing')
    .describe(
      'The trading state of the account once the breaker has tripped: only orders pass that reduce positions, or none but those that protect them.',
    ),
}
export interface BreakerLimits {
  readonly dailyLossMax?: string | undefined
  readonly drawdownPctMax?: string | undefined
  readonly consecutiveLossesMax?: number | undefined
}

/** The performance of the account so far. */
export interface Performance {
  readonly equity: string
  readonly peakEquity: string
  /** Midnight UTC at which the day began, in epoch ms, and the equity at that time. */
  readonly dayAt: number
  readonly dayEquity: string
  readonly consecutiveLosses: number
}

export interface Trip {
  readonly check: keyof BreakerLimits
  readonly limit: string
  readonly value: string
  readonly at: number
}

const DAY_MS = 86_400_000
const PERCENT_PLACES = 4

/** Returns the account's performance at a new equity. */
export function performanceAt(was: Performance, equity: string, at: number): Performance {
  const dayAt = Math.floor(at / DAY_MS) * DAY_MS
  const isNewDay = dayAt > was.dayAt
  return {
    ...was,
    equity,
    peakEquity: decimal.max(was.peakEquity, equity),
    // A day begins with what the one before it ended with.
    ...(isNewDay && { dayAt, dayEquity: was.equity }),
  }
}

/**
 * Returns the performance after money came or went. That is neither gain nor loss, so equity, peak and the day's first equity
 * move alike.
 */
export function withCashFlow({ equity, peakEquity, dayEquity }: Performance, change: string) {
  const moved = (amount: string) => decimal.add(amount, change)
  return { equity: moved(equity), peakEquity: moved(peakEquity), dayEquity: moved(dayEquity) }
}

export function dailyPnl({ equity, dayEquity }: Performance): string {
  return decimal.subtract(equity, dayEquity)
}

/** Returns the fall from the peak in percent of the peak. */
export function drawdownPct({ equity, peakEquity }: Performance): string {
  if (!decimal.isPositive(peakEquity)) return decimal.ZERO
  const fall = decimal.multiply(decimal.subtract(peakEquity, equity), '100')
  return decimal.round(decimal.divide(fall, peakEquity), PERCENT_PLACES)
}

/** Returns the first limit that the account has reached; undefined if it has reached none. */
export function tripOf(limits: BreakerLimits, performance: Performance, at: number): Trip | undefined {
  const { dailyLossMax, drawdownPctMax, consecutiveLossesMax } = limits
  const reached = (check: Trip['check'], limit: string | undefined, value: string): Trip | undefined =>
    limit !== undefined && decimal.compare(value, limit) >= 0 ? { check, limit, value, at } : undefined
  return (
    reached('dailyLossMax', dailyLossMax, decimal.negate(dailyPnl(performance))) ??
    reached('drawdownPctMax', drawdownPctMax, drawdownPct(performance)) ??
    reached(
      'consecutiveLossesMax',
      consecutiveLossesMax === undefined ? undefined : String(consecutiveLossesMax),
      String(performance.consecutiveLosses),
    )
  )
}
