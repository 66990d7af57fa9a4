/** The port, at a venue that answers at once and at one that is elsewhere. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { simulatedVenue, type Venue } from '../../src/adapters/venue.ts'
import { VenuePort } from '../../src/adapters/venue-port.ts'
import type { AnyEvent, Intent } from '../../src/runtime/record/record.ts'
import { elsewhere } from './elsewhere.ts'
import { Desk, order } from './paper/desk.ts'

const resting = { ordType: 'LIMIT', side: 'BUY', price: '90', orderQty: '2' } as const
const ACCOUNT = {
  positionMode: 'netting',
  working: {},
  positions: {},
  balances: { USDT: '7' },
  instruments: [],
}

let desk: Desk
afterEach(() => desk.venue.close())

/** Ports for the same venue, and what they have sent. */
async function open(of: (venue: Desk['venue']) => Venue, earlier: readonly Intent[] = []) {
  desk = await Desk.open()
  desk.quote('99', '101')
  const sent: AnyEvent[] = []
  const port = new VenuePort(of(desk.venue), vi.fn())
  port.start({
    now: () => desk.at,
    cursor: () => 0,
    unsettled: () => earlier,
    getSnapshot: () => ({ context: ACCOUNT }) as never,
    send: async (_, event) => void sent.push(event),
  })
  return { port, sent }
}

const intent = (event: AnyEvent, seq = 2): Intent => ({
  id: `order/a/${seq}/0`,
  port: 'paper',
  actor: 'order/a',
  event,
  at: 1_001,
  seq,
  correlation: 'c-1',
})
const place = intent({ ...order(resting), clOrdId: 'a' }, 1)
const VENUES = [
  ['at hand', (venue: Desk['venue']) => venue],
  ['elsewhere', (venue: Desk['venue']) => elsewhere(venue)],
] as const

describe.each(VENUES)('a venue that is %s', (_, of) => {
  it('is asked for an order only after what was asked of it before has arrived', async () => {
    const { port, sent } = await open(of, [place])
    const asked = intent({ type: 'ORDER_STATUS_REQUEST', clOrdId: 'a' })
    await port.deliver(asked)
    expect(sent).toMatchObject([{ type: 'EXECUTION_REPORT', clOrdId: 'a', leavesQty: '2' }])
  })

  it('does not get an order again that it has', async () => {
    const { port } = await open(of)
    await port.deliver(place)
    await port.recover(place)
    expect([...desk.venue.openOrders(), ...desk.venue.pendingOrders()]).toHaveLength(1)
  })

  it('says what it has, beside what the account has', async () => {
    const { port, sent } = await open(of)
    desk.place('bought', { orderQty: '1' })
    desk.place('resting', resting)
    desk.venue.advance(desk.at + 1_000)
    await desk.venue.flush()
    await port.deliver(intent({ type: 'VENUE_STATE_REQUEST', since: 0 }))
    expect(sent).toMatchObject([
      {
        type: 'VENUE_STATE',
        openOrders: [{ clOrdId: 'resting', leavesQty: '2' }],
        fills: [{ order: 'order/bought', terms: { ordType: 'MARKET' }, report: { cumQty: '1' } }],
        positions: [{ symbol: 'BTCUSDT', quantity: '1' }],
        here: { positions: {}, balances: { USDT: '7' } },
      },
    ])
  })
})

describe('a venue that is at hand', () => {
  it('is told of at once, so that no message of the market comes in between', async () => {
    const { port, sent } = await open((venue) => venue)
    const done = port.deliver(intent({ type: 'VENUE_STATE_REQUEST', since: 0 }))
    expect(sent).toHaveLength(1)
    await done
  })

  it('is one that a market with a time of its own can have', async () => {
    await open((venue) => venue)
    expect(simulatedVenue(desk.venue, { market: 'sim:1', path: 'venue.' })).toBe(desk.venue)
  })
})

describe('a venue that is elsewhere', () => {
  it('leaves a request open that it could not be told of', async () => {
    const lost = (venue: Desk['venue']): Venue => ({
      ...elsewhere(venue),
      place: () => Promise.reject(new Error('no route')),
    })
    const { port } = await open(lost)
    await expect(port.deliver(place)).rejects.toThrow('no route')
  })

  it('is none that a market with a time of its own can have', async () => {
    await open(elsewhere)
    expect(() => simulatedVenue(elsewhere(desk.venue), { market: 'sim:1', path: 'venues.far.' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('sim:1') }),
    )
  })
})
