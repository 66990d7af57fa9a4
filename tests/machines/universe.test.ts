import { describe, expect, it } from 'vitest'
import {
  domainEvent,
  emaCross,
  type ListedInstrument,
  machines,
  selectUniverse,
  type UniverseFilters,
  universeInput,
} from '../../machines/index.ts'
import { Harness } from '../runtime/harness.ts'

const DAY_MS = 86_400_000
const AT = 100 * DAY_MS

const listed = (symbol: string, more: Partial<ListedInstrument> = {}): ListedInstrument => ({
  symbol,
  baseAsset: symbol.replace('USDT', ''),
  quoteAsset: 'USDT',
  listedAt: 0,
  quoteVolume24h: '1000',
  bid: '99.95',
  ask: '100.05',
  status: 'TRADING',
  ...more,
})

describe('the filters of a universe', () => {
  const out = (filter: string, limit: string, value: string) => ({ symbol: 'XUSDT', filter, limit, value })

  it.each<[string, UniverseFilters, Partial<ListedInstrument>, object | undefined]>([
    ['without filters let all pass', {}, {}, undefined],
    ['keep out what does not trade', {}, { status: 'BREAK' }, out('status', 'TRADING', 'BREAK')],
    ['let pass what does not say whether it trades', {}, { status: undefined }, undefined],
    [
      'keep out other quote assets',
      { quoteAssets: ['USDT', 'USDC'] },
      { quoteAsset: 'EUR' },
      out('quoteAssets', 'USDT USDC', 'EUR'),
    ],
    ['let the least volume pass', { quoteVolumeMin: '1000' }, {}, undefined],
    [
      'keep out what does not name its quote asset',
      { quoteAssets: ['USDT'] },
      { quoteAsset: undefined },
      out('quoteAssets', 'USDT', 'unknown'),
    ],
    [
      'keep out less, to the last digit',
      { quoteVolumeMin: '100000000000000000.02' },
      { quoteVolume24h: '100000000000000000.01' },
      out('quoteVolumeMin', '100000000000000000.02', '100000000000000000.01'),
    ],
    [
      'keep out what has no volume',
      { quoteVolumeMin: '1' },
      { quoteVolume24h: undefined },
      out('quoteVolumeMin', '1', 'unknown'),
    ],
    ['let the widest spread pass', { spreadBpsMax: '10' }, {}, undefined],
    ['keep out a wider one', { spreadBpsMax: '9.99' }, {}, out('spreadBpsMax', '9.99', '10')],
    [
      'keep out what has no bid',
      { spreadBpsMax: '10' },
      { bid: undefined },
      out('spreadBpsMax', '10', 'unknown'),
    ],
    [
      'take a bid of zero for none',
      { spreadBpsMax: '10' },
      { bid: '0' },
      out('spreadBpsMax', '10', 'unknown'),
    ],
    [
      'take no crossed market for a narrow one',
      { spreadBpsMax: '10' },
      { bid: '101' },
      out('spreadBpsMax', '10', 'unknown'),
    ],
    ['let pass what is just old enough', { ageDaysMin: 30 }, { listedAt: AT - 30 * DAY_MS }, undefined],
    [
      'keep out what is younger',
      { ageDaysMin: 30 },
      { listedAt: AT - 30 * DAY_MS + 1 },
      out('ageDaysMin', '30', '29'),
    ],
    [
      'keep out what is of no known age',
      { ageDaysMin: 30 },
      { listedAt: undefined },
      out('ageDaysMin', '30', 'unknown'),
    ],
    ['let pass what is allowed by name', { allow: ['XUSDT'] }, {}, undefined],
    ['let pass what is allowed by pattern', { allow: ['A*', 'X*'] }, {}, undefined],
    ['keep out the rest', { allow: ['XUSD', 'USDT', 'X?DT'] }, {}, out('allow', 'one of 3', 'XUSDT')],
    ['keep out what is denied by pattern', { deny: ['Y*', '?USDT'] }, {}, out('deny', '?USDT', 'XUSDT')],
    ['let deny go before allow', { allow: ['XUSDT'], deny: ['XUSDT'] }, {}, out('deny', 'XUSDT', 'XUSDT')],
    ['take a dot for a dot', { deny: ['X.SDT'] }, {}, undefined],
  ])('%s', (_, filters, more, filtered) => {
    const found = selectUniverse(filters, [listed('XUSDT', more)], AT)
    expect(found).toEqual(
      filtered === undefined ? { symbols: ['XUSDT'], filtered: [] } : { symbols: [], filtered: [filtered] },
    )
  })

  it('let only so many pass: those of the largest volume, and of one volume those first by name', () => {
    const instruments = [
      listed('DUSDT', { quoteVolume24h: '9' }),
      listed('CUSDT', { quoteVolume24h: '10' }),
      listed('BUSDT', { quoteVolume24h: '9' }),
      listed('AUSDT', { quoteVolume24h: undefined }),
    ]
    for (const order of [instruments, instruments.toReversed()]) {
      expect(selectUniverse({ symbolsMax: 2 }, order, AT)).toEqual({
        symbols: ['BUSDT', 'CUSDT'],
        filtered: [
          { symbol: 'DUSDT', filter: 'symbolsMax', limit: '2', value: '3' },
          { symbol: 'AUSDT', filter: 'symbolsMax', limit: '2', value: '4' },
        ],
      })
    }
  })

  it.each<[string, object, string, string]>([
    [
      'a volume that is a float',
      { quoteVolumeMin: 1000 },
      'filters.quoteVolumeMin',
      'a decimal number as a string',
    ],
    ['a volume of nothing', { quoteVolumeMin: '0' }, 'filters.quoteVolumeMin', 'must be more than 0'],
    ['a spread below zero', { spreadBpsMax: '-1' }, 'filters.spreadBpsMax', 'must be more than 0'],
    ['half a day', { ageDaysMin: 0.5 }, 'filters.ageDaysMin', 'expected int'],
    ['room for none', { symbolsMax: 0 }, 'filters.symbolsMax', 'Too small'],
    ['an empty list', { allow: [] }, 'filters.allow', 'Too small'],
    ['a pattern with a space', { deny: ['BTC USDT'] }, 'filters.deny.0', 'a symbol such as'],
    ['a filter that is none', { minVolume: '1' }, 'filters', 'minVolume'],
  ])('are refused with %s', (_, filters, path, text) => {
    const { error } = universeInput.safeParse({ venue: 'paper', filters })
    expect(error?.issues.map((issue) => [issue.path.join('.'), issue.message])).toContainEqual([
      path,
      expect.stringContaining(text),
    ])
  })
})

