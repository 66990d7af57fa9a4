/** Tests that a person hears of events by a webhook: each, in order, and not too often. */
import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { machines, sentenceOf } from '../../machines/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { SinkEvent } from '../../src/sinks/event.ts'
import { SINKS } from '../../src/sinks/registry.ts'
import { sinksSection } from '../../src/sinks/section.ts'
import type { Writer } from '../../src/sinks/sink.ts'
import { webhook } from '../../src/sinks/webhook/sink.ts'
import { eventually } from '../runtime/harness.ts'

interface Got {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** Starts a receiver. `answer` says how it answers the n-th request. */
async function receiver(
  answer: (n: number) => { status: number; headers?: Record<string, string> } | 'hang',
) {
  const got: Got[] = []
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => {
      body += piece
    })
    request.on('end', () => {
      const how = answer(got.length)
      got.push({ headers: request.headers, body })
      if (how !== 'hang') response.writeHead(how.status, how.headers).end('said')
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/hook?key=very-secret`, got }
}

const gone = new AbortController()

function open(config: object): Promise<Writer> {
  const [parsed] = sinksSection(SINKS).parse([{ type: 'webhook', ...config }])
  const place = {
    name: 'w',
    logId: 'abcd',
    epoch: 1,
    run: 'r',
    seq: 0,
    logger: silentLogger,
    signal: gone.signal,
  }
  return webhook.open(parsed as never, place)
}

function event(seq: number, of: { type: string; [field: string]: unknown }): SinkEvent {
  const { severity } = of
  return new SinkEvent({
    eventId: `a/b/${seq}/0`,
    index: 0,
    type: of.type,
    at: 1_723_161_255_343,
    seq,
    actor: 'a/b',
    correlation: 'c',
    cause: null,
    venue: null,
    symbol: null,
    instrument: null,
    strategy: null,
    source: 'a@1',
    ...(severity !== undefined && { severity: severity as 'error' }),
    event: of,
  })
}

const stopped = (seq: number) =>
  event(seq, { type: 'SYSTEM_STOPPED', at: 1_723_161_255_343, reason: `reason ${seq}`, initiator: 'ann' })

async function flushed(writer: Writer): Promise<number> {
  return (writer.flush as () => Promise<number>).call(writer)
}

describe('a webhook', () => {
  it('posts each event by itself while they are few, signed, with a key against repeats', async () => {
    const { url, got } = await receiver(() => ({ status: 200 }))
    process.env.HOOK_KEY = 'a key of 16 characters'
    const writer = await open({ url, secret: '${HOOK_KEY}' })
    expect(await writer.write({ events: [stopped(3), stopped(5)], from: 2, to: 7 })).toBe(1)
    expect(await flushed(writer)).toBe(7)
    expect(got.map(({ headers }) => headers['idempotency-key'])).toEqual(['a/b/3/0', 'a/b/5/0'])
    const [{ body, headers }] = got as [Got]
    expect(JSON.parse(body)).toMatchObject({
      counts: { SYSTEM_STOPPED: 1 },
      events: [{ topic: 'events.system_stopped.-.-', eventId: 'a/b/3/0', event: { reason: 'reason 3' } }],
    })
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-outcry-signature'])) ?? []
    expect(v1).toBe(createHmac('sha256', 'a key of 16 characters').update(`${t}.${body}`).digest('hex'))
    expect(Math.abs(Date.now() - Number(t))).toBeLessThan(600_000)
  })

  it('posts many as one digest, and no more than it may', async () => {
    const { url, got } = await receiver(() => ({ status: 204 }))
    const writer = await open({ url, template: 'slack', title: 'desk <1>', perMinute: 1 })
    const many = Array.from({ length: 250 }, (_, i) => stopped(i + 1))
    await writer.write({ events: many, from: 1, to: 250 })
    expect(await flushed(writer)).toBe(250)
    expect(got).toHaveLength(1)
    const { text } = JSON.parse((got[0] as Got).body) as { text: string }
    expect(text).toMatch(/^desk &lt;1&gt;\n250 events: 250 SYSTEM_STOPPED\. The last \d+:\n/)
    expect(text).toMatch(/2024-08-08 23:54:15 the runner has stopped: reason 250, by ann$/)
    // Four more may go at once. What comes then waits for its minute.
    for (let seq = 251; seq < 260; seq++) {
      await writer.write({ events: [stopped(seq)], from: seq, to: seq })
      await flushed(writer)
    }
    expect(got).toHaveLength(5)
    expect(await flushed(writer)).toBe(254)
  })

  it('rests as long as the receiver asks for', async () => {
    const { url, got } = await receiver((n) =>
      n === 0 ? { status: 429, headers: { 'retry-after': '1' } } : { status: 200 },
    )
    const writer = await open({ url })
    await writer.write({ events: [stopped(1)], from: 1, to: 1 })
    expect(await flushed(writer)).toBe(0)
    expect(await flushed(writer)).toBe(0)
    expect(got).toHaveLength(1)
    await eventually(async () => expect(await flushed(writer)).toBe(1))
    expect(got).toHaveLength(2)
  })

  it('fails without a word of its address, and begins again behind what was taken', async () => {
    const { url, got } = await receiver((n) => ({ status: n === 1 || n === 2 ? 500 : 200 }))
    const writer = await open({ url })
    await writer.write({ events: [stopped(1), stopped(2)], from: 1, to: 2 })
    // The first was taken, and does not come again when the target is opened anew.
    expect(await flushed(writer)).toBe(1)
    const failure = await flushed(writer).catch((error: Error) => error)
    expect(String(failure)).toBe('Error: the receiver answered 500: said')
    expect(got).toHaveLength(3)
    expect(await flushed(writer)).toBe(2)
    server?.closeAllConnections()
    await new Promise((resolve) => server?.close(resolve))
    await writer.write({ events: [stopped(3)], from: 3, to: 3 })
    const refused = await flushed(writer).catch((error: Error) => error)
    expect(String(refused)).toMatch(/no answer/)
    expect(String(refused)).not.toMatch(/secret/)
  })

  it('follows no redirect, which could lead into a network that only the runner reaches', async () => {
    const { url, got } = await receiver((n) =>
      n === 0 ? { status: 307, headers: { location: '/elsewhere' } } : { status: 200 },
    )
    const writer = await open({ url })
    await writer.write({ events: [stopped(1)], from: 1, to: 1 })
    await expect(flushed(writer)).rejects.toThrow('no answer')
    expect(got).toHaveLength(1)
  })

  it('reads no more of an answer than it tells, which may have no end', async () => {
    let isCut = false
    server = createServer((request, response) => {
      request.resume()
      response.writeHead(500)
      const more = () => {
        while (response.write('x'.repeat(65_536)));
      }
      response.on('drain', more).on('close', () => {
        isCut = true
      })
      more()
    })
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    const writer = await open({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` })
    await writer.write({ events: [stopped(1)], from: 1, to: 1 })
    const failure = await flushed(writer).catch((error: Error) => error)
    expect(String(failure)).toBe(`Error: the receiver answered 500: ${'x'.repeat(200)}`)
    await eventually(() => expect(isCut).toBe(true))
  })

  it.each(['telegram', 'slack', 'discord'] as const)('has texts in the form of %s', async (template) => {
    const { url, got } = await receiver(() => ({ status: 200 }))
    const writer = await open({ url, template })
    const odd = event(1, { type: 'ODD <b>', at: 1, note: '@everyone & all', list: [1] })
    await writer.write({ events: [odd], from: 1, to: 1 })
    await flushed(writer)
    expect(JSON.parse((got[0] as Got).body)).toMatchSnapshot()
  })

  it('takes an event of any actor, and of any time', async () => {
    const { url, got } = await receiver(() => ({ status: 200 }))
    const writer = await open({ url, template: 'slack' })
    const { envelope } = event(1, { type: 'SYSTEM_STOPPED', reason: 'r', initiator: 'ann' })
    const odd = { ...envelope, eventId: 'lamp/日本 \ud800/1/0', actor: 'lamp/日本 \ud800', at: 9e15 }
    await writer.write({ events: [new SinkEvent(odd)], from: 1, to: 1 })
    expect(await flushed(writer)).toBe(1)
    expect(got.map(({ headers }) => headers['idempotency-key'])).toEqual([
      'lamp/%E6%97%A5%E6%9C%AC%20%EF%BF%BD/1/0',
    ])
  })

  it('takes any event, however long', async () => {
    const { url, got } = await receiver(() => ({ status: 200 }))
    const writer = await open({ url, template: 'discord' })
    const long = (seq: number) =>
      event(seq, { type: 'SYSTEM_ERROR', severity: 'error', text: 'x'.repeat(5_000) })
    await writer.write({ events: [long(1), event(2, { type: 'ORDER_FILLED' })], from: 1, to: 2 })
    await flushed(writer)
    for (const { body } of got)
      expect((JSON.parse(body) as { content: string }).content.length).toBeLessThan(2_000)
    expect((JSON.parse((got[1] as Got).body) as { content: string }).content).toMatch(/ORDER_FILLED of a\/b$/)
  })
})

