import { idOf } from '../../runtime/record/address.ts'
import type { AnyEvent, TransitionRecord } from '../../runtime/record/record.ts'
import { type EventEnvelope, severity } from '../contract/envelope.ts'

type Severity = NonNullable<EventEnvelope['severity']>

/** Returns the events of a record, in the order in which it emitted them. */
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

function isSeverity(value: unknown): value is Severity {
  return severity.options.includes(value as never)
}

/**
 * Returns an event's venue and symbol. When the event names none, its actor's address may: `symbol/binance:BTCUSDT`.
 */
function placeOf(event: AnyEvent, actor: string): { venue: string | null; symbol: string | null } {
  const [, venue, symbol] = /^([^:/]+):([^:/]+)/.exec(idOf(actor)) ?? []
  return { venue: textOr(event.venue, venue), symbol: textOr(event.symbol, symbol) }
}

function textOr(value: unknown, otherwise: string | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : (otherwise ?? null)
}
