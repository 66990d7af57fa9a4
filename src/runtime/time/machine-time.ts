/** Reads the two clocks of a machine: one that people and NTP set, and one that only runs forward. */
import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'

export interface TimeSource {
  /** Returns the system's epoch milliseconds. They jump when the clock is set. */
  wall(): number
  /** Returns milliseconds since the boot. They never jump, except for time that the machine slept: see `countSleep`. */
  sinceBoot(): number
  /**
   * Returns whether the machine slept since the last call. From then on `sinceBoot` includes that time. `aboutMs` is
   * how far the two clocks have moved apart, which is more exact than the system's own value.
   */
  countSleep(aboutMs: number): boolean
  /** The name of the boot. Undefined when the system gives it none. */
  readonly bootId: string | undefined
}

/** The error of `os.uptime`: hundredths of a second on Linux, whole seconds elsewhere. */
const UPTIME_ERROR_MS = process.platform === 'linux' ? 50 : 2_000

export class MachineTime implements TimeSource {
  readonly bootId = readBootId()
  /** The origin of `performance.now`, on the clock that stops while the machine sleeps. */
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
    // The system is not Linux.
    return undefined
  }
}
