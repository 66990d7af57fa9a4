import { readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { capture } from '../data/data.ts'
import { type OpenedTree, openTree } from './opened-tree.ts'

const SYMBOL = 'SKL-USD'
const OTHER = 'NMR-EUR'

interface Raw {
  readonly type: string
  readonly product_id?: string
  readonly bids?: readonly [string, string][]
  readonly asks?: readonly [string, string][]
  readonly changes?: readonly ['buy' | 'sell', string, string][]
  readonly price?: string
  readonly size?: string
  /** Side of the resting order. */
  readonly side?: 'buy' | 'sell'
  readonly trade_id?: number
}

/** The messages that Coinbase sent. */
const said = gunzipSync(readFileSync(capture('cryptofeed-coinbase')))
  .toString()
  .split('\n')
  .flatMap((line) => /^\d+\.\d+: (.*)$/.exec(line)?.[1] ?? [])
const messages = said.map((json) => JSON.parse(json) as Raw)
const of = (type: string, symbol = SYMBOL) =>
  messages.filter((one) => one.type === type && one.product_id === symbol)

/** Returns the best levels of a book, computed in the simplest way. */
function bookOf(symbol: string): { bids: string[]; asks: string[] } {
  const sides = { buy: new Map<number, string>(), sell: new Map<number, string>() }
  const [{ bids = [], asks = [] } = {}] = of('snapshot', symbol)
  const changes = of('l2update', symbol).flatMap((one) => one.changes ?? [])
  const all = [
    ...bids.map(([px, qty]) => ['buy', px, qty] as const),
    ...asks.map(([px, qty]) => ['sell', px, qty] as const),
    ...changes,
  ]
  for (const [side, px, qty] of all) {
    if (Number(qty) === 0) sides[side].delete(Number(px))
    else sides[side].set(Number(px), `${Number(px)} ${Number(qty)}`)
  }
  const best = (side: 'buy' | 'sell', sign: number) =>
    [...sides[side]]
      .sort(([a], [b]) => sign * (a - b))
      .slice(0, 5)
      .map(([, text]) => text)
  return { bids: best('buy', -1), asks: best('sell', 1) }
}

/** Messages that must be refused. */
const asMatch = (fields: object) =>
  JSON.stringify({
    type: 'match',
    trade_id: 9_000_000,
    sequence: 900_000_000,
    side: 'sell',
    size: '1',
    price: '0.79',
    product_id: SYMBOL,
    time: '2021-04-17T16:43:38.000000Z',
    ...fields,
  })
const update = (changes: unknown) =>
  JSON.stringify({ type: 'l2update', product_id: SYMBOL, changes, time: '2021-04-17T16:43:38.000000Z' })
const DAMAGED: readonly (readonly [reason: string, json: string])[] = [
  ['JSON', '{"type":"match"'],
  ['SCHEMA', asMatch({ side: 'both' })],
  ['SCHEMA', asMatch({ time: 'yesterday' })],
  ['SCHEMA', '{"type":"error","message":"rate limit"}'],
  ['PRICE', asMatch({ price: '0' })],
  ['PRICE', asMatch({ price: '-1' })],
  ['QUANTITY', asMatch({ size: 'NaN' })],
  ['QUANTITY', update([['buy', '0.79', '-5']])],
  // The whole update is refused, including its correct part.
  [
    'PRICE',
    update([
      ['sell', '0.0001', '1'],
      ['buy', '0', '5'],
    ]),
  ],
  ['REPEATED', asMatch({ trade_id: of('match').at(-1)?.trade_id })],
  ['REPEATED', asMatch({ sequence: 1 })],
  ['PRICE', JSON.stringify({ type: 'snapshot', product_id: SYMBOL, bids: [['2', '1']], asks: [['1', '1']] })],
]

interface Line {
  readonly event: { readonly type: string; readonly [key: string]: unknown }
}
interface Told {
  readonly counts: Readonly<Record<string, number>>
  readonly refused: Readonly<Record<string, number>>
}

describe('a market source that is a folder and a line', () => {
  let tree: OpenedTree
  let exchange: WebSocketServer
  let told: Told
  /** The subscriptions of each connection. */
  const subscriptions: unknown[] = []

  /** Sends a message with the present time. */
  const tell = (socket: WebSocket, json: string) =>
    socket.send(json.replace(/"time":"2\d{3}-[^"]+"/, `"time":"${new Date().toISOString()}"`))

  /**
   * Answers subscriptions: the first with the capture, damaged messages and a crossed book, the second with a new book.
   */
  function answer(socket: WebSocket, isFirst: boolean, done: () => void): void {
    if (isFirst) {
      for (const json of said) tell(socket, json)
      for (const [, json] of DAMAGED) tell(socket, json)
      tell(socket, update([['buy', '1000000', '1']]))
    } else {
      tell(socket, JSON.stringify(of('snapshot')[0]))
      // The pong comes when all messages before have been taken.
      socket.once('pong', done)
      socket.ping()
    }
  }

  beforeAll(async () => {
    tree = await openTree({
      folder: 'market-source',
      to: 'src/adapters',
      registry: 'src/adapters/registry.ts',
      import: "import { coinbase } from './coinbase/adapter.ts'",
      list: 'ADAPTERS: readonly Adapter[] = [sim,',
      member: 'coinbase',
    })
    exchange = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    await new Promise((resolve) => exchange.once('listening', resolve))
    const wsUrl = `ws://127.0.0.1:${(exchange.address() as AddressInfo).port}`
    const taken = new Promise<void>((resolve) =>
      exchange.on('connection', (socket) =>
        socket.once('message', (text) => {
          subscriptions.push(JSON.parse(text.toString()))
          answer(socket, subscriptions.length === 1, resolve)
        }),
      ),
    )
    const config = { market: { source: 'coinbase', symbols: [SYMBOL, OTHER], wsUrl } }
    writeFileSync(join(tree.root, 'run.yaml'), JSON.stringify(config))
    const run = tree.start('run', '--no-server', '--config', 'run.yaml', '--data', 'log', '--json')
    await Promise.race([taken, run.ended])
    run.child.kill('SIGINT')
    told = JSON.parse(await run.ended) as Told
  })
  afterAll(async () => {
    tree?.remove()
    for (const socket of exchange?.clients ?? []) socket.terminate()
    await new Promise((resolve) => (exchange ? exchange.close(resolve) : resolve(undefined)))
  })

  const records = async (symbol: string) =>
    (await tree.outcry('replay', `symbol/coinbase:${symbol}`, '--data', 'log', '--json'))
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as Line).event)

  it('subscribes on each connection', () => {
    const subscription = { type: 'subscribe', product_ids: [SYMBOL, OTHER], channels: expect.any(Array) }
    expect(subscriptions).toEqual([subscription, subscription])
  })

  it('refuses implausible messages and counts them by reason', () => {
    const refused: Record<string, number> = {}
    for (const [reason] of DAMAGED) refused[reason] = (refused[reason] ?? 0) + 1
    const KINDS = ['match', 'last_match', 'snapshot', 'l2update']
    const strange = messages.filter(
      ({ type, product_id: symbol = '' }) => KINDS.includes(type) && ![SYMBOL, OTHER].includes(symbol),
    )
    expect(strange.length).toBeGreaterThan(100)
    expect(told.refused).toEqual({ ...refused, SYMBOL: strange.length })
    expect(told.counts.match).toBe(of('match').length + of('match', OTHER).length)
  })

  it.each([SYMBOL, OTHER])('writes each trade of %s to the log once', async (symbol) => {
    const trades = (await records(symbol)).filter(({ type }) => type === 'TRADE')
    const matches = of('match', symbol)
    expect(matches.length).toBeGreaterThan(0)
    expect(
      trades.map(({ tradeId, px, qty, aggressor }) => [tradeId, Number(px), Number(qty), aggressor]),
    ).toEqual(
      matches.map(({ trade_id: id, price, size, side }) => [
        String(id),
        Number(price),
        Number(size),
        side === 'buy' ? 'SELL' : 'BUY',
      ]),
    )
  })

  it.each([SYMBOL, OTHER])('writes the book of %s to the log as the messages define it', async (symbol) => {
    const books = (await records(symbol)).filter(({ type }) => type === 'ORDER_BOOK')
    const updates = of('l2update', symbol).length
    // The snapshot counts, too. The second connection has only the book of the first symbol.
    expect(books).toHaveLength(1 + updates + (symbol === SYMBOL ? 1 : 0))
    const { bids, asks } = books[updates] as unknown as Record<'bids' | 'asks', [string, string][]>
    const text = (levels: [string, string][]) => levels.map(([px, qty]) => `${Number(px)} ${Number(qty)}`)
    expect({ bids: text(bids), asks: text(asks) }).toEqual(bookOf(symbol))
  })

  it('resyncs a book whose sides cross', async () => {
    const states = (await records(SYMBOL)).filter(({ type }) => type === 'CONNECTION')
    expect(states.map(({ status }) => status)).toEqual([
      'connected',
      'resyncing',
      'disconnected',
      'connected',
    ])
  })

  it('leaves a log that replays', async () => {
    expect(JSON.parse(await tree.outcry('verify', '--data', 'log', '--json'))).toMatchObject({ problems: [] })
  })
})
