/** Writes a run's output to stderr: log lines that stay, and below them one status line that is overwritten. */
import { noteColors } from './colors.ts'
import { columnsOf } from './columns.ts'
import { printable } from './printable.ts'

/** A line of pino: one JSON object. */
interface LogLine {
  readonly level: number
  readonly time: number
  readonly msg?: string
  readonly actor?: string
  readonly err?: { readonly message?: string }
}

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

  /** A destination for pino. */
  get log(): { write(json: string): void } {
    return { write: (json) => this.print(logText(JSON.parse(json))) }
  }
}

/** Returns a log line such as `16:02:11 warn  order/o-1: rejected by its venue`, in local time. */
export function logText({ level, time, msg = '', actor, err }: LogLine): string {
  const name =
    level >= 50
      ? noteColors.red('error')
      : level >= 40
        ? noteColors.yellow('warn ')
        : level >= 30
          ? 'info '
          : 'debug'
  const about = actor === undefined || msg.includes(actor) ? '' : `${actor}: `
  const cause = err?.message === undefined || msg.includes(err.message) ? '' : `: ${err.message}`
  return `${noteColors.dim(new Date(time).toTimeString().slice(0, 8))} ${name} ${about}${msg}${cause}`
}
