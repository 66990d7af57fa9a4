/** A runner is told to stop while clients hold on to it in every way that they can. */

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { RawWebSocket } from '../api/raw-client.ts'
import { eventually } from '../runtime/harness.ts'
import { OutcryProcess, outcry } from './runner-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-stop-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const HEAD = 'HTTP/1.1\r\nHost: 127.0.0.1\r\n'
const POST = `POST /actors/account%2Fsim/events ${HEAD}Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n`
const EVERYTHING = ['events.>', 'transitions.>']
/** Records that the log has before anybody comes: more than a socket takes without being read. */
const RECORDS = 20_000

/** A connection that stays open at its own end when the other one ends. */
async function holdingOn(url: string): Promise<Socket> {
  const { hostname: host, port } = new URL(url)
  const socket = connect({ host, port: Number(port), allowHalfOpen: true })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Each returns sockets that it never ends. */
const CLIENTS: Readonly<Record<string, (url: string) => Promise<readonly Socket[]>>> = {
  'followers that never read': async (url) => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => RawWebSocket.open(url, '/feed')))
    for (const client of clients) client.says({ op: 'subscribe', id: 's', topics: EVERYTHING, since: 0 })
    return clients.map(({ socket }) => socket)
  },
  'inspectors that never read': async (url) => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => RawWebSocket.open(url, '/inspect')))
    return clients.map(({ socket }) => socket)
  },
  'readers of a backup and of the events that never read': async (url) => {
    const sockets = await Promise.all(Array.from({ length: 4 }, () => holdingOn(url)))
    for (const [i, socket] of sockets.entries())
      socket.write(`GET ${i % 2 === 0 ? '/backup?of=folder' : '/events?since=0&limit=1000'} ${HEAD}\r\n`)
    return sockets
  },
  'requests that are half sent': async (url) => {
    const halves = ['', 'GET /hea', `GET /health ${HEAD}X-Half: `, POST, `${POST}{"type":`]
    const sockets = await Promise.all(halves.map(() => holdingOn(url)))
    for (const [i, half] of halves.entries()) sockets[i]?.write(half)
    return sockets
  },
  'a body that comes byte by byte': async (url) => {
    const socket = await holdingOn(url)
    socket.write(POST)
    const drip = setInterval(() => socket.write(' '), 10)
    socket.once('close', () => clearInterval(drip))
    return [socket]
  },
  'connections that are idle': (url) => Promise.all(Array.from({ length: 200 }, () => holdingOn(url))),
  'connections that were used and are kept': async (url) => {
    const sockets = await Promise.all(Array.from({ length: 20 }, () => holdingOn(url)))
    for (const socket of sockets) socket.write(`GET /health ${HEAD}\r\n`)
    return sockets
  },
}

describe('a runner that gets SIGTERM', () => {
  it(`ends in order while ${Object.keys(CLIENTS).join(', ')} hold on`, async () => {
    const data = join(folder, 'data')
    const market = ['--market', 'sim', '--speed', '200']
    const runner = new OutcryProcess('run', ...market, '--data', data, '--port', '0', '--json')
    const url = (await runner.started()).url as string
    await eventually(async () => {
      const { seq } = (await (await fetch(`${url}/health`)).json()) as { seq: number }
      expect(seq).toBeGreaterThan(RECORDS)
    })
    const sockets: Socket[] = []
    for (const come of Object.values(CLIENTS)) sockets.push(...(await come(url)))
    runner.child.kill('SIGTERM')
    // Nobody here lets go: it is the runner that ends.
    const { code, signal, stdout } = await runner.finished()
    expect([code, signal]).toEqual([0, null])
    expect(sockets.map(({ writableEnded }) => writableEnded)).not.toContain(true)
    for (const socket of sockets) socket.destroy()
    const verified = await outcry('verify', '--data', data, '--json')
    expect(JSON.parse(verified.stdout)).toMatchObject({ problems: [] })
    const life = await outcry('replay', 'runner/main', '--data', data, '--json')
    const last = JSON.parse(life.stdout.trim().split('\n').at(-1) as string)
    expect(last.event).toMatchObject({ type: 'STOPPED', reason: 'SIGTERM', initiator: 'signal' })
    // All that the summary tells of is on disk, and what says that it stopped.
    const summary = JSON.parse(stdout)
    expect(JSON.parse(verified.stdout).records).toBeGreaterThan(summary.records)
    expect(last.seq).toBeLessThanOrEqual(JSON.parse(verified.stdout).records)
  })
})
