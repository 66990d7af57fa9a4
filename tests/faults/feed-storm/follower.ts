/** A client of the feed in a process that is killed, paused and restarted at random. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}

/** Longest time in ms between a sign of life of the client and what is done to it. */
const LATER_MS = 400
/** Greatest number of the item behind which a client kills itself. */
const KILL_AT_MAX = 400

export class Follower {
  kills = 0
  pauses = 0
  /** seq of the last item that it says it has kept. */
  seq = 0
  readonly #command: Command
  readonly #random: () => number
  readonly #pauseMsMax: number
  #child: ChildProcess | undefined
  #stderr = ''
  #onItem: (() => void) | undefined

  /** A pause takes at most `pauseMsMax`, and mostly much less. */
  constructor(command: Command, random: () => number, pauseMsMax: number) {
    this.#command = command
    this.#random = random
    this.#pauseMsMax = pauseMsMax
  }

  /** Kills and pauses the client until the signal comes and both were done, and leaves it running. */
  async suffer(signal: AbortSignal): Promise<void> {
    this.#start()
    while (!signal.aborted || this.kills === 0 || this.pauses === 0) {
      // One in ten is killed while it starts. Each other has done something since the last time.
      if (this.#random() > 0.1) await this.#item()
      await passed(this.#random() * LATER_MS)
      const isPaused = !this.#hasEnded && this.#random() < 0.5
      if (isPaused) await this.#pause()
      // Some are killed while they are paused.
      if (isPaused && !this.#hasEnded && this.#random() > 0.2) this.#child?.kill('SIGCONT')
      else {
        await this.end()
        this.kills++
        this.#start()
      }
    }
    await this.end()
    this.#start(false)
  }

  /** Resolves when the client has kept an item of this seq or a later one. */
  async reached(seq: number): Promise<void> {
    while (this.seq < seq) await this.#item()
  }

  /** Kills the client if it runs. */
  async end(): Promise<void> {
    const child = this.#child
    if (child?.kill('SIGKILL')) await once(child, 'close')
  }

  async #pause(): Promise<void> {
    this.#child?.kill('SIGSTOP')
    await passed(this.#random() ** 3 * this.#pauseMsMax)
    this.pauses++
  }

  /** Starts the client. It may get the number of the item behind which it kills itself: between two of one record, too. */
  #start(mayKillItself = true): void {
    const { command, args, cwd, env } = this.#command
    const killAt = mayKillItself ? String(Math.ceil(this.#random() * KILL_AT_MAX)) : ''
    const child = spawn(command, args, {
      cwd,
      env: { ...env, KILL_AT: killAt },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const said = [...text.matchAll(/^(\d+).*\n/gm)].at(-1)
      if (said === undefined) return
      this.seq = Number(said[1])
      this.#onItem?.()
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text
    })
    child.once('close', () => this.#onItem?.())
  }

  get #hasEnded(): boolean {
    return this.#child?.exitCode !== null || this.#child.signalCode !== null
  }

  /** Resolves when the client has kept another item, or has killed itself. @throws Error when it has ended otherwise */
  async #item(): Promise<void> {
    if (!this.#hasEnded)
      await new Promise<void>((resolve) => {
        this.#onItem = resolve
      })
    if (this.#child?.exitCode !== null)
      throw new Error(`${this.#command.args.join(' ')} has ended by itself: ${this.#stderr}`)
  }
}

export function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
