import { compact } from '../../../errors/compact.ts'
import type { EventEnvelope, Severity } from '../../../src/runtime/events/envelope.ts'
import type { AnyEvent } from '../../../src/runtime/record/record.ts'

/** The columns of an event by name, as columns.ts of the sink `parquet` has them. `at` is a Date. */
export type Row = Readonly<Record<string, unknown>>

/** Returns the envelope that a row was made of. */
export function envelopeOf(row: Row): EventEnvelope {
  const text = (name: string) => (row[name] as string | null) ?? undefined
  const event = JSON.parse(row.event as string) as AnyEvent
  return {
    eventId: row.event_id as string,
    index: Number(row.index),
    type: row.type as string,
    at: (row.at as Date).getTime(),
    seq: Number(row.seq),
    actor: row.actor as string,
    correlation: row.correlation as string,
    cause: row.cause === null ? null : Number(row.cause),
    venue: row.venue as string | null,
    symbol: row.symbol as string | null,
    instrument: row.instrument as string | null,
    strategy: row.strategy as string | null,
    source: row.source as string,
    ...compact({
      by: text('by'),
      request: text('request'),
      severity: text('severity') as Severity | undefined,
    }),
    event,
  }
}
