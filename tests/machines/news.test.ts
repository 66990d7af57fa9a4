import { describe, expect, it } from 'vitest'
import {
  type AccountContext,
  domainEvent,
  machines,
  type NewsContext,
  type NewsInput,
  newsRules,
} from '../../machines/index.ts'
import { Harness } from '../runtime/harness.ts'

const MINUTE_MS = 60_000
const input: NewsInput = {
  venue: 'paper',
  ...newsRules.parse({
    rules: [
      { id: 'hack', any: ['hacked'], category: 'hack', severity: 'critical', flagForMs: 10 * MINUTE_MS },
      { id: 'rumour', any: ['rumour'], category: 'hack', severity: 'warning', flagForMs: 60 * MINUTE_MS },
      { id: 'suit', any: ['sued'], category: 'regulation', severity: 'warning', flagForMs: 10 * MINUTE_MS },
      { id: 'macro', any: ['CPI'], category: 'macro', severity: 'info', confidence: 0.6 },
    ],
    symbols: { BTCUSDT: ['BTC'], ETHUSDT: ['ETH'] },
  }),
}
const AT = 1_000_000_000

async function open() {
  const harness = new Harness()
  harness.clock.advanceTo(AT)
  await harness.open({ machines })
  const limits = { orderNotionalMax: '1', openOrdersMax: 1 }
  await harness.supervisor.spawn('account', 'paper', { venue: 'paper', balance: '10', limits })
  await harness.supervisor.spawn('news', 'main', input)
  const item = (id: string, title: string, more: object = {}) =>
    harness.supervisor.send('news/main', { type: 'NEWS_ITEM', source: 'feed', id, title, ...more })
  const emitted = async () => {
    const events = (await harness.records()).flatMap((record) => record.emitted ?? [])
    return events.map((event) => domainEvent.parse(event))
  }
  const types = async () => (await emitted()).map(({ type }) => type)
  const flags = () => (harness.context('news/main') as NewsContext).flags
  return { harness, item, emitted, types, flags }
}

