/** Writes a run's output to stderr: log lines that stay, and below them one status line that is overwritten. */

import type { LogLine } from '../../src/runner/log/runner-log.ts'
import { noteColors } from './colors.ts'
import { columnsOf } from './columns.ts'
import { onOneLine, printable } from './printable.ts'

/** Columns of a terminal that does not know its own. */
const COLUMNS = 80
const ERASE_LINE = '\r\x1b[K'

export class Terminal {
  readonly #out: NodeJS.WriteStream
  #status = ''

  constructor(out: NodeJS.WriteStream = process.stderr) {
    this.#out = out
  }

  get isTTY(): boolean {
    return this.#out.isTTY === true
  }

  /** Columns for a status line: all that it needs, where it is a line of its own. */
  get columns(): number {
    return this.isTTY ? (columnsOf(this.#out) ?? COLUMNS) : Number.POSITIVE_INFINITY
  }

  /** Prints a text that stays above the status line. */
  print(text: string): void {
    const line = printable(text, noteColors.isColorSupported)
    if (this.isTTY) this.#out.write(`${ERASE_LINE}${line}\n${this.#status}`)
    else this.#out.write(`${line}\n`)
  }

  /** Shows the line at the bottom; an empty text removes it. Without a terminal, each status is a line of its own. */
  showStatus(text: string): void {
    const line = printable(text, noteColors.isColorSupported)
    if (this.isTTY) this.#out.write(`${ERASE_LINE}${line}`)
    else if (line !== '') this.#out.write(`${line}\n`)
    this.#status = line
  }
}

/** Returns a log line such as `16:02:11 warn  order/o-1: rejected by its venue`, in local time. */
export function logText(line: LogLine): string {
  const { level, time, msg, actor } = line
  const about = typeof actor !== 'string' || msg.includes(actor) ? '' : `${actor}: `
  const at = noteColors.dim(new Date(time).toTimeString().slice(0, 8))
  return onOneLine(`${at} ${levelText(level)} ${about}${msg}${causeText(line)}`)
}

/**
 * Returns a log line with all that it says but the stack of an error, and the time in UTC.
 * @example 2026-11-28T15:02:11.071Z warn  supervisor: rejected by its venue  actor=order/o-1 seq=12 correlation=c-12
 */
export function fullLogText(line: LogLine): string {
  const { level, time, component, msg, err: _, ...rest } = line
  const facts = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const more = facts.length === 0 ? '' : `  ${noteColors.dim(facts.join(' '))}`
  const at = noteColors.dim(new Date(time).toISOString())
  return onOneLine(`${at} ${levelText(level)} ${component}: ${msg}${causeText(line)}${more}`)
}

function levelText(level: number): string {
  if (level >= 50) return noteColors.red('error')
  if (level >= 40) return noteColors.yellow('warn ')
  return level >= 30 ? 'info ' : 'debug'
}

/** Returns what an error says that the message does not. */
function causeText({ msg, err }: LogLine): string {
  const { message } = Object(err) as { readonly message?: unknown }
  return typeof message !== 'string' || msg.includes(message) ? '' : `: ${message}`
}
