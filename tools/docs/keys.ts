/** Writes the keys of a configuration or of a command as Markdown tables. */

import { stringify } from 'yaml'
import { type ZodType, z } from 'zod'
import type { JsonSchema } from '../../src/api/contract/json-schema.ts'
import { typeOf } from './fields.ts'

export interface Key {
  /** Path from the section on, such as `market.symbols[].tickSize`. */
  readonly path: string
  readonly takes: string
  readonly isRequired: boolean
  readonly byDefault?: unknown
  readonly meaning: string
}

export interface KeyTable {
  /** The key that tells one of several shapes from the others, such as `market.source: sim`. */
  readonly shape?: string
  readonly keys: readonly Key[]
}

/** Returns the schema of the input: a key with a default may be left out. */
export function inputOf(schema: ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
}

/** Returns the keys of a schema and of all schemas below it. The first table has the keys that are always there. */
export function keyTablesOf(schema: JsonSchema, path: string): readonly KeyTable[] {
  const shapes: KeyTable[] = []
  const keysWithin = (of: JsonSchema, at: string): readonly Key[] => {
    // A title says where the keys stand.
    if (of.title !== undefined) return []
    if (of.items !== undefined) return keysWithin(of.items, `${at}[]`)
    const named = of.additionalProperties
    if (typeof named === 'object' && named.oneOf !== undefined) return keysWithin(named, `${at}.<name>`)
    for (const shape of of.oneOf ?? [])
      shapes.push({ shape: `${at}.${tagOf(shape)}`, keys: keysWithin(shape, at) })
    return Object.entries(of.properties ?? {}).flatMap(([name, value]) => {
      const path = at === '' ? name : `${at}.${name}`
      return [keyOf(value, path, of.required?.includes(name) ?? false), ...keysWithin(value, path)]
    })
  }
  const keys = keysWithin(schema, path)
  const own = keys.length + shapes.length === 0 ? [keyOf(schema, path, false)] : keys
  return [{ keys: own }, ...shapes].filter(({ keys }) => keys.length > 0)
}

function keyOf(schema: JsonSchema, path: string, isRequired: boolean): Key {
  const { default: byDefault, description: meaning = '' } = schema
  return { path, takes: takesOf(schema), isRequired, byDefault, meaning }
}

function tagOf({ properties = {} }: JsonSchema): string {
  const [name, tag] = Object.entries(properties).find(([, { const: value }]) => value !== undefined) ?? []
  return `${name}: ${tag?.const}`
}

function takesOf(schema: JsonSchema): string {
  const {
    items,
    oneOf,
    properties,
    minimum = Number.MIN_SAFE_INTEGER,
    maximum = Number.MAX_SAFE_INTEGER,
  } = schema
  if (schema.title !== undefined) return schema.title
  if (properties !== undefined || oneOf !== undefined) return 'keys of its own'
  if (items?.properties !== undefined || items?.oneOf !== undefined) return 'list, each with keys of its own'
  if (schema.anyOf !== undefined) return schema.anyOf.map(takesOf).join(' or ')
  const least = minimum === Number.MIN_SAFE_INTEGER ? '' : ` from ${minimum}`
  const above = schema.exclusiveMinimum === undefined ? least : ` above ${schema.exclusiveMinimum}`
  const most = maximum === Number.MAX_SAFE_INTEGER ? '' : ` to ${maximum}`
  return `${typeOf(schema)}${above}${most}`
}

/** Longest default in a table, in characters. A longer one stands below the table. */
const DEFAULT_LENGTH_MAX = 60

export function keyTable(keys: readonly Key[]): string {
  const rows = keys.map(
    ({ path, takes, meaning, ...key }) => `| \`${path}\` | ${takes} | ${defaultOf(key)} | ${meaning} |`,
  )
  const long = keys.filter(isLong).map(({ path, byDefault }) => {
    const yaml = stringify(byDefault, { flowCollectionPadding: true, lineWidth: 110 })
    return `\`${path}\` by default:\n\n\`\`\`yaml\n${yaml}\`\`\``
  })
  return [['| key | takes | default | |', '| --- | --- | --- | --- |', ...rows].join('\n'), ...long].join(
    '\n\n',
  )
}

function defaultOf(key: Pick<Key, 'isRequired' | 'byDefault'>): string {
  if (key.isRequired) return '_required_'
  if (key.byDefault === undefined || flow(key.byDefault) === '{}') return ''
  return isLong(key) ? 'below' : `\`${flow(key.byDefault)}\``
}

function isLong({ byDefault }: Pick<Key, 'byDefault'>): boolean {
  return byDefault !== undefined && flow(byDefault).length > DEFAULT_LENGTH_MAX
}

function flow(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trim()
}
