import type { RunningRunner } from '../../src/runner/runner.ts'
import { countText, moneyText } from './format.ts'

const EVERY_MS = 1_000

/** One line a second about a running runner, written over itself. */
export class StatusLine {
  readonly #runner: RunningRunner
  readonly #enabled: boolean
  #timer: NodeJS.Timeout | undefined
  #lastMessages = 0
  #lastAt = performance.now()

  constructor(runner: RunningRunner, enabled: boolean) {
    this.#runner = runner
    this.#enabled = enabled
  }

  start(): void {
    if (this.#enabled) this.#timer = setInterval(() => this.#show(), EVERY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    if (this.#timer !== undefined) process.stderr.write('\n')
  }

  #show(): void {
    const { market, messages, supervisor, url } = this.#runner
    const now = performance.now()
    const rate = ((messages - this.#lastMessages) * 1_000) / (now - this.#lastAt)
    this.#lastMessages = messages
    this.#lastAt = now
    const { ordersSubmitted, fills, openPositions, equity } = this.#runner.stats()
    const parts = [
      `${market.instruments.length} symbols`,
      `${countText(Math.round(rate))} ticks/s`,
      `${countText(ordersSubmitted)} orders`,
      `${countText(fills)} fills`,
      `${openPositions} positions`,
      `equity ${moneyText(equity)}`,
      `seq ${countText(supervisor.seq)}`,
      ...(url === undefined ? [] : [url]),
    ]
    const line = parts.join('  ')
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`)
    else process.stderr.write(`${line}\n`)
  }
}
