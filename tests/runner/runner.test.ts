/** A runner in this process: what it tells of itself, what keeps it from starting, and what ends it. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { AccountContext, PositionContext } from '../../machines/index.ts'
import * as decimal from '../../machines/model/decimal.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { RUNNER_FILE } from '../../src/runner/folder/announcement.ts'
import type { AccountStats } from '../../src/runner/reports/stats.ts'
import type { RunningRunner } from '../../src/runner/runner.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import { FakeBinance } from '../adapters/fake-binance.ts'
import { eventually } from '../runtime/harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-runner-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let folders = 0
const fresh = () => join(folder, String(++folders))

const START_AT = 1_700_000_000_000
const GRID = { tickSize: '0.01', lotSize: '0.0001' }
const SYMBOLS = [
  { symbol: 'BTCUSDT', startPx: '60000.00', ...GRID },
  { symbol: 'ETHUSDT', startPx: '2500.00', ...GRID },
]
const EMA = { type: 'emaCross', symbol: 'BTCUSDT', interval: '1s', fast: 2, slow: 5, orderQty: '0.01' }

const warnings: string[] = []
const logger = {
  debug() {},
  info() {},
  warn: (_: object, message: string) => void warnings.push(message),
  error() {},
}
beforeEach(() => {
  warnings.length = 0
})

function start({
  market,
  ...flags
}: {
  market?: object
  [section: string]: unknown
} = {}): Promise<RunningRunner> {
  const simulated = { seed: 6, startAt: START_AT, speed: 'max', symbols: SYMBOLS, durationMs: 30_000 }
  const base = { data: fresh(), server: { enabled: false } }
  return startRunner(loadConfig({ flags: { ...base, market: market ?? simulated, ...flags } }), logger)
}
const stop = (runner: RunningRunner) => runner.stop('the test is over', 'test')

function contextOf<C>({ supervisor }: RunningRunner, address: string): C {
  return supervisor.getSnapshot(address)?.context as C
}

async function emitted({ supervisor }: RunningRunner, ...types: string[]): Promise<AnyEvent[]> {
  const events: AnyEvent[] = []
  for await (const record of supervisor.read()) events.push(...(record.emitted ?? []))
  return events.filter(({ type }) => types.includes(type))
}

/** A capture as a recorder of Binance's stream writes it. */
function capture(name: string, lines: readonly (object | string)[]): string {
  const file = join(folder, name)
  const text = lines.map((line, i) => {
    if (typeof line === 'string') return line
    return `${BigInt(START_AT + i * 100) * 1_000_000n} ${JSON.stringify(line)}`
  })
  const whole = `${text.join('\n')}\n`
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(whole) : whole)
  return file
}
const trade = (s: string, t: number, px = '100.00', at = START_AT + t * 100) => ({
  stream: `${s.toLowerCase()}@trade`,
  data: { e: 'trade', E: at, T: at, s, t, p: px, q: '1.00', m: false },
})
const of = (fields: object) => {
  const { stream, data } = trade('XUSDT', 1)
  return [{ stream, data: { ...data, ...fields } }]
}
const trades = (symbol: string, count: number) => Array.from({ length: count }, (_, i) => trade(symbol, i))

