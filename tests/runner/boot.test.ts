import { beforeEach, describe, expect, it } from 'vitest'
import { type AccountContext, machines, RUNNER, type StrategyContext } from '../../machines/index.ts'
import { configuredBy, rivalsIn } from '../../src/runner/actors/configured.ts'
import { BUILT_IN_STRATEGIES, kindsOf } from '../../src/runner/actors/strategies.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { Harness } from '../runtime/harness.ts'
import { boot } from './boot.ts'

const STRATEGY = { id: 's', symbol: 'BTCUSDT', interval: '1s', fast: 2, slow: 5, orderQty: '1' }
const EMA = 'emaCross/s'
const ACCOUNT = 'account/sim'
const WATCHDOG = 'watchdog/sim:BTCUSDT'

describe('a start on a store that was started on before', () => {
  let harness: Harness
  let supervisor: Supervisor

  beforeEach(async () => {
    harness = new Harness()
    supervisor = await harness.open({ machines: { ...machines, ...kindsOf(BUILT_IN_STRATEGIES) } })
  })

  async function start(flags: object = {}, symbols = ['BTCUSDT']): Promise<void> {
    const config = loadConfig({ flags: { strategies: [STRATEGY], ...flags } })
    const options = { venue: 'sim', symbols, at: 1 }
    await boot(supervisor, config, options)
    const of = { version: '1', market: 'sim:1', venues: [{ venue: 'sim', strategies: [] }] }
    await supervisor.send(RUNNER, {
      type: 'STARTED',
      at: 1,
      ...of,
      configured: configuredBy(config, options),
    })
  }
  const limits = () => (harness.context(ACCOUNT) as AccountContext).limits
  const params = () => (harness.context(EMA) as StrategyContext<object, object>).params
  const mode = () => (harness.value(EMA) as { mode: string }).mode
  const emitted = async (...types: string[]) =>
    (await harness.records())
      .flatMap(({ emitted = [] }) => emitted)
      .filter(({ type }) => types.includes(type))

  it('changes nothing where the configuration is the same', async () => {
    await start()
    const { seq } = supervisor
    await start()
    // That it has started is all that there is to say.
    expect(supervisor.seq).toBe(seq + 1)
  })

  it('tells the account of other rules and limits, and of more symbols', async () => {
    await start({ account: { limits: { orderNotionalMax: '500', openOrdersMax: 5, cooldownMs: 1_000 } } })
    const instruments = [{ symbol: 'BTCUSDT', tickSize: '0.5' }]
    const account = { limits: { orderNotionalMax: '50', openOrdersMax: 5 } }
    await start({ instruments, account }, ['BTCUSDT', 'ETHUSDT'])
    expect(harness.context(ACCOUNT)).toMatchObject({
      instruments: [{ symbol: 'BTCUSDT', tickSize: '0.5' }, { symbol: 'ETHUSDT' }],
      guarded: ['BTCUSDT', 'ETHUSDT'],
      limits: { orderNotionalMax: '50' },
    })
    expect(limits().cooldownMs).toBeUndefined()
    expect(harness.context(WATCHDOG)).toMatchObject({ tickSize: '0.5' })
    expect(params()).toMatchObject({ tickSize: '0.5' })
    const told = await emitted('SETTING_UPDATED')
    expect(told).toMatchObject([
      { setting: 'orderNotionalMax', was: '500', value: '50', by: 'the configuration' },
      { setting: 'cooldownMs', was: 1_000 },
    ])
  })

  it('leaves what a person has changed, until the configuration is another one', async () => {
    const account = (openOrdersMax: number) => ({ limits: { orderNotionalMax: '500', openOrdersMax } })
    await start({ account: account(5) })
    await supervisor.send(ACCOUNT, {
      type: 'UPDATE_LIMITS',
      at: 1,
      by: 'ann',
      limits: { orderNotionalMax: '9' },
    })
    await supervisor.send(EMA, { type: 'UPDATE_PARAMETERS', at: 1, by: 'ann', parameters: { fast: 3 } })
    await supervisor.send(EMA, { type: 'STOP', at: 1 })
    await start({ account: account(5) })
    expect([limits().orderNotionalMax, params(), mode()]).toMatchObject(['9', { fast: 3 }, 'stopped'])
    await start({ account: account(6), strategies: [{ ...STRATEGY, orderQty: '2' }] })
    expect(limits()).toMatchObject({ orderNotionalMax: '9', openOrdersMax: 6 })
    expect(params()).toMatchObject({ fast: 3, orderQty: '2' })
  })

  it('stops a strategy that is configured no more, and starts it when it is again', async () => {
    await start()
    expect(mode()).toBe('warmingUp')
    await start({ strategies: [] })
    expect(mode()).toBe('stopped')
    await start()
    expect(mode()).toBe('warmingUp')
    expect(await emitted('STRATEGY_STOPPED')).toMatchObject([{ reason: expect.stringContaining('no more') }])
  })

  it.each<[string, object[], string]>([
    [
      'a symbol of the universe',
      [{ ...STRATEGY, symbol: 'universe' }],
      'strategies.1.id: another one is called s-BTCUSDT',
    ],
    [
      'another type',
      [],
      'strategies.0.id: s-BTCUSDT is emaCross/s-BTCUSDT in this data folder: choose an id that no strategy has had',
    ],
  ])('refuses the id that a strategy of %s has', async (_, others, rule) => {
    await start({ universe: {}, strategies: [{ ...STRATEGY, symbol: 'universe' }] })
    const { seq } = supervisor
    const { fast: _fast, slow: _slow, ...terms } = STRATEGY
    const mean = { ...terms, id: 's-BTCUSDT', type: 'meanReversion' }
    await expect(start({ universe: {}, strategies: [...others, mean] })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(rule),
    })
    expect(supervisor.seq).toBe(seq)
  })

  it('has the universe forget one that is configured no more', async () => {
    const universe = { filters: {} }
    const followers = () => (harness.context('universe/sim') as { followers: object[] }).followers
    await start({ universe, strategies: [{ ...STRATEGY, symbol: 'universe' }] })
    expect(followers()).toMatchObject([{ address: 'emaCross/s-BTCUSDT' }])
    await start({ universe, strategies: [] })
    expect(followers()).toEqual([])
  })

  it('names strategies that share one position', () => {
    const strategies = [STRATEGY, { ...STRATEGY, id: 't' }, { ...STRATEGY, id: 'u', symbol: 'ETHUSDT' }]
    const symbols = ['BTCUSDT', 'ETHUSDT']
    const config = loadConfig({ flags: { strategies } })
    expect([...rivalsIn(config, { venue: 'sim', symbols })]).toEqual([['BTCUSDT', [EMA, 'emaCross/t']]])
  })

  it('sets watchdogs, symbols and reconciliation as they are configured by now', async () => {
    await start({ watchdog: { enabled: false } })
    const symbol = { intervals: ['1s', '5s'], staleAfterMs: 500, emit: ['quote'] }
    await start({ watchdog: { stopPct: '2' }, symbol, reconciliation: { everyMs: 7_000 } })
    expect(harness.context(WATCHDOG)).toMatchObject({ enabled: true, stopPct: '2' })
    expect(harness.context('symbol/sim:BTCUSDT')).toMatchObject(symbol)
    expect(harness.context('reconciliation/sim')).toMatchObject({ everyMs: 7_000 })
    await start({ symbol: { intervals: ['5s'] }, strategies: [] })
    expect(harness.context('symbol/sim:BTCUSDT')).toMatchObject({
      intervals: ['5s'],
      subscribers: expect.arrayContaining([expect.objectContaining({ address: ACCOUNT, intervals: ['5s'] })]),
    })
    expect((harness.context('symbol/sim:BTCUSDT') as { emit?: unknown }).emit).toBeUndefined()
  })

  it.each<[string, object, string]>([
    ['an account of another asset', { account: { asset: 'EUR' } }, 'account.asset'],
    ['an account that hedges', { account: { positionMode: 'hedging' } }, 'account.positionMode'],
    [
      'another contract',
      { instruments: [{ symbol: 'BTCUSDT', contract: 'linear' }] },
      'instruments.0.contract',
    ],
    [
      'another interval for a strategy',
      { strategies: [{ ...STRATEGY, interval: '1m' }] },
      'strategies.0.interval',
    ],
  ])('refuses %s: that is another log', async (_, flags, field) => {
    await start()
    await expect(start(flags)).rejects.toMatchObject({ code: 'CONFIG_INVALID', issues: [{ field }] })
  })
})
