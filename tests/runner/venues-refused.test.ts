/** What is refused of venues, with its field and its rule, before anything changes. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Adapter, defineAdapter } from '../../src/adapters/adapter.ts'
import { openPaperVenue } from '../../src/adapters/paper/paper-venue.ts'
import { ADAPTERS } from '../../src/adapters/registry.ts'
import { sameVenues } from '../../src/runner/folder/belonging.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import { elsewhere } from '../adapters/elsewhere.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-refused-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const nothing = () => {}
const LOGGER = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** How often a venue of the toys was opened. */
let opened = 0
const FEES = { location: undefined, latencyMs: 0, takerFee: '0', makerFee: '0' }

/** A venue of real money: it lives in the time of the system, and answers when it has answered. */
const real = defineAdapter({
  name: 'real',
  about: 'A real venue.',
  config: z.strictObject({}),
  execution: {
    async open(_, { venue }) {
      opened++
      return elsewhere(await openPaperVenue({ ...FEES, name: `real:${venue}` }))
    },
  },
})
/** One that calls all its venues alike. */
const nameless = defineAdapter({
  name: 'nameless',
  about: 'A venue without a name.',
  config: z.strictObject({}),
  execution: { simulated: true, open: () => openPaperVenue({ ...FEES, name: 'nameless' }) },
})
// As a line of the registry would: the schema of a configuration is made of what is there.
;(ADAPTERS as Adapter[]).push(real as unknown as Adapter, nameless as unknown as Adapter)
const { loadConfig } = await import('../../src/runner/config/load.ts')
const { startRunner } = await import('../../src/runner/assemble.ts')

const BTC = { symbol: 'BTCUSDT', startPx: '60000.00', tickSize: '0.01', lotSize: '0.0001' }
const market = {
  source: 'sim',
  seed: 6,
  startAt: 1_700_000_000_000,
  durationMs: 3_000,
  speed: 'max',
  symbols: [BTC],
}
const EMA = {
  id: 'a',
  type: 'emaCross',
  symbol: 'BTCUSDT',
  interval: '1s',
  fast: 2,
  slow: 4,
  orderQty: '0.01',
}
const TWO = { sim: {}, far: {} }

/** The issues of a configuration; none where it is right. */
function issuesOf(sections: object): { readonly field: string; readonly rule: string }[] {
  try {
    loadConfig({ flags: { market, ...sections } })
    return []
  } catch (error) {
    return (error as { issues: { field: string; rule: string }[] }).issues
  }
}

describe('a configuration with several venues', () => {
  it.each<[string, object, string, string]>([
    ['venue and venues', { venue: { latencyMs: 1 }, venues: TWO }, 'venue', 'stands beside venues'],
    ['none', { venues: {} }, 'venues', 'at least one'],
    ['a name in capitals', { venues: { Sim: {} } }, 'venues.Sim', 'is no name of a venue'],
    ['a name with a colon', { venues: { 'a:b': {} } }, 'venues.a:b', 'is no name of a venue'],
    ['a name that is a path', { venues: { '../far': {} } }, 'venues.../far', 'is no name of a venue'],
    ['a name that is too long', { venues: { ['a'.repeat(25)]: {} } }, `venues.${'a'.repeat(25)}`, '1 to 24'],
    [
      'an adapter that there is not',
      { venues: { far: { adapter: 'no' } } },
      'venues.far.adapter',
      'must be one of paper',
    ],
    [
      'a key that its adapter does not have',
      { venues: { far: { fee: '1' } } },
      'venues.far.fee',
      'is unknown',
    ],
    [
      'a key that its account does not have',
      { venues: { far: { account: { cash: '1' } } } },
      'venues.far.account.cash',
      'is unknown',
    ],
    [
      'a limit that there is not',
      { venues: { far: { account: { limits: { most: 1 } } } } },
      'venues.far.account.limits.most',
      'is unknown',
    ],
    [
      'a grace in words',
      { venues: { far: { watchdog: { graceMs: 'soon' } } } },
      'venues.far.watchdog.graceMs',
      'number',
    ],
    [
      'an account that is valued at no candle',
      { venues: { far: { account: { valueEvery: '2m' } } } },
      'venues.far.account.valueEvery',
      'one of symbol.intervals',
    ],
    [
      'rules of a symbol that is not traded',
      { venues: { far: { instruments: [{ symbol: 'X' }] } } },
      'venues.far.instruments.0.symbol',
      "one of the market's symbols",
    ],
    [
      'a strategy at a venue that there is not',
      { venues: TWO, strategies: [{ ...EMA, venue: 'near' }] },
      'strategies.0.venue',
      'must be one of the venues, sim, far',
    ],
    [
      'a strategy at a venue, where none is named',
      { strategies: [EMA, { ...EMA, id: 'b', venue: 'far' }] },
      'strategies.1.venue',
      'must be one of the venues, sim',
    ],
    [
      'a quantity that its venue does not take',
      {
        venues: { sim: {}, far: { instruments: [{ symbol: 'BTCUSDT', minQty: '1' }] } },
        strategies: [EMA, { ...EMA, id: 'b', venue: 'far' }],
      },
      'strategies.1.orderQty',
      'minQty of BTCUSDT is 1',
    ],
  ])('is refused for %s', (_, sections, field, rule) => {
    expect(issuesOf(sections)).toEqual([{ field, rule: expect.stringContaining(rule) }])
  })

  it('is refused for a name that it has twice', () => {
    const file = join(folder, 'twice.yaml')
    writeFileSync(file, 'venues:\n  far: { latencyMs: 1 }\n  far: { latencyMs: 2 }\n')
    expect(() => loadConfig({ file })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('unique') }),
    )
  })

  it('names the variable that sets a venue beside those of the file', () => {
    const file = join(folder, 'two.yaml')
    writeFileSync(file, JSON.stringify({ market, venues: TWO }))
    expect(() => loadConfig({ file, env: { OUTCRY_VENUE_LATENCY_MS: '5' } })).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/ venue: stands beside venues.*OUTCRY_VENUE/),
      }),
    )
  })

  it('is right with a strategy at any of them', () => {
    expect(issuesOf({ venues: TWO, strategies: [EMA, { ...EMA, id: 'b', venue: 'far' }] })).toEqual([])
    expect(issuesOf({ strategies: [{ ...EMA, venue: 'sim' }] })).toEqual([])
  })
})

