import type { Subscription } from 'rxjs'
import { afterEach, describe, expect, it } from 'vitest'
import type { NewsMessage, NewsOpenOptions, NewsWarning } from '../../../src/adapters/news-source.ts'
import { createRssNews, type RssOptions } from '../../../src/adapters/rss/rss.ts'
import { eventually } from '../../runtime/harness.ts'
import { type Answer, body, FakeFeed, feed, status } from './fake-feed.ts'

describe('a feed over HTTP', () => {
  let server: FakeFeed
  let subscription: Subscription | undefined
  let messages: NewsMessage[]
  let warnings: NewsWarning[]
  afterEach(async () => {
    subscription?.unsubscribe()
    await server.stop()
  })

  async function poll(answers: Answer[], options: Partial<RssOptions> = {}, open: NewsOpenOptions = {}) {
    messages = []
    warnings = []
    server = new FakeFeed(...answers)
    const url = await server.start()
    const onWarning = (warning: NewsWarning) => void warnings.push(warning)
    const source = createRssNews({ name: 'feed', url, everyMs: 10, onWarning, ...options })
    subscription = source.open(open).subscribe((message) => messages.push(message))
  }
  const ids = () => messages.map(({ item }) => item.id)

  it('gives each item once, the oldest first', async () => {
    await poll([feed(['2', '1']), feed(['2', '1']), feed(['4', '3', '2'])])
    await eventually(() => expect(ids()).toEqual(['1', '2', '3', '4']))
    await eventually(() => expect(server.asked.length).toBeGreaterThan(4))
    expect(ids()).toEqual(['1', '2', '3', '4'])
    expect(messages[0]).toEqual({ source: 'feed', item: { id: '1', title: 'Item 1' } })
    expect(warnings).toEqual([])
  })

  it('asks only for what has changed since', async () => {
    const modified = 'Tue, 10 Jun 2003 04:00:00 GMT'
    await poll([
      feed(['1'], { etag: '"v1"', 'last-modified': modified }),
      status(304),
      feed(['2'], { etag: '"v2"' }),
    ])
    await eventually(() => expect(server.asked.length).toBeGreaterThan(3))
    expect(server.asked[0]).not.toHaveProperty('if-none-match')
    for (const asked of server.asked.slice(1, 3)) {
      expect(asked).toMatchObject({ 'if-none-match': '"v1"', 'if-modified-since': modified })
    }
    expect(server.asked[3]).toMatchObject({ 'if-none-match': '"v2"' })
    expect(server.asked[3]).not.toHaveProperty('if-modified-since')
    expect([ids(), warnings]).toEqual([['1', '2'], []])
  })

  it('says what failed without its address, waits longer each time, and goes on', async () => {
    await poll([status(500), status(502), body('<html/>'), feed(['1'])])
    const from = Date.now()
    await eventually(() => expect(ids()).toEqual(['1']))
    expect(Date.now() - from).toBeGreaterThanOrEqual(10 + 20 + 40 - 5)
    expect(warnings.map(({ reason }) => reason.split(';')[0])).toEqual([
      'the server answered 500',
      'the server answered 502',
      'it is neither RSS 2.0 nor Atom: its root is <html>',
    ])
    expect(JSON.stringify(warnings)).not.toContain('secret')
  })

  it('asks for a document that it could not read again, whatever its tag', async () => {
    await poll([body('<rss', { etag: '"v1"' }), feed(['1'])])
    await eventually(() => expect(ids()).toEqual(['1']))
    expect(server.asked[1]).not.toHaveProperty('if-none-match')
    expect(warnings[0]?.reason).toContain('line 1')
  })

  it('stays away for as long as it is asked to', async () => {
    await poll([status(429, { 'retry-after': '1' }), feed(['1'])])
    await eventually(() => expect(warnings).toHaveLength(1))
    expect(warnings[0]?.reason).toContain('429; it is asked again in 1 s')
    await eventually(() => expect(ids()).toEqual(['1']))
    const [first, second] = server.askedAt as [number, number]
    expect(second - first).toBeGreaterThan(990)
  })

  it('does not wait for a server that does not answer', async () => {
    await poll([() => {}, feed(['1'])], { timeoutMs: 50 })
    await eventually(() => expect(ids()).toEqual(['1']))
    expect(warnings[0]?.reason).toContain('timeout')
  })

  it('takes no more of a document than it can hold', async () => {
    await poll([body(Buffer.alloc(2_000_001)), feed(['1'])])
    await eventually(() => expect(ids()).toEqual(['1']))
    expect(warnings[0]?.reason).toContain('longer than 2000000 bytes')
  })

  it('outlives a connection that breaks, and a server that is not there', async () => {
    await poll([(response) => void response.destroy(), feed(['1'])])
    await eventually(() => expect(ids()).toEqual(['1']))
    expect(warnings[0]?.reason).toMatch(/^fetch failed: /)
    await server.stop()
    // A question that is under way is cut off first.
    await eventually(() => expect(warnings.at(-1)?.reason).toContain('ECONNREFUSED'))
  })

  it('tells a flawed item once, with its line, and gives the others', async () => {
    const flawed = (id: string) =>
      body(
        `<rss version="2.0"><channel>\n<item><title>Nameless</title></item>\n<item><guid>${id}</guid><title>T</title></item></channel></rss>`,
      )
    await poll([flawed('1'), flawed('2'), flawed('3')])
    await eventually(() => expect(ids()).toEqual(['1', '2', '3']))
    expect(warnings).toEqual([
      { source: 'feed', where: 'line 2', reason: 'the item "Nameless" has neither an id nor a link' },
    ])
  })

  it.each<[string, Record<string, string>, string]>([
    ['its header names', { 'content-type': 'text/xml; charset=windows-1251' }, ''],
    ['it names itself', { 'content-type': 'text/xml' }, '<?xml version="1.0" encoding="windows-1251"?>'],
  ])('reads the character set that %s', async (_, headers, declaration) => {
    const [before, after] = [
      `${declaration}<rss version="2.0"><channel><item><guid>1</guid><title>`,
      '</title></item></channel></rss>',
    ]
    const title = Buffer.from([0xc1, 0xe8, 0xf2])
    await poll([body(Buffer.concat([Buffer.from(before), title, Buffer.from(after)]), headers)])
    await eventually(() => expect(messages[0]?.item.title).toBe('Бит'))
  })

  it('waits where it is asked to, and is silent once nobody listens', async () => {
    const waiting: (() => void)[] = []
    const go = () => waiting.at(-1)?.()
    const pace = () => new Promise<void>((resolve) => waiting.push(resolve))
    await poll([feed(['2', '1'])], {}, { pace })
    await eventually(() => expect(waiting).toHaveLength(1))
    expect(ids()).toEqual([])
    go()
    await eventually(() => expect(ids()).toEqual(['1']))
    subscription?.unsubscribe()
    go()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect([ids(), server.asked.length]).toEqual([['1'], 1])
  })
})
