/** A data folder belongs to the market and the venues that it began with. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { SAMPLE } from '../../src/adapters/recording/recording.ts'
import { createSupervisor, openLevelStore } from '../../src/index.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { sameVenues } from '../../src/runner/folder/belonging.ts'
import { expectHeldWatched } from '../../src/runner/folder/holdings.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-belonging-'))
const nothing = () => {}
const LOGGER = { debug: nothing, info: nothing, warn: nothing, error: nothing }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A strategy that enters once, and holds. */
const HOLDS = fileURLToPath(new URL('../faults/bracket/strategy.ts', import.meta.url))
const BTC = { symbol: 'BTCUSDT', startPx: '60000.00', tickSize: '0.01', lotSize: '0.0001' }
const ETH = { symbol: 'ETHUSDT', startPx: '2600.00', tickSize: '0.01', lotSize: '0.001' }
const SIM = {
  source: 'sim',
  seed: 6,
  startAt: 1_700_000_000_000,
  durationMs: 20_000,
  speed: 'max',
  symbols: [BTC],
}

/** Runs to the market's end; resolves with the seq that the log ends with. */
async function run(name: string, market: object, others: object = {}): Promise<number> {
  const config = { data: join(folder, name), market, server: { enabled: false }, ...others }
  const runner = await startRunner(runnerConfig.parse(config), LOGGER)
  try {
    await runner.ended
  } finally {
    await runner.stop('the market has ended', 'test')
  }
  return runner.supervisor.seq
}

/** Content of the files of its books. */
function booksOf(name: string): Record<string, string> {
  const books = join(folder, name, 'venue')
  const files = readdirSync(books).filter((file) => /\.(ldb|log)$|^MANIFEST/.test(file))
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(books, file), 'latin1')]))
}