describe('what a runner says of its run', () => {
  it.each(['spot', 'linear'])(
    'adds up, %s: what it began with, what it made and what it paid',
    async (contract) => {
      const instruments = SYMBOLS.map(({ symbol }) => ({ symbol, contract, ...GRID }))
      const strategies = SYMBOLS.map(({ symbol }) => ({ ...EMA, id: `ema-${symbol}`, symbol }))
      const venue = { takerFee: '0.001' }
      const runner = await start({ instruments, strategies, venue, account: { balance: '5000' } })
      await runner.ended
      const { supervisor } = runner
      const stats = runner.stats()
      const { balances } = contextOf<AccountContext>(runner, 'account/sim')
      const [money] = stats.accounts
      expect(money).toMatchObject({ venue: 'sim', asset: 'USDT', balance: balances.USDT })
      expect(stats.records).toBe(supervisor.seq)
      const submitted = await emitted(runner, 'ORDER_SUBMITTED')
      const fills = await emitted(runner, 'ORDER_FILLED', 'ORDER_PARTIAL_FILL')
      expect([stats.ordersSubmitted, stats.fills]).toEqual([submitted.length, fills.length])
      expect(stats.fills).toBeGreaterThan(10)
      const { realizedPnl, unrealizedPnl, commissions, equity, positions } = money as AccountStats
      const made = decimal.subtract(decimal.add(realizedPnl, unrealizedPnl), commissions)
      expect(equity).toBe(decimal.add('5000', made))
      expect(decimal.isPositive(commissions)).toBe(true)
      const held = SYMBOLS.flatMap(({ symbol }) => {
        const { quantity } = contextOf<PositionContext>(runner, `position/sim:${symbol}`)
        return decimal.isZero(quantity) ? [] : [{ symbol, quantity }]
      })
      expect(positions).toMatchObject(held)
      expect(stats.openPositions).toBe(held.length)
      await stop(runner)
    },
  )

  it('counts its own run alone, and the records of all', async () => {
    const data = fresh()
    const market = { seed: 6, startAt: START_AT, speed: 'max', symbols: SYMBOLS, durationMs: 20_000 }
    const first = await start({ data, market })
    await first.ended
    expect(first.stats().ordersSubmitted).toBeGreaterThan(0)
    await stop(first)
    const second = await start({ data, market })
    await second.ended
    expect(second.stats()).toMatchObject({ ordersSubmitted: 0, fills: 0, records: second.supervisor.seq })
    expect(second.market.name).toBe(first.market.name)
    await stop(second)
  })

  it('is where the command line finds it, and for nobody else to read, until it stops', async () => {
    const data = fresh()
    const token = 'a-token-of-this-test'
    const runner = await start({ data, server: { port: 0, token } })
    const file = join(data, RUNNER_FILE)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ pid: process.pid, url: runner.url, token })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const health = await fetch(`${runner.url}/health`)
    expect(health.status).toBe(200)
    const stopping = stop(runner)
    expect(runner.stop('again', 'test')).toBe(stopping)
    await stopping
    expect(() => statSync(file)).toThrow('ENOENT')
    await expect(fetch(`${runner.url}/health`)).rejects.toThrow('fetch failed')
  })

  it('is where the command line finds it as soon as it listens, before all of it has started', async () => {
    const data = fresh()
    let hasStarted = false
    const starting = start({ data, server: { port: 0 } }).finally(() => {
      hasStarted = true
    })
    while (!existsSync(join(data, RUNNER_FILE)) && !hasStarted) await turn()
    expect(hasStarted).toBe(false)
    await stop(await starting)
  })

  it('does not start where it cannot say where it is, and leaves nothing open', async () => {
    const data = fresh()
    const inTheWay = join(data, `${RUNNER_FILE}.part`)
    mkdirSync(inTheWay, { recursive: true })
    await expect(start({ data, server: { port: 0 } })).rejects.toThrow('EISDIR')
    rmSync(inTheWay, { recursive: true })
    await stop(await start({ data, server: { port: 0 } }))
  })

  it.each([
    [
      'netting',
      ['emaCross/a and emaCross/b share one position in BTCUSDT: one may close what the other opens'],
    ],
    ['hedging', []],
  ])('names strategies that share a position where there is but one, %s', async (positionMode, told) => {
    const strategies = ['a', 'b'].map((id) => ({ ...EMA, id }))
    const instruments = [{ symbol: 'BTCUSDT', contract: 'linear', ...GRID }]
    const runner = await start({ strategies, instruments, account: { positionMode } })
    expect(warnings).toEqual(told)
    await stop(runner)
  })
})

describe('a runner does not start', () => {
  it('where its port is taken, and leaves its folder to the next one', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const data = fresh()
    const server = { port }
    await expect(start({ data, server })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    await new Promise((resolve) => other.close(resolve))
    const runner = await start({ data, server })
    expect(runner.url).toBe(`http://127.0.0.1:${port}`)
    await stop(runner)
  })

  it('where its folder cannot be made', async () => {
    const data = fresh()
    writeFileSync(data, '')
    await expect(start({ data })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      issues: [{ field: 'data', rule: expect.stringContaining('EEXIST') }],
    })
  })

  it("where its log or its venue's books cannot be opened, and lets go of the log", async () => {
    const data = fresh()
    const first = await start({ data })
    const running = start({ data })
    await expect(running).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await stop(first)
    rmSync(join(data, 'venue'), { recursive: true })
    writeFileSync(join(data, 'venue'), '')
    for (let n = 0; n < 2; n++)
      await expect(start({ data })).rejects.toMatchObject({ code: 'VENUE_OPEN_FAILED' })
  })

  it.each<[string, () => string[], string, string]>([
    [
      'several venues',
      () => [capture('spot.ws', of({ M: true })), capture('futures.ws', of({ X: 'MARKET' }))],
      'RECORDING_UNREADABLE',
      'futures.ws is a recording of binance-usdm, not of binance',
    ],
    ['no symbol', () => [capture('empty.ws', [{ result: null, id: 1 }])], 'CONFIG_INVALID', 'has no symbol'],
  ])('on recordings of %s', async (_, files, code, text) => {
    await expect(start({ market: { files: files() } })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    })
  })

  it('on a recording that ends too early', async () => {
    const file = capture('cut.ws.gz', trades('XUSDT', 2_000))
    writeFileSync(file, readFileSync(file).subarray(0, -100))
    await expect(start({ market: { files: [file] } })).rejects.toMatchObject({
      code: 'RECORDING_UNREADABLE',
      message: expect.stringContaining(file),
    })
  })
})