describe('the news actor', () => {
  it('says what came and what it takes it for', async () => {
    const { item, emitted, flags } = await open()
    await item('1', 'CPI is out, BTC rises', { text: 'at length', url: 'https://x/1', publishedAt: 5 })
    const known = { at: AT, source: 'feed', id: '1', title: 'CPI is out, BTC rises' }
    expect(await emitted()).toEqual([
      { type: 'NEWS_INGESTED', ...known, url: 'https://x/1', publishedAt: 5 },
      {
        type: 'NEWS_CLASSIFIED',
        ...known,
        category: 'macro',
        severity: 'info',
        symbols: ['BTCUSDT'],
        rule: 'macro',
        confidence: 0.6,
      },
    ])
    expect(flags()).toEqual([])
  })

  it('warns the accounts of all venues, and one that is added of the flags in force', async () => {
    const { harness, item } = await open()
    const flagsOf = (venue: string) => (harness.context(`account/${venue}`) as AccountContext).flags
    const limits = { orderNotionalMax: '1', openOrdersMax: 1 }
    for (const venue of ['far', 'new'])
      await harness.supervisor.spawn('account', venue, { venue, balance: '10', limits })
    const { venue: _, ...rules } = input
    const setVenues = (venues: string[]) =>
      harness.supervisor.send('news/main', { type: 'SET_NEWS_RULES', at: AT, ...rules, venues })
    await setVenues(['paper', 'far'])
    await item('1', 'BTC exchange hacked')
    expect(flagsOf('paper')).toMatchObject([{ venue: 'paper', symbol: 'BTCUSDT', flag: 'hack' }])
    expect(flagsOf('far')).toMatchObject([{ venue: 'far', symbol: 'BTCUSDT', flag: 'hack' }])
    expect(flagsOf('new')).toEqual([])
    const { rev } = (await harness.supervisor.view('account/far')) ?? {}
    await setVenues(['paper', 'far', 'new'])
    expect(flagsOf('new')).toMatchObject([
      { venue: 'new', symbol: 'BTCUSDT', flag: 'hack', until: AT + 10 * MINUTE_MS },
    ])
    // It has heard of them.
    expect((await harness.supervisor.view('account/far'))?.rev).toBe(rev)
  })

  it('takes an item of one source once', async () => {
    const { item, types } = await open()
    await item('1', 'CPI')
    await item('1', 'CPI')
    await item('1', 'CPI', { source: 'constructor' })
    expect(await types()).toEqual(['NEWS_INGESTED', 'NEWS_CLASSIFIED', 'NEWS_INGESTED', 'NEWS_CLASSIFIED'])
  })

  it('remembers so many items of each source and no more', async () => {
    const { harness, item } = await open()
    await item('1', 'CPI', { source: 'slow' })
    for (let n = 0; n < 1_005; n++) await item(`${n}`, 'CPI')
    const { seen } = harness.context('news/main') as NewsContext
    const { slow, feed = [] } = seen
    expect([slow, feed.length, feed[0], feed.at(-1)]).toEqual([['1'], 1_000, '5', '1004'])
  })

  it('flags each symbol that the item speaks of, and tells the account until when', async () => {
    const { harness, item, emitted, flags } = await open()
    await item('1', 'BTC and ETH hacked')
    expect(harness.value('news/main')).toBe('flagged')
    const flag = {
      flag: 'hack',
      severity: 'critical',
      until: AT + 10 * MINUTE_MS,
      reason: 'BTC and ETH hacked',
    }
    expect(flags()).toEqual([
      { symbol: 'BTCUSDT', ...flag },
      { symbol: 'ETHUSDT', ...flag },
    ])
    expect((await emitted()).slice(2)).toEqual([
      { type: 'SYMBOL_FLAGGED', at: AT, venue: 'paper', symbol: 'BTCUSDT', ...flag },
      { type: 'SYMBOL_FLAGGED', at: AT, venue: 'paper', symbol: 'ETHUSDT', ...flag },
    ])
    const told = (await harness.records()).filter(({ actor }) => actor === 'account/paper').slice(1)
    expect(told.map(({ event }) => event)).toEqual([
      { type: 'RISK_FLAG', at: AT, venue: 'paper', symbol: 'BTCUSDT', ...flag },
      { type: 'RISK_FLAG', at: AT, venue: 'paper', symbol: 'ETHUSDT', ...flag },
    ])
  })

  it('keeps the account from entering a symbol while a critical flag is in force', async () => {
    const { harness, item } = await open()
    await item('1', 'BTC hacked')
    const terms = { symbol: 'BTCUSDT', side: 'BUY', ordType: 'MARKET', orderQty: '1', timeInForce: 'GTC' }
    const ask = async (clOrdId: string) => {
      const request = {
        type: 'ORDER_REQUEST',
        clOrdId,
        owner: 'strategy/s',
        venue: 'paper',
        refPx: '1',
        ...terms,
      }
      await harness.supervisor.send('account/paper', request)
      return (await harness.supervisor.view(`order/${clOrdId}`))?.context
    }
    expect(await ask('o-1')).toMatchObject({ text: expect.stringContaining('newsFlag: hack: BTC hacked') })
    harness.clock.advanceTo(AT + 10 * MINUTE_MS)
    expect(await ask('o-2')).toMatchObject({ ordStatus: 'PENDING_NEW' })
  })

  it('lets a flag go when its time is over, and not before', async () => {
    const { harness, item, emitted, flags } = await open()
    await item('1', 'BTC hacked')
    harness.clock.advanceTo(AT + 10 * MINUTE_MS - 1)
    await harness.supervisor.idle()
    expect(flags()).toHaveLength(1)
    harness.clock.advanceTo(AT + 10 * MINUTE_MS)
    await harness.supervisor.idle()
    expect([flags(), harness.value('news/main')]).toEqual([[], 'clear'])
    expect((await emitted()).at(-1)).toEqual({
      type: 'SYMBOL_FLAG_EXPIRED',
      at: AT + 10 * MINUTE_MS,
      venue: 'paper',
      symbol: 'BTCUSDT',
      flag: 'hack',
    })
  })

  it('lets it go after a crash as well, at once if it is overdue', async () => {
    const { harness, item, types } = await open()
    await item('1', 'BTC hacked')
    await harness.crash()
    harness.clock.advanceTo(AT + 11 * MINUTE_MS)
    await harness.open({ machines })
    await harness.supervisor.idle()
    expect(harness.value('news/main')).toBe('clear')
    expect((await types()).filter((type) => type === 'SYMBOL_FLAG_EXPIRED')).toHaveLength(1)
    const { problems } = await harness.supervisor.verify()
    expect(problems).toEqual([])
  })

  it('keeps flags of several kinds apart', async () => {
    const { harness, item, flags } = await open()
    await item('1', 'BTC hacked')
    harness.clock.advanceTo(AT + MINUTE_MS)
    await item('2', 'BTC foundation sued')
    harness.clock.advanceTo(AT + 10 * MINUTE_MS)
    await harness.supervisor.idle()
    expect(flags()).toMatchObject([{ symbol: 'BTCUSDT', flag: 'regulation' }])
    harness.clock.advanceTo(AT + 11 * MINUTE_MS)
    await harness.supervisor.idle()
    expect(flags()).toEqual([])
  })

  it('makes a flag longer, which then goes once', async () => {
    const { harness, item, types, flags } = await open()
    await item('1', 'BTC hacked')
    harness.clock.advanceTo(AT + 5 * MINUTE_MS)
    await item('2', 'BTC hacked again')
    expect(flags()).toMatchObject([{ until: AT + 15 * MINUTE_MS, reason: 'BTC hacked again' }])
    harness.clock.advanceTo(AT + 14 * MINUTE_MS)
    await harness.supervisor.idle()
    expect(flags()).toHaveLength(1)
    harness.clock.advanceTo(AT + 60 * MINUTE_MS)
    await harness.supervisor.idle()
    expect(flags()).toEqual([])
    expect((await types()).filter((type) => type === 'SYMBOL_FLAG_EXPIRED')).toHaveLength(1)
  })

  it('makes none lighter or shorter', async () => {
    const { item, types, flags } = await open()
    await item('1', 'BTC hacked')
    await item('2', 'Rumour about BTC')
    expect(flags()).toMatchObject([{ severity: 'critical', until: AT + 60 * MINUTE_MS }])
    await item('3', 'BTC hacked')
    expect(flags()).toMatchObject([
      { severity: 'critical', until: AT + 60 * MINUTE_MS, reason: 'Rumour about BTC' },
    ])
    expect((await types()).filter((type) => type === 'SYMBOL_FLAGGED')).toHaveLength(2)
  })

  it.each<[string, number, number | undefined]>([
    ['published a while ago is flagged for what is left', AT - 4 * MINUTE_MS, AT + 6 * MINUTE_MS],
    ['published too long ago is not flagged', AT - 10 * MINUTE_MS, undefined],
    ['published in the future is not flagged for longer', AT + MINUTE_MS, AT + 10 * MINUTE_MS],
  ])('what was %s', async (_, publishedAt, until) => {
    const { item, flags } = await open()
    await item('1', 'BTC hacked', { publishedAt })
    expect(flags()[0]?.until).toBe(until)
  })

  it('goes by new rules from when they are set', async () => {
    const { harness, item, flags } = await open()
    const rules = [{ id: 'calm', any: ['hacked'], category: 'calm', severity: 'info' }]
    await item('1', 'BTC hacked')
    await harness.supervisor.send('news/main', { type: 'SET_NEWS_RULES', rules, symbols: input.symbols })
    await item('2', 'ETH hacked')
    expect(flags()).toMatchObject([{ symbol: 'BTCUSDT' }])
  })

  it.each<[string, object, string]>([
    ['an item without a title', { type: 'NEWS_ITEM', source: 'feed', id: '1', title: '' }, 'title'],
    ['an id of any length', { type: 'NEWS_ITEM', source: 'feed', id: 'x'.repeat(2_049), title: 'x' }, 'id'],
    ['an item without an id', { type: 'NEWS_ITEM', source: 'feed', title: 'x' }, 'id'],
    [
      'the end of a flag, which is its own to tell',
      { type: 'FLAG_EXPIRED', symbol: 'BTCUSDT', flag: 'hack' },
      'type',
    ],
  ])('refuses %s', async (_, event, field) => {
    const { harness } = await open()
    const sent = harness.supervisor.send('news/main', event as { type: string })
    await expect(sent).rejects.toMatchObject({
      code: 'EVENT_INVALID',
      message: expect.stringContaining(field),
    })
  })
})