describe('the log of a simulated venue', () => {
  const start = (name: string, sections: object) =>
    startRunner(
      loadConfig({
        flags: {
          data: join(folder, name),
          market,
          server: { enabled: false },
          strategies: [EMA],
          ...sections,
        },
      }),
      LOGGER,
    )

  async function run(name: string, sections: object = {}): Promise<void> {
    const runner = await start(name, sections)
    try {
      await runner.ended
    } finally {
      await runner.stop('the market has ended', 'test')
    }
  }

  /** Content of the books, and the seq that the log ends with. */
  async function stateOf(name: string): Promise<unknown> {
    const books = join(folder, name, 'venue')
    const files = readdirSync(books).filter((file) => /\.(ldb|log)$|^MANIFEST/.test(file))
    const store = await openLevelStore(join(folder, name, 'log'))
    await store.close()
    return [store.head.seq, files.map((file) => [file, readFileSync(join(books, file), 'latin1')])]
  }

  beforeAll(() => run('made-up'))

  it.each([
    ['under venue', { venue: { adapter: 'real' } }],
    ['under venues', { venues: { sim: { adapter: 'real' } } }],
  ])('is refused to a real one of its name, %s, and is as it was', async (_, sections) => {
    const before = await stateOf('made-up')
    await expect(start('made-up', sections)).rejects.toMatchObject({
      code: 'OTHER_VENUE',
      message: expect.stringContaining('has traded at sim in a simulation, and real is a real venue'),
      hint: expect.stringContaining('--data'),
    })
    expect(opened).toBe(0)
    expect(await stateOf('made-up')).toEqual(before)
    await run('made-up')
  })

  it.each([
    ['of a version that noted the adapter alone', { adapter: 'paper' }],
    ['of a version that noted nothing', { simulated: true }],
  ])('%s is, too', (_, was) => {
    const now = { adapter: 'real', simulated: false }
    expect(() => sameVenues({ sim: was }, { sim: now }, 'data')).toThrow('in a simulation')
    expect(() => sameVenues({ sim: now }, { sim: { adapter: 'paper', simulated: true } }, 'data')).toThrow(
      expect.objectContaining({ code: 'OTHER_VENUE' }),
    )
  })

  it('does not go on in the time of the market with a real venue beside', async () => {
    await expect(start('beside', { venues: { sim: {}, far: { adapter: 'real' } } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('venues.far.adapter: real:far runs in the time of the system'),
    })
  })

  it('is of no two venues whose reports are counted under one name', async () => {
    const venues = { sim: {}, one: { adapter: 'nameless' }, two: { adapter: 'nameless' } }
    await expect(start('nameless', { venues })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      issues: [
        {
          field: 'venues.two.adapter',
          rule: 'its reports are counted under nameless, and so are those of one',
        },
      ],
    })
    // What was opened is closed again.
    await run('nameless')
  })
})
