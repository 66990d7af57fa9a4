/**
 * Reads a capture of Binance's streams apart from the product: lines, JSON, plain maps, and Binance's rules for a local order
 * book as its documentation gives them. It believes what it reads: what it is used on is real.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** Open, high, low, close and volume of a second, in which something traded. */
export interface Kline {
  readonly openAt: number
  readonly open: string
  high: string
  low: string
  close: string
  volume: bigint
}

export interface Reading {
  /** Messages by what they are. */
  readonly counts: Record<string, number>
  /** By symbol. */
  readonly klines: Map<string, Kline[]>
  /** The top of the book after each update that is in it, by symbol. */
  readonly books: Map<string, Top[]>
}

export interface Top {
  readonly updateId: number
  readonly bids: readonly (readonly [string, string])[]
  readonly asks: readonly (readonly [string, string])[]
}

/** Quantities are counted in units of 1e-8. */
const PLACES = 8
const TOP = 5

export function readingOf(file: string): Reading {
  const counts: Record<string, number> = {}
  const trades = new Map<string, { T: number; p: string; q: bigint }[]>()
  const depths = new Map<string, Depth[]>()
  const snapshots: { readonly after: number; readonly snapshot: Snapshot }[] = []
  let order = 0
  for (const line of gunzipSync(readFileSync(file)).toString().split('\n')) {
    const start = line.indexOf('{')
    if (start < 0) continue
    const { stream, data, ...snapshot } = JSON.parse(line.slice(start)) as Raw
    order++
    const kind = data === undefined ? 'depthSnapshot' : kindOf(stream as string)
    counts[kind] = (counts[kind] ?? 0) + 1
    if (data === undefined) snapshots.push({ after: order, snapshot: snapshot as Snapshot })
    else if (kind === 'trade' || kind === 'aggTrade') {
      const { s, T, p, q } = data as Trade
      put(trades, s, { T, p: plain(p), q: units(q) })
    } else if (kind === 'depthUpdate') put(depths, (data as Depth).s, { ...(data as Depth), order })
  }
  const klines = new Map([...trades].map(([symbol, all]) => [symbol, klinesOf(all)]))
  const [first] = snapshots
  const books = new Map(
    [...depths].map(([symbol, all]) => [
      symbol,
      first === undefined ? [] : topsOf(first.snapshot, first.after, all),
    ]),
  )
  return { counts, klines, books }
}

interface Raw {
  readonly stream?: string
  readonly data?: unknown
}
interface Trade {
  readonly s: string
  readonly T: number
  readonly p: string
  readonly q: string
}
type Side = readonly (readonly [string, string])[]
interface Snapshot {
  readonly lastUpdateId: number
  readonly bids: Side
  readonly asks: Side
}
interface Depth {
  readonly s: string
  readonly U: number
  readonly u: number
  readonly pu?: number
  readonly b: Side
  readonly a: Side
  readonly order: number
}

function kindOf(stream: string): string {
  const [, channel] = stream.split('@')
  const kinds: Record<string, string> = { depth: 'depthUpdate', markPrice: 'markPriceUpdate' }
  const known = ['trade', 'aggTrade', 'bookTicker', 'depth', 'markPrice']
  return known.includes(channel as string) ? (kinds[channel as string] ?? (channel as string)) : 'other'
}

function klinesOf(trades: readonly { T: number; p: string; q: bigint }[]): Kline[] {
  const bySecond = new Map<number, Kline>()
  for (const { T, p, q } of trades) {
    const openAt = T - (T % 1_000)
    const kline = bySecond.get(openAt)
    if (kline === undefined) {
      bySecond.set(openAt, { openAt, open: p, high: p, low: p, close: p, volume: q })
      continue
    }
    if (Number(p) > Number(kline.high)) kline.high = p
    if (Number(p) < Number(kline.low)) kline.low = p
    kline.close = p
    kline.volume += q
  }
  return [...bySecond.values()].sort((a, b) => a.openAt - b.openAt)
}

/** Binance, "How to manage a local order book correctly", for spot and for futures. */
function topsOf({ lastUpdateId, bids, asks }: Snapshot, after: number, updates: readonly Depth[]): Top[] {
  const sides = { b: new Map<string, string>(), a: new Map<string, string>() }
  const take = (side: Map<string, string>, levels: Side) => {
    for (const [px, qty] of levels)
      if (Number(qty) === 0) side.delete(plain(px))
      else side.set(plain(px), plain(qty))
  }
  take(sides.b, bids)
  take(sides.a, asks)
  const top = (updateId: number): Top => ({
    updateId,
    bids: best(sides.b, -1),
    asks: best(sides.a, 1),
  })
  const tops: Top[] = []
  let last = lastUpdateId
  let isFirst = true
  for (const { U, u, pu, b, a, order } of updates) {
    const isOld = pu === undefined ? u <= lastUpdateId : u < lastUpdateId
    if (isFirst && isOld) continue
    const follows = isFirst ? U <= lastUpdateId + 1 : pu === undefined ? U === last + 1 : pu === last
    if (!follows) throw new Error(`${U}-${u} does not follow ${last}`)
    isFirst = false
    take(sides.b, b)
    take(sides.a, a)
    last = u
    // What came before the snapshot shows with it, all at once.
    if (order > after) tops.push(top(u))
  }
  return tops
}

function best(side: Map<string, string>, sign: 1 | -1): [string, string][] {
  const top: [number, [string, string]][] = []
  for (const level of side) {
    const rank = sign * Number(level[0])
    if (top.length === TOP && rank > (top[TOP - 1] as [number, unknown])[0]) continue
    top.push([rank, level])
    top.sort(([a], [b]) => a - b)
    top.length = Math.min(top.length, TOP)
  }
  return top.map(([, level]) => level)
}

/** "61837.63000000" is "61837.63". */
export function plain(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

export function units(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.slice(0, PLACES).padEnd(PLACES, '0'))
}

function put<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
