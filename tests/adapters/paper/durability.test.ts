import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openPaperVenue } from '../../../src/adapters/paper/paper-venue.ts'
import { leaveCrashImage } from './crash-image.ts'
import { Desk, header, OPTIONS, order } from './desk.ts'
import { TraderProcess } from './trader-process.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-books-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let folders = 0
let location: string
let desk: Desk

beforeEach(async () => {
  location = join(root, String(++folders))
  desk = await Desk.open({ location })
  desk.quote('99', '101', ['5', '5'])
})
afterEach(() => desk.venue.close())

const resting = { ordType: 'LIMIT', price: '99', orderQty: '2' } as const

/** What a crash at this moment would leave. */
async function afterCrash<T>(look: (desk: Desk) => Promise<T>): Promise<T> {
  const left = join(root, String(++folders))
  leaveCrashImage(location, left)
  const restored = await Desk.open({ location: left })
  restored.at = desk.at
  try {
    return await look(restored)
  } finally {
    await restored.venue.close()
  }
}

describe('what the venue says', () => {
  it('is durable: until then an order that has come is pending, and nothing is open or reported', async () => {
    desk.place('a', resting)
    expect(desk.venue.dirty).toBe(true)
    expect(desk.venue.status('a')).toMatchObject({ ordStatus: 'PENDING_NEW', leavesQty: '2' })
    expect(desk.venue.openOrders()).toEqual([])
    expect(desk.venue.reportsAfter(0)).toEqual([])
    await desk.venue.flush()
    expect(desk.venue.dirty).toBe(false)
    expect(desk.venue.status('a')).toMatchObject({ ordStatus: 'NEW', venueOrderId: 'paper-1' })
    expect(desk.venue.openOrders()).toEqual([desk.venue.status('a')])
    expect(desk.venue.reportsAfter(0)).toMatchObject([{ position: 1 }])
  })

  it('is as of the last write while the next one is under way, and never that it does not know an order', async () => {
    desk.place('a', resting)
    await desk.venue.flush()
    desk.cancel('k', 'a')
    const flushed = desk.venue.flush()
    await Promise.resolve()
    expect(desk.venue.status('a')).toMatchObject({ ordStatus: 'NEW' })
    await flushed
    expect(desk.venue.status('a')).toMatchObject({ ordStatus: 'CANCELED' })
  })

  it('are the fills executed since a time, in order', async () => {
    desk.place('a', { orderQty: '1' })
    const at = ++desk.at
    desk.place('b', { orderQty: '2' })
    desk.place('c', resting)
    desk.trade('98', '1', 'SELL')
    await desk.venue.flush()
    const fills = (since: number) =>
      desk.venue.movementsSince(since).map(({ report }) => 'clOrdId' in report && report.clOrdId)
    expect([fills(0), fills(at), fills(desk.at + 1)]).toEqual([['a', 'b', 'c'], ['b', 'c'], []])
  })
})

it('a cancel that comes while the end of its order is being written is too late', async () => {
  desk.place('a', resting)
  await desk.venue.flush()
  desk.trade('98', '2', 'SELL')
  const flushed = desk.venue.flush()
  await Promise.resolve()
  desk.cancel('k', 'a')
  await flushed
  expect((await desk.said()).at(-1)).toBe('k ORDER_CANCEL_REJECT too late: the order is FILLED')
})

describe('a request sent again while the first is being written', () => {
  const during = async (act: () => void) => {
    const flushed = desk.venue.flush()
    await Promise.resolve()
    act()
    await flushed
    act()
    desk.arrive()
    await desk.venue.flush()
  }

  it('makes no second order, be the first one new', async () => {
    const send = () => desk.venue.place({ ...order(resting), ...header('a', desk.at) })
    send()
    await during(send)
    expect(await desk.said()).toEqual(['a NEW'])
  })

  it('makes no second order, be the first one just ended', async () => {
    desk.place('a', resting)
    await desk.venue.flush()
    desk.cancel('k', 'a')
    await during(() => desk.venue.place({ ...order(resting), ...header('a', desk.at) }))
    expect(await desk.said()).toEqual(['a NEW', 'a CANCELED'])
  })

  it('makes no second cancel', async () => {
    const send = () =>
      desk.venue.cancel({ type: 'CANCEL_ORDER', origClOrdId: 'nobody', ...header('k', desk.at) })
    desk.place('a', resting)
    const flushed = desk.venue.flush()
    await Promise.resolve()
    // Received while another write is under way, and again when that one is done.
    send()
    await flushed
    await during(send)
    expect(await desk.said()).toEqual(['a NEW', 'k ORDER_CANCEL_REJECT unknown order'])
  })
})

