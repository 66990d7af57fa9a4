import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { machines, type PositionContext, type UniverseContext } from '../../machines/index.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import type { RunningRunner } from '../../src/runner/runner.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { verifyLog } from '../../src/runtime/state/verify.ts'
import { FakeBinance, type Listed } from '../adapters/fake-binance.ts'
import { writeFirstLines } from '../data/data.ts'
import { differenceOfLogs } from '../equal-logs.ts'
import { eventually } from '../runtime/harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-universe-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const EMA = { type: 'emaCross', symbol: 'universe', interval: '1s', fast: 2, slow: 5, orderQty: '0.01' }
const warnings: string[] = []
const logger = {
  debug() {},
  info() {},
  warn: (_details: object, message: string) => void warnings.push(message),
  error() {},
}
const start = (flags: object) =>
  startRunner(loadConfig({ flags: { server: { enabled: false }, ...flags } }), logger)
const stop = (runner: RunningRunner) => runner.stop('test', 'test')
const stateOf = <C>({ supervisor }: RunningRunner, address: string) =>
  (supervisor.getSnapshot(address) ?? {}) as { value?: { mode?: string }; context?: C }
const running = (runner: RunningRunner, ...ids: string[]) =>
  ids.filter((id) => stateOf(runner, `emaCross/${id}`).value?.mode !== 'stopped')

async function recordsOf(data: string): Promise<TransitionRecord[]> {
  const store = await openLevelStore(join(data, 'log'))
  const records: TransitionRecord[] = []
  for await (const record of store.read()) records.push(record)
  expect((await verifyLog(store, new Registry(machines), {})).problems).toEqual([])
  await store.close()
  return records
}

const emittedIn = (records: readonly TransitionRecord[], type: string) =>
  records.flatMap(({ emitted = [] }) => emitted.filter((event) => event.type === type))

describe('a universe of a simulated market', () => {
  const grid = { startPx: '100.00', tickSize: '0.01', lotSize: '0.01' }
  const symbols = [
    { symbol: 'AUSDT', ...grid, quoteVolume24h: '1000' },
    { symbol: 'BUSDT', ...grid, quoteVolume24h: '1' },
    { symbol: 'CUSDT', ...grid, quoteVolume24h: '5000' },
  ]
  const settings = (name: string, durationMs: number) => ({
    data: join(folder, name),
    market: { seed: 6, startAt: 1_700_000_000_000, durationMs, ratePerSecond: 10, speed: 'max', symbols },
    universe: { filters: { quoteVolumeMin: '100' } },
    strategies: [{ id: 'ema', ...EMA }],
  })

  it('is what is traded, and says of the rest why not, in an equal log each time', async () => {
    const logs = []
    for (const name of ['once', 'again']) {
      const runner = await start(settings(name, 120_000))
      await runner.ended
      expect(running(runner, 'ema-AUSDT', 'ema-BUSDT', 'ema-CUSDT')).toEqual(['ema-AUSDT', 'ema-CUSDT'])
      await stop(runner)
      logs.push(await recordsOf(join(folder, name)))
    }
    const [once = [], again = []] = logs
    expect(differenceOfLogs(once, again)).toBeUndefined()
    expect(emittedIn(once, 'SYMBOL_FILTERED')).toMatchObject([
      { symbol: 'BUSDT', filter: 'quoteVolumeMin', limit: '100', value: '1' },
    ])
    const traded = emittedIn(once, 'ORDER_SUBMITTED').map(({ symbol }) => symbol)
    expect(new Set(traded)).toEqual(new Set(['AUSDT', 'CUSDT']))
  })

  it('stays as it is over a restart, with what a person stopped, and takes in strategies that are new', async () => {
    const first = await start(settings('restart', 10_000))
    await first.ended
    await first.supervisor.send('emaCross/ema-CUSDT', { type: 'STOP' })
    await stop(first)

    const { strategies, ...rest } = settings('restart', 20_000)
    const second = await start({ ...rest, strategies: [...strategies, { id: 'late', ...EMA }] })
    await second.ended
    expect(running(second, 'ema-AUSDT', 'ema-CUSDT', 'late-AUSDT', 'late-BUSDT', 'late-CUSDT')).toEqual([
      'ema-AUSDT',
      'late-AUSDT',
      'late-CUSDT',
    ])
    await stop(second)
    const universe = (await recordsOf(join(folder, 'restart'))).filter(
      ({ actor }) => actor === 'universe/sim',
    )
    expect(universe.map(({ event }) => event.type)).toEqual([
      'xstate.init',
      ...['FOLLOW', 'FOLLOW', 'FOLLOW', 'INSTRUMENTS_LISTED'],
      // The second start lists the same, which is no news.
      ...['FOLLOW', 'FOLLOW', 'FOLLOW'],
    ])
  })

  it('takes the filters of the configuration, also when they have changed since', async () => {
    const first = await start(settings('filters', 1_000))
    await stop(first)
    const second = await start({ ...settings('filters', 1_000), universe: { filters: { deny: ['A*'] } } })
    expect(running(second, 'ema-AUSDT', 'ema-BUSDT', 'ema-CUSDT')).toEqual(['ema-BUSDT', 'ema-CUSDT'])
    await stop(second)
  })
})

