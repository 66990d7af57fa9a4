/** Bodies of requests, in the forms of the services that take them. */
import { sentenceOf } from '../../../machines/index.ts'
import type { AnyEvent } from '../../runtime/record/record.ts'
import type { SinkEvent } from '../event.ts'

export const TEMPLATES = ['json', 'telegram', 'slack', 'discord'] as const
export type Template = (typeof TEMPLATES)[number]

/** Most characters of a text. Telegram takes 4,096, Discord 2,000, Slack 40,000. */
const TEXT_MAX = 1_900
/** Fields of an event without a sentence that are shown. */
const FIELDS_MAX = 6

/** The events of one request, in order. */
export interface Message {
  /** Events that are shown. There may be fewer than came. */
  readonly events: readonly SinkEvent[]
  /** The number of events of each type that came. */
  readonly counts: Readonly<Record<string, number>>
}

/** Returns the body of a request, as JSON. */
export function bodyOf(template: Template, message: Message, title?: string): string {
  if (template === 'json')
    return `{"counts":${JSON.stringify(message.counts)},"events":[${message.events.map(({ text }) => text).join()}]}`
  const text = textOf(message, title)
  if (template === 'telegram') return JSON.stringify({ text })
  // A name with an at sign must call nobody.
  if (template === 'discord') return JSON.stringify({ content: text, allowed_mentions: { parse: [] } })
  return JSON.stringify({
    text: text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  })
}

/** Returns a line for each event, the newest last. Of many, a line says how many there are of each type. */
function textOf({ events, counts }: Message, title: string | undefined): string {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const lines = events.map(lineOf)
  let size = lines.reduce((sum, line) => sum + line.length + 1, 0)
  while (size > TEXT_MAX && lines.length > 1) size -= (lines.shift() as string).length + 1
  const head = title === undefined ? [] : [title]
  if (lines.length < all) {
    const kinds = Object.entries(counts).map(([type, count]) => `${count} ${type}`)
    head.push(`${all} events: ${kinds.join(', ')}. The last ${lines.length}:`)
  }
  return [...head, ...lines].join('\n').slice(0, 2 * TEXT_MAX)
}

function lineOf({ envelope: { at, event, actor } }: SinkEvent): string {
  const line = `${timeOf(at)} ${safeSentence(event) ?? plain(event, actor)}`
  return line.length > TEXT_MAX ? `${line.slice(0, TEXT_MAX - 1)}…` : line
}

/** Returns a time in UTC. A machine that is not ours may have times that no calendar has. */
function timeOf(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString().replace('T', ' ').slice(0, 19)
}

/** Returns the sentence of an event. One of a foreign machine may have the type of ours, and other fields. */
function safeSentence(event: AnyEvent): string | undefined {
  try {
    const sentence = sentenceOf(event)
    return sentence?.includes('undefined') ? undefined : sentence
  } catch {
    return undefined
  }
}

function plain({ type, at: _, ...fields }: AnyEvent, actor: string): string {
  const shown = Object.entries(fields)
    .filter(([, value]) => typeof value !== 'object')
    .slice(0, FIELDS_MAX)
    .map(([name, value]) => `${name} ${value}`)
  return [`${type} of ${actor}`, ...shown].join(', ')
}
