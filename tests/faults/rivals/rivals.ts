/** Processes that compete for one store. Each follows its lines: see rival.ts. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { program } from '../../programs/program.ts'

export interface Told {
  readonly ready?: number
  readonly opened?: number
  readonly acknowledged?: number
  readonly done?: number
  readonly code?: string
}

export class Rival {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly acknowledged: number[] = []

  private constructor() {
    this.#child = spawn(process.execPath, program('tests/faults/rivals/rival.ts'), {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  static async start(): Promise<Rival> {
    const rival = new Rival()
    await rival.until(({ ready }) => ready !== undefined)
    return rival
  }

  get pid(): number {
    return this.#child.pid as number
  }

  tell(task: { folder?: string; commits: number; size: number }): void {
    this.acknowledged.length = 0
    this.#child.stdin.write(`${JSON.stringify(task)}\n`)
  }

  /** Reads up to the first wanted line. Throws when the process ends before. */
  async until(wanted: (told: Told) => boolean): Promise<Told> {
    for (;;) {
      const { value, done } = await this.#lines.next()
      if (done) throw new Error('a rival ended before it was told to')
      const told = JSON.parse(value as string) as Told
      if (told.acknowledged !== undefined) this.acknowledged.push(told.acknowledged)
      if (wanted(told)) return told
    }
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal)
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}

/** Whether the process has written everything, or was refused. */
export const isThrough = ({ done, code }: Told) => done !== undefined || code !== undefined
