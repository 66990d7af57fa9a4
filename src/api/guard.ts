/**
 * Decides who may speak to the API. Every client that reaches it can trade, and web pages that the user visits reach
 * it, too: from the user's browser (CSRF), even under a domain name of their own that points at this machine (DNS
 * rebinding).
 */
import type { IncomingMessage } from 'node:http'
import fastifyCors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import { OutcryError } from '../../store/index.ts'
import type { Logger } from '../runtime/logger.ts'
import { isLoopback } from './binding.ts'
import { tokenIn } from './contract/bearer.ts'
import { pathOf } from './errors.ts'
import { LOG_ID } from './log-id.ts'
import { REQUEST_ID } from './request-id.ts'
import type { Access } from './server-fields.ts'
import { CLI, openTokens, type Token, type TokenOptions, type Tokens } from './tokens.ts'

/** Without a token, every client that reaches the server is trusted. */
export interface GuardOptions extends TokenOptions {
  /** Host on which the server listens. */
  readonly host: string
  /** Other origins whose pages may speak to the server. */
  readonly origins?: readonly string[]
}

/** The sender of a request. It has no token when the server needs none. */
export interface Caller {
  readonly access: Access
  readonly token?: Token
}

const ANYBODY: Caller = { access: 'control' }
/** Methods that change nothing. */
const READING: readonly (string | undefined)[] = ['GET', 'HEAD', 'OPTIONS']

/** Routes without a token, because they tell nothing secret. */
const OPEN: readonly (string | undefined)[] = ['/health', '/ready']
/** Headers that a page of another origin may send, and read, beyond those of simple requests. */
const HEADERS = `authorization, content-type, idempotency-key, ${REQUEST_ID}`
const HEADERS_OF_ANSWERS = `${REQUEST_ID}, ${LOG_ID}, retry-after`

export class Guard {
  readonly #isLocal: boolean
  readonly #origins: readonly string[]
  readonly #tokens: Tokens | undefined
  /** A request goes on with the token that it came with, also when that is removed meanwhile. */
  readonly #callers = new WeakMap<IncomingMessage, Caller>()

  /** @throws TOKEN_INVALID */
  constructor({ host, origins = [], ...tokens }: GuardOptions, logger?: Logger) {
    this.#isLocal = isLoopback(host)
    this.#origins = origins
    this.#tokens = openTokens(tokens, logger)
  }

  /** Returns whether the server has a token. */
  get hasTokens(): boolean {
    return this.#tokens !== undefined
  }

  /** Checks the host and the origin of a request. @throws HOST_REFUSED, ORIGIN_REFUSED, SITE_REFUSED */
  admit(request: IncomingMessage): void {
    const {
      headers: { host = '', origin },
      rawHeaders,
    } = request
    // Node takes the first, and a proxy may take the last.
    if (isRepeated('host', rawHeaders)) {
      const rule = 'one header'
      throw new OutcryError('HOST_REFUSED', 'the request names several hosts', `Send ${rule} Host.`, {
        issues: [{ field: 'host', rule }],
      })
    }
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
    const { 'sec-fetch-mode': mode, 'sec-fetch-dest': dest, referer } = headers
    if (!isLinked({ headers })) return
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

  /**
   * Returns the sender of a request; undefined when it has no token that the server knows. The token is a header, a
   * WebSocket's subprotocol or the page's cookie. The first of these that is there counts, and no other.
   */
  callerOf(request: IncomingMessage): Caller | undefined {
    if (this.#tokens === undefined) return ANYBODY
    const known = this.#callers.get(request)
    if (known !== undefined) return known
    const token = this.tokenOf(givenBy(request))
    if (token === undefined) return undefined
    const caller = { access: token.access, token }
    this.#callers.set(request, caller)
    return caller
  }

  /** Returns the token with this text. */
  tokenOf(given: unknown): Token | undefined {
    return typeof given === 'string' ? this.#tokens?.find(given) : undefined
  }

  /**
   * Returns the `by` of a command: the name of the sender's token, unless the command gives another. Several people may
   * share a token and say who they are, but nobody may give the name of a token that he does not have. The command line
   * may: its user can read all tokens.
   * @throws ACCESS_REFUSED
   */
  signerOf(request: IncomingMessage, by: unknown): string | undefined {
    const own = this.callerOf(request)?.token?.name
    if (typeof by !== 'string') return own
    if (own === CLI) return by
    const name = this.#tokens?.owner(by)
    if (name === undefined || name === own) return by
    const rule = `${own}, or a name that no token has`
    throw new OutcryError(
      'ACCESS_REFUSED',
      `the request has the token of ${own}, and ${name} has a token of its own`,
      'Leave "by" out, or send the token of that name.',
      { issues: [{ field: 'by', rule }] },
    )
  }

  /** Looks whether tokens have changed. */
  look(): void {
    this.#tokens?.look()
  }

  /** Returns whether the server still knows a sender. */
  stillKnows({ token }: Caller): boolean {
    return token === undefined || (this.#tokens?.has(token) ?? false)
  }
}

/** Returns whether a page of another site leads to the request, as the browser says. */
function isLinked({ headers: { 'sec-fetch-site': site } }: Pick<IncomingMessage, 'headers'>): boolean {
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}

/** Returns the text that a request gives as its token. */
function givenBy({ headers, rawHeaders, socket }: IncomingMessage): string | undefined {
  // Node takes the first, and a proxy may take the last.
  if (isRepeated('authorization', rawHeaders)) return undefined
  const [, bearer] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
  if (bearer !== undefined) return bearer
  const ofSocket = tokenIn(headers['sec-websocket-protocol'])
  if (ofSocket !== undefined) return ofSocket
  const cookies = headers.cookie?.split(/; */).map((pair) => pair.split('='))
  return cookies?.find(([name]) => name === cookieName(socket))?.[1]
}

/** Returns whether several headers have the name. Node gives names and values in turn, as they came. */
function isRepeated(name: string, rawHeaders: readonly string[]): boolean {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.length === name.length && rawHeaders[i]?.toLowerCase() === name) count++
  return count > 1
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
    exposedHeaders: HEADERS_OF_ANSWERS,
    strictPreflight: false,
  })
  http.addHook('onRequest', async (request, reply) => {
    const { raw, routeOptions } = request
    const { token } = request.query as { token?: unknown }
    const caller = guard.callerOf(raw)
    if (routeOptions.url === '/' && guard.tokenOf(token) !== undefined) {
      // A link on another site must not give a person the token, and so the name, of somebody else.
      if (caller === undefined || !isLinked(raw))
        reply.header('set-cookie', `${cookieName(raw.socket)}=${token}; Path=/; HttpOnly; SameSite=Strict`)
      return reply.redirect('/')
    }
    if (caller === undefined) {
      if (OPEN.includes(routeOptions.url)) return
      reply.header('www-authenticate', 'Bearer')
      throw new OutcryError(
        'NOT_AUTHORISED',
        'this runner requires a token',
        'Send "Authorization: Bearer <token>"; open the page once as /?token=<token>.',
      )
    }
    if (!READING.includes(raw.method)) assertControl(caller, `this ${raw.method}`)
  })
}

/** Checks that the sender may change something. @throws ACCESS_REFUSED */
export function assertControl({ access, token }: Caller, what: string): void {
  if (access === 'control') return
  throw new OutcryError(
    'ACCESS_REFUSED',
    `the token of ${token?.name} may read, and ${what} is more`,
    'Use a token whose access is control.',
  )
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
