import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import type { NewsContext } from '../../machines/index.ts'
import { newsSourceName } from '../../src/adapters/registry.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import type { RunningRunner } from '../../src/runner/runner.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import { FakeFeed, feed, status } from '../adapters/news/fake-feed.ts'
import { eventually } from '../runtime/harness.ts'
import { OutcryProcess, outcry } from './runner-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-news-feed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const line = (id: string, title = `Item ${id}`) => `${JSON.stringify({ id, title })}\n`

describe('news in a run', () => {
  it('comes in once each, over a kill -9 and a restart', async () => {
    const server = new FakeFeed(status(503), feed(['r2', 'r1']))
    const url = await server.start()
    const file = join(folder, 'news.jsonl')
    writeFileSync(file, line('j1') + line('j2'))
    const config = join(folder, 'news.yaml')
    const sources = [
      { type: 'rss', url, everyMs: 1_000, name: 'press' },
      { type: 'jsonl', file, name: 'desk' },
    ]
    writeFileSync(config, stringify({ news: { sources } }))
    const args = ['run', '--config', config, '--data', join(folder, 'data'), '--port', '0'] as const
    const ingested = async (url: string) => {
      const { events } = (await (await fetch(`${url}/events?type=NEWS_INGESTED&tail=100`)).json()) as {
        events: { event: AnyEvent }[]
      }
      return events.map(({ event }) => `${event.source} ${event.id}`).sort()
    }

    const first = new OutcryProcess(...args)
    const started = await first.started()
    const before = ['desk j1', 'desk j2', 'press r1', 'press r2']
    await eventually(async () => expect(await ingested(started.url as string)).toEqual(before))
    expect(first.stderr).toContain('press: the server answered 503')
    first.child.kill('SIGKILL')
    await first.finished()

    appendFileSync(file, line('j3'))
    server.answers = [feed(['r3', 'r2', 'r1'])]
    const second = new OutcryProcess(...args)
    const again = await second.started()
    const after = ['desk j1', 'desk j2', 'desk j3', 'press r1', 'press r2', 'press r3']
    await eventually(async () => expect(await ingested(again.url as string)).toEqual(after))
    second.child.kill('SIGTERM')
    expect((await second.finished()).code, second.stderr).toBe(0)
    await server.stop()

    const replay = await outcry('replay', 'news/main', '--data', join(folder, 'data'), '--json')
    const events = replay.stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text).event.type)
    expect(events).toEqual(['xstate.init', ...after.map(() => 'NEWS_ITEM')])
    const verify = await outcry('verify', '--data', join(folder, 'data'), '--json')
    expect(JSON.parse(verify.stdout).problems).toEqual([])
  })

  const start = (flags: object) =>
    startRunner(loadConfig({ flags: { server: { enabled: false }, ...flags } }), silentLogger)
  const newsOf = ({ supervisor }: RunningRunner) =>
    supervisor.getSnapshot('news/main')?.context as NewsContext | undefined

  it('is judged by the rules of the configuration, also when they have changed since', async () => {
    const file = join(folder, 'rules.jsonl')
    const data = join(folder, 'rules')
    writeFileSync(file, '')
    const sources = [{ type: 'jsonl', file }]
    const rules = [{ id: 'hype', any: ['moon'], category: 'hype', severity: 'warning', flagForMs: 3_600_000 }]
    const first = await start({ data, news: { sources } })
    expect(newsOf(first)?.rules.map(({ id }) => id)).toContain('delisting')
    await first.stop('test', 'test')

    const second = await start({ data, news: { sources, rules } })
    appendFileSync(file, line('1', 'BTC to the moon'))
    await eventually(() => expect(newsOf(second)?.flags).toMatchObject([{ symbol: 'BTCUSDT', flag: 'hype' }]))
    const told = async () => {
      const types: string[] = []
      for await (const { event } of second.supervisor.history('account/sim')) types.push(event.type)
      return types
    }
    await eventually(async () => expect(await told()).toContain('RISK_FLAG'))
    await second.stop('test', 'test')

    const third = await start({ data, news: { sources, rules } })
    const history: string[] = []
    for await (const { event } of third.supervisor.history('news/main')) history.push(event.type)
    expect(history).toEqual(['xstate.init', 'SET_NEWS_RULES', 'NEWS_ITEM'])
    await third.stop('test', 'test')
  })

  it('has no actor where it has no source', async () => {
    const runner = await start({ data: join(folder, 'none') })
    expect(newsOf(runner)).toBeUndefined()
    await runner.stop('test', 'test')
  })
})

describe('the configuration of news', () => {
  const url = 'https://example.com/feed?key=secret'
  it('has defaults for all but its sources', () => {
    const { news } = loadConfig({ flags: { news: { sources: [{ type: 'rss', url }] } } })
    expect(news.sources).toEqual([{ type: 'rss', url, everyMs: 60_000 }])
    expect([news.rules.length > 5, news.symbols.BTCUSDT]).toEqual([true, ['BTC', 'XBT', 'bitcoin']])
  })

  it('names a source by its address without what may be a key', () => {
    const named = (url: string) => newsSourceName({ type: 'rss', url, everyMs: 1_000 })
    expect(named('https://user:secret@example.com:8443/feed.xml?key=secret#top')).toBe(
      'example.com:8443/feed.xml',
    )
  })

  it.each<[string, object, string]>([
    ['an address that is none', { sources: [{ type: 'rss', url: 'feed' }] }, 'news.sources.0.url: '],
    ['another protocol', { sources: [{ type: 'rss', url: 'ftp://x/feed' }] }, 'news.sources.0.url: '],
    ['too much haste', { sources: [{ type: 'rss', url, everyMs: 10 }] }, 'news.sources.0.everyMs: '],
    ['a source of no known type', { sources: [{ type: 'fax' }] }, 'news.sources.0.type: '],
    [
      'two sources of one name',
      {
        sources: [
          { type: 'rss', url },
          { type: 'rss', url: 'https://example.com/feed?key=other' },
        ],
      },
      'news.sources.1.name: another one is called',
    ],
    [
      'a rule without keywords',
      { rules: [{ id: 'r', category: 'hack', severity: 'info' }] },
      'news.rules.0.any: name keywords under any or all',
    ],
    ['a symbol without a name', { symbols: { BTCUSDT: [] } }, 'news.symbols.BTCUSDT: '],
  ])('refuses %s', (_, news, text) => {
    expect(() => loadConfig({ flags: { news } })).toThrow(text)
  })
})
