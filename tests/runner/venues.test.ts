/** Several venues in one run: each has its account, positions, risk and books, and none changes what another does. */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Level } from 'level'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AccountContext, PositionContext, RunnerContext } from '../../machines/index.ts'
import { openPaperVenue } from '../../src/adapters/paper/paper-venue.ts'
import { WireIds } from '../../src/adapters/wire-ids.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import type { RunningRunner } from '../../src/runner/runner.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { differenceOfLogs, OF_EACH_START } from '../equal-logs.ts'
import { outcry } from './runner-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-venues-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const place = (name: string) => join(folder, name)

const warnings: string[] = []
const nothing = () => {}
const LOGGER = {
  debug: nothing,
  info: nothing,
  warn: (_: object, message: string) => void warnings.push(message),
  error: nothing,
}

/** Enters once, and holds. */
const HOLDS = fileURLToPath(new URL('../faults/bracket/strategy.ts', import.meta.url))
const BTC = { symbol: 'BTCUSDT', startPx: '60000.00', tickSize: '0.01', lotSize: '0.0001' }
const market = (durationMs: number) => ({
  source: 'sim',
  seed: 6,
  startAt: 1_700_000_000_000,
  speed: 'max',
  symbols: [BTC],
  durationMs,
})
const EMA = { type: 'emaCross', symbol: 'BTCUSDT', interval: '1s', fast: 2, slow: 4, orderQty: '0.01' }
const NEAR = { ...EMA, id: 'near' }
const FAR = { ...EMA, id: 'far', venue: 'far' }
const VENUES = {
  sim: { takerFee: '0.001' },
  far: {
    latencyMs: 250,
    takerFee: '0.0005',
    account: { balance: '5000', limits: { orderNotionalMax: '700' } },
    instruments: [{ symbol: 'BTCUSDT', tickSize: '0.01', lotSize: '0.0001', maxQty: '0.5' }],
    watchdog: { graceMs: 1_500 },
  },
}
const RUN = { runner: { storeId: '7f3a', heartbeatMs: 20_000 }, server: { enabled: false } }
const WHOLE_MS = 40_000

const configOf = (name: string, sections: object, durationMs = WHOLE_MS) =>
  loadConfig({ flags: { data: place(name), market: market(durationMs), ...RUN, ...sections } })

async function run(name: string, sections: object, durationMs = WHOLE_MS): Promise<RunningRunner> {
  const runner = await startRunner(configOf(name, sections, durationMs), LOGGER)
  try {
    await runner.ended
  } finally {
    await runner.stop('the market has ended', 'test')
  }
  return runner
}
const BOTH = { venues: VENUES, strategies: [NEAR, FAR] }

async function recordsOf(name: string): Promise<TransitionRecord[]> {
  const store = await openLevelStore(join(place(name), 'log'))
  const records: TransitionRecord[] = []
  for await (const record of store.read()) records.push(record)
  await store.close()
  return records
}

const FOLDERS = { sim: 'venue', far: 'venues/far' } as const
const OPENED_WITH = { sim: '100000', far: '5000' } as const

/** What the venue's books have; where a request stood in the log shifts with each start. */
async function booksOf(name: string, venue: keyof typeof FOLDERS) {
  const store = await openLevelStore(join(place(name), 'log'))
  await store.close()
  const openingBalances = { USDT: OPENED_WITH[venue] }
  const options = { name: `paper:${venue}`, latencyMs: 0, takerFee: '0', makerFee: '0', openingBalances }
  const ids = new WireIds(venue, store.shortId)
  const books = await openPaperVenue({ ...options, ids, location: join(place(name), FOLDERS[venue]) })
  const reports = books.reportsAfter(0).map(({ ref, ...report }) => ({ ...report, intent: ref?.intent }))
  const found = { reports, positions: books.positions(), balances: books.balances() }
  await books.close()
  return found
}

const idOf = (report: object) => (report as { clOrdId?: string }).clOrdId ?? ''

