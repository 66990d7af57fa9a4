/**
 * Tests that the client checks its options before it sends anything: it names a wrong value and does not send another
 * one.
 */
import { describe, expect, it } from 'vitest'
import { type Client, type ClientOptions, createClient, type FeedOptions } from '../../src/client/index.ts'

const url = 'http://127.0.0.1:1'
const never: typeof fetch = () => {
  throw new Error('something was sent')
}
const code = (text: string) => expect.objectContaining({ code: text })

describe('createClient', () => {
  it.each<[string, object]>([
    ['an address without a scheme', { url: '127.0.0.1:7077' }],
    ['an address of another scheme', { url: 'ws://127.0.0.1:7077' }],
    ['an address with a query', { url: 'http://127.0.0.1:7077/?token=a' }],
    ['an address with a name and a password', { url: 'http://ann:secret@127.0.0.1:7077' }],
    ['no address', {}],
    ['a number', { url: 7077 }],
    ['a token that no header can carry', { url, token: 'a\nb' }],
    ['a token of other letters than ASCII', { url, token: 'schlüssel' }],
    ['an empty token', { url, token: '' }],
    ['a token that is not text', { url, token: 7 }],
    ['a token to come', { url, token: Promise.resolve('a') }],
    ['a WebSocket that makes none', { url, WebSocket: {} }],
  ])('refuses %s', (_, options) => {
    expect(() => createClient(options as ClientOptions)).toThrow(code('OPTION_INVALID'))
  })

  it('refuses an unknown option', () => {
    expect(() => createClient({ url, tokens: 'a' } as ClientOptions)).toThrow(code('OPTION_UNKNOWN'))
  })

  it.each([
    ['HTTP://127.0.0.1:7077', 'http://127.0.0.1:7077'],
    ['https://runner.example/outcry//', 'https://runner.example/outcry'],
  ])('accepts %s', (given, found) => {
    expect(createClient({ url: given }).url).toBe(found)
  })
})

describe('a client', () => {
  const client: Client = createClient({ url, fetch: never })

  it.each(['', '.', '..', 'order', 'order/', 'a/\ud800'])(
    'requests nothing of "%s", which is not an address',
    async (address) => {
      await expect(client.actor(address)).rejects.toMatchObject({ code: 'ADDRESS_INVALID' })
      await expect(client.send(address, { type: 'A' })).rejects.toMatchObject({ code: 'ADDRESS_INVALID' })
    },
  )

  it.each<[string, unknown]>([
    ['px', Number.NaN],
    ['px', Number.POSITIVE_INFINITY],
    ['at', new Date(0)],
    ['px', 1n],
    ['of', new Map([['a', 1]])],
    ['of', () => 1],
    ['of', [undefined]],
  ])('sends no event whose %s JSON would change: %s', async (field, value) => {
    await expect(client.send('order/o-1', { type: 'A', [field]: value })).rejects.toMatchObject({
      code: 'NOT_JSON',
      message: expect.stringContaining(field),
    })
  })

  it.each(['', 'a b', 'a\nb', 'schlüssel', 'x'.repeat(129), 7])(
    'sends nothing under the key %j',
    async (key) => {
      const sent = client.send('order/o-1', { type: 'A' }, { key: key as string })
      await expect(sent).rejects.toMatchObject({
        code: 'REQUEST_INVALID',
        issues: [{ field: 'idempotency-key' }],
      })
    },
  )

  it('asks nothing of an actor that is no text', async () => {
    await expect(client.actor(7 as never)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      issues: [{ field: 'address', rule: 'must be text' }],
    })
    await expect(client.ask('machine', {} as never)).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  })

  it('asks no route that the contract does not have', async () => {
    for (const name of ['nothing', '__proto__', 'toString'])
      await expect(client.ask(name as 'health')).rejects.toMatchObject({ code: 'ROUTE_UNKNOWN' })
  })

  it('sends an event without the fields that are undefined', async () => {
    const sent: unknown[] = []
    const noting: typeof fetch = async (_, init) => {
      sent.push(init?.body)
      return Response.json({ seq: 1, duplicate: false, events: [] })
    }
    const event = { type: 'A', by: undefined, of: { a: undefined, b: null } }
    await createClient({ url, fetch: noting }).send('order/o-1', event)
    expect(sent).toEqual(['{"type":"A","of":{"b":null}}'])
  })

  it.each<[string, object]>([
    ['topics that are not a list', { topics: '>' }],
    ['no topics', {}],
    ['a place that is not a number', { topics: ['>'], since: '7' }],
    ['an invalid place', { topics: ['>'], since: Number.NaN }],
    ['two places', { topics: ['>'], since: 1, tail: 5 }],
    ['an invalid time', { topics: ['>'], batchMs: -1 }],
  ])('requests no feed of %s', (_, options) => {
    expect(() => client.feed(options as FeedOptions)).toThrow(code('OPTION_INVALID'))
  })

  it('requests no feed with an unknown option', () => {
    const options = { topics: ['>'], since_: 1 } as FeedOptions
    expect(() => client.feed(options)).toThrow(code('OPTION_UNKNOWN'))
  })
})
