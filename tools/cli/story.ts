/** Tells a record of an actor's life in lines for people. */
import pc from 'picocolors'
import type { Change, RecordInDetail } from '../../src/api/contract/record.ts'
import { changeLines } from './change-text.ts'
import { payloadText, spanText, stateText, timeText } from './format.ts'

const INDENT = ' '.repeat(8)
/** Shortest pause between two records that is told, in ms. */
const PAUSE_MIN = 10

/** Returns what passes before a record, such as `... 1.250 s later`; undefined where that is next to nothing. */
export function pauseText(ms: number, shortenedTo?: number): string | undefined {
  if (ms < PAUSE_MIN) return undefined
  const shortened = shortenedTo === undefined ? '' : `, shortened to ${spanText(shortenedTo)}`
  return pc.dim(`${INDENT}... ${spanText(ms)} later${shortened}`)
}

export function story(record: RecordInDetail): string {
  const { rev, seq, at, event, cause } = record
  const why = cause === null ? outsideText(record) : `because of ${cause}`
  const lines = [
    `${pc.dim(`#${rev}`.padEnd(7))} ${timeText(at)}  ${pc.cyan(event.type)}  ${pc.dim(`seq ${seq}, ${why}`)}`,
    `${INDENT}${changeText(record)}`,
  ]
  const payload = payloadText(event)
  if (payload !== '') lines.splice(1, 0, `${INDENT}${pc.dim(payload)}`)
  lines.push(...changedLines(record).map((line) => `${INDENT}${line}`))
  for (const emitted of record.emitted ?? []) {
    lines.push(`${INDENT}${pc.green('emitted')} ${emitted.type} ${pc.dim(payloadText(emitted))}`)
  }
  for (const intent of record.intents ?? []) {
    lines.push(`${INDENT}${pc.yellow('intent')}  ${intent.event.type} to port/${intent.port} as ${intent.id}`)
  }
  const local = (record.sent ?? []).filter((to) => !to.startsWith('port/'))
  if (local.length > 0) lines.push(`${INDENT}${pc.dim(`sent to ${local.join(', ')}`)}`)
  for (const { id, dueAt } of record.scheduled ?? []) {
    lines.push(`${INDENT}${pc.dim(`timer   ${id} due ${timeText(dueAt)}`)}`)
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
  if (unread !== undefined) return [pc.yellow(`what changed is not known: ${unread.message}`)]
  const isTold = ({ path: [part], was }: Change) =>
    part === 'value' || part === 'status' || (part === 'timers' && was === undefined)
  return changeLines(changed.filter((change) => !isTold(change)))
}

function changeText({ from, to, unhandled, stashed, status }: RecordInDetail): string {
  if (unhandled) return pc.yellow(`${stateText(to)} does not handle it`)
  if (stashed) return pc.yellow('kept until the actor has restarted')
  const change = from === null ? `starts in ${stateText(to)}` : arrow(stateText(from), stateText(to))
  return status === undefined ? change : `${change} ${pc.magenta(`(${status})`)}`
}

function arrow(from: string, to: string): string {
  return from === to ? `stays ${to}` : `${from} ${pc.bold('->')} ${to}`
}