describe('a run with two venues', () => {
  let runner: RunningRunner
  let records: TransitionRecord[]
  let stats: ReturnType<RunningRunner['stats']>
  const contextOf = <C>(address: string) => runner.supervisor.getSnapshot(address)?.context as C

  beforeAll(async () => {
    runner = await startRunner(configOf('both', BOTH), LOGGER)
    await runner.ended
    stats = runner.stats()
    await runner.stop('the market has ended', 'test')
    records = await recordsOf('both')
  })

  it('trades at each what is to be traded there, under ids of its own', () => {
    const actors = [...new Set(records.map(({ actor }) => actor))]
    const of = (kind: string) => actors.filter((actor) => actor.startsWith(`${kind}/`)).sort()
    expect(of('account')).toEqual(['account/far', 'account/sim'])
    expect(of('position')).toEqual(['position/far:BTCUSDT', 'position/sim:BTCUSDT'])
    expect(of('watchdog')).toEqual(['watchdog/far:BTCUSDT', 'watchdog/sim:BTCUSDT'])
    expect(of('reconciliation')).toEqual(['reconciliation/far', 'reconciliation/sim'])
    // A symbol is a fact of the market, of which there is one.
    expect(of('symbol')).toEqual(['symbol/sim:BTCUSDT'])
    for (const [venue, strategy] of [
      ['sim', 'near'],
      ['far', 'far'],
    ]) {
      const lists = of('list').filter((address) => address.startsWith(`list/${venue}:`))
      expect(lists.length).toBeGreaterThan(2)
      for (const list of lists) expect(list).toMatch(new RegExp(`^list/${venue}:${strategy}-\\d+$`))
    }
    expect(of('list').filter((address) => !/^list\/(sim|far):/.test(address))).toEqual([])
    expect(of('order').filter((address) => !/^order\/(sim:(near|BTC)|far:(far|BTC))/.test(address))).toEqual(
      [],
    )
  })

  it('has each venue hear of its own orders alone, and say the same as the account there', async () => {
    for (const venue of ['sim', 'far'] as const) {
      const { reports, positions, balances } = await booksOf('both', venue)
      expect(reports.length).toBeGreaterThan(10)
      expect(reports.filter(({ report }) => !idOf(report).startsWith(`${venue}:`))).toEqual([])
      const account = contextOf<AccountContext>(`account/${venue}`)
      const { quantity } = contextOf<PositionContext>(`position/${venue}:BTCUSDT`)
      expect(positions.BTCUSDT ?? '0').toBe(quantity)
      expect(balances.USDT).toBe(account.balances.USDT)
    }
  })

  it('holds each account to its own money, limits, rules and grace', () => {
    expect(contextOf<AccountContext>('account/sim')).toMatchObject({
      limits: { orderNotionalMax: '10000', openOrdersMax: 20 },
      instruments: [{ symbol: 'BTCUSDT', tickSize: '0.01' }],
    })
    const far = contextOf<AccountContext>('account/far')
    expect(far).toMatchObject({ marketVenue: 'sim', limits: { orderNotionalMax: '700', openOrdersMax: 20 } })
    expect(far.instruments).toMatchObject([{ symbol: 'BTCUSDT', maxQty: '0.5' }])
    expect(contextOf('watchdog/far:BTCUSDT')).toMatchObject({ graceMs: 1_500 })
    expect(contextOf('watchdog/sim:BTCUSDT')).not.toMatchObject({ graceMs: 1_500 })
  })

  it('values what is held at each by the one market, and tells of both', () => {
    const valued = (address: string) =>
      records.filter(({ actor, event }) => actor === address && event.type === 'CANDLE_CLOSE')
    expect(valued('account/far').length).toBe(valued('account/sim').length)
    expect(valued('account/far').length).toBeGreaterThan(20)
    expect(stats.accounts.map(({ venue, balance }) => [venue, balance])).toEqual([
      ['sim', contextOf<AccountContext>('account/sim').balances.USDT],
      ['far', contextOf<AccountContext>('account/far').balances.USDT],
    ])
    const told = records.flatMap(({ emitted = [] }) => emitted)
    const venuesOf = (type: string) => told.filter((one) => one.type === type).map(({ venue }) => venue)
    expect(venuesOf('RUNNER_STARTED')).toEqual(['sim', 'far'])
    expect(venuesOf('STATS_UPDATE').slice(0, 2)).toEqual(['sim', 'far'])
    expect(contextOf<RunnerContext>('runner/main').belonging?.venues).toEqual({
      sim: { adapter: 'paper', simulated: true },
      far: { adapter: 'paper', simulated: true },
    })
  })

  it('looks at the books of each, and finds no difference', () => {
    const looks = records
      .filter(({ actor }) => actor.startsWith('reconciliation/'))
      .flatMap(({ emitted = [] }) => emitted)
      .filter(({ type }) => type === 'RECONCILIATION_COMPLETED')
    expect(looks.map(({ venue, discrepancies }) => [venue, discrepancies])).toEqual([
      ['sim', 0],
      ['far', 0],
    ])
  })

  it('leaves an equal log and equal books when it is done again', async () => {
    await run('again', BOTH)
    expect(differenceOfLogs(records, await recordsOf('again'))).toBeUndefined()
    for (const venue of ['sim', 'far'] as const)
      expect(await booksOf('again', venue)).toEqual(await booksOf('both', venue))
  })

  it('does at the first venue, record by record, what a run does that has no other', async () => {
    const { far: _, ...first } = VENUES
    await run('alone', { venues: first, strategies: [NEAR] })
    await run('unnamed', { venue: VENUES.sim, strategies: [NEAR] })
    const alone = await recordsOf('alone')
    expect(differenceOfLogs(await recordsOf('unnamed'), alone)).toBeUndefined()
    // Of the symbol the two know other subscribers.
    const isOfFirst = ({ actor }: TransitionRecord) =>
      !OF_EACH_START.test(actor) && !/^(symbol|system)\/|[/:]far\b/.test(actor)
    const events = (list: readonly TransitionRecord[]) =>
      list
        .filter(isOfFirst)
        .map(({ actor, rev, at, event, to, emitted, intents = [] }) => ({
          actor,
          rev,
          at,
          event,
          to,
          emitted,
          intents: intents.map(({ id, event }) => ({ id, event })),
        }))
        .sort((a, b) => a.actor.localeCompare(b.actor) || a.rev - b.rev)
    expect(events(records)).toEqual(events(alone))
    expect(events(alone).length).toBeGreaterThan(200)
    expect(await booksOf('both', 'sim')).toEqual(await booksOf('alone', 'sim'))
  })
})

