/** The metrics of a runner that trades on a simulated market: they are what its log and its actors say. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { AccountContext } from '../../machines/index.ts'
import { fetchCounted } from '../../src/adapters/transport/http.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { type DiskUsage, DiskWatch } from '../../src/runner/folder/disk-watch.ts'
import { Connections } from '../../src/runner/reports/connections.ts'
import { LabelCounts } from '../../src/runner/reports/label-counts.ts'
import { TradingCounts } from '../../src/runner/reports/trading-counts.ts'
import type { RunningRunner } from '../../src/runner/runner.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { AnyEvent, TransitionRecord } from '../../src/runtime/record/record.ts'
import { eventually } from '../runtime/harness.ts'
import { type Scrape, scrape } from './values.ts'

const GRID = { tickSize: '0.01', lotSize: '0.0001' }
const EMA = { type: 'emaCross', interval: '1s', fast: 2, slow: 5, orderQty: '0.01' }

const folder = mkdtempSync(join(tmpdir(), 'outcry-metrics-'))
let runner: RunningRunner
let records: TransitionRecord[]
let is: Scrape

const contextOf = <C>(address: string) => runner.supervisor.getSnapshot(address)?.context as C

beforeAll(async () => {
  const flags = {
    data: join(folder, 'data'),
    server: { port: 0 },
    market: {
      source: 'sim',
      seed: 6,
      startAt: 1_700_000_000_000,
      speed: 'max',
      durationMs: 30_000,
      symbols: [
        { symbol: 'BTCUSDT', startPx: '60000.00', ...GRID },
        { symbol: 'ETHUSDT', startPx: '2500.00', ...GRID },
      ],
    },
    venue: { takerFee: '0.001', faults: { seed: 3, reject: 0.2 } },
    instruments: [{ symbol: 'BTCUSDT', contract: 'linear', ...GRID }],
    account: { balance: '5000', limits: { orderNotionalMax: '700', consecutiveLossesMax: 3 } },
    // It acts before the trades of this market end.
    watchdog: { graceMs: 300 },
    strategies: [
      { ...EMA, id: 'btc', symbol: 'BTCUSDT' },
      { ...EMA, id: 'eth', symbol: 'ETHUSDT', orderQty: '0.2', trailingStopPct: 0.5 },
      // The runner warns of two strategies that share a position.
      { ...EMA, id: 'too', symbol: 'ETHUSDT', orderQty: '1' },
    ],
  }
  runner = await startRunner(loadConfig({ flags }), silentLogger)
  await runner.ended
  records = []
  for await (const record of runner.supervisor.read()) records.push(record)
  is = await scrape(runner.url as string)
})
afterAll(async () => {
  await runner.stop('the test is over', 'test')
  rmSync(folder, { recursive: true, force: true })
})

const emitted = (...types: readonly string[]): AnyEvent[] =>
  records.flatMap(({ emitted = [] }) => emitted.filter(({ type }) => types.includes(type)))

/** Returns the counts of events by labels, each with what the scrape has. */
function compared(family: string, labels: readonly string[], ...types: readonly string[]) {
  const counts = new Map<string, number>()
  for (const event of emitted(...types)) {
    const key = JSON.stringify(
      Object.fromEntries(labels.map((label) => [label, event[label === 'account' ? 'venue' : label] ?? ''])),
    )
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const told = [...counts.keys()].map((key) => [key, is.of(family, JSON.parse(key))])
  return { counted: Object.fromEntries(counts), told: Object.fromEntries(told), sum: is.sum(family) }
}

describe('the counters of trading', () => {
  it.each<[family: string, labels: string[], ...types: string[]]>([
    ['candles_total', ['symbol', 'interval'], 'CANDLE_CLOSE'],
    ['indicators_total', ['strategy'], 'INDICATORS_CALCULATED'],
    ['signals_total', ['strategy', 'signal'], 'SIGNAL_GENERATED'],
    ['orders_placed_total', ['account', 'strategy'], 'ORDER_SUBMITTED'],
    ['orders_denied_total', ['account', 'strategy'], 'ORDER_DENIED'],
    ['orders_rejected_total', ['account', 'strategy'], 'ORDER_REJECTED'],
    ['orders_canceled_total', ['account', 'strategy'], 'ORDER_CANCELLED', 'ORDER_EXPIRED'],
    ['orders_filled_total', ['account', 'strategy'], 'ORDER_FILLED'],
    ['fills_total', ['account', 'strategy'], 'ORDER_FILLED', 'ORDER_PARTIAL_FILL'],
    ['risk_refusals_total', ['account', 'check'], 'RISK_REJECTED', 'ENTRY_SKIPPED'],
    ['risk_breaches_total', ['account', 'check'], 'LIMIT_BREACHED'],
    ['circuit_breaker_trips_total', ['account', 'check'], 'CIRCUIT_BREAKER_TRIGGERED'],
    ['errors_total', ['severity'], 'SYSTEM_ERROR'],
    ['protection_missing_total', ['account', 'symbol'], 'PROTECTIVE_ORDERS_MISSING'],
  ])('%s is what the log has', (family, labels, ...types) => {
    const { counted, told, sum } = compared(family, labels, ...types)
    expect(emitted(...types).length).toBeGreaterThan(0)
    expect(told).toEqual(counted)
    expect(sum).toBe(emitted(...types).length)
  })
})

describe('the gauges of the account', () => {
  const of = { account: 'sim', asset: 'USDT' }

  it('are what its actor has', () => {
    const account = contextOf<AccountContext>('account/sim')
    const { accounts } = runner.stats()
    expect(is.of('account_balance', of)).toBe(Number(accounts[0]?.balance))
    expect(is.of('account_realized_pnl', of)).toBe(Number(accounts[0]?.realizedPnl))
    expect(is.of('account_realized_pnl', of)).not.toBe(0)
    expect(is.of('account_equity', of)).toBe(Number(account.equity))
    expect(is.of('account_daily_pnl', of)).toBeCloseTo(Number(account.equity) - Number(account.dayEquity), 6)
    const fall = (Number(account.peakEquity) - Number(account.equity)) / Number(account.peakEquity)
    expect(is.of('account_drawdown_ratio', { account: 'sim' })).toBeCloseTo(fall, 3)
    expect(fall).toBeGreaterThan(0)
    expect(is.of('open_orders', { account: 'sim' })).toBe(Object.keys(account.working).length)
    expect(is.of('open_positions', { account: 'sim' })).toBe(Object.keys(account.positions).length)
  })
})

it('a scrape reads an actor again only after a record of it', async () => {
  const { supervisor } = runner
  const read = vi.spyOn(supervisor, 'getSnapshot')
  await scrape(runner.url as string)
  expect(read).not.toHaveBeenCalled()
  await supervisor.send('account/sim', { type: 'SET_TRADING_STATE', tradingState: 'reducing', by: 'ann' })
  await scrape(runner.url as string)
  expect(read.mock.calls).toEqual([['account/sim']])
  read.mockRestore()
})

describe('the market', () => {
  it('is counted by kind, with the time of its last message', () => {
    const { counts } = runner.market
    const [kind = '', count] = Object.entries(counts)[0] ?? []
    expect(is.of('market_messages_total', { kind })).toBe(count)
    expect(is.sum('market_messages_total')).toBe(Object.values(counts).reduce((sum, n) => sum + n, 0))
    const last = records.findLast(({ actor, origin }) => actor.startsWith('symbol/') && origin !== undefined)
    expect(is.of('market_last_message_timestamp_seconds')).toBe((last?.at ?? 0) / 1_000)
    expect(is.of('market_messages_refused_total', { reason: 'PRICE' })).toBe(0)
    expect(is.of('market_symbols_disconnected')).toBe(0)
  })

  it('has lost the symbols whose connection is away', () => {
    const connections = new Connections()
    const said = (actor: string, status: string) =>
      connections.take({ actor, at: 1, event: { type: 'CONNECTION', status } })
    said('symbol/sim:A', 'disconnected')
    said('symbol/sim:B', 'resyncing')
    said('symbol/sim:A', 'connected')
    expect(connections.lostCount).toBe(1)
  })

  it('has sent nothing while its connection is tried again', () => {
    const connections = new Connections()
    const said = (at: number, event: AnyEvent) =>
      connections.take({ actor: 'symbol/sim:A', at, event, origin: { source: 'sim', position: at } })
    said(1, { type: 'CONNECTION', status: 'disconnected' })
    expect(connections.lastAt).toBeUndefined()
    said(2, { type: 'TRADE', px: '1' })
    said(3, { type: 'CONNECTION', status: 'disconnected' })
    expect(connections.lastAt).toBe(2)
  })
})

describe('the components', () => {
  it('have the state that they are in', () => {
    expect(is.of('component_state', { component: 'market', state: 'RUNNING' })).toBe(1)
    expect(is.of('component_state', { component: 'market', state: 'FAILED' })).toBe(0)
    expect(is.of('component_healthy', { component: 'market' })).toBe(1)
    expect(is.sum('component_failures_total') + is.sum('component_restarts_total')).toBe(0)
  })
})

describe('the disk', () => {
  it('has the sizes of the files of the log, and its room', async () => {
    await eventually(async () => {
      const now = await scrape(runner.url as string)
      expect(now.of('store_size_bytes', { part: 'live' })).toBeGreaterThan(10_000)
      expect(now.of('store_size_bytes', { part: 'archive' })).toBe(0)
      expect(now.of('disk_free_bytes')).toBeLessThanOrEqual(now.of('disk_size_bytes') ?? 0)
    })
  })

  it('counts the archive apart, and keeps what it knows when a folder goes', async () => {
    const log = join(folder, 'log')
    mkdirSync(join(log, 'archive'), { recursive: true })
    writeFileSync(join(log, '000001.ldb'), Buffer.alloc(100))
    writeFileSync(join(log, 'archive', '1-2.gz'), Buffer.alloc(30))
    const watch = new DiskWatch(log)
    expect(watch.latest).toBeUndefined()
    await watch.look()
    expect(watch.latest).toMatchObject({ liveBytes: 100, archiveBytes: 30 })
    // The room is looked up each time, and the files are counted seldom.
    const { freeBytes } = watch.latest as DiskUsage
    writeFileSync(join(log, '000002.ldb'), Buffer.alloc(3_000_000))
    await watch.look()
    expect(watch.latest).toMatchObject({ liveBytes: 100, freeBytes: expect.not.closeTo(freeBytes, -1) })
    rmSync(log, { recursive: true })
    await watch.look()
    expect(watch.latest).toMatchObject({ liveBytes: 100, archiveBytes: 30 })
  })
})

it('requests to servers outside are counted by outcome', async () => {
  const url = runner.url as string
  await fetchCounted(`${url}/health`, {})
  await fetchCounted(`${url}/nowhere`, {})
  await fetchCounted('http://127.0.0.1:1/', {}).catch(() => {})
  const away = fetchCounted(`${url}/health`, { signal: AbortSignal.abort() })
  await away.catch(() => {})
  const now = await scrape(url)
  const moved = (outcome: string) =>
    (now.of('data_fetches_total', { outcome }) ?? 0) - (is.of('data_fetches_total', { outcome }) ?? 0)
  expect(['ok', 'refused', 'failed'].map(moved)).toEqual([1, 1, 1])
})

it('places in which the books of a venue differ are added up', () => {
  const counts = new TradingCounts({ venues: ['sim'], symbols: [], strategies: [] })
  expect([...counts.discrepancies]).toEqual([['sim', 0]])
  for (const discrepancies of [2, 0, 1])
    counts.take({ emitted: [{ type: 'RECONCILIATION_COMPLETED', venue: 'sim', discrepancies }] })
  expect([...counts.discrepancies]).toEqual([['sim', 3]])
})

it('labels that clients choose have bounds', () => {
  const counts = new LabelCounts()
  for (let i = 0; i < 1_200; i++) counts.add(['sim', `s-${i}`])
  const all = [...counts]
  expect(all).toHaveLength(1_001)
  expect(all.at(-1)).toEqual(['other', 'other', 200])
})