describe('a flush', () => {
  it('asked for during another waits for all that has changed by then', async () => {
    desk.place('a', resting)
    const first = desk.venue.flush()
    await Promise.resolve()
    desk.place('b', resting)
    await desk.venue.flush()
    expect(await afterCrash(async ({ venue }) => venue.openOrders().map(({ clOrdId }) => clOrdId))).toEqual([
      'a',
      'b',
    ])
    await first
  })

  it('writes nothing for messages that change a view only', async () => {
    desk.place('a', resting)
    await desk.venue.flush()
    const position = desk.venue.marketPosition
    desk.quote('99', '102')
    expect(desk.venue.dirty).toBe(false)
    await desk.venue.flush()
    expect(desk.venue.marketPosition).toBe(position)
  })
})

describe('a venue opened again', () => {
  it('knows its orders, their places in the queue, its counters, and every id it has seen', async () => {
    desk.place('done', { orderQty: '1' })
    desk.place('open', resting)
    desk.cancel('k', 'nobody')
    desk.trade('99', '3', 'SELL')
    desk.place('late', { ordType: 'LIMIT', price: '50' })
    desk.venue.place({ ...order(), ...header('underway', desk.at) })
    const before = await desk.reports()
    await afterCrash(async (restored) => {
      expect(restored.venue.status('done')).toMatchObject({ ordStatus: 'FILLED', cumQty: '1' })
      expect(restored.venue.status('underway')).toMatchObject({ ordStatus: 'PENDING_NEW' })
      expect(restored.venue.status('never')).toBeUndefined()
      expect(restored.venue.openOrders()).toEqual(desk.venue.openOrders())
      expect(await restored.reports()).toEqual(before)
      for (const id of ['done', 'open', 'underway', 'k']) restored.place(id)
      restored.cancel('k', 'open')
      // Of the 5 that were before it, 3 have traded.
      restored.trade('99', '3', 'SELL')
      const reports = await restored.reports()
      expect(reports.map(({ position }) => position)).toEqual([6, 7, 8])
      expect(reports.map(({ report }) => 'execId' in report && [report.clOrdId, report.execId])).toEqual([
        ['underway', 'paper-e5'],
        ['underway', 'paper-e6'],
        ['open', 'paper-e7'],
      ])
      expect(reports[2]).toMatchObject({ report: { lastQty: '1', ordStatus: 'PARTIALLY_FILLED' } })
    })
  })

  it('does not heed messages that it has taken in', async () => {
    desk.place('a', { ...resting, price: '100' })
    await desk.venue.flush()
    await afterCrash(async ({ venue }) => {
      const { marketPosition: position } = venue
      const trade = {
        type: 'TRADE',
        at: desk.at,
        tradeId: 't',
        px: '99',
        qty: '9',
        aggressor: 'SELL',
      } as const
      venue.onMarket({ position, at: desk.at, venue: 'binance', symbol: 'BTCUSDT', event: trade })
      expect(venue.dirty).toBe(false)
      venue.onMarket({
        position: position + 1,
        at: desk.at,
        venue: 'binance',
        symbol: 'BTCUSDT',
        event: trade,
      })
      expect(venue.dirty).toBe(true)
    })
  })
})

