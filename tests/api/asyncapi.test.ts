/** Tests that the AsyncAPI document has every frame and every schema that it refers to. */
import schema from '@asyncapi/specs/schemas/3.0.0.json' with { type: 'json' }
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { asyncApiOf } from '../../src/api/contract/asyncapi.ts'
import { clientFrame, serverFrame } from '../../src/api/contract/frames.ts'

interface Document {
  readonly channels: Readonly<
    Record<string, { readonly address: string; readonly messages: Readonly<Record<string, Message>> }>
  >
  readonly operations: Readonly<
    Record<string, { readonly action: string; readonly messages: readonly [Reference] }>
  >
}
interface Message {
  readonly examples?: readonly { readonly payload: unknown }[]
}
type Json = Readonly<Record<string, unknown>>
interface Reference {
  readonly $ref: string
}

/** The document as a client reads it. */
const document = JSON.parse(JSON.stringify(asyncApiOf('1.2.3'))) as Document

/** Returns the target of a reference. */
const at = (reference: string) =>
  reference
    .slice(2)
    .split('/')
    .reduce<unknown>((value, key) => (value as Json | undefined)?.[key], document)

const opsOf = (schema: { options: readonly { shape: { op: { def: object } } }[] }) =>
  schema.options.flatMap(({ shape }) => {
    const { values, entries } = shape.op.def as { values?: string[]; entries?: Record<string, string> }
    return values ?? Object.keys(entries ?? {})
  })

const told = (action: string) =>
  Object.entries(document.operations)
    .filter(([name, operation]) => name.startsWith('feed.') && operation.action === action)
    .map(([name]) => name.replace('feed.', ''))

describe('the AsyncAPI document', () => {
  it('is AsyncAPI 3.0 for its official schema', () => {
    // The official schema has that of JSON Schema within.
    const ajv = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false })
    const validate = ajv.compile(schema)
    expect([validate(document), validate.errors]).toEqual([true, null])
    expect(validate({ ...document, channels: { feed: { address: 1 } } })).toBe(false)
  })

  it('has an example of each frame, which fits its schema', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.addSchema(document, 'asyncapi')
    for (const [channel, { messages }] of Object.entries(document.channels))
      for (const [name, { examples = [] }] of Object.entries(messages)) {
        expect([name, examples.length > 0]).toEqual([name, true])
        const validate = ajv.compile({ $ref: `asyncapi#/channels/${channel}/messages/${name}/payload` })
        for (const { payload } of examples)
          expect([name, validate(payload), validate.errors]).toEqual([name, true, null])
      }
  })

  it('has every frame of the feed, of clients and of the server', () => {
    expect(told('receive').sort()).toEqual(opsOf(clientFrame).sort())
    // The frame for the end of a subscription is the same as for its beginning.
    const said = opsOf(serverFrame).filter((op) => op !== 'unsubscribed')
    expect(told('send').sort()).toEqual([...said, 'event', 'batch'].sort())
    expect(document.operations['inspect.watch']).toMatchObject({ action: 'receive' })
  })

  it('has every schema that it refers to', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, to = '']) => to)
    expect(references.length).toBeGreaterThan(10)
    expect(references.filter((to) => at(to) === undefined)).toEqual([])
  })

  it('says where the sockets are', () => {
    const addresses = Object.values(document.channels).map(({ address }) => address)
    expect(addresses).toEqual(['/feed', '/inspect', '/inspect/legacy'])
  })
})