describe('faults on the way of one venue', () => {
  const FAULTY = { faults: { seed: 3, drop: 0.2, duplicate: 0.1, delay: 0.1, reject: 0.2 } }

  it('are its own: the other one draws the same as without it', async () => {
    const sections = (venues: object, strategies: object[]) => ({
      venues,
      strategies,
      reconciliation: { everyMs: 5_000 },
    })
    await run('faulty', sections({ sim: FAULTY, far: { ...VENUES.far, ...FAULTY } }, [NEAR, FAR]))
    await run('faulty-alone', sections({ sim: FAULTY }, [NEAR]))
    const refused = async (name: string) =>
      (await recordsOf(name))
        .filter(({ actor, event }) => actor.startsWith('order/sim:') && event.ordStatus === 'REJECTED')
        .map(({ actor, at }) => [actor, at])
    expect(await refused('faulty')).toEqual(await refused('faulty-alone'))
    expect((await refused('faulty')).length).toBeGreaterThan(0)
    expect(await booksOf('faulty', 'sim')).toEqual(await booksOf('faulty-alone', 'sim'))
  })
})

describe('strategies that share a position', () => {
  it('are named where they do, and not where they trade at two venues', async () => {
    warnings.length = 0
    await run('rivals', { venues: VENUES, strategies: [NEAR, FAR, { ...FAR, id: 'third' }] }, 2_000)
    expect(warnings).toEqual([
      'emaCross/far and emaCross/third share one position in BTCUSDT at far: one may close what the other opens',
    ])
  })
})

