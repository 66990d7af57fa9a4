import type { RunningRunner } from '../../src/runner/runner.ts'
import { counted, countText, moneyText } from './format.ts'
import type { Terminal } from './terminal.ts'

const EVERY_MS = 1_000

/** Prints one line a second about a running runner. */
export class StatusLine {
  readonly #runner: RunningRunner
  readonly #terminal: Terminal
  #timer: NodeJS.Timeout | undefined
  #lastMessages = 0
  #lastAt = performance.now()

  constructor(runner: RunningRunner, terminal: Terminal) {
    this.#runner = runner
    this.#terminal = terminal
  }

  start(): void {
    this.#timer = setInterval(() => this.#show(), EVERY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#terminal.showStatus('')
  }

  #show(): void {
    const { market, messages, supervisor } = this.#runner
    const now = performance.now()
    const rate = ((messages - this.#lastMessages) * 1_000) / (now - this.#lastAt)
    this.#lastMessages = messages
    this.#lastAt = now
    const { ordersSubmitted, fills, openPositions, accounts, quarantined } = this.#runner.stats()
    const refused = Object.values(market.refused).reduce((sum, n) => sum + n, 0)
    const line = fitted(
      [
        [6, counted(market.instruments.length, 'symbol')],
        [4, `${countText(Math.round(rate))} ticks/s`],
        [2, counted(ordersSubmitted, 'order')],
        [3, counted(fills, 'fill')],
        [1, counted(openPositions, 'position')],
        ...accounts.map(({ venue, equity }) => {
          const what = accounts.length > 1 ? venue : 'equity'
          return [0, `${what} ${moneyText(equity)}`] as const
        }),
        [5, `seq ${countText(supervisor.seq)}`],
        ...(refused > 0 ? [[0, `${countText(refused)} refused`] as const] : []),
        ...(quarantined.length > 0 ? [[-1, `${quarantined.length} quarantined`] as const] : []),
      ],
      // A terminal may start another line when its last column is filled.
      this.#terminal.columns - 1,
    )
    this.#terminal.showStatus(line)
  }
}

/**
 * Joins the parts in their order. When the line has no room, it drops the least important ones, which have the highest
 * rank.
 */
export function fitted(parts: readonly (readonly [rank: number, text: string])[], columns: number): string {
  const text = parts.map(([, part]) => part).join('  ')
  if (text.length <= columns) return text
  const last = Math.max(...parts.map(([rank]) => rank))
  if (parts.length === 1) return text.slice(0, columns)
  return fitted(
    parts.filter(([rank]) => rank !== last),
    columns,
  )
}
