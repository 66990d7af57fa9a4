import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { eventually } from '../runtime/harness.ts'

/** A symbol as the exchange lists it, in its own words. */
export interface Listed {
  readonly symbol: string
  readonly status?: string
  readonly quoteVolume?: string
  readonly bidPrice?: string
  readonly askPrice?: string
  /** Of futures. */
  readonly onboardDate?: number
  /** When its first candle of a day opened. */
  readonly firstDay?: number
}

/** Binance as far as the source sees it: the combined stream, and over HTTP depth snapshots and its listing. */
export class FakeBinance {
  readonly #http: Server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://exchange')
    const path = pathname.replace(/^\/(api\/v3|[fd]api\/v1)\//, '')
    if (path === 'depth') {
      this.asked++
      const { status, headers } = this.answers.shift() ?? { status: 200 }
      return send(response, this.snapshot, status, headers)
    }
    this.questions.push(decodeURIComponent(request.url ?? ''))
    if (this.isAway) return send(response, 'Service Unavailable', 503)
    const symbols = JSON.parse(searchParams.get('symbols') ?? 'null') as string[] | null
    const listed = this.listed.filter(({ symbol }) => symbols?.includes(symbol) ?? true)
    if (symbols !== null && listed.length < symbols.length)
      return send(response, { code: -1121, msg: 'Invalid symbol.' }, 400)
    if (path === 'exchangeInfo') return send(response, { timezone: 'UTC', symbols: listed.map(infoOf) })
    if (path === 'ticker/24hr') return send(response, listed.map(tickerOf))
    if (path === 'ticker/bookTicker') return send(response, listed.map(bookTickerOf))
    const { firstDay } = this.listed.find(({ symbol }) => symbol === searchParams.get('symbol')) ?? {}
    return send(response, firstDay === undefined ? [] : [[firstDay, '1', '2', '1', '2', '3', firstDay + 1]])
  })
  readonly #sockets = new WebSocketServer({ server: this.#http })
  readonly clients: WebSocket[] = []
  readonly paths: string[] = []
  answers: { status: number; headers?: Record<string, string> }[] = []
  asked = 0
  snapshot = { lastUpdateId: 10, bids: [['9', '1']], asks: [['11', '1']] }
  listed: Listed[] = []
  /** What was asked of the listing, in order. */
  readonly questions: string[] = []
  /** While it is, the listing is refused. */
  isAway = false

  async start(): Promise<{ wsUrl: string; restUrl: string }> {
    this.#sockets.on('connection', (socket, request) => {
      this.clients.push(socket)
      this.paths.push(request.url ?? '')
    })
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve))
    const { port } = this.#http.address() as AddressInfo
    return { wsUrl: `ws://127.0.0.1:${port}`, restUrl: `http://127.0.0.1:${port}` }
  }

  async client(n: number): Promise<WebSocket> {
    await eventually(() => expect(this.clients.length).toBeGreaterThan(n))
    return this.clients[n] as WebSocket
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.terminate()
    this.#sockets.close()
    await new Promise((resolve) => this.#http.close(resolve))
  }
}

function send(response: ServerResponse, body: unknown, status = 200, headers = {}): void {
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(typeof body === 'string' ? body : JSON.stringify(body))
}

function infoOf({ symbol, status = 'TRADING', onboardDate }: Listed) {
  const [baseAsset, quoteAsset] = [symbol.replace('USDT', ''), 'USDT']
  const filters = [{ filterType: 'PRICE_FILTER', minPrice: '0', maxPrice: '0', tickSize: '0.01000000' }]
  return { symbol, status, baseAsset, baseAssetPrecision: 8, quoteAsset, filters, onboardDate }
}

function tickerOf({ symbol, quoteVolume = '1000.00000000' }: Listed) {
  return { symbol, priceChange: '-94.99999800', lastPrice: '4.00000200', quoteVolume, count: 76 }
}

function bookTickerOf({ symbol, bidPrice = '99.95000000', askPrice = '100.05000000' }: Listed) {
  return { symbol, bidPrice, bidQty: '431.00000000', askPrice, askQty: '9.00000000' }
}
