/** The log of the process. Each line of it passes here, on its way from any component to the outside. */
import { pino } from 'pino'
import type { LogLevel } from '../../../machines/index.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Redactor } from './redactor.ts'

/** A line: the fields of its details beside these. */
export interface LogLine {
  /** The level as pino counts: 20 debug, 30 info, 40 warn, 50 error. */
  readonly level: number
  /** Epoch ms. */
  readonly time: number
  /** The component that writes it: see `named`. */
  readonly component: string
  readonly msg: string
  readonly [field: string]: unknown
}

interface LogOptions {
  readonly level: LogLevel
  /** Levels of components that have their own. */
  readonly levels?: Readonly<Record<string, LogLevel>>
  readonly redactor: Redactor
  readonly write: (line: LogLine) => void
}

/** The component of lines that name none: what is around the runner, such as its watchdog. */
export const PROCESS = 'process'

const RANKS: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50, silent: 60 }

/**
 * Writes lines of the components that are loud enough, without secrets.
 * @example
 * const log = new RunnerLog({ level: 'info', levels: { feed: 'debug' }, redactor, write: console.log })
 * named(log, 'feed').debug({ requestId }, 'a client has come')
 */
export class RunnerLog implements Logger {
  #level: LogLevel
  readonly #levels: Map<string, LogLevel>
  /** Makes a line of any details, circular ones and errors, too. */
  readonly #pino: Logger

  constructor({ level, levels = {}, redactor, write }: LogOptions) {
    this.#level = level
    this.#levels = new Map(Object.entries(levels))
    const hidden = (json: string) => write(redactor.value(JSON.parse(json)) as LogLine)
    this.#pino = pino({ level: 'debug', base: null }, { write: hidden })
  }

  /** Sets the level of a component; without one of all components, also of those that had their own. */
  setLevel(level: LogLevel, component?: string): void {
    if (component !== undefined) {
      this.#levels.set(component, level)
      return
    }
    this.#level = level
    this.#levels.clear()
  }

  debug(details: object, message: string): void {
    this.#line('debug', details, message)
  }

  info(details: object, message: string): void {
    this.#line('info', details, message)
  }

  warn(details: object, message: string): void {
    this.#line('warn', details, message)
  }

  error(details: object, message: string): void {
    this.#line('error', details, message)
  }

  #line(level: Exclude<LogLevel, 'silent'>, details: object, message: string): void {
    const { component = PROCESS } = details as { readonly component?: string }
    if (RANKS[level] < RANKS[this.#levels.get(component) ?? this.#level]) return
    this.#pino[level]({ component, ...details }, message)
  }
}
