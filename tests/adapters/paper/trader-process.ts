import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { program } from '../../programs/program.ts'

const TRADER = program('tests/adapters/paper/trader.ts')

/** `trader.ts` as a real process; `fileSizeMaxKb` is the disk's patience: no file may grow beyond it. */
export class TraderProcess {
  readonly child: ChildProcess
  readonly lines: string[] = []
  stderr = ''
  onLine: (line: string) => void = () => {}
  readonly #closed: Promise<unknown>

  constructor(args: readonly string[], { fileSizeMaxKb }: { fileSizeMaxKb?: number } = {}) {
    const limit = fileSizeMaxKb === undefined ? '' : `ulimit -f ${fileSizeMaxKb}; `
    const command = `${limit}exec "$0" "$@"`
    this.child = spawn('bash', ['-c', command, process.execPath, ...TRADER, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stderr?.on('data', (data) => {
      this.stderr += data
    })
    if (this.child.stdout !== null)
      createInterface({ input: this.child.stdout }).on('line', (line) => {
        this.lines.push(line)
        this.onLine(line)
      })
    this.#closed = once(this.child, 'close')
  }

  async finished() {
    await this.#closed
    const { exitCode: code, signalCode: signal } = this.child
    return { code, signal, lines: this.lines }
  }
}
