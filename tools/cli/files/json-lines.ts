/** Events as lines of JSON: the envelope, as a client of the feed gets it. */
import type { EventEnvelope } from '../../../src/runtime/events/envelope.ts'
import { textLines } from './text-lines.ts'
import { unreadable, unreadableBy } from './unreadable.ts'

/** Yields the events of a file. @throws FILE_UNREADABLE */
export async function* eventsOfLines(path: string): AsyncGenerator<EventEnvelope> {
  try {
    for await (const { number, text } of textLines(path)) yield envelopeIn(path, number, text)
  } catch (error) {
    throw unreadableBy(path, error)
  }
}

function envelopeIn(path: string, number: number, line: string): EventEnvelope {
  try {
    const value = JSON.parse(line) as EventEnvelope
    if (typeof value.event.type === 'string' && typeof value.seq === 'number') return value
  } catch {}
  throw unreadable(`${path}:${number}`, 'is no event, as `outcry export` writes it')
}
