/** Makes docs/configuration.md from the schema that checks a configuration. */
import { readFileSync } from 'node:fs'
import { strategyTerms } from '../../machines/index.ts'
import type { JsonSchema } from '../../src/api/contract/json-schema.ts'
import { BUILT_IN_STRATEGIES } from '../../src/runner/actors/strategies.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { inputOf, type KeyTable, keyTable, keyTablesOf } from './keys.ts'

const INTRO = `# Configuration

Every key of \`npx outcry run --config outcry.yaml\`. Made by \`npm run docs:reference\` from the schema in
\`src/runner/config/schema.ts\`: do not edit it by hand.

A _required_ key must be given if the keys above it are given. All others may be left out. Flags go before the environment, the environment before the
file, the file before the defaults. In the environment \`OUTCRY_MARKET_RATE_PER_SECOND=5\` is \`market.ratePerSecond: 5\`:
it reaches sections, their keys and those below (\`OUTCRY_SERVER_LIMITS_PING_MS\`), but no lists and no names that a user chooses. Paths of strategies and news are relative to the folder of the file.
All faults are refused together at the start, each with its key and the rule that it breaks.

Money and quantities are **decimal**s as text, in quotes: \`"61837.63"\`. An **interval** is a number with s, m, h or d:
\`1s\`, \`5m\`. A **name** is 1 to 128 letters, digits and . : @ + ~ # = ( ) - _. **epochMs** is milliseconds since 1970, UTC. Keys that end in \`Ms\` are milliseconds, in \`Pct\` percent, in
\`Bps\` hundredths of a percent.

A run with several venues is in [venues.yaml](venues.yaml). A configuration with every other section, to copy from
([outcry.yaml](outcry.yaml)):
`

export interface Section {
  readonly name: string
  readonly about: string
  readonly tables: readonly KeyTable[]
  /** For the section of strategies: those that come with Outcry. */
  readonly kinds: readonly Section[]
}

export function sections(): readonly Section[] {
  return Object.entries(inputOf(runnerConfig).properties ?? {}).map(([name, schema]) => ({
    name,
    about: schema.description ?? '',
    tables: keyTablesOf(name === 'strategies' ? withTerms(schema) : schema, name),
    kinds: name === 'strategies' ? builtIn() : [],
  }))
}

/**
 * Returns the section of strategies with the keys that all strategies have, besides those that the configuration itself
 * reads.
 */
function withTerms({ items, ...schema }: JsonSchema): JsonSchema {
  const terms = inputOf(strategyTerms)
  const properties = {
    ...items?.properties,
    ...terms.properties,
    symbol: items?.properties?.symbol as JsonSchema,
  }
  return { ...schema, items: { ...items, ...terms, properties } }
}

function builtIn(): readonly Section[] {
  return [...BUILT_IN_STRATEGIES].map(([name, { config, machine }]) => {
    const { properties = {}, ...schema } = inputOf(config)
    const own = Object.entries(properties).filter(([key]) => !Object.hasOwn(strategyTerms.shape, key))
    const tables = keyTablesOf({ ...schema, properties: Object.fromEntries(own) }, 'strategies[]')
    return { name, about: machine.config.description ?? '', tables, kinds: [] }
  })
}

export function configurationPage(): string {
  const example = readFileSync(new URL('../../docs/outcry.yaml', import.meta.url), 'utf8')
  const texts = sections().map((section) => sectionText(section, '##'))
  return `${[`${INTRO}\n\`\`\`yaml\n${example}\`\`\``, ...texts].join('\n\n')}\n`
}

function sectionText({ name, about, tables, kinds }: Section, level: string): string {
  const shapes = tables.map(({ shape, keys }) =>
    [...(shape === undefined ? [] : [`${level}# \`${shape}\``]), keyTable(keys)].join('\n\n'),
  )
  const isOne = tables[0]?.keys[0]?.path === name
  return [
    `${level} ${name}`,
    ...(isOne ? [] : [about]),
    ...shapes,
    ...kinds.map((kind) => sectionText(kind, `${level}#`)),
  ].join('\n\n')
}
