/**
 * Decides who may speak to the API. Every client that reaches it can trade, and web pages that the user visits reach
 * it, too: from the user's browser (CSRF), even under a domain name of their own that points at this machine (DNS
 * rebinding).
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import fastifyCors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import { OutcryError } from '../../store/index.ts'
import { tokenIn } from './contract/bearer.ts'
import { pathOf } from './errors.ts'

export interface GuardOptions {
  /** Host on which the server listens. */
  readonly host: string
  /** Other origins whose pages may speak to the server. */
  readonly origins?: readonly string[]
  /** Token that clients must send. Without one, every client that reaches the server is trusted. */
  readonly token?: string
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/i
/** Routes without a token, because they tell nothing secret. */
const OPEN: readonly (string | undefined)[] = ['/health', '/ready']
/** Headers that a page of another origin may send beyond those of simple requests. */
const HEADERS = 'authorization, content-type, idempotency-key'

/** Whether only this machine can reach a server on this host. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

export class Guard {
  readonly #isLocal: boolean
  readonly #origins: readonly string[]
  readonly #token: Buffer | undefined

  constructor({ host, origins = [], token }: GuardOptions) {
    this.#isLocal = isLoopback(host)
    this.#origins = origins
    this.#token = token === undefined ? undefined : digest(token)
  }

  /** Checks the host and the origin of a request. @throws HOST_REFUSED, ORIGIN_REFUSED, SITE_REFUSED */
  admit(request: IncomingMessage): void {
    const {
      headers: { host = '', origin },
    } = request
    if (this.#isLocal && !isLoopback(host.replace(/:\d+$/, ''))) {
      const rule = 'localhost, 127.0.0.1 or [::1]'
      throw new OutcryError('HOST_REFUSED', `"${host}" is not a name of this runner`, `Use ${rule}.`, {
        issues: [{ field: 'host', rule }],
      })
    }
    if (origin === undefined) {
      this.#admitSite(request)
      return
    }
    if (origin === `http://${host}` || this.lists(origin)) return
    throw new OutcryError(
      'ORIGIN_REFUSED',
      `pages of ${origin} may not speak to this runner`,
      'To allow it, list the origin in server.origins.',
      { issues: [{ field: 'origin', rule: 'that of the runner itself, or one of server.origins' }] },
    )
  }

  /**
   * Checks a request without Origin: pages that load an image, a script or a frame send none. The browser then says
   * whether the page is ours. Clients other than browsers say nothing. A link on any site may open the page itself.
   */
  #admitSite({ url, headers }: IncomingMessage): void {
    const { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest, referer } = headers
    if (site === undefined || site === 'same-origin' || site === 'none') return
    if (mode === 'navigate' && dest === 'document' && pathOf(url) === '/') return
    const from = originOf(referer)
    if (from !== undefined && this.lists(from)) return
    throw new OutcryError(
      'SITE_REFUSED',
      `pages of ${from ?? 'another site'} may not load anything from this runner`,
      'To allow it, list the origin in server.origins.',
      { issues: [{ field: 'sec-fetch-site', rule: 'same-origin, or from one of server.origins' }] },
    )
  }

  lists(origin: string): boolean {
    return this.#origins.includes(origin)
  }

  /** Whether a request has the token, as a header, a WebSocket's subprotocol or the page's cookie, or needs none. */
  knows({ headers, socket }: IncomingMessage): boolean {
    const [, bearer] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
    const cookies = headers.cookie?.split(/; */).map((pair) => pair.split('='))
    const [, cookie] = cookies?.find(([name]) => name === cookieName(socket)) ?? []
    return (
      this.#token === undefined ||
      this.isToken(bearer ?? tokenIn(headers['sec-websocket-protocol']) ?? cookie)
    )
  }

  isToken(given: unknown): given is string {
    const token = this.#token
    return typeof given === 'string' && token !== undefined && timingSafeEqual(digest(given), token)
  }
}

/** Guards every request except those of WebSockets. */
export async function guardRoutes(http: FastifyInstance, guard: Guard): Promise<void> {
  http.addHook('onRequest', async ({ raw, headers }, reply) => {
    guard.admit(raw)
    const from = headers.origin ?? originOf(headers.referer)
    if (from !== undefined && guard.lists(from)) reply.header('cross-origin-resource-policy', 'cross-origin')
  })
  // Its hook runs between these two: a browser asks, without the token, before it sends more than a form could.
  await http.register(fastifyCors, {
    origin: (origin, answer) => answer(null, origin !== undefined && guard.lists(origin)),
    allowedHeaders: HEADERS,
    strictPreflight: false,
  })
  http.addHook('onRequest', async (request, reply) => {
    const { raw, routeOptions } = request
    const { token } = request.query as { token?: unknown }
    if (routeOptions.url === '/' && guard.isToken(token)) {
      const cookie = `${cookieName(raw.socket)}=${token}; Path=/; HttpOnly; SameSite=Strict`
      return reply.header('set-cookie', cookie).redirect('/')
    }
    if (guard.knows(raw) || OPEN.includes(routeOptions.url)) return
    reply.header('www-authenticate', 'Bearer')
    throw new OutcryError(
      'NOT_AUTHORISED',
      'this runner requires its token',
      'Send "Authorization: Bearer <server.token>"; open the page once as /?token=<server.token>.',
    )
  })
}

function originOf(referer: string | undefined): string | undefined {
  return referer !== undefined && URL.canParse(referer) ? new URL(referer).origin : undefined
}

/**
 * Returns the name of a cookie with the port, because cookies do not depend on the port, and a machine may have several
 * runners.
 */
function cookieName({ localPort }: IncomingMessage['socket']): string {
  return `outcry-${localPort}`
}

/** Returns bytes of equal length for every token, which a comparison in constant time needs. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