describe('a receiver', () => {
  it('is heard to its first words, if it answers without an end', async () => {
    let written = 0
    const endless = createServer((request, response) => {
      const piece = Buffer.alloc(2 ** 16, 'x')
      const write = () => {
        while (written < 2 ** 28 && !response.destroyed && response.write(piece)) written += piece.length
      }
      response.on('drain', write)
      response.writeHead(request.headers['x-outcry-signature'] === undefined ? 200 : 500)
      write()
    })
    server = endless
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(endless.address() as AddressInfo).port}`
    const writer = await open({ url })
    await writer.write({ events: [stopped(1)], from: 1, to: 1 })
    expect(await flushed(writer)).toBe(1)
    process.env.HOOK_KEY = 'a key of 16 characters'
    const signing = await open({ url, secret: '${HOOK_KEY}' })
    await signing.write({ events: [stopped(1)], from: 1, to: 1 })
    await expect(flushed(signing)).rejects.toThrow(/^the receiver answered 500: x{200}$/)
    expect(written).toBeLessThan(2 ** 27)
  })

  it('gets events whose type is a word of JavaScript', async () => {
    const { url, got } = await receiver(() => ({ status: 200 }))
    const writer = await open({ url })
    const types = ['__proto__', 'constructor']
    for (const [i, type] of types.entries()) {
      await writer.write({ events: [event(i + 1, { type })], from: i + 1, to: i + 1 })
      expect(await flushed(writer)).toBe(i + 1)
    }
    await writer.write({
      events: [3, 4, 5, 6].map((seq) => event(seq, { type: '__proto__' })),
      from: 3,
      to: 6,
    })
    expect(await flushed(writer)).toBe(6)
    const bodies = got.map(({ body }) => JSON.parse(body) as { counts: object })
    expect(bodies.map(({ counts }) => Object.entries(counts))).toEqual([
      [['__proto__', 1]],
      [['constructor', 1]],
      [['__proto__', 4]],
    ])
  })
})

describe('the sentences of events', () => {
  it('are whole for the example of each event', () => {
    const examples = Object.values(machines).flatMap(({ emits = [] }) =>
      emits.flatMap((schema) => schema.meta()?.examples ?? []),
    )
    expect(examples.length).toBeGreaterThan(50)
    const sentences = examples.flatMap((example) => sentenceOf(example as { type: string }) ?? [])
    expect(sentences.length).toBeGreaterThan(20)
    expect(sentences.filter((text) => /undefined|\[object|NaN/.test(text))).toEqual([])
    expect([...new Set(sentences)].sort()).toMatchSnapshot()
  })
})