describe('a run on recordings', () => {
  it('merges them by the time of their messages', async () => {
    const files = [
      capture('binance-x.ws', trades('XUSDT', 3)),
      capture('binance-y.ws.gz', [...trades('YUSDT', 3)]),
    ]
    const runner = await start({ market: { files }, strategies: [] })
    await runner.ended
    const taken: string[] = []
    for await (const { actor, event } of runner.supervisor.read())
      if (event.type === 'TRADE') taken.push(`${actor.slice(-5)} ${event.tradeId}`)
    const both = [0, 1, 2].flatMap((t) => [`XUSDT ${t}`, `YUSDT ${t}`])
    expect(taken).toEqual(both)
    await stop(runner)
  })

  it.each([
    ['binance-usdm', 'XUSDT', 'linear'],
    ['binance-coinm', 'XUSD_PERP', 'inverse'],
  ])('trades contracts where the venue trades nothing else: %s', async (venue, symbol, contract) => {
    const files = [capture('any-name.ws', trades(symbol, 2))]
    const runner = await start({ market: { files, venue }, strategies: [] })
    await runner.ended
    const { instruments } = contextOf<AccountContext>(runner, `account/${venue}`)
    expect(instruments).toMatchObject([{ symbol, contract }])
    await stop(runner)
  })

  it('says which line cannot be read, keeps that in its log, and goes on', async () => {
    const [one, two] = trades('XUSDT', 2)
    const broken = { stream: 'xusdt@trade', data: { ...trade('XUSDT', 7).data, p: 5 } }
    const file = capture('binance-broken.ws', [one as object, 'no message', broken, two as object])
    const runner = await start({ market: { files: [file] }, strategies: [] })
    await runner.ended
    await runner.supervisor.idle()
    const told = [`${file}:2: it is no "<time> <json>"`, `${file}:3: trade: p: must be text`]
    expect(warnings).toEqual(told)
    expect(runner.messages).toBe(3)
    expect([runner.market.counts, runner.market.refused]).toEqual([{ trade: 2 }, { LINE: 1, SCHEMA: 1 }])
    await stop(runner)
    const again = await start({
      data: join(folder, String(folders)),
      market: { files: [file] },
      strategies: [],
    })
    const reported: AnyEvent[] = []
    for await (const { event } of again.supervisor.history('runner/main'))
      if (event.type === 'REPORT_ERROR') reported.push(event)
    expect(reported.map(({ severity, about, text }) => [severity, about, text])).toEqual(
      told.map((text) => ['warning', file, text]),
    )
    await stop(again)
  })
})

it('a run on a live market says what its source warns of, and keeps that in its log', async () => {
  const exchange = new FakeBinance()
  const urls = await exchange.start()
  const runner = await start({ market: { source: 'binance', symbols: ['XUSDT'], ...urls }, strategies: [] })
  const client = await exchange.client(0)
  client.send(JSON.stringify(trade('XUSDT', 1, '100.00', Date.now())))
  const broken = { ...trade('XUSDT', 2, '100.00', Date.now()).data, T: 'soon' }
  client.send(JSON.stringify({ stream: 'xusdt@trade', data: broken }))
  const text = 'trade: T: epoch milliseconds, a whole number'
  await eventually(() => expect(warnings).toEqual([text]))
  await eventually(() => expect(runner.messages).toBe(2))
  await eventually(async () => {
    const { value } = await runner.supervisor
      .history('runner/main', { reverse: true })
      [Symbol.asyncIterator]()
      .next()
    expect(value?.event).toMatchObject({ type: 'REPORT_ERROR', severity: 'warning', about: 'binance', text })
  })
  await stop(runner)
  await exchange.stop()
})
