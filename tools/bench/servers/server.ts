/** Real servers of targets: each in a folder of its own, on a free port of the loopback. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Longest wait in ms for a server to answer. */
const START_MS = 120_000
/** Ms between two attempts. */
const PAUSE_MS = 20

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly uid?: number
  readonly gid?: number
}

/** A server's process, which may be killed and started again. */
export class ServerProcess {
  readonly #command: Command
  readonly #answers: () => Promise<unknown>
  /** Returns the pids of the processes that the server has made. */
  readonly #others: (pid: number) => readonly number[]
  #child: ChildProcess | undefined
  #output = ''

  constructor(command: Command, answers: () => Promise<unknown>, others: (pid: number) => readonly number[]) {
    this.#command = command
    this.#answers = answers
    this.#others = others
  }

  /** Resolves when the server answers. */
  async start(): Promise<void> {
    const { program, args, uid, gid } = this.#command
    needed(program)
    const until = performance.now() + START_MS
    for (;;) {
      if (this.#child === undefined || this.#child.exitCode !== null) {
        const child = spawn(program, args, {
          stdio: ['ignore', 'pipe', 'pipe'],
          cwd: '/',
          ...(uid !== undefined && { uid }),
          ...(gid !== undefined && { gid }),
        })
        for (const stream of [child.stdout, child.stderr])
          stream.on('data', (bytes: Buffer) => {
            this.#output = (this.#output + bytes).slice(-2_000)
          })
        this.#child = child
      }
      const failure = await this.#answers().then(
        () => undefined,
        (error: Error) => error,
      )
      if (failure === undefined) return
      if (performance.now() > until)
        throw new Error(`${program} does not answer: ${failure.message}\n${this.#output}`)
      await sleep(PAUSE_MS)
    }
  }

  /** Sends a signal to the server's own process, such as SIGSTOP and SIGCONT. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name)
  }

  /** Ends all of the server at once. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const others = this.#others(child.pid)
    child.kill('SIGKILL')
    for (const pid of others) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended already.
      }
    }
    await once(child, 'exit')
  }
}

/** @throws when the program is not there. A test of a target is of no use without the target. */
export function needed(program: string): void {
  if (!existsSync(program))
    throw new Error(
      `${program} is missing: install the Debian packages redis-server, postgresql-15 and prometheus`,
    )
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
