/** The shapes of Binance's public market messages. What they say is checked further where it is read. */
import { z } from 'zod'
import { epochMs as anyEpochMs, EPOCH_MS_MAX, name } from '../../../machines/model/fields.ts'
import type { BinanceMarketName } from './markets.ts'

const id = z.int().nonnegative()
const epochMs = anyEpochMs.max(EPOCH_MS_MAX, 'epoch milliseconds, before the year 10000')
/** Read by `exactDecimal`, which says whether it is one. */
const decimal = z.string()
const own = { s: name }
/** Read level by level: schemas would take more time than the rest of a message. */
export const LEVELS_MAX = 10_000
const levels = z.array(z.unknown()).max(LEVELS_MAX)

const executed = { ...own, E: epochMs, T: epochMs, p: decimal, q: decimal, m: z.boolean() }
const trade = z.object({
  ...executed,
  e: z.literal('trade'),
  t: id,
  /** The source of a trade of futures: the book, the insurance fund, or ADL. */
  X: z.string().optional(),
})
const aggTrade = z
  .object({ ...executed, e: z.literal('aggTrade'), a: id, f: id, l: id })
  .refine(({ f, l }) => f <= l, { path: ['l'], error: 'must be at least f' })

const prices = { ...own, u: id, b: decimal, B: decimal, a: decimal, A: decimal }
const changes = { ...own, e: z.literal('depthUpdate'), E: epochMs, U: id, u: id, b: levels, a: levels }
const markPrice = z.object({
  ...own,
  e: z.literal('markPriceUpdate'),
  E: epochMs,
  p: decimal,
  /** Empty for contracts without funding. */
  r: z.string(),
  /** The time of the next funding; 0 without funding. */
  T: epochMs,
})
const snapshot = z.object({ lastUpdateId: id, symbol: name.optional(), bids: levels, asks: levels })
/** Ids of one update, of which captures have some ten thousand. One that ends at a far id would leave out all that follow it. */
const IDS_MAX = 10_000_000
const notTooFar = { path: ['u'], error: `must be at most ${IDS_MAX} above U` }
const notBackwards = { path: ['u'], error: 'must be at least U' }

export const SPOT_MESSAGES = {
  trade,
  aggTrade,
  bookTicker: z.object(prices),
  depthUpdate: z
    .object({ ...changes, pu: z.undefined('a spot market has none').optional() })
    .refine(({ U, u }) => U <= u, notBackwards)
    .refine(({ U, u }) => u - U <= IDS_MAX, notTooFar),
  markPriceUpdate: markPrice,
  depthSnapshot: snapshot,
}
export const FUTURES_MESSAGES = {
  trade,
  aggTrade,
  bookTicker: z.object({ ...prices, e: z.literal('bookTicker'), E: epochMs, T: epochMs }),
  depthUpdate: z
    .object({ ...changes, T: epochMs, pu: id })
    .refine(({ U, u }) => U <= u, notBackwards)
    .refine(({ U, u }) => u - U <= IDS_MAX, notTooFar)
    .refine(({ pu, u }) => pu < u, { path: ['pu'], error: 'must be less than u' }),
  markPriceUpdate: markPrice,
  depthSnapshot: snapshot,
}

export type TradeMessage = z.infer<typeof trade>
export type AggTradeMessage = z.infer<typeof aggTrade>
export type PricesMessage = z.infer<typeof SPOT_MESSAGES.bookTicker> & {
  readonly E?: number
  readonly T?: number
}
export type DepthMessage = z.infer<(typeof SPOT_MESSAGES | typeof FUTURES_MESSAGES)['depthUpdate']> & {
  readonly T?: number
}
export type MarkPriceMessage = z.infer<typeof markPrice>
/** Kinds of message that are read. */
export type MessageKind = keyof typeof SPOT_MESSAGES

const CHANNELS: readonly (readonly [RegExp, MessageKind])[] = [
  [/^trade$/, 'trade'],
  [/^aggTrade$/, 'aggTrade'],
  [/^bookTicker$/, 'bookTicker'],
  // Not `depth20`, which is the top of the book, and no change of it.
  [/^depth(@\d+ms)?$/, 'depthUpdate'],
  [/^markPrice(@1s)?$/, 'markPriceUpdate'],
]

/** Returns what a stream carries: `btcusdt@depth@100ms` updates of the depth of `btcusdt`. Undefined for what is not read. */
export function channelOf(
  stream: string,
): { readonly symbol: string; readonly kind: MessageKind } | undefined {
  const at = stream.indexOf('@')
  const rest = stream.slice(at + 1)
  const kind = at > 0 ? CHANNELS.find(([pattern]) => pattern.test(rest))?.[1] : undefined
  return kind && { symbol: stream.slice(0, at), kind }
}

/** A symbol of COIN-M: perpetual, or with its day of delivery. */
const COIN_MARGINED = /USD_(PERP|\d{6})$/

/** Returns which symbol a message of the combined stream is about, and of which market's shape it is where only one has it. */
export function originOf(
  json: string,
): { readonly symbol: string; readonly market: BinanceMarketName | undefined } | undefined {
  let raw: { readonly stream?: unknown; readonly data?: Readonly<Record<string, unknown>> | null }
  try {
    raw = JSON.parse(json) as typeof raw
  } catch {
    return undefined
  }
  const { stream, data } = raw ?? {}
  if (typeof stream !== 'string' || typeof data !== 'object' || data === null) return undefined
  const channel = channelOf(stream)
  const { data: symbol } = name.safeParse(data.s)
  if (channel === undefined || symbol === undefined || symbol.toLowerCase() !== channel.symbol)
    return undefined
  const isFutures = isOfFutures(channel.kind, data)
  const market = isFutures ? (COIN_MARGINED.test(symbol) ? 'coinm' : 'usdm') : 'spot'
  return { symbol, market: isFutures === undefined ? undefined : market }
}

function isOfFutures(kind: MessageKind, data: Readonly<Record<string, unknown>>): boolean | undefined {
  if (kind === 'depthUpdate') return 'pu' in data
  if (kind === 'bookTicker') return 'T' in data
  if (kind === 'markPriceUpdate' || 'X' in data) return true
  return 'M' in data ? false : undefined
}
