/**
 * Binance's facts of symbols over REST: whether they trade, their volume, their spread, and the time since which they are listed.
 */
import { z } from 'zod'
import type { ListedInstrument } from '../../../machines/index.ts'
import { Refused } from '../transport/http.ts'
import { amount } from './fields.ts'
import type { BinanceMarketName } from './markets.ts'
import { ask, read } from './rest.ts'

export interface BinanceListingOptions {
  readonly market: BinanceMarketName
  readonly symbols: readonly string[]
  /** Address of the API: `https://api.binance.com/api/v3`. */
  readonly api: string
}

/** One of the symbols that were asked for does not exist; it does not say which. */
const SYMBOL_UNKNOWN = /"code":\s*-1121\b/

const ofSymbol = { symbol: z.string() }
const row = z.looseObject(ofSymbol)
const info = z.object({
  ...ofSymbol,
  status: z.string(),
  baseAsset: z.string(),
  quoteAsset: z.string(),
  /** The time of listing, for futures. */
  onboardDate: z.int().nonnegative().optional(),
})
const volume = z
  .object({ ...ofSymbol, quoteVolume: amount })
  .transform(({ symbol, quoteVolume: quoteVolume24h }) => [symbol, { quoteVolume24h }] as const)
const prices = z
  .object({ ...ofSymbol, bidPrice: amount, askPrice: amount })
  .transform(({ symbol, bidPrice: bid, askPrice: ask }) => [symbol, { bid, ask }] as const)
/** Each begins with the time at which it opened. */
const candles = z.array(z.tuple([z.int().nonnegative()]).rest(z.unknown()))

export class BinanceListing {
  readonly #options: BinanceListingOptions
  readonly #firstDays = new Map<string, number>()

  constructor(options: BinanceListingOptions) {
    this.#options = options
  }

  /** Returns the listed instruments. A symbol that is left out is not listed. @throws Refused, and when an answer is not of Binance's shape */
  async ask(signal: AbortSignal): Promise<readonly ListedInstrument[]> {
    const infos = await this.#infos(this.#options.symbols, signal)
    if (infos.length === 0) return []
    const symbols = infos.map((one) => one.symbol)
    const volumes = new Map(await this.#rows('ticker/24hr', symbols, volume, signal))
    const books = new Map(await this.#rows('ticker/bookTicker', symbols, prices, signal))
    const listed: ListedInstrument[] = []
    for (const { onboardDate, ...facts } of infos) {
      const listedAt = onboardDate ?? (await this.#firstDay(facts.symbol, signal))
      const since = listedAt !== undefined && { listedAt }
      listed.push({ ...facts, ...since, ...volumes.get(facts.symbol), ...books.get(facts.symbol) })
    }
    return listed
  }

  async #infos(symbols: readonly string[], signal: AbortSignal): Promise<z.infer<typeof info>[]> {
    try {
      const answer = await this.#get(`exchangeInfo${this.#query(symbols)}`, signal)
      const { symbols: all } = read(z.object({ symbols: z.array(row) }), answer, 'exchangeInfo')
      return pick(symbols, all, info, 'exchangeInfo')
    } catch (error) {
      if (!(error instanceof Refused && SYMBOL_UNKNOWN.test(error.body))) throw error
      if (symbols.length === 1) return []
    }
    const infos = []
    for (const one of symbols) infos.push(...(await this.#infos([one], signal)))
    return infos
  }

  async #rows<T>(
    path: string,
    symbols: readonly string[],
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T[]> {
    const answer = await this.#get(`${path}${this.#query(symbols)}`, signal)
    return pick(symbols, read(z.array(row), answer, path), schema, path)
  }

  /** Spot does not say since when it lists a symbol: its first candle of a day does, which stays what it is. */
  async #firstDay(symbol: string, signal: AbortSignal): Promise<number | undefined> {
    const known = this.#firstDays.get(symbol)
    if (known !== undefined) return known
    const answer = await this.#get(`klines?symbol=${symbol}&interval=1d&startTime=0&limit=1`, signal)
    const [first] = read(candles, answer, 'klines')
    if (first !== undefined) this.#firstDays.set(symbol, first[0])
    return first?.[0]
  }

  #get(path: string, signal: AbortSignal): Promise<unknown> {
    return ask(this.#options.api, path, signal)
  }

  /** Futures are asked for one symbol or for all. */
  #query(symbols: readonly string[]): string {
    const { market } = this.#options
    return market === 'spot' ? `?symbols=${encodeURIComponent(JSON.stringify(symbols))}` : ''
  }
}

/** Returns the rows of these symbols. Other rows are not read. */
function pick<T>(
  symbols: readonly string[],
  rows: readonly z.infer<typeof row>[],
  schema: z.ZodType<T>,
  path: string,
): T[] {
  return rows.filter(({ symbol }) => symbols.includes(symbol)).map((one) => read(schema, one, path))
}
