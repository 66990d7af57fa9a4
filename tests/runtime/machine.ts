import { vi } from 'vitest'
import type { TimeSource } from '../../src/runtime/time/machine-time.ts'

const BOOTED_AT = Date.UTC(2026, 0, 1)

/** A machine whose clock can be set, which can sleep and be rebooted. Fake timers move its time. */
export class FakeMachine implements TimeSource {
  bootId: string | undefined = 'boot-1'
  /** Ms by which its clock is wrong. */
  #wrongMs = 0
  /** Ms that it has slept, and ms of these that a process has noticed. */
  #sleptMs = 0
  #noticedMs = 0
  #bootedAt = BOOTED_AT

  constructor() {
    vi.useFakeTimers({
      now: BOOTED_AT + 3_600_000,
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
    })
  }

  wall(): number {
    return Date.now() + this.#sleptMs + this.#wrongMs
  }

  sinceBoot(): number {
    return Date.now() - this.#bootedAt + this.#noticedMs
  }

  countSleep(): boolean {
    const isNews = this.#sleptMs > this.#noticedMs
    this.#noticedMs = this.#sleptMs
    return isNews
  }

  /** Ms that have really passed since the first boot. */
  get realMs(): number {
    return Date.now() - BOOTED_AT + this.#sleptMs
  }

  pass(ms: number): void {
    vi.advanceTimersByTime(ms)
  }

  setClock(byMs: number): void {
    this.#wrongMs += byMs
  }

  sleep(ms: number): void {
    this.#sleptMs += ms
  }

  /** Boots with a correct clock, or with one that is wrong by `wrongMs`. */
  boot(id: string | undefined, wrongMs = 0): void {
    this.bootId = id
    this.#wrongMs = wrongMs
    this.#bootedAt = Date.now()
    this.#noticedMs = 0
    this.#sleptMs = 0
  }
}
