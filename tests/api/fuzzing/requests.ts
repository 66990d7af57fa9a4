/** Makes requests of any route and frames of any channel from the documents that a server publishes. */
import fc from 'fast-check'
import type { JsonSchema } from '../../../src/api/contract/json-schema.ts'
import { typeName } from '../../../src/api/contract/names.ts'
import { brokenOf, type Schemas, valuesOf, type Words } from './values.ts'

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: JsonSchema }[]
  readonly requestBody?: {
    readonly content: { readonly 'application/json': { readonly schema: JsonSchema } }
  }
}
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Schemas }
}
export interface AsyncApi {
  readonly channels: Readonly<
    Record<
      string,
      { readonly address: string; readonly messages: Readonly<Record<string, { payload: JsonSchema }>> }
    >
  >
  readonly operations: Readonly<Record<string, { readonly action: string }>>
  readonly components: { readonly schemas: Schemas }
}

export interface Request {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** Routes that read the whole log. They are asked for less often, because it grows. */
const SLOW = ['/verify', '/backup']
const RARE = 1
const OFTEN = 100

/** Returns requests of all routes of the document, of which about half fit it. */
export function requestsOf({ paths, components: { schemas } }: OpenApi, words: Words) {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { parameters = [], requestBody }]) => {
      const schema = requestBody?.content['application/json'].schema
      // The commands of each kind are sent as often as any other request.
      return (schema?.anyOf ?? [schema]).map((body) => ({
        weight: SLOW.includes(path) ? RARE : OFTEN,
        arbitrary: requestOf(method.toUpperCase(), path, parameters, body, schemas, wordsFor(body, words)),
      }))
    }),
  )
  return fc.oneof(...operations)
}

/** Returns the words with the addresses of the kind whose commands the schema has. */
function wordsFor(body: JsonSchema | undefined, words: Words): Words {
  const name = body?.$ref?.split('/').at(-1)
  const { address: all = [] } = words.of
  const address = all.filter((one) => `${typeName(one.split('/')[0] as string)}Command` === name)
  return address.length === 0 ? words : { ...words, of: { ...words.of, address } }
}

const encoded = (text: string) => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '?'))
const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
const CONTENT = [
  ...Array<string>(20).fill('application/json'),
  'application/json; charset=utf-8',
  'text/plain',
  '',
]
/** Bodies that are no JSON, or JSON that a reader might choke on. */
const RAW = [
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '{"__proto__":{"type":"CANCEL"}}',
  '['.repeat(5_000),
  `"${'x'.repeat(70_000)}"`,
]

function requestOf(
  method: string,
  path: string,
  parameters: NonNullable<Operation['parameters']>,
  schema: JsonSchema | undefined,
  schemas: Schemas,
  words: Words,
): fc.Arbitrary<Request> {
  const mixed = (schema: JsonSchema, name = '') => {
    const fine = valuesOf(schema, schemas, words, 0, name)
    return fc.oneof({ weight: 5, arbitrary: fine }, { weight: 1, arbitrary: brokenOf(fine) })
  }
  const ofPlace = (place: string) => parameters.filter((one) => one.in === place)
  const record = (place: string, requiredKeys?: string[]) =>
    fc.record(
      Object.fromEntries(ofPlace(place).map(({ name, schema }) => [name, mixed(schema, name).map(asText)])),
      requiredKeys === undefined ? {} : { requiredKeys },
    ) as fc.Arbitrary<Record<string, string>>
  const unknown = fc.oneof(
    { weight: 9, arbitrary: fc.constant('') },
    fc.constantFrom('&x=1', '&token=t', '&%', '&seq=1&seq=2'),
  )
  const body =
    schema === undefined
      ? fc.constant(undefined)
      : fc.oneof(
          { weight: 15, arbitrary: mixed(schema).map((value) => JSON.stringify(value)) },
          { weight: 1, arbitrary: fc.constantFrom(...RAW) },
        )
  return fc
    .tuple(
      record('path'),
      record('query', []),
      record('header', []),
      unknown,
      body,
      fc.constantFrom(...CONTENT),
    )
    .map(([inPath, inQuery, inHeaders, more, text, type]) => {
      const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encoded(inPath[name] ?? ''))
      const query = Object.entries(inQuery).map(([name, value]) => `${name}=${encoded(value)}`)
      const all = `${query.join('&')}${more}`
      // Other characters never leave a client of HTTP.
      const headers = Object.entries(inHeaders).map(([name, value]) => [
        name,
        value.replace(/[^\x20-\x7e]/g, '?'),
      ])
      return {
        method,
        path: all === '' ? filled : `${filled}?${all}`,
        headers: { ...Object.fromEntries(headers), ...(text !== undefined && { 'content-type': type }) },
        body: text,
      }
    })
}

export interface Session {
  readonly channel: string
  readonly frames: readonly (string | Uint8Array)[]
}

const RAW_FRAMES = [
  '',
  '{',
  'null',
  '[]',
  '1',
  '{"op":"subscribe"}',
  '['.repeat(2_000),
  `{"op":"${'x'.repeat(1_000)}"}`,
]

/** Returns what clients of each channel send while they are connected: most of it fits the document. */
export function sessionsOf({ channels, operations, components: { schemas } }: AsyncApi, words: Words) {
  const sessions = Object.entries(channels).map(([name, { address: channel, messages }]) => {
    const fine = fc.oneof(
      ...Object.entries(messages)
        .filter(([message]) => operations[`${name}.${message}`]?.action === 'receive')
        .map(([, { payload }]) => valuesOf(payload, schemas, words)),
    )
    const frame = fc.oneof<[...fc.WeightedArbitrary<string | Uint8Array>[]]>(
      { weight: 60, arbitrary: fine.map((value) => JSON.stringify(value)) },
      { weight: 2, arbitrary: brokenOf(fine).map((value) => JSON.stringify(value)) },
      { weight: 1, arbitrary: fc.constantFrom(...RAW_FRAMES) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
    )
    return fc.record({
      channel: fc.constant(channel),
      frames: fc.array(frame, { minLength: 1, maxLength: 20 }),
    })
  })
  return fc.oneof(...sessions) as fc.Arbitrary<Session>
}
