/** The ids of traces and spans. They follow from the log, so that a span names its parent although nobody keeps that. */
import { createHash } from 'node:crypto'

/**
 * Returns the trace of a correlation: 16 bytes, as 32 hexadecimal digits.
 * @example traceIdOf('7f3a', 'c-1230') // the first 32 digits of sha256('7f3a/c-1230')
 */
export function traceIdOf(logId: string, correlation: string): string {
  return digits(`${logId}/${correlation}`, 32)
}

/** Returns the span of a record. */
export function recordSpanId(logId: string, seq: number): string {
  return digits(`${logId}/record/${seq}`, 16)
}

/** Returns the span of a message to a port, by the id of its intent. */
export function intentSpanId(logId: string, intent: string): string {
  return digits(`${logId}/intent/${intent}`, 16)
}

/** Returns whether a trace is among the part of all that is sent: the same for all of its spans, and in each run. */
export function isSampled(traceId: string, ratio: number): boolean {
  return Number.parseInt(traceId.slice(0, 8), 16) < ratio * 2 ** 32
}

function digits(text: string, count: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, count)
}
