/** Asks for depth snapshots until the books are whole: one question for a symbol at a time, slower each time, within the venue's weights. */
import { setTimeout as sleep } from 'node:timers/promises'
import { TIMEOUT_MAX_MS } from '../../runtime/time/clock.ts'
import { backoffMs } from '../transport/backoff.ts'
import { getJson, Refused, reasonOf } from '../transport/http.ts'
import { BINANCE_MARKETS, type BinanceMarketName } from './markets.ts'
import { WeightBudget } from './weight-budget.ts'

const REST_TIMEOUT_MS = 10_000
const DEPTH_LEVELS = 1_000
/** A book that is whole for so long begins with the shortest wait again. */
const STABLE_MS = 60_000

export interface ResyncOptions {
  readonly market: BinanceMarketName
  /** Address of the API: `https://api.binance.com/api/v3`. */
  readonly api: string
  readonly signal: AbortSignal
  /** Returns whether the symbol's book is whole. */
  isWhole(symbol: string): boolean
  /** Is called with each answer, unless `forget` was called after the request. */
  onSnapshot(symbol: string, raw: unknown): void
  onFailure(reason: string): void
}

export class BookResync {
  readonly #options: ResyncOptions
  readonly #weight: number
  readonly #budget: WeightBudget
  /** Symbols whose snapshot is on its way. */
  readonly #asking = new Set<string>()
  /** Questions since the book was last whole for long. */
  readonly #attempts = new Map<string, number>()
  readonly #wholeSince = new Map<string, number>()
  #generation = 0

  constructor(options: ResyncOptions) {
    const { snapshotWeight, weightPerMinute } = BINANCE_MARKETS[options.market]
    this.#options = options
    this.#weight = snapshotWeight
    this.#budget = new WeightBudget(weightPerMinute, performance.now())
  }

  /** Answers to what was asked before are of no use from now on. */
  forget(): void {
    this.#generation++
  }

  /** Asks for a snapshot of a symbol whose book is not whole, unless a request is under way. */
  async ask(symbol: string): Promise<void> {
    if (this.#asking.has(symbol)) return
    this.#asking.add(symbol)
    const generation = this.#generation
    const { isWhole, signal } = this.#options
    const isNeeded = () => generation === this.#generation && !signal.aborted && !isWhole(symbol)
    try {
      while (isNeeded()) {
        await this.#pause(this.#waitMs(symbol))
        for (let ms = this.#closedForMs; ms > 0 && isNeeded(); ms = this.#closedForMs) await this.#pause(ms)
        if (isNeeded()) await this.#askOnce(symbol, () => generation === this.#generation)
      }
      if (isWhole(symbol)) this.#wholeSince.set(symbol, performance.now())
    } finally {
      this.#asking.delete(symbol)
    }
  }

  #waitMs(symbol: string): number {
    const now = performance.now()
    if (now - (this.#wholeSince.get(symbol) ?? now) > STABLE_MS) this.#attempts.delete(symbol)
    this.#wholeSince.delete(symbol)
    const attempts = this.#attempts.get(symbol) ?? 0
    this.#attempts.set(symbol, attempts + 1)
    return Math.max(attempts === 0 ? 0 : backoffMs(attempts), this.#budget.take(this.#weight, now))
  }

  get #closedForMs(): number {
    return this.#budget.closedForMs(performance.now())
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#options
    if (ms > 0) await sleep(Math.min(ms, TIMEOUT_MAX_MS), undefined, { signal }).catch(() => {})
  }

  async #askOnce(symbol: string, isCurrent: () => boolean): Promise<void> {
    const { api, signal, onSnapshot, onFailure } = this.#options
    try {
      const url = `${api}/depth?symbol=${encodeURIComponent(symbol)}&limit=${DEPTH_LEVELS}`
      const raw = await getJson(url, AbortSignal.any([signal, AbortSignal.timeout(REST_TIMEOUT_MS)]))
      if (isCurrent() && !signal.aborted) onSnapshot(symbol, raw)
    } catch (error) {
      if (signal.aborted) return
      // Asking again too soon gets an address banned, whatever the symbol.
      if (error instanceof Refused) this.#budget.close(error.retryAfterMs, performance.now())
      onFailure(`no depth snapshot of ${symbol}: ${reasonOf(error)}`)
    }
  }
}
