/** The command line as a real child process. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { program } from '../programs/program.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MAIN = 'tools/cli/main.ts'

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly url?: string
  readonly seq: number
}

export class OutcryProcess {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly #started: Promise<Started>
  readonly #finished: Promise<Finished>

  /** The first argument may be an object, with more variables of its environment. */
  constructor(...args: readonly (string | Readonly<Record<string, string>>)[]) {
    const words = args.filter((one) => typeof one === 'string')
    const env = args.find((one) => typeof one === 'object')
    this.child = spawn(process.execPath, [...program(MAIN), ...words], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout?.setEncoding('utf8').on('data', (data) => {
      this.stdout += data
    })
    this.#finished = new Promise((resolve, reject) => {
      // A process that could not be spawned may never close.
      this.child.once('error', reject)
      this.child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr })
      })
    })
    this.#started = new Promise((resolve, reject) => {
      let isStarted = false
      this.child.stderr?.setEncoding('utf8').on('data', (data) => {
        this.stderr += data
        const line = isStarted ? undefined : startLineOf(this.stderr)
        if (line === undefined) return
        isStarted = true
        resolve(JSON.parse(line))
      })
      this.#finished.then(({ code, signal, stderr }) => {
        reject(new Error(`the runner ended with ${signal ?? code} before it started: ${stderr}`))
      }, reject)
    })
    // Many a test never asks whether it started.
    this.#started.catch(() => {})
    this.#finished.catch(() => {})
  }

  /**
   * Resolves with what the runner says when it has started.
   * @throws Error with its stderr when it ends before that, or cannot be spawned
   */
  started(): Promise<Started> {
    return this.#started
  }

  /** @throws Error when it cannot be spawned */
  finished(): Promise<Finished> {
    return this.#finished
  }
}

export function outcry(...args: string[]): Promise<Finished> {
  return new OutcryProcess(...args).finished()
}

/** What another program makes of its output. */
export async function piped(into: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const command = `"$@" | ${into}`
  const node = [process.execPath, ...program(MAIN)]
  return promisify(execFile)('sh', ['-c', command, 'sh', ...node, ...args], { cwd: ROOT })
}

/** Its last line may still be on its way. */
function startLineOf(stderr: string): string | undefined {
  const lines = stderr.split('\n').slice(0, -1)
  return lines.find((line) => line.includes('"msg":"started"'))
}
