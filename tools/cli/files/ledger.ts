/** Ledgers: events as lines of JSON with `event_id, event_type, timestamp, sequence_num, payload, metadata`. */
import { compact } from '../../../errors/compact.ts'
import type { EventEnvelope } from '../../../src/runtime/events/envelope.ts'

/**
 * Returns an event as a line of a ledger, the `n`th. An entry that was imported gives the line that it was, with its
 * fields in this order and without needless space.
 */
export function ledgerLine({ event, ...envelope }: EventEnvelope, n: number): string {
  if (envelope.type === 'LEDGER_ENTRY') {
    const { eventId, eventType, timestamp, sequenceNum, payload, metadata } = event
    return lineOf(eventId, eventType, timestamp, sequenceNum, payload, metadata)
  }
  const { eventId, type, at, ...others } = envelope
  const { type: _, ...payload } = event
  return lineOf(eventId, type, new Date(at).toISOString(), n, payload, compact(others))
}

function lineOf(
  event_id: unknown,
  event_type: unknown,
  timestamp: unknown,
  sequence_num: unknown,
  payload: unknown,
  metadata: unknown,
): string {
  return JSON.stringify({ event_id, event_type, timestamp, sequence_num, payload, metadata })
}
