/** Spans of whole runs, as a collector of OTLP gets them. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it } from 'vitest'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { isSampled, traceIdOf } from '../../src/tracing/ids.ts'
import { openSpanWriter, type SpanData } from '../../src/tracing/span-writer.ts'
import { eventually } from '../runtime/harness.ts'

interface Span {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly {
    readonly key: string
    readonly value: { stringValue?: string; intValue?: number }
  }[]
  readonly status: { readonly code?: number; readonly message?: string }
}

const root = mkdtempSync(join(tmpdir(), 'outcry-tracing-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** A collector that answers, or holds its answers until it is let go. */
class Collector {
  readonly spans: Span[] = []
  readonly #server: Server
  #held: ServerResponse[] | undefined

  private constructor(holds: boolean) {
    this.#held = holds ? [] : undefined
    this.#server = createServer((request, response) => {
      if (request.url !== '/v1/traces') return response.writeHead(404).end()
      let body = ''
      request.setEncoding('utf8').on('data', (part) => {
        body += part
      })
      request.on('end', () => {
        for (const { scopeSpans } of JSON.parse(body).resourceSpans)
          for (const { spans } of scopeSpans) this.spans.push(...spans)
        if (this.#held === undefined) response.end('{}')
        else this.#held.push(response)
      })
    })
  }

  static async open(holds = false): Promise<Collector> {
    const collector = new Collector(holds)
    await new Promise<void>((done) => collector.#server.listen(0, '127.0.0.1', done))
    open.push(collector)
    return collector
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/traces`
  }

  /** Answers all from now on. */
  letGo(): void {
    for (const response of this.#held?.splice(0) ?? []) response.end('{}')
    this.#held = undefined
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }
}
const open: Collector[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** Runs a short simulated market to its end, and returns its log. */
async function run(tracing: object): Promise<{ logId: string; records: TransitionRecord[] }> {
  const config = loadConfig({
    flags: {
      data: mkdtempSync(join(root, 'data-')),
      market: { source: 'sim', speed: 'max', seed: 7, startAt: 1_700_000_000_000, durationMs: 300 },
      server: { enabled: false },
      tracing,
    },
  })
  const runner = await startRunner(config, silentLogger)
  const { supervisor } = runner
  const records: TransitionRecord[] = []
  try {
    await runner.ended
    await supervisor.idle()
    for await (const record of supervisor.read()) records.push(record)
  } finally {
    await runner.stop('the test ends', 'test')
  }
  return { logId: supervisor.logId, records }
}

const factOf = (span: Span, key: string) => {
  const { stringValue, intValue } = span.attributes.find((one) => one.key === key)?.value ?? {}
  return stringValue ?? (intValue === undefined ? undefined : Number(intValue))
}

it('tells a collector of each record, commit and port call, with the correlation as the trace', async () => {
  const collector = await Collector.open()
  const { logId, records } = await run({ endpoint: collector.url })
  const { spans } = collector
  const ofRecords = new Map(
    spans.filter(({ name }) => name !== 'commit').map((span) => [factOf(span, 'outcry.seq'), span] as const),
  )
  for (const { seq, actor, event, cause, correlation } of records) {
    const span = ofRecords.get(seq) as Span
    expect(span).toMatchObject({
      name: `${actor.split('/')[0]} ${event.type}`,
      traceId: createHash('sha256').update(`${logId}/${correlation}`).digest('hex').slice(0, 32),
    })
    // Its cause is its parent, in the same trace.
    const parent = cause === null ? undefined : ofRecords.get(cause)
    expect(span.parentSpanId || undefined).toBe(parent?.spanId)
    if (parent !== undefined) expect(parent.traceId).toBe(span.traceId)
    expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true)
  }
  const commits = spans.filter(({ name }) => name === 'commit')
  const inCommits = commits.reduce((sum, span) => sum + Number(factOf(span, 'outcry.records')), 0)
  expect(inCommits).toBeGreaterThanOrEqual(records.length)
  const ids = new Set(spans.map(({ spanId }) => spanId))
  expect(commits.flatMap(({ links = [] }) => links).every(({ spanId }) => ids.has(spanId))).toBe(true)
  // Each message to the port is a span below its record, and the record of its answer links to it.
  const answered = records.filter(({ completes }) => completes !== undefined)
  expect(answered.length).toBeGreaterThan(0)
  for (const { seq, completes } of answered) {
    const call = spans.find((span) => factOf(span, 'outcry.intent') === completes) as Span
    expect(call).toMatchObject({ kind: 3, name: expect.stringMatching(/^sim /) })
    expect(ofRecords.get(seq)?.links).toMatchObject([{ traceId: call.traceId, spanId: call.spanId }])
  }
})

it('tells of a part of the correlations, and of these everything', async () => {
  const collector = await Collector.open()
  const { logId, records } = await run({ endpoint: collector.url, ratio: 0.3 })
  const chosen = records.filter(({ correlation }) => isSampled(traceIdOf(logId, correlation), 0.3))
  expect(chosen.length).toBeGreaterThan(0)
  expect(chosen.length).toBeLessThan(records.length)
  const told = new Set(
    collector.spans.filter(({ name }) => name !== 'commit').map((span) => factOf(span, 'outcry.seq')),
  )
  const wanted = new Set(chosen.map(({ seq }) => seq))
  expect(records.filter(({ seq }) => told.has(seq) !== wanted.has(seq))).toEqual([])
})

it('waits for no collector that is silent or down', async () => {
  const [silent, down] = [await Collector.open(true), await Collector.open()]
  const endpoints = [silent.url, down.url]
  await open.pop()?.close()
  const runs = await Promise.all(endpoints.map((endpoint) => run({ endpoint })))
  expect(silent.spans.length).toBeGreaterThan(0)
  for (const { records } of runs) expect(records.length).toBeGreaterThan(10)
})

const span = (n: number): SpanData => ({
  name: 'a',
  kind: 'internal',
  traceId: '1'.repeat(32),
  spanId: n.toString(16).padStart(16, '0'),
  from: n,
  to: n,
  attributes: {},
})

it('keeps a bounded number of spans for a collector that is silent', async () => {
  const collector = await Collector.open(true)
  const writer = await openSpanWriter(collector.url, {})
  for (let n = 1; n <= 30_000; n++) writer.write(span(n))
  await eventually(() => expect(collector.spans.length).toBeGreaterThan(0))
  collector.letGo()
  await writer.close(60_000)
  // The spans that waited, and those of the request that was on its way.
  expect(collector.spans.length).toBeLessThanOrEqual(8_192 + 512)
  expect(collector.spans.length).toBeGreaterThanOrEqual(8_192)
})

it('says that a collector refuses spans', async () => {
  const { url } = await Collector.open()
  const writer = await openSpanWriter(url.replace('/v1/traces', '/elsewhere'), {})
  writer.write(span(1))
  await eventually(() => expect(writer.problem).toContain('Not Found'))
  await writer.close(1)
})

it('names the packages that are not installed', async () => {
  const missing = openSpanWriter(
    'http://127.0.0.1:1',
    {},
    () => import('@opentelemetry/none' as '@opentelemetry/api') as never,
  )
  await expect(missing).rejects.toMatchObject({
    code: 'TRACING_CLIENT_MISSING',
    hint: expect.stringMatching(/^npm install @opentelemetry\/api .*otlp-http$/),
  })
})
