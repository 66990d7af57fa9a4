import { plainError } from './record/values.ts'

/** What the runtime writes to; a pino logger is one. */
export interface Logger {
  debug(details: object, message: string): void
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/**
 * The logger, such that whoever tells it something goes on (law 8): what is told may be anything that a machine has
 * thrown or logged, and a logger that writes it down reads it.
 */
export function unfailing(logger: Logger): Logger {
  const guarded =
    (level: keyof Logger) =>
    (details: object, message: string): void => {
      try {
        logger[level](details, message)
      } catch (error) {
        tellWithout(logger, level, message, error)
      }
    }
  return {
    debug: guarded('debug'),
    info: guarded('info'),
    warn: guarded('warn'),
    error: guarded('error'),
  }
}

function tellWithout(logger: Logger, level: keyof Logger, message: string, error: unknown): void {
  try {
    logger[level]({ unwritten: plainError(error).message }, message)
  } catch {
    // It takes nothing at all.
  }
}

/** Without a logger of the user's: trouble goes to the console, the rest nowhere. */
export const consoleLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (details, message) => console.warn(message, details),
  error: (details, message) => console.error(message, details),
}

/** For work that tells its caller everything. */
export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
