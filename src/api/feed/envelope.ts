import { z } from 'zod'
import { epochMs } from '../../../machines/model/fields.ts'
import { idOf } from '../../runtime/record/address.ts'
import type { AnyEvent, TransitionRecord } from '../../runtime/record/record.ts'

const severity = z.enum(['info', 'warning', 'error', 'critical'])

/** What every domain event says as it leaves, by the feed or HTTP; `event` is what the machine emitted, as it is in the log. */
export const eventEnvelope = z.object({
  eventId: z.string().describe('`{actor}/{rev}/{index}` of the record that emitted it.'),
  index: z.number().int().nonnegative().describe('place among the events of its record'),
  type: z.string(),
  at: epochMs,
  seq: z.number().int().positive().describe('place in the log of the record that emitted it'),
  actor: z.string().describe('that emitted it'),
  correlation: z.string().describe('shared by all that one outside message set off'),
  cause: z.number().int().positive().nullable().describe('seq of the record behind it; null from outside'),
  venue: z.string().nullable(),
  symbol: z.string().nullable(),
  source: z.string().describe('the machine that emitted it, `order@3`'),
  severity: severity.optional().describe('of those events that have one'),
  event: z.looseObject({ type: z.string() }).describe('as the machine emitted it'),
})
export type EventEnvelope = Readonly<z.infer<typeof eventEnvelope>>

/** In the order in which the record emitted them. */
export function envelopesOf(record: TransitionRecord): EventEnvelope[] {
  const { seq, rev, at, actor, correlation, cause, machine: source, emitted = [] } = record
  return emitted.map((event, index) => {
    const { type } = event
    const eventId = `${actor}/${rev}/${index}`
    const place = placeOf(event, actor)
    const graveness = isSeverity(event.severity) && { severity: event.severity }
    return { eventId, index, type, at, seq, actor, correlation, cause, ...place, source, ...graveness, event }
  })
}

function isSeverity(value: unknown): value is z.infer<typeof severity> {
  return severity.options.includes(value as never)
}

/** Where an event says nothing of venue and symbol, its actor's address may: `symbol/binance:BTCUSDT`. */
function placeOf(event: AnyEvent, actor: string): { venue: string | null; symbol: string | null } {
  const [, venue, symbol] = /^([^:/]+):([^:/]+)/.exec(idOf(actor)) ?? []
  return { venue: textOr(event.venue, venue), symbol: textOr(event.symbol, symbol) }
}

function textOr(value: unknown, otherwise: string | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : (otherwise ?? null)
}
