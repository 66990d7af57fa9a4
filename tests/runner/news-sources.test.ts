import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { machines } from '../../machines/index.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { bootNews, NewsFeed } from '../../src/runner/feeds/news-feed.ts'
import { body, FakeFeed } from '../adapters/news/fake-feed.ts'
import { eventually, Harness } from '../runtime/harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-sources-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A supervisor with a news actor, and its sources. */
async function open(...sources: object[]) {
  const harness = new Harness()
  const supervisor = await harness.open({ machines })
  const { news } = loadConfig({ flags: { news: { sources } } })
  await bootNews(supervisor, news, { venue: 'sim', venues: ['sim'], at: 1_000 })
  const warnings: string[] = []
  const nothing = () => {}
  const warn = (_: object, message: string) => void warnings.push(message)
  const logger = { debug: nothing, info: nothing, error: nothing, warn }
  const start = () => {
    const feed = new NewsFeed(news.sources, { supervisor, clock: harness.clock, logger })
    void feed.run()
    return feed
  }
  const taken = async () =>
    (await harness.records())
      .flatMap(({ event }) => (event.type === 'NEWS_ITEM' ? [event.id as string] : []))
      .sort()
  return { harness, supervisor, warnings, start, taken }
}

describe('sources of news', () => {
  it('of both kinds are taken, each item once, and what is wrong with them is said by their names', async () => {
    const item = (id: string) => `<item><guid>${id}</guid><title>Item ${id}</title></item>`
    const flawed = `<rss version="2.0"><channel>${item('r2')}<item/>${item('r1')}</channel></rss>`
    const server = new FakeFeed(body(flawed))
    const file = join(folder, 'both.jsonl')
    writeFileSync(file, 'no JSON\n{"id":"j1","title":"One"}\n')
    const { warnings, start, taken, supervisor } = await open(
      { type: 'rss', url: await server.start(), everyMs: 60_000, name: 'press' },
      { type: 'jsonl', file, name: 'desk' },
    )
    const feeds = start()
    await eventually(async () => expect(await taken()).toEqual(['j1', 'r1', 'r2']))
    expect(warnings.toSorted()).toEqual([
      expect.stringMatching(/^desk: byte 0: .*JSON/),
      expect.stringMatching(/^press: line 1: /),
    ])
    feeds.stop()
    // Read anew: the feed has no positions, and is known again by its ids.
    const again = start()
    const asked = server.asked.length
    await eventually(() => expect(server.asked.length).toBeGreaterThan(asked))
    appendFileSync(file, '{"id":"j2","title":"Two"}\n')
    await eventually(async () => expect(await taken()).toEqual(['j1', 'j2', 'r1', 'r2']))
    again.stop()
    await server.stop()
    await supervisor.stop()
  })

  it('go on when an item cannot be taken, and say so', async () => {
    const file = join(folder, 'late.jsonl')
    writeFileSync(file, '')
    const { warnings, start, supervisor } = await open({ type: 'jsonl', file, name: 'desk' })
    const feeds = start()
    await supervisor.stop()
    for (const id of ['1', '2']) appendFileSync(file, `{"id":"${id}","title":"Too late"}\n`)
    await eventually(() =>
      expect(warnings).toEqual(
        ['1', '2'].map((id) => `desk: ${id} was not taken: the supervisor has stopped`),
      ),
    )
    feeds.stop()
  })
})
