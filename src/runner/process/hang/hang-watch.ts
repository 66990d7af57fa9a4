/** Watches from another thread whether the main thread makes progress, and ends the process when it does not. */
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import inspector from 'node:inspector'
import { devNull } from 'node:os'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { compact } from '../../../../errors/compact.ts'
import type { Logger } from '../../../runtime/logger.ts'
import type { UserModules } from '../user-modules.ts'
import { AtWork } from './at-work.ts'
import { removeRisk } from './note.ts'
import type { Place, ThreadData } from './thread.ts'

/** The process's exit code after a hang. */
export const HUNG_EXIT_CODE = 3

const BEAT_MS = 250
/** Maximum number of stack frames kept. */
const FRAMES_MAX = 50
/** The name of the functions that the thread calls in the main thread. See thread.ts. */
const NAME = Symbol.for('outcry.hang')

export interface HangWatchOptions {
  /** Milliseconds without progress before the process is ended. */
  readonly limitMs: number
  /** The folder of the note. */
  readonly folder: string
  readonly modules: UserModules
  /** Ends the process at once. */
  readonly exit: (code: number) => never
  readonly logger: Pick<Logger, 'warn'>
}

export class HangWatch {
  readonly work = new AtWork()
  readonly #worker: Worker
  readonly #beats: NodeJS.Timeout
  readonly #folder: string
  #isGone = false

  constructor({ limitMs, folder, modules, exit, logger }: HangWatchOptions) {
    this.#folder = folder
    Object.assign(globalThis, {
      [NAME]: {
        place: () => ({ ...this.work.current, ...placeOf(modules) }),
        end: (code: number) => {
          this.work.ending()
          silenceStderr()
          exit(code)
        },
      },
    })
    this.#beat()
    this.#beats = setInterval(() => this.#beat(), BEAT_MS)
    this.#beats.unref()
    const { memory } = this.work
    const inMemory = process.memoryUsage.rss()
    const workerData: ThreadData = { memory, limitMs, folder, exitCode: HUNG_EXIT_CODE, inMemory }
    this.#worker = threadWith(workerData)
    this.#worker.on('error', (err) => logger.warn({ err }, 'a hang is no longer noticed'))
    this.#worker.once('exit', () => {
      this.#isGone = true
    })
    this.#worker.unref()
    process.on('exit', this.#atNoRisk)
  }

  /**
   * Lets the thread receive SIGINT and SIGTERM, or no longer. Resolves when it does. Then the caller handles signals
   * itself, and checks `work.signal` for one that came in between.
   */
  async hearSignals(signals: boolean): Promise<void> {
    if (this.#isGone) return
    this.#worker.postMessage({ signals })
    await Promise.race([once(this.#worker, 'message'), once(this.#worker, 'exit')])
  }

  async stop(): Promise<void> {
    clearInterval(this.#beats)
    await this.#worker.terminate()
    process.off('exit', this.#atNoRisk)
    this.#atNoRisk()
    Reflect.deleteProperty(globalThis, NAME)
  }

  /** A process that exits normally was not ended by the noted risk. */
  readonly #atNoRisk = () => removeRisk(this.#folder)

  #beat(): void {
    this.work.beat(inspector.url() !== undefined)
  }
}

/**
 * Keeps Node from writing that it waits for the debugger, which is the other thread. The descriptor is not left free:
 * the next file that any thread opens would be stderr, and libuv aborts the process when such a file is closed.
 */
function silenceStderr(): void {
  closeSync(2)
  openSync(devNull, 'w')
}

function threadWith(workerData: ThreadData): Worker {
  const extension = extname(import.meta.url)
  const url = new URL(`./thread${extension}`, import.meta.url)
  if (extension === '.js') return new Worker(url, { workerData })
  // The loader of TypeScript sources in the main thread does not apply to other threads.
  const [tsx, module] = [import.meta.resolve('tsx/esm/api'), url.href].map((text) => JSON.stringify(text))
  const code = `import(${tsx}).then(({ register }) => { register(); return import(${module}) })`
  return new Worker(code, { eval: true, workerData })
}

function placeOf(modules: UserModules): Place {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = FRAMES_MAX
  const { stack = '' } = new Error('where it stands')
  Error.stackTraceLimit = stackTraceLimit
  // The first frames are this function's and the inspector's.
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line) && !isOwn(line))
  const found = modules.find(frames.join('\n'))
  return compact({ stack: frames.join('\n'), place: found?.place })
}

function isOwn(line: string): boolean {
  return /hang-watch\.[jt]s|<anonymous>:1:\d+\)?$/.test(line)
}