it('knows the names of a recorded market and no more, and lets in what they say enough of', async () => {
  const capture = join(folder, 'binance-spot-cut.ws')
  await writeFirstLines('binance-spot-btcusdt', 500, capture)
  const traded = async (name: string, filters: object) => {
    const data = join(folder, name)
    const market = { files: [capture] }
    const runner = await start({ data, market, universe: { filters }, strategies: [{ id: 'ema', ...EMA }] })
    await runner.ended
    const is = running(runner, 'ema-BTCUSDT')
    await stop(runner)
    return { is, filtered: emittedIn(await recordsOf(data), 'SYMBOL_FILTERED') }
  }
  expect(await traded('named', { allow: ['BTC*'] })).toEqual({ is: ['ema-BTCUSDT'], filtered: [] })
  expect(await traded('unknown', { quoteVolumeMin: '1' })).toMatchObject({
    is: [],
    filtered: [{ symbol: 'BTCUSDT', filter: 'quoteVolumeMin', value: 'unknown' }],
  })
})

describe('a universe of a live market', () => {
  const symbols = ['XUSDT', 'YUSDT']
  const fit: Listed[] = symbols.map((symbol) => ({ symbol }))
  const thin: Listed[] = [{ symbol: 'XUSDT', quoteVolume: '7.00000000' }, { symbol: 'YUSDT' }]

  /** Ten trades a second and quotes beside them, at a price that falls, jumps after some seconds, and stays there. */
  function trade(exchange: FakeBinance): NodeJS.Timeout {
    let t = 0
    return setInterval(() => {
      const px = (t++ < 25 ? 100 - t / 10 : 110).toFixed(2)
      for (const s of symbols) {
        const stream = s.toLowerCase()
        const quote = { u: t, s, b: px, B: '5', a: (Number(px) + 0.01).toFixed(2), A: '5' }
        const trade = { e: 'trade', E: Date.now(), s, t, p: px, q: '1', T: Date.now(), m: false }
        for (const client of exchange.clients) {
          client.send(JSON.stringify({ stream: `${stream}@bookTicker`, data: quote }))
          client.send(JSON.stringify({ stream: `${stream}@trade`, data: trade }))
        }
      }
    }, 100)
  }

  it('follows the listing: what drops out keeps its position and its stop, and what cannot be read changes nothing', async () => {
    const exchange = new FakeBinance()
    const urls = await exchange.start()
    exchange.isAway = true
    exchange.listed = fit
    const settings = {
      data: join(folder, 'live'),
      market: { source: 'binance', symbols, ...urls },
      universe: { filters: { quoteVolumeMin: '100' }, everyMs: 1_000 },
      strategies: [{ id: 'ema', ...EMA, fast: 1, slow: 2, trailingStopPct: 5 }],
    }
    const universeOf = (runner: RunningRunner) =>
      stateOf<UniverseContext>(runner, 'universe/binance').context?.symbols
    const first = await start(settings)
    await eventually(() => expect(warnings).toContainEqual(expect.stringContaining('gives no listing')))
    expect(running(first, 'ema-XUSDT', 'ema-YUSDT')).toEqual([])
    exchange.isAway = false
    await eventually(() => expect(running(first, 'ema-XUSDT', 'ema-YUSDT')).toHaveLength(2))

    const trading = trade(exchange)
    const isProtected = (runner: RunningRunner) => {
      const { context } = stateOf<PositionContext>(runner, 'position/binance:XUSDT')
      expect(context?.quantity).toBe('0.01')
      expect(stateOf(runner, 'order/binance:ema-XUSDT-1-stop').value).toMatchObject({
        execution: 'accepted',
      })
    }
    await eventually(() => isProtected(first))
    exchange.listed = thin
    await eventually(() => expect(running(first, 'ema-XUSDT', 'ema-YUSDT')).toEqual(['ema-YUSDT']))
    isProtected(first)

    exchange.isAway = true
    await stop(first)
    warnings.length = 0
    const second = await start(settings)
    await eventually(() => expect(warnings).toContainEqual(expect.stringContaining('gives no listing')))
    expect(universeOf(second)).toEqual(['YUSDT'])
    expect(running(second, 'ema-XUSDT', 'ema-YUSDT')).toEqual(['ema-YUSDT'])
    isProtected(second)
    exchange.listed = fit
    exchange.isAway = false
    await eventually(() => expect(universeOf(second)).toEqual(symbols))
    expect(running(second, 'ema-XUSDT', 'ema-YUSDT')).toHaveLength(2)
    isProtected(second)
    clearInterval(trading)
    await stop(second)
    await exchange.stop()

    const records = await recordsOf(settings.data)
    const reason = 'XUSDT is out of the universe: quoteVolumeMin 100, found 7'
    expect(emittedIn(records, 'STRATEGY_STOPPED')).toMatchObject([{ strategy: 'ema-XUSDT', reason }])
    expect(emittedIn(records, 'SYSTEM_ERROR')).toContainEqual(
      expect.objectContaining({ severity: 'warning', about: 'binance' }),
    )
  })
})
