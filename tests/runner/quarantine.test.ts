/** A start where actors are in quarantine: nobody else is kept from starting, and what was mended is taken up. */
import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  defineStrategy,
  machines,
  RUNNER,
  type RunnerContext,
  type Strategy,
  type StrategyContext,
} from '../../machines/index.ts'
import { quarantinedIn, quarantineText, sendUnlessQuarantined } from '../../src/runner/actors/quarantine.ts'
import { BUILT_IN_STRATEGIES, kindsOf } from '../../src/runner/actors/strategies.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { STASH_MAX } from '../../src/runtime/actors/bounds.ts'
import { Harness } from '../runtime/harness.ts'
import { boot } from './boot.ts'

/** Throws at its first candle where `limit` is below 10, and already when it starts where it is below 0. */
const fragile = (version: string, upgrades?: Strategy['upgrades']) =>
  defineStrategy({
    name: 'fragile',
    version,
    description: 'Throws.',
    params: z.object({ limit: z.number().default(0) }),
    initial: ({ limit }) => ({ limit }),
    next: (state) => state,
    values: ({ limit }) => {
      if (limit < 0) throw new RangeError('a limit below 0')
      return { limit }
    },
    decide: ({ params: { limit } }) => {
      if (limit < 10) throw new RangeError(`a limit of ${limit}`)
      return undefined
    },
    ...(upgrades && { upgrades }),
  })

const BAD = 'fragile/bad'
const GOOD = 'emaCross/good'
const good = { id: 'good', symbol: 'BTCUSDT', interval: '1s', fast: 2, slow: 5, orderQty: '1' }
const bad = (change: object = {}) => ({
  id: 'bad',
  type: './fragile.mjs',
  symbol: 'BTCUSDT',
  interval: '1s',
  orderQty: '1',
  ...change,
})

let harness: Harness
let strategies: ReadonlyMap<string, Strategy>
let errors: string[]

async function open(strategy = fragile('1')): Promise<void> {
  strategies = new Map([...BUILT_IN_STRATEGIES])
  strategies = new Map([...strategies, [moduleType(), strategy]])
  await harness.open({ machines: { ...machines, ...kindsOf(strategies) } })
}
const config = (flags: object) => loadConfig({ flags: { strategies: [bad(), good], ...flags } })
const moduleType = () => config({}).strategies?.[0]?.type as string

async function start(flags: object = {}): Promise<void> {
  const logger = { error: (_: object, message: string) => void errors.push(message) }
  const options = { venue: 'sim', symbols: ['BTCUSDT'], at: 1, strategies, logger }
  const configured = await boot(harness.supervisor, config(flags), options)
  await sendUnlessQuarantined(harness.supervisor, RUNNER, {
    type: 'STARTED',
    at: 1,
    version: '1',
    market: 'sim:1',
    venues: [{ venue: 'sim', strategies: [] }],
    configured,
  })
}
/** News of its trade. */
const REFUSED = { type: 'REQUEST_REFUSED', at: 2_000, clOrdId: 'o', check: 'c', text: 'no' }
/** Lets it take what was kept for it. */
async function pass(): Promise<void> {
  harness.clock.advanceTo(10_000)
  await harness.supervisor.idle()
}
const px = { open: '1', high: '1', low: '1', close: '1', volume: '1' }
const fail = () =>
  expect(
    harness.supervisor.send(BAD, {
      type: 'CANDLE_CLOSE',
      at: 2_000,
      venue: 'sim',
      symbol: 'BTCUSDT',
      interval: '1s',
      candle: { openAt: 0, closeAt: 1_000, ...px },
    }),
  ).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
const conditionOf = async (address: string) => (await harness.supervisor.view(address))?.condition
const modeOf = (address: string) => (harness.value(address) as { mode: string }).mode
const paramsOf = (address: string) => (harness.context(address) as StrategyContext<object, object>).params
const releases = async () =>
  (await harness.records()).flatMap(({ actor, event }) =>
    event.type === 'outcry.released' ? [{ actor, by: event.by, reason: event.reason }] : [],
  )

beforeEach(async () => {
  harness = new Harness()
  errors = []
  await open()
})

