import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}
const VENDOR = ['elk-api.js', 'elk-worker.min.js']
/** The build copies it, so it lies in the same place beside the sources and beside what was built. */
const PAGE = new URL('../../tools/inspector/page/', import.meta.url)
/** Nothing on the page comes from elsewhere. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; worker-src 'self' blob:"

/** The inspector page and the layout library it uses. */
export function pageRoutes(http: FastifyInstance): void {
  const folder = PAGE
  const require = createRequire(import.meta.url)
  const send = async (file: string) => ({
    body: await readFile(file),
    type: TYPES[file.split('.').at(-1) ?? ''] ?? 'text/plain',
  })
  http.get('/', async (_request, reply) => {
    const { body, type } = await send(fileURLToPath(new URL('index.html', folder)))
    return reply.type(type).header('content-security-policy', POLICY).send(body)
  })
  http.get<{ Params: { file: string } }>('/page/:file', async (request, reply) => {
    const url = new URL(request.params.file, folder)
    if (!/^[\w.-]+$/.test(request.params.file) || !existsSync(url)) return reply.callNotFound()
    const { body, type } = await send(fileURLToPath(url))
    return reply.type(type).send(body)
  })
  for (const name of VENDOR) {
    http.get(`/vendor/${name}`, async (_request, reply) => {
      const { body, type } = await send(require.resolve(`elkjs/lib/${name}`))
      return reply.type(type).header('cache-control', 'max-age=86400').send(body)
    })
  }
}
