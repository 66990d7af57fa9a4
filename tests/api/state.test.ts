/** Tests the state of a run as one document: over HTTP, at places of the past, and from a closed store. */
import { afterEach, describe, expect, it } from 'vitest'
import { assign, createMachine, emit, setup } from 'xstate'
import { z } from 'zod'
import { machines } from '../../machines/index.ts'
import { routes } from '../../src/api/contract/routes.ts'
import type { StateDocument } from '../../src/api/contract/state.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { stateDocument, statePrefixes } from '../../src/api/state/state-document.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { Floor } from '../machines/floor.ts'
import { Harness } from '../runtime/harness.ts'

let api: ApiServer
let supervisor: Supervisor

async function serve(of: Supervisor): Promise<void> {
  supervisor = of
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
}
afterEach(async () => {
  await api.close()
  await supervisor.stop()
})

/** Returns the document, which has all fields of the contract and no others. */
async function state(query = ''): Promise<StateDocument> {
  const response = await fetch(`${api.url}/state${query}`)
  const body: unknown = await response.json()
  expect(response.status, JSON.stringify(body)).toBe(200)
  expect(routes.state.answers[200].parse(body)).toEqual(body)
  return body as StateDocument
}

const strategy = {
  type: 'emaCross',
  id: 'ema',
  symbol: 'BTCUSDT',
  interval: '1m',
  orderQty: '1',
  fast: 2,
  slow: 3,
}

describe('the state of a run that trades', () => {
  it('has the money, what is held and what works, at the last prices', async () => {
    const floor = await Floor.open({
      account: { limits: { orderNotionalMax: '1000', openOrdersMax: 5, cooldownMs: 60_000 } },
    })
    await serve(floor.harness.supervisor)
    await floor.bracket('b')
    await floor.pass()
    await floor.price('103')
    const found = await state()
    expect(found).toMatchObject({ seq: supervisor.seq, unreadable: [] })
    expect(found.at).toBe(supervisor.lastAt)
    expect(found.accounts).toMatchObject([
      {
        address: 'account/paper',
        tradingState: 'active',
        equity: '100005.98',
        peakEquity: '100005.98',
        drawdownPct: '0',
        realizedPnl: '0',
        dailyPnl: '5.98',
        dailyLoss: '0',
        consecutiveLosses: 0,
        cooldowns: [],
        flags: [],
        positions: [{ symbol: 'BTCUSDT', quantity: '2', markPx: '103', unrealizedPnl: '5.98' }],
        orders: [{ address: 'order/paper:b-stop' }, { address: 'order/paper:b-target' }],
        lists: [
          {
            address: 'list/b',
            symbol: 'BTCUSDT',
            contingencyType: 'OTOCO',
            state: { held: 'protected' },
            orders: ['order/paper:b-stop', 'order/paper:b-target'],
          },
        ],
        reconciliation: { address: 'reconciliation/paper' },
      },
    ])
    await floor.price('94')
    await floor.pass()
    const lost = await state()
    const [account] = lost.accounts
    expect(account).toMatchObject({ positions: [], orders: [], lists: [], consecutiveLosses: 1 })
    expect(account?.realizedPnl).toBe(account?.dailyPnl)
    expect(account?.dailyLoss).toBe(account?.dailyPnl.replace('-', ''))
    expect(account?.cooldowns).toEqual([{ check: 'cooldown', symbol: 'BTCUSDT', until: expect.any(Number) }])
    // The account at an earlier seq and at an earlier time is as it was.
    const { asOf: _, ...then } = found
    const { asOf: judgedAt, ...again } = await state(`?seq=${found.seq}`)
    expect([again, judgedAt]).toEqual([then, found.at])
    const { asOf: askedFor, ...byTime } = await state(`?at=${new Date(Number(found.at)).toISOString()}`)
    expect([byTime.accounts[0]?.lists, askedFor]).toEqual([found.accounts[0]?.lists, found.at])
    // A cooldown ends with the time that is asked for.
    const until = Number(account?.cooldowns[0]?.until)
    expect((await state(`?at=${new Date(until - 1).toISOString()}`)).accounts[0]?.cooldowns).toHaveLength(1)
    expect((await state(`?at=${new Date(until).toISOString()}`)).accounts[0]?.cooldowns).toEqual([])
  })

  it('has what keeps it from trading, and what was reconciled', async () => {
    const floor = await Floor.open({
      account: {
        limits: { orderNotionalMax: '1000', openOrdersMax: 5, dailyLossMax: '5', breakTo: 'halted' },
      },
    })
    await serve(floor.harness.supervisor)
    await floor.order('o')
    await floor.price('90')
    await floor.order('out', { side: 'SELL' })
    const at = supervisor.now
    const flag = {
      symbol: 'BTCUSDT',
      flag: 'hack',
      severity: 'warning',
      until: at + 60_000,
      reason: 'a theft',
    }
    await supervisor.send('account/paper', { type: 'RISK_FLAG', at, venue: 'paper', ...flag })
    await supervisor.send('reconciliation/paper', { type: 'RECONCILE', at, reason: 'asked' })
    await floor.pass()
    const { accounts } = await state()
    expect(accounts).toMatchObject([
      {
        tradingState: 'halted',
        breaker: { check: 'dailyLossMax' },
        flags: [flag],
        reconciliation: { state: 'idle', completed: { discrepancies: 0, seq: expect.any(Number) } },
      },
    ])
    const [{ reconciliation, ...rest } = {}] = accounts
    expect((await state('?brief=true')).accounts).toEqual([rest])
    expect(reconciliation).toBeDefined()
  })

  it('has its strategies, and says which have failed', async () => {
    const floor = await Floor.open({ strategies: [strategy] })
    await serve(floor.harness.supervisor)
    const { strategies } = await state()
    expect(strategies).toMatchObject([
      { address: 'emaCross/ema', symbol: 'BTCUSDT', venue: 'paper', interval: '1m', cycles: 0 },
    ])
    expect(strategies[0]).not.toHaveProperty('condition')
    await supervisor.quarantine('emaCross/ema', {
      error: { name: 'Error', message: 'no' },
      event: { type: 'X' },
    })
    expect((await state()).strategies).toMatchObject([{ condition: 'quarantined' }])
  })

  it('is of one seq, while everything moves', async () => {
    const floor = await Floor.open()
    await serve(floor.harness.supervisor)
    await floor.order('o')
    const asked = Array.from({ length: 12 }, async (_, i) => {
      await floor.price(String(100 + i))
      return state()
    })
    for (const found of await Promise.all(asked)) {
      const { asOf: _, ...again } = await state(`?seq=${found.seq}`)
      const { asOf: _asOf, ...was } = found
      expect(again).toEqual(was)
    }
  })

  it('is the same from the log that is read without the run', async () => {
    const floor = await Floor.open()
    await serve(floor.harness.supervisor)
    await floor.bracket('b')
    const { asOf: _, ...served } = await state()
    const { asOf, ...read } = await stateDocument(supervisor, {})
    expect(read).toEqual(served)
    expect(asOf).toBe(read.at)
  })
})