describe('a universe', () => {
  async function open(filters: UniverseFilters) {
    const harness = new Harness()
    await harness.open({ machines })
    await harness.supervisor.spawn('universe', 'paper', { venue: 'paper', filters })
    let told = 0
    const list = async (...instruments: ListedInstrument[]) => {
      await harness.supervisor.send('universe/paper', { type: 'INSTRUMENTS_LISTED', at: AT, instruments })
      const events = (await harness.records()).flatMap((record) => record.emitted ?? [])
      const news = events.slice(told).map((event) => domainEvent.parse(event))
      told = events.length
      return news
    }
    return { harness, list }
  }
  const updated = (added: string[], removed: string[], symbols: string[]) => ({
    type: 'UNIVERSE_UPDATED',
    at: AT,
    venue: 'paper',
    added,
    removed,
    symbols,
  })

  it('tells what came, what went and what there is, and nothing while that stays', async () => {
    const { harness, list } = await open({})
    expect(await list(listed('BUSDT'), listed('AUSDT'))).toEqual([
      updated(['AUSDT', 'BUSDT'], [], ['AUSDT', 'BUSDT']),
    ])
    expect(harness.value('universe/paper')).toBe('selected')
    expect(await list(listed('AUSDT'), listed('BUSDT', { quoteVolume24h: '1' }))).toEqual([])
    expect(await list(listed('BUSDT'), listed('CUSDT'))).toEqual([
      updated(['CUSDT'], ['AUSDT'], ['BUSDT', 'CUSDT']),
    ])
    expect(await list()).toEqual([updated([], ['BUSDT', 'CUSDT'], [])])
    expect(harness.value('universe/paper')).toBe('empty')
  })

  it('tells why a symbol stays out once for each reason', async () => {
    const { list } = await open({ quoteVolumeMin: '100', spreadBpsMax: '50' })
    const quiet = { quoteVolume24h: '1' }
    const wide = { bid: '90' }
    const filtered = (filter: string, limit: string, value: string) => [
      { type: 'SYMBOL_FILTERED', at: AT, venue: 'paper', symbol: 'AUSDT', filter, limit, value },
    ]
    expect(await list(listed('AUSDT', quiet))).toEqual(filtered('quoteVolumeMin', '100', '1'))
    expect(await list(listed('AUSDT', { quoteVolume24h: '2' }))).toEqual([])
    expect(await list(listed('AUSDT', wide))).toMatchObject([{ filter: 'spreadBpsMax', limit: '50' }])
    expect(await list(listed('AUSDT'))).toEqual([updated(['AUSDT'], [], ['AUSDT'])])
    expect(await list(listed('AUSDT', quiet))).toEqual([
      ...filtered('quoteVolumeMin', '100', '1'),
      updated([], ['AUSDT'], []),
    ])
  })

  it('refuses a listing with one symbol twice', async () => {
    const { list } = await open({})
    await expect(list(listed('AUSDT'), listed('AUSDT'))).rejects.toMatchObject({ code: 'EVENT_INVALID' })
  })

  describe('with strategies that follow it', () => {
    async function follow(filters: UniverseFilters = {}) {
      const { harness, list } = await open(filters)
      const followed = async (id: string, symbol: string) => {
        const terms = { id, venue: 'paper', symbol, interval: '1s', orderQty: '1' }
        await harness.supervisor.spawn('emaCross', id, emaCross.input.parse(terms))
        await again(id, symbol)
      }
      const again = (id: string, symbol: string) =>
        harness.supervisor.send('universe/paper', { type: 'FOLLOW', subscriber: `emaCross/${id}`, symbol })
      const running = (...ids: string[]) =>
        ids.filter((id) => (harness.value(`emaCross/${id}`) as { mode: string }).mode !== 'stopped')
      return { harness, list, followed, again, running }
    }

    it('starts each when its symbol comes in, at once where it is in', async () => {
      const { list, followed, running } = await follow()
      await followed('a', 'AUSDT')
      await followed('b', 'BUSDT')
      expect(running('a', 'b')).toEqual([])
      await list(listed('AUSDT'))
      expect(running('a', 'b')).toEqual(['a'])
      await followed('late', 'AUSDT')
      expect(running('late')).toEqual(['late'])
      await list(listed('AUSDT'), listed('BUSDT'))
      expect(running('a', 'b')).toEqual(['a', 'b'])
    })

    it('stops each when its symbol drops out, and says why', async () => {
      const { list, followed, running } = await follow({ quoteVolumeMin: '100' })
      await followed('a', 'AUSDT')
      await followed('b', 'BUSDT')
      await list(listed('AUSDT'), listed('BUSDT'))
      expect(await list(listed('AUSDT', { quoteVolume24h: '7' }))).toContainEqual(
        expect.objectContaining({
          type: 'STRATEGY_STOPPED',
          strategy: 'a',
          reason: 'AUSDT is out of the universe: quoteVolumeMin 100, found 7',
        }),
      )
      expect(running('a', 'b')).toEqual([])
      expect(await list(listed('AUSDT'), listed('BUSDT'))).toContainEqual(
        expect.objectContaining({ type: 'STRATEGY_STARTED', strategy: 'b' }),
      )
      expect(await list()).toContainEqual(
        expect.objectContaining({ strategy: 'b', reason: 'BUSDT is out of the universe: listed no more' }),
      )
    })

    it('leaves alone what a person stopped, however often it is followed and listed', async () => {
      const { harness, list, followed, again, running } = await follow()
      await followed('a', 'AUSDT')
      await list(listed('AUSDT'))
      await harness.supervisor.send('emaCross/a', { type: 'STOP' })
      await again('a', 'AUSDT')
      await list(listed('AUSDT'))
      expect(running('a')).toEqual([])
    })

    it('takes other filters from its next listing on', async () => {
      const { harness, list, followed, running } = await follow()
      await followed('a', 'AUSDT')
      await list(listed('AUSDT'))
      await harness.supervisor.send('universe/paper', {
        type: 'SET_UNIVERSE_FILTERS',
        filters: { deny: ['A*'] },
      })
      expect(running('a')).toEqual(['a'])
      await list(listed('AUSDT'))
      expect(running('a')).toEqual([])
    })
  })
})
