/** Tests that the examples of the reference pages do what the pages say, at a runner on a simulated market. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { actorActed } from '../../src/api/contract/answers.ts'
import { asyncApiOf } from '../../src/api/contract/asyncapi.ts'
import { CLOSE } from '../../src/api/contract/frames.ts'
import { openApiOf } from '../../src/api/contract/openapi.ts'
import type { Route } from '../../src/api/contract/route.ts'
import { routes } from '../../src/api/contract/routes.ts'
import { createClient } from '../../src/client/index.ts'
import { feedPage } from '../../tools/docs/feed-page.ts'
import { curlOf, httpPage } from '../../tools/docs/http-page.ts'
import { type Running, startTrading } from '../api/running.ts'
import { eventually } from '../runtime/harness.ts'

const page = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'outcry-examples-'))
let running: Running
beforeAll(async () => {
  running = await startTrading()
})
afterAll(async () => {
  await running.stop()
  rmSync(folder, { recursive: true })
})

/** Runs a line of a page at the runner of the test, and returns the status of the answer and its body. */
async function shell(line: string): Promise<{ status: number; body: string }> {
  const command = `${line.replace('localhost:7077', running.url)} -s -w '\n%{http_code}'`
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { cwd: folder, maxBuffer: 2 ** 26 })
  const end = stdout.lastIndexOf('\n')
  return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) }
}

/**
 * Codes for what this run has not: an actor in quarantine, a dead letter, an actor of a user's kind, a source of news, and
 * by chance a strategy without a trade.
 */
const NOT_THERE = [
  'ACTOR_NOT_QUARANTINED',
  'LETTER_UNKNOWN',
  'ACTOR_UNKNOWN',
  'COMPONENT_UNKNOWN',
  'ACTOR_HELD',
]

describe('the page of the HTTP API', () => {
  it('is up to date: else npm run docs', () => {
    expect(page('http.md')).toBe(httpPage())
  })

  it.each(Object.values<Route>(routes).map((route) => [`${route.method} ${route.path}`, route] as const))(
    'has an example of %s that the server takes',
    async (heading, route) => {
      const [, section = ''] = page('http.md').split(`\n## ${heading}\n`)
      const [, line = ''] = /```sh\n(.*?)\n```/s.exec(section) ?? []
      expect(line).toBe(curlOf(route))
      const { status, body } = await shell(line)
      // A route without an example of its own has one that fits its schemas, of something that may not be there.
      const fine = route.example === undefined ? [200, 404, 409, 422] : [200]
      const { code } = status === 200 ? {} : JSON.parse(body)
      if (!NOT_THERE.includes(code)) expect(fine, body).toContain(status)
      if (route.isBinary) expect(statSync(join(folder, 'outcry.copy')).size).toBeGreaterThan(10_000)
    },
  )

  it('has every code of a route, in its section or among those of all', () => {
    for (const { method, path, refusals } of Object.values<Route>(routes)) {
      const [, section = ''] = page('http.md').split(`\n## ${method} ${path}\n`)
      const [own = ''] = section.split('\n## ')
      const [, all = ''] = page('http.md').split('\n## Codes of every route\n')
      for (const code of refusals) expect(`${own}${all.split('\n## ')[0]}`).toContain(`| \`${code}\` |`)
    }
  })

  it('has a section of each schema of the document, and each link leads to a heading', () => {
    const { components } = openApiOf('', []) as { components: { schemas: object } }
    for (const name of Object.keys(components.schemas)) expect(page('http.md')).toContain(`\n### ${name}\n`)
    expect(deadLinks(page('http.md'))).toEqual([])
  })

  it('makes an example of a route that has none from what its schemas demand', () => {
    const one = {
      method: 'POST',
      path: '/none/{name}',
      summary: '',
      answers: { 200: actorActed },
      refusals: [],
    } as const
    expect(curlOf({ ...routes.record, example: undefined } as Route)).toBe('curl localhost:7077/records/1')
    expect(curlOf(one)).toBe('curl -X POST localhost:7077/none/name')
    const { example: _, ...send } = routes.send
    expect(curlOf(send)).toBe(
      `curl -X POST localhost:7077/actors/address/events -H 'content-type: application/json' -d '{"type":"type"}'`,
    )
    expect(curlOf({ ...one, body: z.object({}).optional() })).toBe('curl -X POST localhost:7077/none/name')
  })
})

