import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

/** Folder of the page. The build copies it, so this path holds for the sources and for the build. */
const PAGE = new URL('../../../tools/inspector/page/', import.meta.url)
const DOCUMENT = 'index.html'
/** The layout library. The page asks for it when it draws its first chart. */
const WORKER = 'elk-worker.min.js'
/** Content security policy: the page loads nothing from elsewhere, and its document contains no script or style. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
/** The browser asks before it uses its copy, and mostly gets a 304. So a new version shows at once. */
const ASKED = 'private, no-cache'
/** The browser keeps the layout library for a day: it is large and changes only with a release. */
const KEPT = 'private, max-age=86400'

/**
 * Serves the inspector page and its layout library. Each file in the folder gets a route at the start; no other path
 * does.
 */
export function pageRoutes(http: FastifyInstance): void {
  http.register(async (page) => {
    // Files have rules of their own, which Fastify's headers would override.
    page.addHook('onRequest', async (_request, reply) => {
      reply.removeHeader('cache-control')
    })
    // A 304 has no body, so the compression must not add its header.
    page.addHook('onSend', async ({ method }, { statusCode }, payload) =>
      statusCode === 304 && method === 'GET' ? null : payload,
    )
    page.register(fastifyStatic, {
      root: PAGE,
      prefix: '/page/',
      wildcard: false,
      index: false,
      // The route / serves the document.
      globIgnore: [DOCUMENT],
      cacheControl: false,
      setHeaders: (response, path) => {
        response.setHeader('cache-control', path.endsWith(WORKER) ? KEPT : ASKED)
      },
    })
    page.get('/', ({ headers: { host = '' } }, reply) =>
      reply.header('content-security-policy', `${POLICY}; connect-src ${sourcesOn(host)}`).sendFile(DOCUMENT),
    )
    const elk = dirname(createRequire(import.meta.url).resolve('elkjs/lib/elk-worker.min.js'))
    page.get(`/vendor/${WORKER}`, (_request, reply) => reply.sendFile(WORKER, elk))
  })
}

/** Returns the WebSocket sources by name, because some browsers do not apply 'self' to WebSockets. */
function sourcesOn(host: string): string {
  return /^[\w.:[\]-]+$/.test(host) ? `'self' ws://${host} wss://${host}` : "'self'"
}
