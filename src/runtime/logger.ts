import { plainError } from './record/values.ts'

/** The interface for the runtime's log messages. A pino logger has it. */
export interface Logger {
  debug(details: object, message: string): void
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/**
 * Returns a logger whose methods never throw (law 8). The details may be any value that a machine has thrown or logged,
 * and a logger reads them to write them.
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
    // The logger fails even without details.
  }
}

/** Returns a logger whose lines name the component, unless their details name one. */
export function named(logger: Logger, component: string): Logger {
  return {
    debug: (details, message) => logger.debug({ component, ...details }, message),
    info: (details, message) => logger.info({ component, ...details }, message),
    warn: (details, message) => logger.warn({ component, ...details }, message),
    error: (details, message) => logger.error({ component, ...details }, message),
  }
}

/** The default logger. Warnings and errors go to the console, and other messages are dropped. */
export const consoleLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (details, message) => console.warn(message, details),
  error: (details, message) => console.error(message, details),
}

/** Drops all messages, for work that reports everything to its caller. */
export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