interface Channel {
  readonly address: string
  readonly messages: Readonly<Record<string, { readonly examples: readonly { readonly payload: object }[] }>>
}
const { channels, operations } = asyncApiOf('') as unknown as {
  readonly channels: Readonly<Record<string, Channel>>
  readonly operations: Readonly<Record<string, { readonly action: string }>>
}

describe('the page of the feed', () => {
  it('is up to date: else npm run docs', () => {
    expect(page('feed.md')).toBe(feedPage())
  })

  it('has each frame with its examples, each close code, and no dead link', () => {
    for (const [name, { address, messages }] of Object.entries(channels))
      for (const [frame, { examples }] of Object.entries(messages)) {
        const by = operations[`${name}.${frame}`]?.action === 'receive' ? 'client' : 'server'
        const [, section = ''] = page('feed.md').split(`\n### ${address}: ${frame}, by the ${by}\n`)
        for (const { payload } of examples) expect(section).toContain(`\n${JSON.stringify(payload)}\n`)
      }
    for (const code of Object.values(CLOSE)) expect(page('feed.md')).toContain(`| ${code} |`)
    expect(deadLinks(page('feed.md'))).toEqual([])
  })

  it.each(Object.entries(channels))(
    'has frames of a client of %s that the server takes',
    async (name, channel) => {
      const socket = new WebSocket(`${running.url.replace('http', 'ws')}${channel.address}`)
      const frames: { op?: string; id?: string; type?: string; event?: unknown }[] = []
      let closed = 0
      socket.on('message', (data) => frames.push(JSON.parse(String(data))))
      socket.on('close', (code) => {
        closed = code
      })
      await once(socket, 'open')
      for (const [frame, { examples }] of Object.entries(channel.messages))
        if (operations[`${name}.${frame}`]?.action === 'receive')
          for (const { payload } of examples) socket.send(JSON.stringify(payload))
      // The frames of the examples are answered when a later one is.
      const last = { op: 'subscribe', id: 'last', topics: ['events.market_tick.>'], tail: 1 }
      if (name === 'feed') socket.send(JSON.stringify(last))
      await eventually(() =>
        expect(
          frames.some(
            ({ op, id, type, event }) =>
              (op === 'caughtUp' && id === 'last') ||
              type === 'outcry.activity' ||
              (type === 'service.event' && String(event).includes('SET_TRADING_STATE')),
          ),
        ).toBe(true),
      )
      expect(frames.filter(({ op }) => op === 'error')).toEqual([])
      expect(closed).toBe(0)
      socket.close()
    },
  )

  it('tells how to resume: after the end of a connection, each event comes once', async () => {
    const client = createClient({ url: running.url })
    const subscribe = async (frame: object, until: number) => {
      const socket = new WebSocket(`${running.url.replace('http', 'ws')}/feed`)
      const seqs: number[] = []
      socket.on('message', (data) => {
        const { op, seq } = JSON.parse(String(data))
        if (op === 'event') seqs.push(seq)
      })
      await once(socket, 'open')
      socket.send(JSON.stringify({ op: 'subscribe', id: 's1', topics: ['transitions.>'], ...frame }))
      await eventually(() => expect(seqs.at(-1) ?? 0).toBeGreaterThan(until))
      socket.terminate()
      return seqs
    }
    const { seq } = await client.ask('health')
    const first = await subscribe({ since: 0 }, seq)
    const second = await subscribe({ since: first.at(-1) }, (first.at(-1) ?? 0) + 50)
    const all = [...first, ...second]
    expect(all).toEqual(all.map((_, i) => i + 1))
  })
})

/** Returns the links within a page that lead to no heading of it. */
function deadLinks(text: string): readonly string[] {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
  return [...text.matchAll(/\]\(#([^)]*)\)/g)].map(([, to = '']) => to).filter((to) => !headings.includes(to))
}
