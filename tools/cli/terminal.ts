/** stderr of a run: log lines that stand, and below them one line of status that is written over itself. */
import pc from 'picocolors'
import { printable } from './printable.ts'

/** What pino writes, one JSON object a line. */
interface LogLine {
  readonly level: number
  readonly time: number
  readonly msg?: string
  readonly actor?: string
  readonly err?: { readonly message?: string }
}

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

  get columns(): number {
    return this.#out.columns ?? COLUMNS
  }

  /** Text that stays, above the status. */
  print(text: string): void {
    const line = printable(text)
    if (this.isTTY) this.#out.write(`${ERASE_LINE}${line}\n${this.#status}`)
    else this.#out.write(`${line}\n`)
  }

  /** The line at the bottom; empty takes it away. Somewhere that is no terminal gets each as a line of its own. */
  showStatus(text: string): void {
    const line = printable(text)
    if (this.isTTY) this.#out.write(`${ERASE_LINE}${line}`)
    else if (line !== '') this.#out.write(`${line}\n`)
    this.#status = line
  }

  /** A destination for pino. */
  get log(): { write(json: string): void } {
    return { write: (json) => this.print(logText(JSON.parse(json))) }
  }
}

/** `16:02:11 warn  order/o-1: rejected by its venue`, local time. */
export function logText({ level, time, msg = '', actor, err }: LogLine): string {
  const name =
    level >= 50 ? pc.red('error') : level >= 40 ? pc.yellow('warn ') : level >= 30 ? 'info ' : 'debug'
  const about = actor === undefined || msg.includes(actor) ? '' : `${actor}: `
  const cause = err?.message === undefined || msg.includes(err.message) ? '' : `: ${err.message}`
  return `${pc.dim(new Date(time).toTimeString().slice(0, 8))} ${name} ${about}${msg}${cause}`
}
