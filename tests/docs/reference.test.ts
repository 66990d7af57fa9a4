import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { machines } from '../../machines/index.ts'
import type { VenueProfile } from '../../src/adapters/paper/engine/profile.ts'
import { PROFILES } from '../../src/adapters/paper/profiles/profiles.ts'
import { loadStrategies } from '../../src/runner/actors/strategies.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { venuesOf } from '../../src/runner/config/venues.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'
import { commandKinds, commandPage } from '../../tools/docs/command-page.ts'
import { configurationPage, type Section, sections } from '../../tools/docs/configuration-page.ts'
import { defaultConfiguration } from '../../tools/docs/default-configuration.ts'
import { errorPage } from '../../tools/docs/error-page.ts'
import { inputOf, type Key } from '../../tools/docs/keys.ts'
import { metricsPage } from '../../tools/docs/metrics-page.ts'
import { venueRulesPage } from '../../tools/docs/venue-rules.ts'

const docs = new URL('../../docs/', import.meta.url)
const page = (name: string) => readFileSync(new URL(name, docs), 'utf8')
const sourceless = ({ rules, amendRules, ways }: VenueProfile) =>
  [...rules, ...amendRules, ...ways].filter(({ rule, source }) => rule === '' || source === '')
const unexplained = (keys: readonly Key[]) =>
  keys.filter(({ meaning }) => meaning === '').map(({ path }) => path)

describe('the rules of the paper venue', () => {
  it('are in a page that is up to date: else npm run docs', () => {
    expect(page('venue-rules.md')).toBe(venueRulesPage())
  })

  it('have a source each', () => {
    expect(Object.values(PROFILES).flatMap(sourceless)).toEqual([])
  })
})

describe('the configuration', () => {
  it('has a page that is up to date: else npm run docs', () => {
    expect(page('configuration.md')).toBe(configurationPage())
  })

  it('has its defaults in a file that is up to date and changes nothing: else npm run docs', () => {
    expect(page('defaults.yaml')).toBe(defaultConfiguration())
    expect(loadConfig({ file: fileURLToPath(new URL('defaults.yaml', docs)) })).toEqual(loadConfig({}))
  })

  it('says of every key what it means', () => {
    const all = (of: readonly Section[]): readonly Section[] => of.flatMap((one) => [one, ...all(one.kinds)])
    const found = all(sections())
    expect(found.filter(({ about }) => about === '')).toEqual([])
    expect(unexplained(found.flatMap(({ tables }) => tables.flatMap(({ keys }) => keys)))).toEqual([])
  })

  it('has a valid example of every section', async () => {
    const file = fileURLToPath(new URL('outcry.yaml', docs))
    const config = loadConfig({ file })
    expect((await loadStrategies(config.strategies ?? [])).issues).toEqual([])
    const written = ['outcry.yaml', 'venues.yaml'].flatMap((name) =>
      [...page(name).matchAll(/^\w+/gm)].map(([key]) => key),
    )
    expect([...new Set(written)].sort()).toEqual(Object.keys(inputOf(runnerConfig).properties ?? {}).sort())
  })

  it('has a valid example with two venues', () => {
    const config = loadConfig({ file: fileURLToPath(new URL('venues.yaml', docs)) })
    const venues = venuesOf(config, 'sim')
    expect(venues.map(({ name, account }) => [name, account.balance, account.limits])).toEqual([
      ['sim', '100000', expect.objectContaining({ orderNotionalMax: '10000', openOrdersMax: 20 })],
      ['far', '5000', expect.objectContaining({ orderNotionalMax: '500', openOrdersMax: 20 })],
    ])
    expect(config.strategies?.map(({ id, venue }) => [id, venue])).toEqual([
      ['near', undefined],
      ['far', 'far'],
    ])
  })
})

describe('the errors', () => {
  it('have a page that is up to date: else npm run docs', () => {
    expect(page('errors.md')).toBe(errorPage())
  })
})

describe('the metrics', () => {
  it('have a page that is up to date: else npm run docs', () => {
    expect(page('metrics.md')).toBe(metricsPage())
  })
})

describe('the commands', () => {
  it('have a page that is up to date: else npm run docs', () => {
    expect(page('commands.md')).toBe(commandPage())
  })

  it('say what they do, and what each of their fields means', () => {
    const found = commandKinds().flatMap(({ commands }) => commands)
    expect(found.filter(({ about }) => about === '')).toEqual([])
    expect(unexplained(found.flatMap(({ keys }) => keys))).toEqual([])
  })

  it('have an example each, which their kind takes', () => {
    const registry = new Registry(machines)
    const curls = /actors\/(\S+)\/events -H 'content-type: application\/json' -d '(.*?)'\n```/gs
    const shown = [...page('commands.md').matchAll(curls)].map(([, address, body]) => {
      const kind = registry.kind(address as string)
      const event = JSON.parse(body as string)
      expect(kind.commands).toContain(event.type)
      expect(kind.events?.safeParse({ at: 1, ...event }).error).toBeUndefined()
      return event.type
    })
    expect(shown).toEqual(commandKinds().flatMap(({ commands }) => commands.map(({ type }) => type)))
  })
})
