/** The live market of Binance when its connection or its snapshots fail at a bad moment. */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Subscription } from 'rxjs'
import { afterEach, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { createBinanceMarket } from '../../src/adapters/binance/market.ts'
import type { MarketMessage } from '../../src/adapters/market-source.ts'
import { eventually } from '../runtime/harness.ts'

const depth = (U: number, u: number) =>
  JSON.stringify({
    stream: 'x@depth@100ms',
    data: { e: 'depthUpdate', E: Date.now(), s: 'X', U, u, b: [], a: [] },
  })
const snapshot = (lastUpdateId: number) =>
  JSON.stringify({ lastUpdateId, bids: [[String(lastUpdateId), '1']], asks: [] })

/** An exchange that answers when a test says so. */
class Exchange {
  readonly sockets: WebSocket[] = []
  readonly questions: ServerResponse[] = []
  readonly #http: Server = createServer((_, response) => this.questions.push(response))
  readonly #server = new WebSocketServer({ server: this.#http })

  async start(port = 0): Promise<number> {
    this.#server.on('connection', (socket) => this.sockets.push(socket))
    await new Promise<void>((resolve) => this.#http.listen(port, '127.0.0.1', resolve))
    return (this.#http.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate()
    this.#http.closeAllConnections()
    await new Promise((resolve) => this.#http.close(resolve))
  }
}

const warnings: string[] = []
const messages: MarketMessage[] = []
let exchange: Exchange
let subscription: Subscription | undefined

function open(port: number): void {
  warnings.length = messages.length = 0
  const market = createBinanceMarket({
    symbols: ['X'],
    market: 'spot',
    wsUrl: `ws://127.0.0.1:${port}`,
    restUrl: `http://127.0.0.1:${port}`,
    onWarning: ({ reason }) => void warnings.push(reason),
  })
  subscription = market.open().subscribe((message) => messages.push(message))
}
afterEach(async () => {
  subscription?.unsubscribe()
  await exchange.stop()
})

const nth = async <T>(list: readonly T[], n: number): Promise<T> => {
  await eventually(() => expect(list.length).toBeGreaterThan(n))
  return list[n] as T
}
const books = () => messages.flatMap(({ event }) => (event.type === 'ORDER_BOOK' ? [event.updateId] : []))

it('a snapshot that comes when its connection is over is not taken for the next one', async () => {
  exchange = new Exchange()
  open(await exchange.start())
  const first = await nth(exchange.sockets, 0)
  first.send(depth(1, 2))
  const early = await nth(exchange.questions, 0)
  first.terminate()
  const second = await nth(exchange.sockets, 1)
  second.send(depth(101, 102))
  await eventually(() => expect(messages.filter(({ event }) => event.type === 'CONNECTION')).toHaveLength(3))
  // It asks once at a time: the answer to the first question is still to come.
  expect(exchange.questions).toHaveLength(1)
  early.end(snapshot(5))
  second.send(depth(103, 104))
  await eventually(() => {
    // The old answer is read by and by, and whatever comes then asks anew.
    second.send(depth(105, 106))
    expect(exchange.questions).toHaveLength(2)
  })
  exchange.questions[1]?.end(snapshot(200))
  await eventually(() => expect(books()).toEqual([200]))
})

it('is asked for again where the answer breaks off, and where it is too old for what came since', async () => {
  exchange = new Exchange()
  open(await exchange.start())
  const socket = await nth(exchange.sockets, 0)
  socket.send(depth(11, 12))
  const broken = await nth(exchange.questions, 0)
  broken.destroy()
  const old = await nth(exchange.questions, 1)
  old.end(snapshot(3))
  const good = await nth(exchange.questions, 2)
  good.end(snapshot(12))
  await eventually(() => expect(books()).toEqual([12]))
  expect(warnings).toEqual([
    expect.stringMatching(/^no depth snapshot of X: fetch failed/),
    'the depth snapshot 3 of X is older than its updates',
  ])
})

it('is silent once nobody listens, whatever becomes of what it asked', async () => {
  exchange = new Exchange()
  open(await exchange.start())
  const socket = await nth(exchange.sockets, 0)
  socket.send(depth(1, 2))
  const question = await nth(exchange.questions, 0)
  const ended = new Promise((resolve) => question.once('close', resolve))
  subscription?.unsubscribe()
  await ended
  await new Promise((resolve) => setImmediate(resolve))
  expect([warnings, books()]).toEqual([[], []])
})

it('waits for an exchange that is not there, and is there when it is', async () => {
  exchange = new Exchange()
  const port = await exchange.start()
  await exchange.stop()
  exchange = new Exchange()
  open(port)
  await eventually(() => expect(warnings[0]).toMatch(/^the socket failed: .*ECONNREFUSED/))
  await exchange.start(port)
  const socket = await nth(exchange.sockets, 0)
  socket.send(depth(1, 2))
  const question = await nth(exchange.questions, 0)
  question.end(snapshot(2))
  await eventually(() => expect(books()).toEqual([2]))
  const first = messages[0]
  expect(first?.event).toMatchObject({ type: 'CONNECTION', status: 'disconnected' })
})
