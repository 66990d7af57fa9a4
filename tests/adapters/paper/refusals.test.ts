/** What the paper venue and its port do not take, and what they do when the disk takes nothing. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { openVenueFolder, VenueFolder } from '../../../src/adapters/paper/venue-folder.ts'
import { VenuePort } from '../../../src/adapters/venue-port.ts'
import type { PortContext } from '../../../src/runtime/port.ts'
import type { AnyEvent, Intent } from '../../../src/runtime/record/record.ts'
import { Desk, header, order } from './desk.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-books-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
afterEach(() => {
  vi.restoreAllMocks()
})

const resting = { ordType: 'LIMIT', price: '99', orderQty: '2' } as const

describe('a venue whose disk refuses a write', () => {
  it('takes in nothing more, and says nothing of what is not written', async () => {
    const desk = await Desk.open()
    desk.quote('99', '101')
    desk.place('before', resting)
    await desk.venue.flush()
    vi.spyOn(VenueFolder.prototype, 'write').mockRejectedValue(new Error('no space left'))
    desk.place('lost', resting)
    await expect(desk.venue.flush()).rejects.toThrow('no space left')
    const { marketPosition } = desk.venue
    expect(() => desk.place('after', resting)).toThrow('no space left')
    desk.trade('98', '100', 'SELL')
    desk.venue.advance(desk.at + 1_000)
    expect(desk.venue).toMatchObject({ dirty: false, marketPosition })
    expect(desk.venue.reportsAfter(0)).toHaveLength(1)
    expect(desk.venue.openOrders().map(({ clOrdId }) => clOrdId)).toEqual(['before'])
    expect(desk.venue.status('after')).toBeUndefined()
    // It came, and what has become of it is not known: so it is not sent again to another fate.
    expect(desk.venue.status('lost')).toMatchObject({ ordStatus: 'PENDING_NEW' })
    await expect(desk.venue.close()).rejects.toThrow('no space left')
  })

  it('says where, and what to do', async () => {
    const folder = await openVenueFolder(undefined)
    await folder.close()
    const nothing = { state: '{}', reports: [], ended: new Map(), changes: [], intents: new Map() }
    await expect(folder.write(nothing)).rejects.toMatchObject({
      code: 'VENUE_WRITE_FAILED',
      message: expect.stringContaining('books in memory'),
    })
  })
})

it("a folder with something else in it is not taken for a venue's", async () => {
  const location = join(root, 'else')
  const db = new Level<string, string>(location)
  await db.put('a', 'b')
  await db.close()
  await expect(openVenueFolder(location)).rejects.toMatchObject({
    code: 'VENUE_FORMAT',
    message: expect.stringContaining('of format none'),
  })
})

describe('requests', () => {
  it('arrive in the order of their times, also one that is sent again later', async () => {
    const desk = await Desk.open()
    desk.quote('99', '101')
    for (const [id, at] of [
      ['second', 1_200],
      ['first', 1_100],
      ['third', 1_200],
    ] as const)
      desk.venue.place({ ...order(resting), ...header(id, at) })
    desk.venue.advance(2_000)
    await desk.venue.flush()
    const reports = desk.venue.reportsAfter(0).map(({ at, actor }) => [actor, at])
    expect(reports).toEqual([
      ['order/first', 1_140],
      ['order/second', 1_240],
      ['order/third', 1_240],
    ])
    await desk.venue.close()
  })

  it('to cancel are no orders that wait', async () => {
    const desk = await Desk.open()
    desk.quote('99', '101')
    desk.place('a', resting)
    await desk.venue.flush()
    desk.venue.cancel({ type: 'CANCEL_ORDER', origClOrdId: 'a', ...header('c', desk.at) })
    desk.venue.place({ ...order(resting), ...header('b', desk.at) })
    expect(desk.venue.pendingOrders().map(({ clOrdId }) => clOrdId)).toEqual(['b'])
    await desk.venue.close()
  })

  it('to replace an order beyond its time are refused', async () => {
    const desk = await Desk.open()
    desk.quote('99', '101')
    const expireTime = desk.at + 500
    desk.place('a', { ...resting, timeInForce: 'GTD', expireTime })
    await desk.venue.flush()
    const replace = { type: 'REPLACE_ORDER', origClOrdId: 'a', orderQty: '3' } as const
    desk.venue.replace({ ...replace, ...header('r', expireTime - 10) })
    desk.venue.advance(expireTime + 100)
    await desk.venue.flush()
    const [, ...last] = desk.venue.reportsAfter(0).map(({ report }) => report)
    expect(last).toMatchObject([
      { clOrdId: 'a', execType: 'EXPIRED' },
      { type: 'ORDER_CANCEL_REJECT', clOrdId: 'r' },
    ])
    await desk.venue.close()
  })
})

describe('the port', () => {
  async function open() {
    const desk = await Desk.open()
    desk.quote('99', '101')
    const sent: AnyEvent[] = []
    const onRequest = vi.fn()
    const port = new VenuePort(desk.venue, onRequest)
    const context: PortContext = {
      now: () => desk.at,
      cursor: () => 0,
      unsettled: () => [],
      getSnapshot: () => undefined,
      send: async (_, event) => void sent.push(event),
    }
    port.start(context)
    return { desk, port, sent, onRequest }
  }
  const intent = (event: AnyEvent): Intent => ({
    id: 'order/a/2/0',
    port: 'paper',
    actor: 'order/a',
    event,
    at: 1_001,
    seq: 2,
    correlation: 'c-1',
  })

  it('refuses what it does not know', async () => {
    const { port, desk } = await open()
    await expect(port.deliver(intent({ type: 'TRANSFER' }))).rejects.toMatchObject({ code: 'INTENT_UNKNOWN' })
    await desk.venue.close()
  })

  it('does not send an order again that the venue has, and sends one that it never saw', async () => {
    const { port, desk, onRequest } = await open()
    const place = intent({ ...order(resting), clOrdId: 'a' })
    await port.recover(place)
    expect(onRequest).toHaveBeenCalledTimes(1)
    await port.recover(place)
    expect(onRequest).toHaveBeenCalledTimes(1)
    expect(desk.venue.pendingOrders()).toHaveLength(1)
    await desk.venue.close()
  })

  it('says of an order that there is not that it is unknown', async () => {
    const { port, desk, sent } = await open()
    await port.deliver(intent({ type: 'ORDER_STATUS_REQUEST', clOrdId: 'nobody' }))
    expect(sent).toEqual([{ type: 'ORDER_UNKNOWN', at: desk.at, clOrdId: 'nobody' }])
    await desk.venue.close()
  })
})
