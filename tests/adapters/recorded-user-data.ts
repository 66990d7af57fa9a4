/** Real updates of real Binance accounts, and what they say by themselves: read apart from any decoder. */
import { readFileSync } from 'node:fs'
import type { Adopt, OrdType, Submit } from '../../machines/index.ts'
import { baseAssetOf, quoteAssetOf } from '../../machines/model/contract.ts'
import * as decimal from '../../machines/model/decimal.ts'
import { existing } from '../data/data.ts'

export interface Message {
  readonly [field: string]: unknown
  readonly e: string
}

/** Of spot or of futures: most of their fields are the same. */
export interface Order {
  readonly s: string
  readonly c: string
  readonly C?: string
  readonly S: 'BUY' | 'SELL'
  readonly o: string
  readonly q: string
  readonly p: string
  /** Stop prices of spot and of futures. */
  readonly P?: string
  readonly sp?: string
  readonly R?: boolean
  readonly x: string
  readonly X: string
  readonly T: number
  readonly l: string
  readonly z: string
  /** What it cost and the last trade of that: spot. The average price: futures. */
  readonly Z?: string
  readonly Y?: string
  readonly ap?: string
  readonly n: string
  readonly N: string
  readonly rp?: string
}

const ORD_TYPES: Readonly<Record<string, OrdType>> = {
  MARKET: 'MARKET',
  LIMIT: 'LIMIT',
  STOP_MARKET: 'STOP',
  TAKE_PROFIT_MARKET: 'TAKE_PROFIT',
}

/** By name: what an account was told, in the order in which it came. */
export function recordedCases(): ReadonlyMap<string, readonly Message[]> {
  const cases = new Map<string, Message[]>()
  const text = readFileSync(existing('tests/data/binance-user-data.jsonl'), 'utf8')
  for (const line of text.trim().split('\n')) {
    const { case: name, msg } = JSON.parse(line)
    cases.set(name, [...(cases.get(name) ?? []), msg])
  }
  return cases
}

export function timeOf(message: Message): number {
  const { T, u } = bare(message)
  return Number(T ?? u)
}

export function ordersIn(messages: readonly Message[]): readonly Order[] {
  return messages.map(bare).flatMap((message) => {
    if (message.e === 'executionReport') return [message as unknown as Order]
    return message.e === 'ORDER_TRADE_UPDATE' ? [message.o as Order] : []
  })
}

export function tradesIn(messages: readonly Message[]): readonly Order[] {
  return ordersIn(messages).filter(({ x }) => x === 'TRADE')
}

export function isOfFutures(messages: readonly Message[]): boolean {
  return messages.some(({ e }) => e === 'ORDER_TRADE_UPDATE')
}

export function idOf({ c, C }: Order): string {
  return C || c
}

/** How the order stands after the update. */
export function standingOf({ X: ordStatus, z, ap, Z = '0' }: Order) {
  const cumQty = plain(z)
  const avgPx = ap ?? (decimal.isZero(cumQty) ? '0' : decimal.divide(Z, cumQty))
  return { ordStatus, cumQty, avgPx: plain(avgPx) }
}

export function commissionsOf(trades: readonly Order[]): Readonly<Record<string, string>> {
  const paid: Record<string, string> = {}
  for (const { n, N } of trades) paid[N] = decimal.add(paid[N] ?? '0', n)
  return paid
}

export function realizedPnlOf(trades: readonly Order[]): string {
  return trades.map(({ rp = '0' }) => rp).reduce(decimal.add, '0')
}

/** What the trades did to the balance of the asset. */
export function settledBy(trades: readonly Order[], asset: string): string {
  const changes = trades.flatMap(({ s, S, l, Y, rp = '0', n, N }) => {
    const isBuy = S === 'BUY'
    const settled = Y === undefined ? rp : isBuy ? decimal.negate(Y) : Y
    return [
      asset === quoteAssetOf(s) ? settled : '0',
      // Of futures the asset itself does not change hands.
      asset === baseAssetOf(s) && Y !== undefined ? (isBuy ? l : decimal.negate(l)) : '0',
      N === asset ? decimal.negate(n) : '0',
    ]
  })
  return changes.reduce(decimal.add, '0')
}

/** What was asked for, as the order's first update has it: an order to close whatever is held was somebody else's. */
export function beginningOf({ s, S, o, q, p, P, sp, R }: Order, venue: string, at: number): Submit | Adopt {
  const [price, stopPx] = [plain(p), plain(sp ?? P ?? '0')]
  return {
    type: plain(q) === '0' ? 'ADOPT' : 'SUBMIT',
    at,
    venue,
    symbol: s,
    side: S,
    ordType: ORD_TYPES[o] as OrdType,
    orderQty: plain(q),
    ...(price !== '0' && { price }),
    ...(stopPx !== '0' && { stopPx }),
    ...(R && { reduceOnly: true }),
    timeInForce: 'GTC',
    account: `account/${venue}`,
  }
}

function bare(message: Message): Message {
  return (message.data ?? message) as Message
}

function plain(amount: string): string {
  return decimal.add(amount, '0')
}
