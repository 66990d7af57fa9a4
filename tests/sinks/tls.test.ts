/** Tests that sinks over TLS speak to no server that somebody has put in the place of theirs. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { silentLogger } from '../../src/runtime/logger.ts'
import { SinkEvent } from '../../src/sinks/event.ts'
import { SINKS, sinkNamed } from '../../src/sinks/registry.ts'
import { sinksSection } from '../../src/sinks/section.ts'
import { envelope } from './parquet/events.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-tls-'))
let server: Server
const sockets = new Set<Socket>()
/** All that clients have said within TLS. */
let heard = ''

beforeAll(async () => {
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const of = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  execFileSync('openssl', ['req', '-x509', ...kind, ...of, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  const identity = { key: readFileSync(key), cert: readFileSync(cert) }
  server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('readable', () => {
      // PostgreSQL is asked for TLS first, with 8 bytes that begin with a length. TLS begins with 22.
      const first = socket.read() as Buffer | null
      if (first?.[0] === 0) socket.write('S')
      else if (first !== null) socket.unshift(first)
      new TLSSocket(socket, { isServer: true, ...identity })
        .on('error', () => {})
        .on('data', (bytes) => {
          heard += bytes
        })
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
  rmSync(folder, { recursive: true })
})

it.each([
  ['redis', 'rediss://:${TLS_SECRET}@127.0.0.1'],
  ['postgres', 'postgres://me:${TLS_SECRET}@127.0.0.1', '/x?sslmode=verify-full'],
  ['postgres', 'postgres://me:${TLS_SECRET}@127.0.0.1', '/x?sslmode=require'],
  ['webhook', 'https://127.0.0.1', '/?key=${TLS_SECRET}'],
])(
  '%s says nothing to a server whose certificate nobody vouches for: %s%s',
  async (type, host, rest = '') => {
    process.env.TLS_SECRET = 'said-to-nobody'
    const { port } = server.address() as AddressInfo
    const [config] = sinksSection(SINKS).parse([{ type, url: `${host}:${port}${rest}` }])
    const place = { name: type, logId: 'a', epoch: 1, run: 'r', seq: 0, logger: silentLogger }
    const gone = new AbortController()
    const told = async () => {
      const writer = await sinkNamed(type).open(config as never, { ...place, signal: gone.signal })
      await writer.write({ events: [new SinkEvent(envelope(1))], from: 1, to: 1 })
      await writer.flush?.()
    }
    await expect(told()).rejects.toThrow(/self-signed certificate|SELF_SIGNED_CERT/)
    gone.abort()
    delete process.env.TLS_SECRET
    expect(heard).toBe('')
  },
)
