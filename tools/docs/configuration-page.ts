/** docs/configuration.md, made from the schema that a configuration is judged by. */
import { readFileSync } from 'node:fs'
import { strategyTerms } from '../../machines/index.ts'
import { BUILT_IN_STRATEGIES } from '../../src/runner/actors/strategies.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import type { JsonSchema } from './fields.ts'
import { inputOf, type KeyTable, keyTable, keyTablesOf } from './keys.ts'

const INTRO = `# Configuration

Every key of \`npx outcry run --config outcry.yaml\`. Made by \`npm run docs:reference\` from the schema in
\`src/runner/config/schema.ts\`: do not edit it by hand.

Only what is _required_ has to be given, and that only within what is given. Flags go before the environment, the environment before the
file, the file before the defaults. In the environment \`OUTCRY_MARKET_RATE_PER_SECOND=5\` is \`market.ratePerSecond: 5\`:
it reaches sections and their keys, not what is below those. Paths of strategies and news are found from where the file
is. What is wrong is refused at the start, all of it at once, each with its key and the rule that it breaks.

Money and quantities are **decimal**s as text, in quotes: \`"61837.63"\`. An **interval** is a number with s, m, h or d:
\`1s\`, \`5m\`. A **name** is 1 to 128 letters, digits and . : @ + ~ # = ( ) - _. **epochMs** is milliseconds since 1970, UTC; what ends in \`Ms\` is milliseconds, in \`Pct\` percent, in
\`Bps\` hundredths of a percent.

A configuration with every section, to copy from ([outcry.yaml](outcry.yaml)):
`

export interface Section {
  readonly name: string
  readonly about: string
  readonly tables: readonly KeyTable[]
  /** Of strategies: those that come with it. */
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

/** What all strategies have to be told beside what the configuration itself looks at. */
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
