/** The filter of a subscription: which publications on its topics the client wants. */
import { z } from 'zod'
import type { Severity } from '../../runtime/events/envelope.ts'
import { severity } from './envelope.ts'
import { time } from './fields.ts'

/** Most objects of one filter. */
const PARTS_MAX = 64
/** Most objects of a filter that are one within the other. */
const DEPTH_MAX = 8
const TEXT_LENGTH_MAX = 256

/** A filter as clients write it. Once it is checked, its times are epoch milliseconds. */
export interface Filter {
  readonly kind?: string | undefined
  readonly id?: string | undefined
  readonly type?: string | undefined
  readonly venue?: string | null | undefined
  readonly symbol?: string | null | undefined
  readonly instrument?: string | null | undefined
  readonly strategy?: string | null | undefined
  readonly correlation?: string | undefined
  readonly minSeverity?: Severity | undefined
  readonly from?: number | string | undefined
  readonly to?: number | string | undefined
  readonly and?: readonly Filter[] | undefined
  readonly or?: readonly Filter[] | undefined
  readonly not?: Filter | undefined
}

const text = z.string().min(1).max(TEXT_LENGTH_MAX)
const several = z.lazy(() => z.array(expression).min(1).max(PARTS_MAX).readonly()).meta({ id: 'Filters' })

const expression: z.ZodType<Filter, Filter> = z
  .lazy(() =>
    z.strictObject({
      kind: text.optional().describe('kind of the actor, such as `order`'),
      id: text.optional().describe('what follows the kind in the address of the actor'),
      type: text
        .optional()
        .describe('type of the event, in its own case; for a record the event that it took'),
      venue: text.nullable().optional().describe('null: the event names none'),
      symbol: text.nullable().optional().describe('null: the event names none'),
      instrument: text
        .nullable()
        .optional()
        .describe('the symbol as no venue writes it, such as `BTC/USDT`; null: the event names none'),
      strategy: text.nullable().optional().describe('null: the event names none'),
      correlation: text.optional().describe('the same for all that one outside message led to'),
      minSeverity: severity.optional().describe('this severity or a graver one'),
      from: time.optional().describe('time of the event, this one or a later one'),
      to: time.optional().describe('time of the event, this one or an earlier one'),
      and: several.optional().describe('all of these match'),
      or: several.optional().describe('one of these matches'),
      not: expression.optional().describe('this one does not match'),
    }),
  )
  .meta({ id: 'Filter' })

/**
 * All fields of an object must match, and `and`, `or` and `not` join further filters. A record has no venue, symbol,
 * instrument, strategy and severity. It matches `venue: null`, as an event that names no venue does.
 *
 * @example
 * { type: 'ORDER_FILLED', not: { venue: 'sim' } }
 * { or: [{ minSeverity: 'error' }, { kind: 'position', symbol: 'BTCUSDT', from: '2026-01-31T09:30:00Z' }] }
 */
export const filter = expression
  .refine((of) => sizeOf(of).parts <= PARTS_MAX, `must have at most ${PARTS_MAX} objects`)
  .refine(
    (of) => sizeOf(of).depth <= DEPTH_MAX,
    `must have at most ${DEPTH_MAX} objects one within the other`,
  )

/** Returns the filters within a filter. */
export function partsOf({ and = [], or = [], not }: Filter): readonly Filter[] {
  return [...and, ...or, ...(not === undefined ? [] : [not])]
}

function sizeOf(of: Filter): { readonly parts: number; readonly depth: number } {
  const within = partsOf(of).map(sizeOf)
  return {
    parts: within.reduce((sum, { parts }) => sum + parts, 1),
    depth: 1 + Math.max(0, ...within.map(({ depth }) => depth)),
  }
}
