/** A real Prometheus scrapes a runner that trades in real time, and answers queries for every family. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createClient } from '../../src/client/index.ts'
import { GROUPS } from '../../src/metrics/groups.ts'
import { PROCESS } from '../../src/metrics/process.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import type { RunningRunner } from '../../src/runner/runner.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually } from '../runtime/harness.ts'
import { Prometheus, promtool } from './prometheus.ts'

/** The part of the dashboard that asks. */
interface Board {
  readonly panels: readonly {
    readonly title: string
    readonly targets?: readonly { readonly expr: string }[]
  }[]
  readonly templating: { readonly list: readonly { readonly query: string }[] }
}
const dashboard = JSON.parse(
  readFileSync(new URL('../../deploy/grafana-dashboard.json', import.meta.url), 'utf8'),
) as Board

const TOKEN = 'correct.horse_battery~staple-7'
const EVERY = '1s'
const FAMILIES = GROUPS.flatMap(({ families }) => families)

const folder = mkdtempSync(join(tmpdir(), 'outcry-prometheus-'))
let runner: RunningRunner
let prometheus: Prometheus
let news: Server

beforeAll(async () => {
  news = createServer((_, response) => response.end('<rss><channel></channel></rss>')).listen(0, '127.0.0.1')
  await eventually(() => expect(news.address()).not.toBeNull())
  const url = `http://127.0.0.1:${(news.address() as AddressInfo).port}/`
  const flags = {
    data: join(folder, 'data'),
    server: { port: 0, token: TOKEN },
    market: { source: 'sim', seed: 6 },
    // It places no stop of its own within the test.
    watchdog: { graceMs: 600_000 },
    news: { sources: [{ type: 'rss', url, everyMs: 1_000 }] },
    sinks: [{ type: 'webhook', url }],
    strategies: [
      { type: 'emaCross', id: 'btc', symbol: 'BTCUSDT', interval: '1s', fast: 2, slow: 5, orderQty: '0.01' },
    ],
  }
  runner = await startRunner(loadConfig({ flags }), silentLogger)
  const { host } = new URL(runner.url as string)
  prometheus = await Prometheus.start(folder, {
    global: { scrape_interval: EVERY, scrape_timeout: EVERY },
    scrape_configs: [
      {
        job_name: 'outcry',
        authorization: { credentials: TOKEN },
        static_configs: [{ targets: [host] }],
      },
    ],
  })
})
afterAll(async () => {
  try {
    await prometheus?.stop()
  } finally {
    await runner?.stop('the test is over', 'test')
    news.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

it('a scrape passes promtool without a warning', async () => {
  const response = await fetch(`${runner.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })
  expect(await promtool(await response.text(), 'check', 'metrics')).toBe('')
  expect(await promtool('# HELP a_total A\n# TYPE a_total gauge\na_total 1\n', 'check', 'metrics')).toMatch(
    /should not have "_total" suffix/,
  )
})

/** Asks the account for an order. */
function order(clOrdId: string, terms: object) {
  const request = {
    type: 'ORDER_REQUEST',
    clOrdId: `sim:${clOrdId}`,
    venue: 'sim',
    symbol: 'ETHUSDT',
    timeInForce: 'GTC',
    refPx: '2655',
    ...terms,
  }
  return client().ask('send', { params: { address: 'account/sim' }, body: request })
}
const client = () => createClient({ url: runner.url as string, token: TOKEN })

it('a position by hand is without protection until it has a stop', async () => {
  const marked = { context: { marks: { ETHUSDT: expect.any(String) } } }
  await eventually(async () => expect(await client().actor('account/sim')).toMatchObject(marked))
  await order('by-hand', { side: 'BUY', ordType: 'MARKET', orderQty: '0.1' })
  const unprotected = 'outcry_position_unprotected_seconds{account="sim",symbol="ETHUSDT"}'
  await eventually(async () => expect(await prometheus.value(unprotected)).toBeGreaterThan(0))
  expect(await prometheus.value('outcry_position_exposure{symbol="ETHUSDT"}')).toBeGreaterThan(100)
  expect(await prometheus.value('outcry_open_positions{account="sim"}')).toBeGreaterThan(0)
  await order('stop', { side: 'SELL', ordType: 'STOP', stopPx: '2400', orderQty: '0.1', reduceOnly: true })
  await eventually(async () => expect(await prometheus.value(unprotected)).toBe(0))
  expect(await prometheus.value('outcry_open_orders{account="sim"}')).toBeGreaterThan(0)
  const denied = order('too-much', { side: 'BUY', ordType: 'MARKET', orderQty: '100000' })
  await expect(denied).rejects.toMatchObject({ code: 'COMMAND_REFUSED' })
  await eventually(async () =>
    expect(await prometheus.value('sum(outcry_risk_refusals_total{account="sim"})')).toBeGreaterThan(0),
  )
})

it('every family has its type, its help and a value', async () => {
  const listed =
    await prometheus.get<readonly { metric: string; type: string; help: string }[]>('targets/metadata')
  const known = new Map(listed.map((one) => [one.metric, one]))
  /** A counter has another name in OpenMetrics, which this Prometheus asks for. */
  const familyName = (name: string, type: string) => (type === 'counter' ? name.replace(/_total$/, '') : name)
  for (const { name, type, help } of FAMILIES)
    expect(known.get(familyName(name, type)), name).toMatchObject({ type, help })
  for (const [name, { type }] of Object.entries(PROCESS))
    expect(known.get(familyName(name, type)), name).toMatchObject({ type })
  const all = [...FAMILIES, ...Object.entries(PROCESS).map(([name, { type }]) => ({ name, type }))]
  await eventually(async () => {
    const silent: string[] = []
    for (const { name, type } of all) {
      // A scrape may have come too late on a slow machine.
      const last = `last_over_time(${type === 'histogram' ? `${name}_count` : name}[1h])`
      const results = await prometheus.query(last)
      if (results.length === 0) silent.push(name)
    }
    expect(silent).toEqual([])
  })
})

it('clients of the feed are counted, and the events that they leave out', async () => {
  const socket = new WebSocket(`${runner.url?.replace('http', 'ws')}/feed`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  })
  let left = 0
  socket.on('message', (data) => {
    const { op, topics = {} } = JSON.parse(String(data))
    if (op === 'conflated') for (const count of Object.values<number>(topics)) left += count
  })
  const topics = ['events.market_tick.>']
  socket.on('open', () => socket.send(JSON.stringify({ op: 'subscribe', id: 's', topics, throttleMs: 300 })))
  await eventually(async () => expect(await prometheus.value('outcry_feed_clients')).toBe(1))
  await eventually(() => expect(left).toBeGreaterThan(0))
  const known = left
  await eventually(async () =>
    expect(await prometheus.value('outcry_feed_conflated_total')).toBeGreaterThanOrEqual(known),
  )
  socket.close()
  await eventually(async () => expect(await prometheus.value('outcry_feed_clients')).toBe(0))
})

it('takes every expression that docs/operations.md watches, of families that there are', async () => {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const [, watched = ''] = page.split('## What to watch')
  const expressions = [...watched.matchAll(/^\|[^|]+\| `([^`]+)` *\|/gm)].map(([, one]) => one as string)
  expect(expressions.length).toBeGreaterThan(10)
  const names = FAMILIES.map(({ name }) => name)
  for (const expression of expressions) {
    await prometheus.query(expression)
    for (const [name] of expression.matchAll(/outcry_\w+/g))
      expect(names).toContain(name.replace(/_bucket$/, ''))
  }
  // The runner is well: nothing of what ends with a part of it is seen.
  for (const expression of expressions.filter((one) => /up\{|component|fenced|quarantined/.test(one)))
    expect(await prometheus.query(expression), expression).toEqual([])
})

it('answers every question of the dashboard with data, and those of its variables', async () => {
  const { panels, templating } = dashboard
  const questions = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })))
  expect(questions.length).toBeGreaterThan(80)
  await eventually(async () => {
    const silent: string[] = []
    for (const { title, expr } of questions) {
      const asked = expr
        .replaceAll('$job', 'outcry')
        .replaceAll('$instance', '.*')
        .replaceAll('$__rate_interval', '10s')
      expect(asked, title).not.toMatch(/\$|OF/)
      if ((await prometheus.query(asked)).length === 0) silent.push(`${title}: ${asked}`)
    }
    expect(silent).toEqual([])
  })
  const [, job, instance] = templating.list.map(({ query }) => query.replaceAll('$job', 'outcry'))
  for (const query of [job, instance]) {
    const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec(query as string) ?? []
    expect(
      await prometheus.get(`label/${label}/values?match[]=${encodeURIComponent(series as string)}`),
    ).toHaveLength(1)
  }
})

it('what it has scraped is what the runner says', async () => {
  expect(await prometheus.value('outcry_log_epoch')).toBe(runner.supervisor.epoch)
  await eventually(async () =>
    expect(await prometheus.value('outcry_candles_total{symbol="BTCUSDT",interval="1s"}')).toBeGreaterThan(0),
  )
  const rate = 'sum(rate(outcry_transitions_total{kind="symbol"}[10s]))'
  await eventually(async () => expect(await prometheus.value(rate)).toBeGreaterThan(10))
  const p99 = 'histogram_quantile(0.99, sum by (le) (rate(outcry_commit_duration_seconds_bucket[10s])))'
  expect(await prometheus.value(p99)).toBeGreaterThan(0)
})
