/** A driver with several venues: each has its own requests, reports and questions. */
import { from, Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { machines, type OrderContext } from '../../machines/index.ts'
import type { MarketMessage, MarketOpenOptions } from '../../src/adapters/market-source.ts'
import { openPaperVenue } from '../../src/adapters/paper/paper-venue.ts'
import { VenuePort } from '../../src/adapters/venue-port.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import type { Driver } from '../../src/runner/drivers/driver.ts'
import { EventTimeDriver } from '../../src/runner/drivers/event-time.ts'
import { LiveTimeDriver } from '../../src/runner/drivers/live-time.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { newMemory } from '../../store/index.ts'
import { eventually } from '../runtime/harness.ts'
import { boot } from './boot.ts'

const SYMBOL = 'BTCUSDT'
const START_AT = 1_000
/** By venue: what a request takes to it, and a report back. */
const LATENCIES_MS = { near: 100, far: 700 } as const
type Name = keyof typeof LATENCIES_MS

const quote = (position: number, at: number): MarketMessage => {
  const event = { type: 'QUOTE', at, bid: '1', bidSize: '999', ask: '1', askSize: '999' } as const
  return { position, at, venue: 'near', symbol: SYMBOL, event }
}

const openVenue = (name: Name) =>
  openPaperVenue({
    location: undefined,
    name: `paper:${name}`,
    latencyMs: LATENCIES_MS[name],
    takerFee: '0',
    makerFee: '0',
  })

/** Two venues, whose accounts are there, and who is told which report when. */
async function open(clock?: EventClock) {
  const venues = { near: await openVenue('near'), far: await openVenue('far') }
  let driver: Driver | undefined
  const onRequest = () => driver?.lookAtVenues()
  const ports = { near: new VenuePort(venues.near, onRequest), far: new VenuePort(venues.far, onRequest) }
  const store = await openMemoryStore(newMemory())
  const supervisor = await createSupervisor({ store, machines, ports, ...(clock && { clock }) })
  const config = runnerConfig.parse({ strategies: [], watchdog: { enabled: false } })
  for (const venue of ['near', 'far'])
    await boot(supervisor, config, { venue, symbols: [SYMBOL], at: START_AT })
  const told: [source: string, at: number][] = []
  supervisor.transitions$.subscribe(({ origin, at }) => {
    if (origin?.source.startsWith('paper:')) told.push([origin.source, at])
  })
  const stop = async () => {
    await driver?.stop()
    await supervisor.stop()
    for (const venue of Object.values(venues)) await venue.close()
  }
  const drive = (by: Driver) => {
    driver = by
    return by
  }
  return { venues, supervisor, told, drive, stop }
}

function order(supervisor: Supervisor, venue: Name): void {
  const request = { type: 'ORDER_REQUEST', clOrdId: `${venue}:o`, owner: `account/${venue}`, venue }
  const what = {
    symbol: SYMBOL,
    side: 'BUY',
    ordType: 'MARKET',
    orderQty: '1',
    timeInForce: 'GTC',
    refPx: '1',
  }
  supervisor.tell(`account/${venue}` as never, { ...request, ...what })
}

const statusOf = (supervisor: Supervisor, venue: Name) =>
  (supervisor.getSnapshot(`order/${venue}:o`)?.context as OrderContext | undefined)?.ordStatus

const of = { name: 'hand', instruments: [], counts: {}, refused: {} } as const

describe('a run in event time at two venues', () => {
  it('tells the reports of both in the order of their times, and each venue of each message once', async () => {
    const clock = new EventClock(START_AT)
    const { venues, supervisor, told, drive, stop } = await open(clock)
    const onEnd = () => {
      order(supervisor, 'far')
      order(supervisor, 'near')
    }
    async function* play({ pace }: MarketOpenOptions = {}) {
      for (const [i, at] of [1_000, 2_000].entries()) {
        const message = quote(i + 1, at)
        await pace?.(message)
        yield message
      }
      onEnd()
    }
    const market = {
      ...of,
      time: 'event' as const,
      startsAt: START_AT,
      open: (options?: MarketOpenOptions) => from(play(options)),
    }
    const driven = [{ venue: venues.far }, { venue: venues.near }]
    const driver = drive(new EventTimeDriver({ supervisor, venues: driven, clock, market, speed: 'max' }))
    await driver.run()
    const back = (name: Name) => [`paper:${name}`, 2_000 + 2 * LATENCIES_MS[name]]
    // That it is there, and that it is filled.
    expect(told).toEqual([back('near'), back('near'), back('far'), back('far')])
    expect([statusOf(supervisor, 'near'), statusOf(supervisor, 'far')]).toEqual(['FILLED', 'FILLED'])
    expect([venues.near.marketPosition, venues.far.marketPosition]).toEqual([2, 2])
    await stop()
  })

  it('gives a venue what it has missed, and nobody else that again', async () => {
    const clock = new EventClock(START_AT)
    const { venues, supervisor, drive, stop } = await open(clock)
    venues.far.onMarket(quote(1, 1_000))
    const request = {
      venueOrderId: '',
      actor: 'order/x',
      at: 1_000,
      ref: { seq: 1, correlation: 'c', intent: 'i' },
    }
    const what = {
      symbol: SYMBOL,
      side: 'BUY',
      ordType: 'MARKET',
      orderQty: '1',
      timeInForce: 'GTC',
    } as const
    venues.far.place({ type: 'PLACE_ORDER', clOrdId: 'far:x', ...what, ...request })
    await venues.far.flush()
    expect([venues.near.marketPosition, venues.far.marketPosition]).toEqual([0, 1])
    const asked: (number | undefined)[] = []
    const market = {
      ...of,
      time: 'event' as const,
      startsAt: START_AT,
      open: ({ after, seen }: MarketOpenOptions = {}) => {
        asked.push(after, seen)
        return from([])
      },
    }
    const driven = [{ venue: venues.near }, { venue: venues.far }]
    await drive(new EventTimeDriver({ supervisor, venues: driven, clock, market, speed: 'max' })).run()
    expect(asked).toEqual([0, 1])
    await stop()
  })
})

describe('a run in live time at two venues', () => {
  it('answers who asks of one of them while something is under way at the other', async () => {
    const { venues, supervisor, drive, stop } = await open()
    const messages = new Subject<MarketMessage>()
    const market = { ...of, time: 'system' as const, startsAt: undefined, open: () => messages }
    const driven = [{ venue: venues.near }, { venue: venues.far }]
    // Until the first answer no time passes, so that nothing arrives anywhere.
    const beganAt = Date.now()
    let now = () => beganAt
    const clock = { now: () => now() }
    const driver = drive(new LiveTimeDriver({ supervisor, venues: driven, market, clock }))
    const ended = driver.run()
    messages.next(quote(1, Date.now()))
    order(supervisor, 'far')
    await eventually(() => expect(venues.far.arrivesAt).toBeDefined())
    const answered = new Promise<boolean>((resolve) => {
      driver.whenQuiet('paper:near', () => resolve(venues.far.arrivesAt !== undefined))
    })
    expect(await answered).toBe(true)
    now = Date.now
    await new Promise<void>((resolve) => driver.whenQuiet('paper:far', resolve))
    expect(statusOf(supervisor, 'far')).toBe('FILLED')
    await stop()
    await ended
  })
})
