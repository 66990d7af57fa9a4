/** The row of an event. PostgreSQL takes no NUL in a text, no half of a pair in JSON, and no long text into an index. */
import type { SinkEvent } from '../event.ts'
import { COLUMNS } from './schema.ts'

/** Most characters of a text beside the event: 2,704 bytes fit into an index. */
const TEXT_MAX = 512
/** The earliest time that PostgreSQL has, in epoch ms. */
const AT_MIN = -210_866_803_200_000
/** Decimals of the length that money and quantities have. */
const DECIMAL = /^-?\d{1,64}(\.\d{1,64})?$/
/** Escapes in JSON of what jsonb refuses. */
const REFUSED = /\\u(?:0000|d[89a-f])/
/** Takes the place of a character that cannot be kept. */
const REPLACEMENT = '\ufffd'

type Value = string | number | null
type Row = { readonly [Column in keyof typeof COLUMNS]: Value | undefined }

/** Returns the events as lists, one for each column of the table. */
export function listsOf(events: readonly SinkEvent[]): Value[][] {
  const rows = events.map(rowOf)
  return (Object.keys(COLUMNS) as (keyof Row)[]).map((name) => rows.map((row) => row[name] ?? null))
}

function rowOf({ envelope, topic }: SinkEvent): Row {
  const { seq, index, at, cause, event, by, ...texts } = envelope
  return {
    seq,
    index,
    at: Math.max(at, AT_MIN),
    type: text(texts.type),
    topic: text(topic.join('.')),
    event_id: text(texts.eventId),
    actor: text(texts.actor),
    venue: text(texts.venue),
    symbol: text(texts.symbol),
    instrument: text(texts.instrument),
    strategy: text(texts.strategy),
    severity: text(texts.severity),
    correlation: text(texts.correlation),
    cause,
    source: text(texts.source),
    asked_by: text(by),
    request: text(texts.request),
    side: text(event.side),
    qty: decimal(event.lastQty ?? event.qty),
    px: decimal(event.lastPx ?? event.px),
    event: json(event),
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, TEXT_MAX).replaceAll('\0', REPLACEMENT) : null
}

function decimal(value: unknown): string | null {
  return typeof value === 'string' && DECIMAL.test(value) ? value : null
}

function json(event: object): string {
  const written = JSON.stringify(event)
  return REFUSED.test(written) ? JSON.stringify(cleaned(event)) : written
}

/** Returns a value of JSON in which each character can be kept. */
function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value)
  if (Array.isArray(value)) return value.map(cleaned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [wellFormed(key), cleaned(one)]))
}

function wellFormed(value: string): string {
  return value.replace(/\0|\p{Surrogate}/gu, REPLACEMENT)
}
