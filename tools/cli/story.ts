/** Tells a record of an actor's life in lines for people. */

import type { Change, RecordInDetail } from '../../src/api/contract/record.ts'
import { changeLines } from './change-text.ts'
import { colors } from './colors.ts'
import { payloadText, spanText, stateText, timeText } from './format.ts'

const INDENT = ' '.repeat(8)
/** Shortest pause between two records that is told, in ms. */
const PAUSE_MIN = 10

/** Returns what passes before a record, such as `... 1.250 s later`; undefined where that is next to nothing. */
export function pauseText(ms: number, shortenedTo?: number): string | undefined {
  if (ms < PAUSE_MIN) return undefined
  const shortened = shortenedTo === undefined ? '' : `, shortened to ${spanText(shortenedTo)}`
  return colors.dim(`${INDENT}... ${spanText(ms)} later${shortened}`)
}

export function story(record: RecordInDetail): string {
  const { rev, seq, at, event, cause } = record
  const why = cause === null ? outsideText(record) : `because of ${cause}`
  const lines = [
    `${colors.dim(`#${rev}`.padEnd(7))} ${timeText(at)}  ${colors.cyan(event.type)}  ${colors.dim(`seq ${seq}, ${why}`)}`,
    `${INDENT}${changeText(record)}`,
  ]
  const payload = payloadText(event)
  if (payload !== '') lines.splice(1, 0, `${INDENT}${colors.dim(payload)}`)
  lines.push(...changedLines(record).map((line) => `${INDENT}${line}`))
  for (const emitted of record.emitted ?? []) {
    lines.push(`${INDENT}${colors.green('emitted')} ${emitted.type} ${colors.dim(payloadText(emitted))}`)
  }
  for (const intent of record.intents ?? []) {
    lines.push(
      `${INDENT}${colors.yellow('intent')}  ${intent.event.type} to port/${intent.port} as ${intent.id}`,
    )
  }
  const local = (record.sent ?? []).filter((to) => !to.startsWith('port/'))
  if (local.length > 0) lines.push(`${INDENT}${colors.dim(`sent to ${local.join(', ')}`)}`)
  for (const { id, dueAt } of record.scheduled ?? []) {
    lines.push(`${INDENT}${colors.dim(`timer   ${id} due ${timeText(dueAt)}`)}`)
  }
  return lines.join('\n')
}

/** Returns who sent what no record caused: a person, a market or another source. */
function outsideText({ origin, event: { by } }: RecordInDetail): string {
  if (origin !== undefined) return `from ${origin.source}`
  return typeof by === 'string' ? `by ${by}` : 'from outside'
}

/** Returns what the record changed, beside its state and new timers, which stand on lines of their own. */
function changedLines({ changed = [], unread }: RecordInDetail): string[] {
  if (unread !== undefined) return [colors.yellow(`what changed is not known: ${unread.message}`)]
  const isTold = ({ path: [part], was }: Change) =>
    part === 'value' || part === 'status' || (part === 'timers' && was === undefined)
  return changeLines(changed.filter((change) => !isTold(change)))
}

function changeText({ from, to, unhandled, stashed, status }: RecordInDetail): string {
  if (unhandled) return colors.yellow(`${stateText(to)} does nothing about it`)
  if (stashed) return colors.yellow('kept until the actor has restarted')
  const change = from === null ? `starts in ${stateText(to)}` : arrow(stateText(from), stateText(to))
  return status === undefined ? change : `${change} ${colors.magenta(`(${status})`)}`
}

function arrow(from: string, to: string): string {
  return from === to ? `stays ${to}` : `${from} ${colors.bold('->')} ${to}`
}