describe('a data folder', () => {
  const other = { ...SIM, durationMs: 40_000 }
  it.each<[string, object, object, string, RegExp]>([
    ['another seed', { ...other, seed: 7 }, {}, 'OTHER_MARKET', /belongs to the market sim:6.*names sim:7/],
    ['another kind of market', { source: 'recording' }, {}, 'OTHER_MARKET', /sim:6.*names recording\//],
    [
      'another price to begin with',
      { ...other, symbols: [{ ...BTC, startPx: '1.00' }] },
      {},
      'OTHER_MARKET',
      /symbols are/,
    ],
    ['one more symbol', { ...other, symbols: [BTC, ETH] }, {}, 'OTHER_MARKET', /symbols are/],
    [
      'another rate',
      { ...other, ratePerSecond: 10 },
      {},
      'OTHER_MARKET',
      /ratePerSecond is .* was 25, and is 10/,
    ],
    ['another beginning', { ...other, startAt: 5 }, {}, 'OTHER_MARKET', /startAt/],
    ['no beginning', { ...other, startAt: undefined }, {}, 'OTHER_MARKET', /startAt.*is not set/],
    [
      'another balance',
      other,
      { account: { balance: '5' } },
      'CONFIG_INVALID',
      /account.balance: must be 100000, as it is in the log in .*; for another one .*--data/,
    ],
    [
      'another asset',
      other,
      { account: { asset: 'EUR' } },
      'CONFIG_INVALID',
      /account.asset: must be USDT, as it is in the log/,
    ],
    [
      'the other mode',
      other,
      { account: { positionMode: 'hedging' } },
      'CONFIG_INVALID',
      /account.positionMode: must be netting/,
    ],
  ])('is refused to %s, and is as it was', async (what, market, others, code, text) => {
    const name = what.replaceAll(' ', '-')
    const first = await run(name, SIM)
    const books = booksOf(name)
    await expect(run(name, market, others)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(text),
    })
    expect(booksOf(name)).toEqual(books)
    const store = await openLevelStore(join(folder, name, 'log'))
    expect(store.head.seq).toBe(first)
    await store.close()
    expect(await run(name, { ...SIM, durationMs: 25_000 })).toBeGreaterThan(first)
  })

  it('may be run at another pace, for longer, on other fees and over another link', async () => {
    const first = await run('pace', SIM)
    const venue = { latencyMs: 50, takerFee: '0.002', makerFee: '0' }
    expect(await run('pace', { ...SIM, durationMs: 30_000, speed: 10_000 }, { venue })).toBeGreaterThan(first)
  })

  it('knows a recording by its content, wherever it lies and however it has grown', async () => {
    const at = (place: string) => join(folder, place, 'binance-spot-capture.ws')
    for (const place of ['here', 'there', 'grown', 'else']) mkdirSync(join(folder, place))
    const line = (i: number, px: string) => {
      const trade = {
        e: 'trade',
        E: 1_700_000_000_000 + i,
        s: 'BTCUSDT',
        t: i,
        p: px,
        q: '1',
        T: 1_700_000_000_000 + i,
        m: false,
      }
      return `${1_700_000_000_000 + i}000000 ${JSON.stringify({ stream: 'btcusdt@trade', data: trade })}\n`
    }
    for (let i = 1; i <= 50; i++) appendFileSync(at('here'), line(i, '60000'))
    cpSync(at('here'), at('there'))
    cpSync(at('here'), at('grown'))
    for (let i = 51; i <= 90; i++) appendFileSync(at('grown'), line(i, '60001'))
    for (let i = 1; i <= 90; i++) appendFileSync(at('else'), line(i, '50000'))
    const play = (place: string) => run('recorded', { source: 'recording', files: [at(place)] })
    const first = await play('here')
    await play('there')
    expect(await play('grown')).toBeGreaterThan(first + 39)
    for (const place of ['else', 'here'])
      await expect(play(place)).rejects.toMatchObject({
        code: 'OTHER_MARKET',
        message: expect.stringMatching(/its files are/),
      })
    renameSync(at('grown'), join(folder, 'grown', 'binance-spot-other.ws'))
    const renamed = run('recorded', {
      source: 'recording',
      files: [join(folder, 'grown', 'binance-spot-other.ws')],
    })
    await expect(renamed).rejects.toMatchObject({ code: 'OTHER_MARKET' })
    await expect(run('recorded', { source: 'recording', files: [...SAMPLE] })).rejects.toMatchObject({
      code: 'OTHER_MARKET',
    })
  })

  it('may get another venue, and lose or change none', () => {
    const was = { sim: { adapter: 'paper' } }
    const added = { ...was, binance: { adapter: 'binance' } }
    expect(sameVenues(was, added, 'data')).toEqual(added)
    const others: Record<string, { adapter: string }>[] = [
      { binance: { adapter: 'paper' } },
      { sim: { adapter: 'binance' } },
    ]
    for (const is of others)
      expect(() => sameVenues(was, is, 'data')).toThrow(expect.objectContaining({ code: 'OTHER_VENUE' }))
  })

  it('may watch other symbols of a live market, but for one that something is held of', async () => {
    const terms = { symbol: 'BTCUSDT', interval: '1s', orderQty: '0.01', distancePct: 50 }
    const strategies = [{ id: 'a', type: HOLDS, ...terms }]
    await run('held', { ...SIM, durationMs: 10_000 }, { strategies })
    const store = await openLevelStore(join(folder, 'held', 'log'))
    const watching = (...symbols: string[]) => expectHeldWatched(store, { venue: 'sim', symbols }, 'data')
    await watching('ETHUSDT', 'BTCUSDT')
    await expect(watching('ETHUSDT', 'BTC')).rejects.toMatchObject({
      code: 'OTHER_MARKET',
      message: expect.stringMatching(/holds 0\.01 of BTCUSDT/),
      hint: expect.stringContaining('Add BTCUSDT'),
    })
    await store.close()
    const colon = { ...SIM, durationMs: 10_000, symbols: [{ ...BTC, symbol: 'BTC:USDT' }] }
    await run('held-colon', colon, { strategies: [{ id: 'a', type: HOLDS, ...terms, symbol: 'BTC:USDT' }] })
    const other = await openLevelStore(join(folder, 'held-colon', 'log'))
    await expectHeldWatched(other, { venue: 'sim', symbols: ['BTC:USDT'] }, 'data')
    await expect(expectHeldWatched(other, { venue: 'sim', symbols: ['BTC'] }, 'data')).rejects.toMatchObject({
      code: 'OTHER_MARKET',
      message: expect.stringMatching(/ of BTC:USDT/),
    })
    await other.close()
  })

  it('is not the folder of a log, nor that of another program', async () => {
    const data = join(folder, 'program')
    const machine = createMachine({ id: 'lamp', initial: 'on', states: { on: {} } })
    const supervisor = await createSupervisor({
      store: await openLevelStore(join(data, 'log')),
      machines: { lamp: machine },
    })
    await supervisor.spawn('lamp', 'a')
    await supervisor.stop()
    await expect(run('program', SIM)).rejects.toMatchObject({
      code: 'LOG_FOREIGN',
      message: expect.stringContaining('lamp/a'),
    })
    await expect(run('program/log', SIM)).rejects.toMatchObject({ code: 'LOG_FOREIGN' })
    expect(existsSync(join(data, 'log', 'log'))).toBe(false)
  })
})

describe('the books beside a log', () => {
  const books = (name: string) => join(folder, name, 'venue')
  const longer = { ...SIM, durationMs: 30_000 }

  it('of another log are refused, by a log that has begun and by a new one', async () => {
    await run('mine', SIM)
    await run('yours', SIM)
    rmSync(books('mine'), { recursive: true })
    cpSync(books('yours'), books('mine'), { recursive: true })
    await expect(run('mine', longer)).rejects.toMatchObject({ code: 'VENUE_FOREIGN' })
    rmSync(join(folder, 'mine', 'log'), { recursive: true })
    await expect(run('mine', longer)).rejects.toMatchObject({ code: 'VENUE_FOREIGN' })
    rmSync(books('mine'), { recursive: true })
    await run('mine', longer)
  })

  it('of an earlier time, or removed, are refused', async () => {
    await run('early', { ...SIM, durationMs: 20_000 })
    cpSync(books('early'), join(folder, 'kept'), { recursive: true })
    await run('early', { ...SIM, durationMs: 60_000 })
    rmSync(books('early'), { recursive: true })
    await expect(run('early', { ...SIM, durationMs: 70_000 })).rejects.toMatchObject({ code: 'VENUE_BEHIND' })
    rmSync(books('early'), { recursive: true })
    cpSync(join(folder, 'kept'), books('early'), { recursive: true })
    await expect(run('early', { ...SIM, durationMs: 70_000 })).rejects.toMatchObject({ code: 'VENUE_BEHIND' })
  })
})
