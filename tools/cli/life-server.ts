/** Serves a past life on this machine, for the tools of Stately: two WebSockets, and pages for the hosted tools. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { inspectingFrame } from '../../src/api/contract/legacy-frames.ts'
import { Guard } from '../../src/api/guard.ts'
import { PastClient } from '../../src/api/inspect/past-client.ts'
import { INSPECTOR, POLICY, SCRIPT, VISUALIZER } from './bridge-page.ts'

const HOST = '127.0.0.1'
const FILES: ReadonlyMap<string, readonly [type: string, text: string]> = new Map([
  ['/', ['text/html', INSPECTOR]],
  ['/legacy', ['text/html', VISUALIZER]],
  ['/bridge.js', ['text/javascript', SCRIPT]],
])
/** Largest frame that a client may send. It has nothing to say but that it is ready. */
const FRAME_BYTES_MAX = 65_536

/** Returns the frames of the life, in the form of `/inspect/legacy` or of `/inspect`. */
export type Texts = (isLegacy: boolean, signal: AbortSignal) => AsyncIterable<string>

export interface LifeServer {
  /** Host and port. */
  readonly address: string
  close(): Promise<void>
}

/** Starts the server on a free port. Each connection gets the life from its beginning. `onFault` hears of errors. */
export async function serveLife(texts: Texts, onFault: (error: unknown) => void): Promise<LifeServer> {
  // Any page that the user visits could read the life otherwise.
  const guard = new Guard({ host: HOST })
  const http = createServer((request, response) => answer(guard, request, response))
  const sockets = new WebSocketServer({ noServer: true, maxPayload: FRAME_BYTES_MAX })
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {})
    const isLegacy = request.url === '/inspect/legacy'
    if (!admits(guard, request) || (!isLegacy && request.url !== '/inspect')) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => {})
      new PastClient(client, {
        texts: (signal) => texts(isLegacy, signal),
        greeting: isLegacy ? inspectingFrame : undefined,
        onFault,
      })
    })
  })
  http.listen(0, HOST)
  await once(http, 'listening')
  return {
    address: `${HOST}:${(http.address() as AddressInfo).port}`,
    close: async () => {
      for (const client of sockets.clients) client.terminate()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

function answer(guard: Guard, request: IncomingMessage, response: ServerResponse): void {
  const [type, text] = FILES.get(request.url ?? '/') ?? []
  if (text === undefined || !admits(guard, request)) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  })
  response.end(text)
}

function admits(guard: Guard, request: IncomingMessage): boolean {
  try {
    guard.admit(request)
    return true
  } catch {
    return false
  }
}
