import { compact } from '../../../errors/compact.ts'
import { portAddress, type ReportError, RUNNER } from '../../../machines/index.ts'
import type { Logger } from '../../runtime/logger.ts'
import { Redactor } from '../log/redactor.ts'

type Report = Pick<ReportError, 'severity' | 'text' | 'about'>

/** Maximum number of reports kept before the runner's actor exists. */
const EARLY_MAX = 100

/**
 * A logger of the process that also reports warnings and errors to the runner's actor, and so to the log and the feed,
 * without secrets.
 */
export class ErrorReports implements Logger {
  readonly #logger: Logger
  readonly #redactor: Redactor
  #early: Report[] = []
  #tell: ((report: Report) => void) | undefined

  constructor(logger: Logger, redactor = new Redactor()) {
    this.#logger = logger
    this.#redactor = redactor
  }

  debug(details: object, message: string): void {
    this.#logger.debug(details, message)
  }

  info(details: object, message: string): void {
    this.#logger.info(details, message)
  }

  warn(details: object, message: string): void {
    this.#logger.warn(details, message)
    this.report('warning', message, details)
  }

  error(details: object, message: string): void {
    this.#logger.error(details, message)
    this.report('error', message, details)
  }

  report(severity: Report['severity'], text: string, details: object = {}): void {
    const about = aboutOf(details)
    // A report of the runner's own failure would be its next failure.
    if (about === RUNNER) return
    const report = compact({ severity, text: this.#redactor.text(text), about })
    if (this.#tell === undefined) {
      if (this.#early.length < EARLY_MAX) this.#early.push(report)
      return
    }
    this.#give(this.#tell, report)
  }

  /** Reports to `tell` from now on, beginning with the earlier reports. */
  attach(tell: (report: Report) => void): void {
    this.#tell = tell
    for (const report of this.#early.splice(0)) this.#give(tell, report)
  }

  #give(tell: (report: Report) => void, report: Report): void {
    try {
      tell(report)
    } catch {
      // A runtime that does not take it must not end a start or a run. The process has logged it.
    }
  }
}

/** Returns the subject of the details. Adapters of others give details, too, so a subject that is no text counts as none. */
function aboutOf(details: object): string | undefined {
  const { actor, port, news, market, file } = details as Record<string, unknown>
  const about = actor ?? (port === undefined ? (news ?? market ?? file) : portAddress(String(port)))
  return typeof about === 'string' ? about : undefined
}