describe('a start with a strategy in quarantine', () => {
  beforeEach(async () => {
    await start()
    await fail()
  })

  it('starts the others and leaves it there, and a second start does the same', async () => {
    for (let n = 0; n < 2; n++) {
      await start()
      expect(await conditionOf(BAD)).toBe('quarantined')
      expect(modeOf(GOOD)).toBe('warmingUp')
    }
    expect(await releases()).toEqual([])
    const [told, ...others] = await quarantinedIn(harness.supervisor)
    expect([told, others]).toEqual([
      { address: BAD, since: 2_000, why: 'failed on CANDLE_CLOSE: RangeError: a limit of 0' },
      [],
    ])
    expect(quarantineText(told as NonNullable<typeof told>, 'mine')).toBe(
      'fragile/bad is in quarantine since 1970-01-01T00:00:02.000Z and takes no messages: it failed on CANDLE_CLOSE: RangeError: a limit of 0. Fix that, then: outcry release fragile/bad --data mine',
    )
  })

  it('releases it where its parameters are others by now, on record, and gives it these', async () => {
    await start({ strategies: [bad({ limit: 10 }), good] })
    expect(await conditionOf(BAD)).toBeUndefined()
    expect([modeOf(BAD), paramsOf(BAD)]).toMatchObject(['running', { limit: 10 }])
    expect(await releases()).toEqual([
      { actor: BAD, by: 'the configuration', reason: 'limit: configured otherwise by now' },
    ])
  })

  it('gives it these behind what was kept for it', async () => {
    await harness.supervisor.send(BAD, REFUSED)
    await start({ strategies: [bad({ limit: 10 }), good] })
    expect([await conditionOf(BAD), paramsOf(BAD)]).toMatchObject(['restarting', { limit: 0 }])
    await pass()
    expect([await conditionOf(BAD), paramsOf(BAD)]).toMatchObject([undefined, { limit: 10 }])
    expect(errors).toEqual([])
  })

  it('starts the others where it has no room for more, and gives it these at the next start', async () => {
    for (let n = 0; n < STASH_MAX; n++) await harness.supervisor.send(BAD, REFUSED)
    await start({ strategies: [bad({ limit: 10 }), good] })
    expect(errors).toEqual([
      expect.stringMatching(/^fragile\/bad is not started: .* its queue of kept messages is full/),
    ])
    expect(modeOf(GOOD)).toBe('warmingUp')
    await pass()
    await start({ strategies: [bad({ limit: 10 }), good] })
    expect([await conditionOf(BAD), paramsOf(BAD)]).toMatchObject([undefined, { limit: 10 }])
  })

  it('stops it where it is configured no more, also before it has taken what was kept for it', async () => {
    await harness.supervisor.send(BAD, REFUSED)
    await harness.supervisor.release(BAD)
    expect([await conditionOf(BAD), modeOf(BAD)]).toEqual(['restarting', 'running'])
    await start({ strategies: [good] })
    await pass()
    expect([await conditionOf(BAD), modeOf(BAD)]).toEqual([undefined, 'stopped'])
  })

  it('keeps it there where the parameters are others that it cannot take', async () => {
    await expect(start({ strategies: [bad({ interval: '1m' }), good] })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
    expect(await conditionOf(BAD)).toBe('quarantined')
  })

  it('releases it where a new version of it is there, on record', async () => {
    await harness.supervisor.stop()
    const migrate = (state: { value: unknown; context: unknown }) => state
    await open(fragile('2', [{ from: '1', to: '2', migrate }]))
    await start()
    expect(await conditionOf(BAD)).toBeUndefined()
    expect(await releases()).toEqual([
      {
        actor: BAD,
        by: 'a new version',
        reason: 'fragile@1+5 failed, and fragile@2+5 has taken its place',
      },
    ])
  })

  it('starts the others where nothing leads to the new version', async () => {
    await harness.supervisor.stop()
    await open(fragile('2'))
    await start()
    expect(modeOf(GOOD)).toBe('warmingUp')
    expect(errors.join()).toContain(`${BAD} is not started: the log holds fragile@1+5`)
  })

  it('starts the others where the way to the new version cannot be gone', async () => {
    await harness.supervisor.stop()
    const migrate = () => {
      throw new Error('nobody knows how')
    }
    await open(fragile('2', [{ from: '1', to: '2', migrate }]))
    await start()
    expect(modeOf(GOOD)).toBe('warmingUp')
    expect(errors.join()).toContain(`${BAD} cannot be migrated from version 1+5 to 2+5: nobody knows how`)
  })
})

describe('a strategy that throws as it starts', () => {
  it('is quarantined, the others start, and other parameters release and start it', async () => {
    await start({ strategies: [bad({ limit: -1 }), good] })
    expect(await conditionOf(BAD)).toBe('quarantined')
    expect(modeOf(GOOD)).toBe('warmingUp')
    expect(errors).toEqual([`${BAD} is not started: ${BAD} failed on START: a limit below 0`])
    await start({ strategies: [bad({ limit: -1 }), good] })
    expect(await conditionOf(BAD)).toBe('quarantined')
    await start({ strategies: [bad({ limit: 10 }), good] })
    expect([modeOf(BAD), paramsOf(BAD)]).toMatchObject(['running', { limit: 10 }])
  })

  it('gets what it has missed with the start after its release', async () => {
    await start()
    await fail()
    await start({ strategies: [bad({ limit: -2 }), good] })
    expect(await conditionOf(BAD)).toBe('quarantined')
    expect(paramsOf(BAD)).toMatchObject({ limit: 0 })
    const { configured } = harness.context(RUNNER) as RunnerContext
    expect(configured?.strategies[BAD]).not.toHaveProperty('limit')
    await start({ strategies: [bad({ limit: 11 }), good] })
    expect(paramsOf(BAD)).toMatchObject({ limit: 11 })
  })
})

it('any actor may be in quarantine: a start goes on, and tells what was missed later', async () => {
  const limits = (orderNotionalMax: string) => ({ account: { limits: { orderNotionalMax } } })
  await start(limits('500'))
  const { supervisor } = harness
  const addresses: string[] = []
  for await (const address of supervisor.addresses())
    if (!address.startsWith('system/')) addresses.push(address)
  const error = { name: 'Error', message: 'it stood still' }
  for (const address of addresses) await supervisor.quarantine(address, { error, event: { type: 'TRADE' } })
  const symbol = { intervals: ['1s', '5s'] }
  await start({ ...limits('50'), symbol, watchdog: { stopPct: '3' }, reconciliation: { everyMs: 9_000 } })
  expect(supervisor.quarantined.map(({ address }) => address)).toEqual(addresses.sort())
  for (const address of addresses) await supervisor.release(address)
  await start({ ...limits('50'), symbol })
  expect(harness.context('account/sim')).toMatchObject({ limits: { orderNotionalMax: '50' } })
  expect(harness.context('symbol/sim:BTCUSDT')).toMatchObject(symbol)
})