describe('a folder', () => {
  const edit = async (change: (db: Level<string, string>) => Promise<void>) => {
    desk.place('a')
    await desk.venue.flush()
    await desk.venue.close()
    const db = new Level<string, string>(location)
    await change(db)
    await db.close()
    const opened = openPaperVenue({ ...OPTIONS, location })
    // For `afterEach` there must be one to close.
    desk = await Desk.open()
    return opened
  }

  it('is for one venue at a time', async () => {
    await expect(openPaperVenue({ ...OPTIONS, location })).rejects.toMatchObject({
      code: 'VENUE_OPEN_FAILED',
    })
  })

  it('of another format is not touched', async () => {
    await expect(edit((db) => db.put('format', '99'))).rejects.toMatchObject({ code: 'VENUE_FORMAT' })
  })

  it('of format 3, which called the ids of the venue otherwise, has their names of today', async () => {
    desk.place('a', resting)
    desk.place('b')
    await desk.venue.flush()
    const told = () => [desk.venue.reportsAfter(0), desk.venue.openOrders(), desk.venue.status('b')]
    const before = told()
    await desk.venue.close()
    const db = new Level<string, string>(location)
    const stored = await db.iterator().all()
    const former = stored.map(
      ([key, value]) =>
        [
          key,
          value.replaceAll('"venueOrderId":', '"orderId":').replaceAll('"completes":', '"settles":'),
        ] as const,
    )
    expect(former.filter(([, value], i) => value !== stored[i]?.[1]).length).toBeGreaterThan(3)
    await db.batch(former.map(([key, value]) => ({ type: 'put', key, value })))
    await db.put('format', '3')
    await db.close()
    for (const _ of ['first', 'again']) {
      desk = await Desk.open({ location })
      expect(told()).toEqual(before)
      await desk.venue.close()
    }
    const opened = new Level<string, string>(location)
    expect(await opened.iterator().all()).toEqual(stored)
    await opened.close()
    desk = await Desk.open()
  })

  it('of format 4, which knew no profiles, goes on as a lenient one until another is configured', async () => {
    desk.place('a', resting)
    desk.place('b')
    await desk.venue.flush()
    await desk.venue.close()
    const db = new Level<string, string>(location)
    const { profile, ...state } = JSON.parse(await db.get('state'))
    expect(profile).toBe('lenient')
    await db.put('state', JSON.stringify(state))
    await db.put('format', '4')
    await db.close()
    const openingBalances = { USDT: '1000' }
    const opened = async (options = {}) => {
      const { at } = desk
      desk = await Desk.open({ location, openingBalances, ...options })
      desk.at = at
    }
    await opened()
    // Lenient: it sells what it does not own.
    desk.place('c', { side: 'SELL', orderQty: '3', ordType: 'LIMIT', price: '150' })
    await desk.venue.flush()
    await desk.venue.close()
    await opened({ profile: 'binance-spot' })
    for (const again of ['a', 'b', 'c']) desk.place(again)
    desk.place('d', { side: 'SELL', orderQty: '3', ordType: 'LIMIT', price: '150' })
    await desk.venue.flush()
    await desk.venue.close()
    await opened()
    const reports = desk.venue.reportsAfter(0).map(({ report }) => 'ordStatus' in report && report.ordStatus)
    expect(reports).toEqual(['NEW', 'NEW', 'FILLED', 'NEW', 'REJECTED'])
    // Now the books have a profile, and keep it.
    desk.place('e', { side: 'SELL', orderQty: '3', ordType: 'LIMIT', price: '150' })
    await desk.venue.flush()
    expect(desk.venue.status('e')).toMatchObject({ ordStatus: 'REJECTED' })
    await desk.venue.close()
    const after = new Level<string, string>(location)
    expect([await after.get('format'), JSON.parse(await after.get('i!d'))]).toEqual(['5', ['d']])
    await after.close()
    desk = await Desk.open()
  })

  it.each(['r!000000000002', 'state'])('that has lost %s is found to be damaged', async (key) => {
    await expect(edit((db) => db.del(key))).rejects.toMatchObject({ code: 'VENUE_CORRUPT' })
  })

  it('that can be written no more ends the venue: nothing is said that is not durable', async () => {
    const trader = new TraderProcess([join(root, String(++folders)), 'until-full'], { fileSizeMaxKb: 512 })
    const { code, lines } = await trader.finished()
    expect(code, trader.stderr).toBe(0)
    const last = JSON.parse(lines.at(-1) ?? '{}')
    expect(last).toEqual({
      flush: 'VENUE_WRITE_FAILED',
      again: 'VENUE_WRITE_FAILED',
      place: 'VENUE_WRITE_FAILED',
      close: 'VENUE_WRITE_FAILED',
      dirty: false,
      undurable: [],
      afterwards: [],
    })
  })
})
