/** Sees every frame that a server sends, as the last step before the library that writes it to the socket. */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { wrongFrame } from './documents.ts'

type Report = (what: string | undefined) => void

interface Watched {
  readonly channel: string
  readonly report: Report
  /** The parts of a frame whose last part has not come. */
  text: string
}

const reports = new WeakMap<Duplex, Report>()
const watched = new WeakMap<WebSocket, Watched>()

/** Reports each frame of the server's WebSockets that is not of the AsyncAPI document. */
export function watchFrames(server: Server, report: Report): void {
  // Other servers of a test, which stand for faulty ones, are not watched.
  server.prependListener('upgrade', (_request, socket) => reports.set(socket, report))
}

const upgrade = WebSocketServer.prototype.handleUpgrade
WebSocketServer.prototype.handleUpgrade = function (request, socket, head, onClient) {
  const report = reports.get(socket)
  const [channel = ''] = request.url?.split('?') ?? []
  upgrade.call(this, request, socket, head, (client: WebSocket, of: IncomingMessage) => {
    if (report !== undefined) watched.set(client, { channel, report, text: '' })
    onClient(client, of)
  })
}

const send = WebSocket.prototype.send as (this: WebSocket, data: unknown, ...others: unknown[]) => void
WebSocket.prototype.send = function (this: WebSocket, data: unknown, ...others: unknown[]) {
  const of = watched.get(this)
  if (of !== undefined && this.readyState === this.OPEN) {
    of.text += String(data)
    const [options] = others as [{ readonly fin?: boolean } | undefined]
    if (options?.fin !== false) {
      of.report(wrongFrame(of.channel, of.text))
      of.text = ''
    }
  }
  send.call(this, data, ...others)
}
