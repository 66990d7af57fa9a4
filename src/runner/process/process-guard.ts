/**
 * Keeps users' modules from ending the process unseen. An error that a module throws outside of turns is reported with
 * its module, and ends the run in order. A call that would end the process throws instead. In a turn, that is a failure
 * of the actor like any other.
 */
import { isOutcryError, OutcryError } from '../../../store/index.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { UserModules } from './user-modules.ts'

/** The functions that end a process at once. `exit` calls `reallyExit`. */
const ENDS = ['exit', 'abort', 'reallyExit'] as const
type Ends = Record<(typeof ENDS)[number], (...args: unknown[]) => never>
/** Maximum number of faults reported. A timer may throw again and again. */
const TOLD_MAX = 10

export class ProcessGuard {
  /** Rejects with the first fault. */
  readonly faulted: Promise<never>
  readonly #modules: UserModules
  readonly #logger: Pick<Logger, 'error'>
  readonly #own: Partial<Ends> = {}
  #fault: (error: OutcryError) => void = () => {}
  #faults = 0

  /** Guards the process from now on. */
  constructor(modules: UserModules, logger: Pick<Logger, 'error'>) {
    this.#modules = modules
    this.#logger = logger
    this.faulted = new Promise((_, reject) => {
      this.#fault = reject
    })
    // There may be no listener yet.
    this.faulted.catch(() => {})
    process.on('uncaughtException', this.#onThrow)
    process.on('exit', this.#onExit)
    const ends = process as unknown as Ends
    for (const name of ENDS) {
      this.#own[name] = ends[name]
      ends[name] = (code) => this.#refuse(name, code)
    }
  }

  /** Ends the process. */
  exit = (code: number): never => {
    this.end()
    return process.exit(code)
  }

  /** Restores the process's own functions. */
  end(): void {
    process.off('uncaughtException', this.#onThrow)
    process.off('exit', this.#onExit)
    Object.assign(process, this.#own)
  }

  readonly #onThrow = (cause: unknown, origin: string): void => {
    this.#faults++
    if (this.#faults > TOLD_MAX) return
    const error = this.#faultOf(cause, origin)
    this.#logger.error({ err: cause }, error.message)
    this.#fault(error)
  }

  #faultOf(cause: unknown, origin: string): OutcryError {
    if (isOutcryError(cause, 'EXIT_REFUSED')) return cause
    const stack = cause instanceof Error ? (cause.stack ?? '') : ''
    const found = this.#modules.find(stack)
    const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    const what = origin === 'unhandledRejection' ? 'rejected a promise that nobody awaits,' : 'threw'
    const who = found === undefined ? 'something' : found.file
    const where = found === undefined ? '' : `, at ${found.place}`
    const text = `${who} ${what} outside every turn${where}: ${message}`
    const hint =
      found === undefined
        ? 'The stack says where; report it if that is in Outcry.'
        : 'Fix the module: a strategy only decides, and has no timers and no promises.'
    return new OutcryError('THROWN_OUTSIDE', text, hint, { cause })
  }

  /** The run was not stopped, so this is no orderly end. */
  readonly #onExit = (code: number): void => {
    this.#logger.error(
      { code },
      'the process ends in the middle of the run, because nothing is left to wait for',
    )
    if (code === 0) process.exitCode = 1
  }

  #refuse(name: (typeof ENDS)[number], code: unknown): never {
    const found = this.#modules.find(new Error('who').stack ?? '')
    const who = found === undefined ? 'something' : `${found.file} (${found.place})`
    throw new OutcryError(
      'EXIT_REFUSED',
      `${who} calls process.${name}(${name === 'abort' ? '' : (code ?? '')}), which would end the run`,
      'Throw an error instead: the actor is then quarantined, and the others go on.',
    )
  }
}
