/**
 * Who may speak to the API. Whoever reaches it can trade, and a web page that its user visits reaches it, too: from the
 * user's browser (CSRF), even under a name of its own that it has pointed at this machine (DNS rebinding).
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import fastifyCors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import { OutcryError } from '../../store/index.ts'
import { tokenIn } from './contract/bearer.ts'
import { pathOf } from './errors.ts'

export interface GuardOptions {
  /** That the server listens on. */
  readonly host: string
  /** Pages elsewhere that may speak to it, too. */
  readonly origins?: readonly string[]
  /** Without one, all that get through to the server are trusted. */
  readonly token?: string
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/i
/** Routes that tell nothing worth a token. */
const OPEN: readonly (string | undefined)[] = ['/health', '/ready']
/** What a page of another origin may send beyond plain requests. */
const HEADERS = 'authorization, content-type, idempotency-key'

/** Whether only this machine reaches what listens there. */
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

  /** @throws HOST_REFUSED, ORIGIN_REFUSED, SITE_REFUSED */
  admit(request: IncomingMessage): void {
    const {
      headers: { host = '', origin },
    } = request
    if (this.#isLocal && !isLoopback(host.replace(/:\d+$/, ''))) {
      const rule = 'localhost, 127.0.0.1 or [::1]'
      throw new OutcryError('HOST_REFUSED', `"${host}" is no name of this runner`, `Ask for it as ${rule}.`, {
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
      'List the origin in server.origins, if they may.',
      { issues: [{ field: 'origin', rule: 'that of the runner itself, or one of server.origins' }] },
    )
  }

  /**
   * A page that loads an image, a script or a frame sends no Origin. Its browser says whether it is a page of ours; whoever is
   * no browser says nothing. A link from anywhere may open the page itself.
   */
  #admitSite({ url, headers }: IncomingMessage): void {
    const { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest, referer } = headers
    if (site === undefined || site === 'same-origin' || site === 'none') return
    if (mode === 'navigate' && dest === 'document' && pathOf(url) === '/') return
    const from = originOf(referer)
    if (from !== undefined && this.lists(from)) return
    throw new OutcryError(
      'SITE_REFUSED',
      `pages of ${from ?? 'another site'} may load nothing from this runner`,
      'List the origin in server.origins, if they may.',
      { issues: [{ field: 'sec-fetch-site', rule: 'same-origin, or from one of server.origins' }] },
    )
  }

  lists(origin: string): boolean {
    return this.#origins.includes(origin)
  }

  /** Whether a request brings the token, as a header, as a WebSocket's subprotocol or as the page's cookie, or need not. */
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

/** Guards every request that is no WebSocket's. */
export async function guardRoutes(http: FastifyInstance, guard: Guard): Promise<void> {
  http.addHook('onRequest', async ({ raw, headers }, reply) => {
    guard.admit(raw)
    const from = headers.origin ?? originOf(headers.referer)
    if (from !== undefined && guard.lists(from)) reply.header('cross-origin-resource-policy', 'cross-origin')
  })
  // Its hook is between these two: a browser asks, and without the token, before it sends what no form could.
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
      'this runner asks for its token',
      'Send "Authorization: Bearer <server.token>"; open the page once as /?token=<server.token>.',
    )
  })
}

function originOf(referer: string | undefined): string | undefined {
  return referer !== undefined && URL.canParse(referer) ? new URL(referer).origin : undefined
}

/** Cookies do not tell ports apart, and a machine may have several runners. */
function cookieName({ localPort }: IncomingMessage['socket']): string {
  return `outcry-${localPort}`
}

/** Of equal length whatever was given, as a comparison in constant time needs it. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
