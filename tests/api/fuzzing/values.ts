/** Makes values from a JSON Schema of a published document: such as fit it, and such as nearly do. */
import fc from 'fast-check'
import type { JsonSchema } from '../../../src/api/contract/json-schema.ts'

export type Schemas = Readonly<Record<string, JsonSchema>>

/** Most schemas that lie one within the other in a value. Beyond it a value has only what it must have. */
const DEPTH_MAX = 6
const ITEMS_MAX = 4
/** Texts that break programs, and texts that are not what they look like. */
const ODD_TEXTS = [
  '',
  ' ',
  '0',
  '-1',
  '1e400',
  'null',
  '__proto__',
  'constructor',
  '\u0000',
  '\ud800',
  '..',
  '%2F',
  '币/安',
  '*',
  '>',
]
const ODD_NUMBERS = [0, -1, 1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308]

/** Texts that a server knows: of any field, and of fields by their names. */
export interface Words {
  readonly all: readonly string[]
  readonly of: Readonly<Record<string, readonly string[]>>
}

/** Returns the texts in values of a server, by the names of their fields, with some more and without some. */
export function wordsIn(values: unknown, more: readonly string[], without: readonly string[]): Words {
  const of: Record<string, string[]> = Object.create(null)
  const look = (value: unknown, name: string) => {
    if (typeof value === 'string' && value.length < 100 && !without.includes(value))
      of[name] = [...new Set([...(of[name] ?? []), value])].slice(-50)
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) look(inner, Array.isArray(value) ? name : key)
  }
  look(values, '')
  return { all: [...new Set([...Object.values(of).flat(), ...more])], of }
}

/** Returns values that fit the schema, but for patterns that no word has. `words` are texts that the server knows. */
export function valuesOf(
  schema: JsonSchema,
  schemas: Schemas,
  words: Words,
  depth = 0,
  name = '',
): fc.Arbitrary<unknown> {
  const of = (inner: JsonSchema, field = name) => valuesOf(inner, schemas, words, depth + 1, field)
  if (schema.$ref !== undefined) return of(schemas[schema.$ref.split('/').at(-1) as string] ?? {})
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const { anyOf = schema.oneOf } = schema
  if (anyOf !== undefined) return fc.oneof(...anyOf.map((one) => of(one)))
  if (Array.isArray(schema.type))
    return fc.oneof(...schema.type.map((type: string) => of({ ...schema, type })))
  switch (schema.type) {
    case 'string':
      return texts(schema, words, name)
    case 'integer':
    case 'number':
      return numbers(schema)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array': {
      if (schema.prefixItems !== undefined) return fc.tuple(...schema.prefixItems.map((one) => of(one)))
      const { minItems: minLength = 0 } = schema
      if (depth > DEPTH_MAX && minLength === 0) return fc.constant([])
      return fc.array(of(schema.items ?? {}), {
        minLength,
        maxLength: depth > DEPTH_MAX ? minLength : ITEMS_MAX,
      })
    }
    case 'object':
      return objects(schema, of, depth)
    default:
      return depth > DEPTH_MAX ? fc.constant(0) : fc.jsonValue({ maxDepth: 2 })
  }
}

function texts(
  { minLength = 0, maxLength = 40, pattern }: JsonSchema,
  words: Words,
  name: string,
): fc.Arbitrary<string> {
  const isLike = pattern === undefined ? undefined : new RegExp(pattern, 'u')
  const fitting = (some: readonly string[] = []) =>
    some.filter(
      (word) => word.length >= minLength && word.length <= maxLength && isLike?.test(word) !== false,
    )
  const known = [
    { weight: 8, of: fitting(Object.hasOwn(words.of, name) ? words.of[name] : []) },
    { weight: 3, of: fitting(words.all) },
  ].flatMap(({ weight, of }) => (of.length === 0 ? [] : [{ weight, arbitrary: fc.constantFrom(...of) }]))
  const most = Math.max(minLength, Math.min(maxLength, 40))
  return fc.oneof(...known, fc.string({ minLength, maxLength: most, unit: 'grapheme' }))
}

function numbers({
  title,
  type,
  minimum,
  exclusiveMinimum,
  maximum = 2 ** 53,
}: JsonSchema): fc.Arbitrary<number> {
  const min = minimum ?? (exclusiveMinimum === undefined ? -(2 ** 53) : exclusiveMinimum + 1)
  const recent = fc.nat(30_000).map((ms) => Date.now() - ms)
  const whole = fc.maxSafeInteger().map((n) => Math.min(maximum, Math.max(min, n)))
  const near = fc.integer({ min: 0, max: 100 }).map((n) => Math.min(maximum, Math.max(min, 0) + n))
  if (title === 'epochMs') return fc.oneof({ weight: 4, arbitrary: recent }, whole)
  return type === 'integer'
    ? fc.oneof(near, near, whole)
    : fc.oneof(near, whole, fc.double({ noNaN: true, min: -1e9, max: 1e9 }))
}

function objects(
  { properties = {}, required = [], additionalProperties }: JsonSchema,
  of: (schema: JsonSchema, field?: string) => fc.Arbitrary<unknown>,
  depth: number,
): fc.Arbitrary<object> {
  const names = Object.keys(properties).filter((name) => depth <= DEPTH_MAX || required.includes(name))
  const known = fc.record(
    Object.fromEntries(names.map((name) => [name, of(properties[name] as JsonSchema, name)])),
    {
      requiredKeys: names.filter((name) => required.includes(name)),
      noNullPrototype: true,
    },
  )
  if (depth > DEPTH_MAX || typeof additionalProperties !== 'object') return known
  const others = fc.dictionary(fc.string({ maxLength: 8 }), of(additionalProperties), { maxKeys: 3 })
  return fc.tuple(others, known).map(([more, all]) => ({ ...more, ...all }))
}

const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...ODD_TEXTS, ...ODD_NUMBERS, null, true, [], {}, [[]], { type: {} }),
  fc.constant('x'.repeat(2_000)),
  fc.jsonValue({ maxDepth: 3 }),
)

/** Returns values that were changed in one or two places, so that most of them no longer fit. */
export function brokenOf(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(2), junk), { minLength: 1, maxLength: 2 })
  return fc
    .tuple(values, changes)
    .map(([value, all]) => all.reduce<unknown>((so, [at, how, by]) => changed(so, at, how, by), value))
}

/** Returns the value with a field or an item somewhere in it removed, added or exchanged. */
function changed(value: unknown, at: number, how: number, by: unknown): unknown {
  if (typeof value !== 'object' || value === null) return by
  const keys = Object.keys(value)
  const here = at % (keys.length + 1)
  const key = keys[here]
  const deeper = Math.floor(at / (keys.length + 1))
  if (Array.isArray(value)) {
    if (key === undefined || how === 1) return [...value, by]
    return how === 0 ? value.toSpliced(here, 1) : value.with(here, changed(value[here], deeper, how, by))
  }
  const { [key ?? '']: old, ...others } = value as Record<string, unknown>
  if (key === undefined || how === 1)
    return { ...value, [typeof by === 'string' ? by.slice(0, 20) : 'extra']: by }
  return how === 0 ? others : { ...others, [key]: changed(old, deeper, how, by) }
}