describe('the state of any program', () => {
  const own = createMachine({ id: 'account', context: { venue: 'mine' } })
  const pure = setup({}).createMachine({
    id: 'pure',
    context: { n: 0 },
    on: { GO: { actions: assign({ n: 1 }) } },
  })

  it('has nothing of machines that only have the same names', async () => {
    const harness = new Harness()
    const emits = [z.object({ type: z.literal('OTHER') })]
    await harness.open({ machines: { account: own, position: pure, emaCross: { machine: pure, emits } } })
    await serve(harness.supervisor)
    expect(await state()).toEqual({
      seq: supervisor.seq,
      asOf: expect.any(Number),
      accounts: [],
      strategies: [],
      unreadable: [],
      ...(supervisor.lastAt !== undefined && { at: supervisor.lastAt }),
    })
    for (const kind of ['account', 'position', 'emaCross']) await supervisor.spawn(kind, 'a')
    expect(await state()).toMatchObject({ seq: supervisor.seq, accounts: [], strategies: [], unreadable: [] })
  })

  it('takes the kinds that are declared from memory, and asks for no others', () => {
    expect(statePrefixes(new Registry({ account: own, pure }))).toEqual(['account/'])
    const ofTrading = [
      'account/',
      'emaCross/',
      'ledger/',
      'meanReversion/',
      'position/',
      'reconciliation/',
      'symbol/',
      'universe/',
    ]
    expect([...statePrefixes(new Registry(machines))].sort()).toEqual(ofTrading)
  })

  it('is empty before the first record, and the present beyond the last', async () => {
    const harness = new Harness()
    await harness.open({ machines: { account: own } })
    await harness.supervisor.spawn('account', 'a')
    await serve(harness.supervisor)
    expect(await state('?seq=0')).toEqual({ seq: 0, accounts: [], strategies: [], unreadable: [] })
    expect(await state('?at=1969-12-31T23:59:59Z')).toEqual(await state('?seq=0'))
    expect(await state('?at=seq:0')).toEqual(await state('?seq=0'))
    expect((await state('?seq=9007199254740991')).seq).toBe(supervisor.seq)
    expect(await state('?at=seq:9007199254740')).toEqual(await state('?seq=9007199254740'))
  })

  it.each([
    ['seq=-1', 'must be at least 0'],
    ['seq=x', 'must be a number'],
    ['at=now', 'must be a seq such as seq:1234, or a time'],
    ['at=-1', 'must be a seq such as seq:1234, or a time'],
    ['at=5', '5 is a rev, which only an actor has'],
    ['at=rev:5', 'rev:5 is a rev, which only an actor has'],
    ['at=2026-01-01T09:00', 'needs its zone'],
    ['seq=1&at=seq:1', 'give one of seq and at'],
    ['rev=1', 'is unknown'],
  ])('refuses ?%s', async (query, rule) => {
    const harness = new Harness()
    await harness.open({ machines: { account: own } })
    await serve(harness.supervisor)
    const answer = await fetch(`${api.url}/state?${query}`)
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(rule)])
  })

  it('names what cannot be restored, and shows the rest', async () => {
    let isBroken = false
    const fickle = setup({}).createMachine({
      id: 'fickle',
      context: { params: { venue: 'v', symbol: 's', interval: '1m' }, cycles: 0 },
      on: {
        GO: {
          actions: [
            emit({ type: 'GONE' }),
            assign(() => {
              if (isBroken) throw new Error('not pure')
              return {}
            }),
          ],
        },
      },
    })
    const emits = [z.object({ type: z.literal('STRATEGY_STARTED') }), z.object({ type: z.literal('GONE') })]
    const harness = new Harness()
    await harness.open({ machines: { ...machines, fickle: { machine: fickle, emits } } })
    await harness.supervisor.spawn('fickle', 'a')
    await serve(harness.supervisor)
    expect((await state()).strategies).toMatchObject([{ address: 'fickle/a', symbol: 's' }])
    await supervisor.send('fickle/a', { type: 'GO' })
    isBroken = true
    const { strategies, unreadable } = await state(`?seq=${supervisor.seq}`)
    expect([strategies, unreadable]).toMatchObject([[], [{ address: 'fickle/a', code: 'REPLAY_DIVERGED' }]])
    // The present is in memory, and is not replayed.
    expect(await state()).toMatchObject({ strategies: [{ address: 'fickle/a' }], unreadable: [] })
  })
})
