import { compact } from '../../../errors/compact.ts'
import { portAddress, type ReportError, RUNNER } from '../../../machines/index.ts'
import type { Logger } from '../../runtime/logger.ts'

type Report = Pick<ReportError, 'severity' | 'text' | 'about'>

/** Kept until there is somebody to tell. */
const EARLY_MAX = 100

/** A logger of the process that tells the runner, too, of what goes wrong: so it is in the log and on the feed. */
export class ErrorReports implements Logger {
  readonly #logger: Logger
  #early: Report[] = []
  #tell: ((report: Report) => void) | undefined

  constructor(logger: Logger) {
    this.#logger = logger
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
    // Its own failure told to it would be its next one.
    if (about === RUNNER) return
    const report = compact({ severity, text, about })
    if (this.#tell === undefined) {
      if (this.#early.length < EARLY_MAX) this.#early.push(report)
      return
    }
    try {
      this.#tell(report)
    } catch {
      // A runtime that takes nothing more cannot take this either; the process has logged it.
    }
  }

  /** From now on, and with what came before. */
  attach(tell: (report: Report) => void): void {
    this.#tell = tell
    for (const report of this.#early.splice(0)) tell(report)
  }
}

/** What the details that are logged name first. */
function aboutOf(details: object): string | undefined {
  const { actor, port, news, market, file } = details as Record<string, string | undefined>
  return actor ?? (port === undefined ? (news ?? market ?? file) : portAddress(port))
}
