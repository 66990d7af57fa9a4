/** The two clocks of a machine: one that people and NTP set, and one that only ever runs. */
import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'

export interface TimeSource {
  /** Epoch milliseconds as the system has them. They jump when the clock is set. */
  wall(): number
  /** Milliseconds since the machine was booted. They never jump, but for time that it was asleep: see `countSleep`. */
  sinceBoot(): number
  /**
   * Whether the machine was asleep since this was last asked; `sinceBoot` counts that time from then on. `aboutMs` is
   * how far the two clocks have moved apart, which is more exact than what the system tells.
   */
  countSleep(aboutMs: number): boolean
  /** Names the boot; undefined where the system gives it no name. */
  readonly bootId: string | undefined
}

/** How far `os.uptime` may be wrong: hundredths of a second on Linux, whole seconds elsewhere. */
const UPTIME_ERROR_MS = process.platform === 'linux' ? 50 : 2_000

export class MachineTime implements TimeSource {
  readonly bootId = readBootId()
  /** What `performance.now` counts from, on the clock that a sleeping machine stops. */
  readonly #startMs = Number(process.hrtime.bigint()) / 1e6 - performance.now()
  #sleptMs = 0

  constructor() {
    const slept = this.#uptimeGap()
    if (slept >= UPTIME_ERROR_MS) this.#sleptMs = slept
  }

  wall(): number {
    return Date.now()
  }

  sinceBoot(): number {
    return performance.now() + this.#startMs + this.#sleptMs
  }

  countSleep(aboutMs: number): boolean {
    const slept = this.#uptimeGap() - this.#sleptMs
    if (slept < UPTIME_ERROR_MS) return false
    this.#sleptMs += Math.abs(slept - aboutMs) <= UPTIME_ERROR_MS ? aboutMs : slept
    return true
  }

  #uptimeGap(): number {
    return uptime() * 1_000 - performance.now() - this.#startMs
  }
}

function readBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    // Not Linux.
    return undefined
  }
}
