import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { PLAINLY } from '../../errors/zod-issues.ts'
import { defineAdapter } from '../../src/adapters/adapter.ts'
import { ADAPTERS, adapterNamed, newsSourceName } from '../../src/adapters/registry.ts'
import { impliedMarket, marketSection, newsSection, venueSection } from '../../src/adapters/sections.ts'
import { createSimMarket } from '../../src/adapters/sim/sim.ts'

const root = fileURLToPath(new URL('../../src', import.meta.url))
const folders = readdirSync(join(root, 'adapters')).filter((name) =>
  existsSync(join(root, 'adapters', name, 'adapter.ts')),
)
/** The names of the adapters that offer a market, in their order. */
const MARKETS = ADAPTERS.filter(({ market }) => market !== undefined).map(({ name }) => name)
/** An adapter of somebody's own. */
const tape = defineAdapter({
  name: 'tape',
  about: 'A tape of trades.',
  config: z.strictObject({ tape: z.string(), speed: z.number().default(1) }),
  market: {
    impliedBy: 'tape',
    identity: ({ tape }) => ({ files: [tape] }),
    open: () => createSimMarket({ seed: 1, symbols: [], ratePerSecond: 1 }),
  },
})

describe('an adapter', () => {
  it('is in the registry by the name of its folder', () => {
    expect(ADAPTERS.map(({ name }) => name).sort()).toEqual(folders.sort())
  })

  it('offers something', () => {
    for (const { market, execution, news } of ADAPTERS) expect(market ?? execution ?? news).toBeDefined()
  })

  it('is what a configuration may name once it is in the list', () => {
    const section = marketSection([...ADAPTERS, tape])
    expect(section.parse({ source: 'tape', tape: 'a.tape' })).toEqual({
      source: 'tape',
      tape: 'a.tape',
      speed: 1,
    })
    expect(section.parse({ tape: 'a.tape' })).toMatchObject({ source: 'tape' })
    const wrong = section.safeParse({ source: 'tape', tape: 'a.tape', seed: 1 }, PLAINLY)
    expect(wrong.error?.issues).toMatchObject([{ code: 'unrecognized_keys', keys: ['seed'] }])
    const other = section.safeParse({ source: 'disc' }, PLAINLY)
    expect(other.error?.issues).toMatchObject([
      { path: ['source'], message: `must be one of ${[...MARKETS, 'tape'].join(', ')}` },
    ])
  })

  it('is named only for what it offers', () => {
    expect(marketSection(ADAPTERS).safeParse({ source: 'paper' }).success).toBe(false)
    expect(venueSection(ADAPTERS).safeParse({ adapter: 'sim' }).success).toBe(false)
    expect(newsSection(ADAPTERS).safeParse({ type: 'binance' }).success).toBe(false)
  })

  it('is the first that offers it where none is named', () => {
    expect(impliedMarket(ADAPTERS, {})).toBe('sim')
    expect(impliedMarket(ADAPTERS, { files: [] })).toBe('recording')
    expect(venueSection(ADAPTERS).parse({})).toMatchObject({ adapter: 'paper', latencyMs: 20 })
  })

  it('says what its market is in JSON, the same each time', () => {
    const section = marketSection(ADAPTERS)
    let tested = 0
    for (const { name, market } of ADAPTERS) {
      if (market === undefined) continue
      // What has to be configured of a real market is which symbols are followed.
      const least = [{}, { symbols: ['BTCUSDT'] }].find(
        (keys) => section.safeParse({ source: name, ...keys }).success,
      )
      // One that needs more is tested where its own configuration is.
      if (least === undefined) continue
      tested++
      const config = () => section.parse({ source: name, ...least })
      const identity = market.identity(config())
      expect(JSON.parse(JSON.stringify(identity))).toEqual(identity)
      expect(market.identity(config())).toEqual(identity)
    }
    expect(tested).toBeGreaterThan(1)
  })

  it('calls a source of news as the configuration does, else without what may be a key', () => {
    const url = 'https://user:key@news.example.org/feed?token=key#top'
    const section = newsSection(ADAPTERS)
    expect(newsSourceName(section.parse({ type: 'rss', url }))).toBe('news.example.org/feed')
    expect(newsSourceName(section.parse({ type: 'rss', url, name: 'wire' }))).toBe('wire')
    expect(newsSourceName(section.parse({ type: 'jsonl', file: 'a.jsonl' }))).toBe('a.jsonl')
  })

  // The command line loads no adapter before it knows the command, so its help names some.
  it('is what the help of `outcry run` names as a market', () => {
    const help = readFileSync(join(root, '../tools/cli/commands/run.ts'), 'utf8')
    const [, named = ''] = /an adapter with a market, such as ([^']+)'/.exec(help) ?? []
    const names = named.split(/, | or /)
    expect(names.length).toBeGreaterThan(1)
    expect(MARKETS).toEqual(expect.arrayContaining(names))
  })

  it('that there is not is an error', () => {
    expect(() => adapterNamed('disc')).toThrow('there is no adapter disc')
  })
})
