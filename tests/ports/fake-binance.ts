import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { eventually } from '../runtime/harness.ts'

/** Binance as far as the source sees it: the combined stream, and depth snapshots over HTTP. */
export class FakeBinance {
  readonly #http: Server = createServer((_request, response) => {
    this.asked++
    const answer = this.answers.shift() ?? { status: 200 }
    const headers = { 'content-type': 'application/json', ...answer.headers }
    response.writeHead(answer.status, headers).end(JSON.stringify(this.snapshot))
  })
  readonly #sockets = new WebSocketServer({ server: this.#http })
  readonly clients: WebSocket[] = []
  readonly paths: string[] = []
  answers: { status: number; headers?: Record<string, string> }[] = []
  asked = 0
  snapshot = { lastUpdateId: 10, bids: [['9', '1']], asks: [['11', '1']] }

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
