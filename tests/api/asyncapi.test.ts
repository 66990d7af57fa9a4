/** Tests that the AsyncAPI document has every frame and every schema that it refers to. */
import { describe, expect, it } from 'vitest'
import { asyncApiOf } from '../../src/api/contract/asyncapi.ts'
import { clientFrame, serverFrame } from '../../src/api/contract/frames.ts'

interface Document {
  readonly channels: Readonly<Record<string, { readonly address: string; readonly messages: Json }>>
  readonly operations: Readonly<
    Record<string, { readonly action: string; readonly messages: readonly [Reference] }>
  >
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
    expect(Object.values(document.channels).map(({ address }) => address)).toEqual(['/feed', '/inspect'])
  })
})
