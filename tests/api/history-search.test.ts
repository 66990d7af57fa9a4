/** Tests the search over the life of one actor: by event, by text and by what changed, in both directions. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { createClient } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { longLife } from './long-life.ts'

let supervisor: Supervisor
let api: ApiServer

beforeAll(async () => {
  supervisor = await longLife()
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
})
afterAll(async () => {
  await api.close()
  await supervisor.stop()
})

interface Found {
  readonly rev: number
  readonly changed?: unknown
}
interface Page {
  readonly records: readonly Found[]
  readonly next?: number
  readonly read: number
}

async function ask(query: string): Promise<Page> {
  const response = await fetch(`${api.url}/actors/trade%2Fa/history?${query}`)
  return (await response.json()) as Page
}

/** Returns what all pages of a search have, and how many pages it took. */
async function whole(query: string): Promise<{ readonly found: readonly Found[]; readonly pages: number }> {
  const found: Found[] = []
  for (let pages = 1, after = ''; ; pages++) {
    const { records, next } = await ask(query + after)
    found.push(...records)
    if (next === undefined) return { found, pages }
    after = `&after=${next}`
  }
}
const revs = async (query: string) => (await whole(query)).found.map(({ rev }) => rev)

describe('the search over a life', () => {
  it.each([
    ['a key', 'changed=stopPx', [1, 12, 2_505]],
    ['a path from its top', 'changed=context.terms.stopPx', [1, 12, 2_505]],
    ['a part of the state that holds it', 'changed=terms', [1, 12, 2_505]],
    ['a key that has a dot', 'changed=terms[%22a.b%22]', [1]],
    ['what came whole', 'changed=legs.qty', [34]],
    ['an item of a list', 'changed=legs[0].qty', [34]],
    ['the state', 'changed=value', [1, 23]],
    ['a value', 'changed=qty&is=0.03', [34]],
    ['a value that is no text', 'changed=px&is=2600', [2_605]],
    ['a value that it never had', 'changed=stopPx&is=93', []],
    ['what does not exist', 'changed=nothing', []],
    ['the type of an event that it took', 'type=OPEN,LEG', [23, 34]],
    ['the type of an event that it emitted', 'type=STOP_MOVED', [12, 2_505]],
    ['a text', 'text=the%20stop', [12, 2_505]],
    ['a number as text', 'text=2599&type=TICK', [2_604]],
    ['both', 'type=STOP&changed=stopPx&is=92', [2_505]],
  ])('finds %s, forwards and backwards', async (_, query, expected) => {
    expect(await revs(query)).toEqual(expected)
    expect(await revs(`${query}&reverse=true`)).toEqual(expected.toReversed())
  })

  it('says what changed there, and nothing else', async () => {
    const { found } = await whole('changed=stopPx&fromRev=2')
    expect(found.map(({ changed }) => changed)).toEqual([
      [{ path: ['context', 'terms', 'stopPx'], was: '90', is: '91' }],
      [{ path: ['context', 'terms', 'stopPx'], was: '91', is: '92' }],
    ])
    const [leg] = (await whole('changed=qty')).found
    expect(leg?.changed).toEqual([{ path: ['context', 'legs', '0', 'qty'], is: '0.03' }])
  })

  it('looks at a bounded number of records for a page, and goes on from there', async () => {
    const first = await ask('changed=nothing')
    expect(first).toMatchObject({ records: [], next: 1_000, read: 1_000 })
    expect((await whole('changed=nothing')).pages).toBe(3)
    // From a moment on, in both directions.
    expect(await ask('changed=stopPx&after=1900')).toMatchObject({ records: [{ rev: 2_505 }] })
    expect(await ask('changed=stopPx&after=1900&reverse=true')).toMatchObject({ records: [], next: 900 })
    expect(await ask('changed=stopPx&toSeq=900&reverse=true')).toMatchObject({
      records: [{ rev: 12 }, { rev: 1 }],
    })
  })

  it('replays little more than it looks at, backwards as well', async () => {
    const { read } = await ask('changed=nothing&reverse=true')
    // The way from the snapshot before each half of the page comes on top.
    expect(read).toBeLessThan(2_100)
  })

  it('has as many records as a page may have', async () => {
    const { records, next } = await ask('type=TICK&limit=3&fromRev=2500')
    expect(records.map(({ rev }) => rev)).toEqual([2_500, 2_501, 2_502])
    expect(next).toBe(2_502)
  })

  it('reaches the client of a program page by page', async () => {
    const found: number[] = []
    const client = createClient({ url: api.url })
    for await (const { rev } of client.history('trade/a', { changed: 'stopPx' })) found.push(rev)
    expect(found).toEqual([1, 12, 2_505])
  })

  it.each(['changed=', 'changed=a..b', 'changed=a[', 'changed=[%22a]', 'is=1', 'text='])(
    'refuses %s',
    async (query) => expect(await ask(query)).toMatchObject({ code: 'REQUEST_INVALID' }),
  )
})