describe('the folder of a run with two venues', () => {
  it('is copied whole, and a run on the copy goes on as the original would', async () => {
    await run('half', BOTH, 21_370)
    const { code, stdout } = await outcry('backup', place('copy'), '--data', place('half'), '--json')
    const { reports } = await booksOf('half', 'sim')
    const { reports: others } = await booksOf('half', 'far')
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { reports: reports.length + others.length }])
    expect(readdirSync(place('copy')).sort()).toEqual(['log', 'venue', 'venues'])
    const restored = await outcry('restore', place('copy'), '--data', place('restored'))
    expect(restored.code, restored.stderr).toBe(0)
    await run('restored', BOTH)
    expect(differenceOfLogs(await recordsOf('both'), await recordsOf('restored'))).toBeUndefined()
    for (const venue of ['sim', 'far'] as const)
      expect(await booksOf('restored', venue)).toEqual(await booksOf('both', venue))
  })

  it('is copied whole while it is in use', async () => {
    const sections = { ...BOTH, server: { port: 0 } }
    const runner = await startRunner(configOf('live', { ...sections }), LOGGER)
    try {
      await runner.ended
      const { code, stderr } = await outcry('backup', place('live-copy'), '--data', place('live'))
      expect(code, stderr).toBe(0)
      const verified = await outcry('verify', '--data', place('live'), '--json')
      const found = JSON.parse(verified.stdout)
      expect([verified.code, found.problems]).toEqual([0, []])
      const accounts = (await (await fetch(`${runner.url}/accounts`)).json()) as {
        accounts: { venue: string }[]
      }
      expect(accounts.accounts.map(({ venue }) => venue)).toEqual(['far', 'sim'])
    } finally {
      await runner.stop('test', 'test')
    }
    for (const venue of ['sim', 'far'] as const)
      expect(await booksOf('live-copy', venue)).toEqual(await booksOf('live', venue))
  })

  it('is verified whole, and the venue is named whose books are damaged', async () => {
    cpSync(place('both'), place('damaged'), { recursive: true })
    const books = new Level(join(place('damaged'), FOLDERS.far))
    await books.del('r!000000000002')
    await books.close()
    const verified = await outcry('verify', '--data', place('damaged'), '--json')
    const { reports, problems } = JSON.parse(verified.stdout)
    expect([verified.code, problems]).toEqual([
      1,
      [
        expect.objectContaining({
          actor: 'port/far',
          code: 'VENUE_CORRUPT',
          message: expect.stringContaining('report 2 is missing'),
        }),
      ],
    ])
    expect(reports).toBe((await booksOf('damaged', 'sim')).reports.length)
    const looked = await outcry('doctor', '--data', place('damaged'))
    expect([looked.code, looked.stdout]).toEqual([1, expect.stringContaining(`${FOLDERS.far} are damaged`)])
  })

  it('keeps the books of each log to itself', async () => {
    cpSync(place('half'), place('mixed'), { recursive: true })
    rmSync(join(place('mixed'), FOLDERS.far), { recursive: true })
    cpSync(join(place('again'), FOLDERS.far), join(place('mixed'), FOLDERS.far), { recursive: true })
    await expect(run('mixed', BOTH)).rejects.toMatchObject({ code: 'VENUE_FOREIGN' })
    rmSync(join(place('mixed'), FOLDERS.far), { recursive: true })
    await expect(run('mixed', BOTH)).rejects.toMatchObject({ code: 'VENUE_BEHIND' })
  })
})

describe('the venues of a data folder', () => {
  const HOLDING = {
    id: 'holds',
    type: HOLDS,
    symbol: 'BTCUSDT',
    interval: '1s',
    orderQty: '0.01',
    distancePct: 50,
  }

  it('may become more: a log of one goes on with two', async () => {
    await run('grown', { strategies: [NEAR] }, 20_000)
    expect(existsSync(join(place('grown'), 'venues'))).toBe(false)
    await run('grown', BOTH)
    expect((await booksOf('grown', 'far')).reports.length).toBeGreaterThan(0)
    const { problems } = JSON.parse((await outcry('verify', '--data', place('grown'), '--json')).stdout)
    expect(problems).toEqual([])
  })

  it('may not become fewer, and what the log has at one that is left out is named', async () => {
    const strategies = [NEAR, { ...HOLDING, venue: 'far' }]
    await run('held', { venues: VENUES, strategies }, 10_000)
    const { seq } = (await recordsOf('held')).at(-1) as TransitionRecord
    await expect(run('held', { strategies: [NEAR] }, 20_000)).rejects.toMatchObject({
      code: 'OTHER_VENUE',
      message: expect.stringMatching(
        /far, which is configured no more .*0\.01 of BTCUSDT and open orders, order\/far:/,
      ),
    })
    await expect(run('both', { strategies: [NEAR] })).rejects.toMatchObject({
      code: 'OTHER_VENUE',
      hint: expect.stringContaining('Configure the venue as it was'),
    })
    expect((await recordsOf('held')).at(-1)?.seq).toBe(seq)
    await run('held', { venues: VENUES, strategies }, 20_000)
  })

  it('are where a strategy stays', async () => {
    const { venue: _, ...moved } = FAR
    const moving = run('both', { venues: VENUES, strategies: [NEAR, moved] }, WHOLE_MS + 1)
    await expect(moving).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      issues: [
        {
          field: 'strategies.1.venue',
          rule: expect.stringContaining('must be far, where emaCross/far trades'),
        },
      ],
    })
  })

  it('keep the account that they began with', async () => {
    const far = { ...VENUES.far, account: { balance: '6000' } }
    const richer = run('both', { venues: { ...VENUES, far }, strategies: [NEAR, FAR] })
    await expect(richer).rejects.toMatchObject({
      issues: [{ field: 'venues.far.account.balance', rule: expect.stringContaining('must be 5000') }],
    })
  })
})
