/** Serves a past life on this machine, for the tools of Stately: two WebSockets, and pages for the hosted tools. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { inspectingFrame } from '../../src/api/contract/legacy-frames.ts'
import { Guard } from '../../src/api/guard.ts'
import { PastClient } from '../../src/api/inspect/past-client.ts'
import { digestOf } from '../../src/api/token-file.ts'
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
  /** Host, port and token: what comes before `/inspect` and the other paths. */
  readonly base: string
  close(): Promise<void>
}

/**
 * Starts the server on a free port. Each connection gets the life from its beginning. `onFault` hears of errors. Every
 * path begins with a token: else any user of this machine could read the life.
 */
export async function serveLife(texts: Texts, onFault: (error: unknown) => void): Promise<LifeServer> {
  const token = randomBytes(32).toString('base64url')
  const door = new Door(token)
  const http = createServer((request, response) => answer(door.pathOf(request), response))
  const sockets = new WebSocketServer({ noServer: true, maxPayload: FRAME_BYTES_MAX })
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {})
    const path = door.pathOf(request)
    const isLegacy = path === '/inspect/legacy'
    if (!isLegacy && path !== '/inspect') {
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
    base: `${HOST}:${(http.address() as AddressInfo).port}/${token}`,
    close: async () => {
      for (const client of sockets.clients) client.terminate()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

/** Admits whoever has the token, and whom our guard admits. */
class Door {
  // Any page that the user visits could read the life otherwise.
  readonly #guard = new Guard({ host: HOST })
  readonly #digest: Buffer

  constructor(token: string) {
    this.#digest = digestOf(token)
  }

  /** Returns the path behind the token; undefined when the request is refused. */
  pathOf(request: IncomingMessage): string | undefined {
    const [, given = '', path = ''] = /^\/([^/]*)(.*)$/s.exec(request.url ?? '') ?? []
    // Digests have one length, and their comparison takes one time.
    if (!timingSafeEqual(digestOf(given), this.#digest)) return undefined
    try {
      this.#guard.admit(request)
      return path
    } catch {
      return undefined
    }
  }
}

function answer(path: string | undefined, response: ServerResponse): void {
  const [type, text] = FILES.get(path ?? '') ?? []
  if (text === undefined) {
    response.writeHead(path === undefined ? 403 : 404).end()
    return
  }
  response.writeHead(200, {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    // The path of the page has the token.
    'referrer-policy': 'no-referrer',
  })
  response.end(text)
}
