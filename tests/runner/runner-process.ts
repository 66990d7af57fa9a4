/** The command line as a real child process. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createGunzip } from 'node:zlib'

const MAIN = fileURLToPath(new URL('../../tools/cli/main.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export const recording = (name: string) =>
  fileURLToPath(new URL(`../../../shared/data/${name}`, import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export class OutcryProcess {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly #exit: Promise<unknown>

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    })
    this.child.stdout?.on('data', (data) => {
      this.stdout += data
    })
    this.child.stderr?.on('data', (data) => {
      this.stderr += data
    })
    this.#exit = once(this.child, 'close')
  }

  /** Resolves when the runner says that it has started, or ended. */
  async started(): Promise<{ url?: string; seq: number } | undefined> {
    for (;;) {
      const line = this.stderr.split('\n').find((text) => text.includes('"msg":"started"'))
      if (line !== undefined) return JSON.parse(line) as { url?: string; seq: number }
      if (this.child.exitCode !== null || this.child.signalCode !== null) return undefined
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async finished(): Promise<Finished> {
    await this.#exit
    const { exitCode: code, signalCode: signal } = this.child
    return { code, signal, stdout: this.stdout, stderr: this.stderr }
  }
}

export function outcry(...args: string[]): Promise<Finished> {
  return new OutcryProcess(...args).finished()
}

/** What another program makes of its output. */
export async function piped(into: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const command = `"$@" | ${into}`
  const node = [process.execPath, '--import', 'tsx', MAIN]
  return promisify(execFile)('sh', ['-c', command, 'sh', ...node, ...args], { cwd: ROOT })
}

/** The first lines of a capture, in a file of their own. */
export async function cutRecording(name: string, lines: number, to: string): Promise<void> {
  const out = createWriteStream(to)
  let count = 0
  for await (const line of createInterface({
    input: createReadStream(recording(name)).pipe(createGunzip()),
  })) {
    out.write(`${line}\n`)
    if (++count >= lines) break
  }
  out.end()
  await finished(out)
}
