import { Subject } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import { machines, type OrderContext } from '../../machines/index.ts'
import type { MarketMessage } from '../../src/adapters/market-source.ts'
import { openPaperVenue } from '../../src/adapters/paper/paper-venue.ts'
import type { PaperVenue } from '../../src/adapters/paper/venue.ts'
import { VenueFolder } from '../../src/adapters/paper/venue-folder.ts'
import type { LinkFaults } from '../../src/adapters/transport/link-faults.ts'
import type { Venue } from '../../src/adapters/venue.ts'
import { VenuePort } from '../../src/adapters/venue-port.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { LiveTimeDriver } from '../../src/runner/drivers/live-time.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import { newMemory } from '../../store/index.ts'
import { elsewhere } from '../adapters/elsewhere.ts'
import { eventually } from '../runtime/harness.ts'
import { boot } from './boot.ts'

const SYMBOL = 'BTCUSDT'
const LATE: LinkFaults = {
  seed: 1,
  drop: 0,
  duplicate: 1,
  delay: 0,
  delayMaxMs: 50,
  reject: 0,
  disconnectForMs: 1,
}

/** A live run at one price, and how to trade and stop it. */
async function open(
  faults?: LinkFaults,
  now: () => number = Date.now,
  asVenue: (venue: PaperVenue, onReports: () => void) => Venue = (venue) => venue,
) {
  const fees = { takerFee: '0', makerFee: '0' }
  const venue = await openPaperVenue({ location: undefined, name: 'paper:books', latencyMs: 20, ...fees })
  let driver: LiveTimeDriver | undefined
  const onRequest = () => driver?.lookAtVenues()
  const there = asVenue(venue, onRequest)
  const ports = { paper: new VenuePort(there, onRequest) }
  const errors: string[] = []
  const nothing = () => {}
  const error = (_: object, message: string) => void errors.push(message)
  const logger = { debug: nothing, info: nothing, warn: nothing, error }
  const store = await openMemoryStore(newMemory())
  const supervisor = await createSupervisor({ store, machines, ports, logger })
  const limits = { orderNotionalMax: '10000', openOrdersMax: 1_000 }
  const config = runnerConfig.parse({ strategies: [], account: { limits }, watchdog: { enabled: false } })
  await boot(supervisor, config, { venue: 'paper', symbols: [SYMBOL], at: Date.now() })
  const messages = new Subject<MarketMessage>()
  const of = {
    name: 'hand',
    time: 'system',
    startsAt: undefined,
    instruments: [],
    counts: {},
    refused: {},
  } as const
  const market = { ...of, open: () => messages }
  driver = new LiveTimeDriver({ supervisor, venues: [{ venue: there, faults }], market, clock: { now } })
  const ended = driver.run()
  const at = now()
  const event = { type: 'QUOTE', at, bid: '1', bidSize: '999', ask: '1', askSize: '999' } as const
  const message = { position: 1, at, venue: 'paper', symbol: SYMBOL, event } as const
  messages.next(message)
  // One that is elsewhere has the market for itself.
  venue.onMarket(message)
  const order = (clOrdId: string) =>
    supervisor.send('account/paper', {
      type: 'ORDER_REQUEST',
      clOrdId,
      owner: 'account/paper',
      venue: 'paper',
      symbol: SYMBOL,
      side: 'BUY',
      ordType: 'MARKET',
      orderQty: '1',
      timeInForce: 'GTC',
      refPx: '1',
    })
  const contextOf = (clOrdId: string) => supervisor.getSnapshot(`order/${clOrdId}`)?.context as OrderContext
  const stop = async () => {
    await driver?.stop()
    await ended
    await supervisor.stop()
    await venue.close()
  }
  const told = () => supervisor.cursor(venue.name)
  return { order, contextOf, stop, told, driver, venue, supervisor, ended, errors }
}

describe('a run in live time', () => {
  it('tells every report, however close together they come', async () => {
    const run = await open()
    const ids = Array.from({ length: 300 }, (_, i) => `o${i}`)
    for (const id of ids) {
      await run.order(id)
      await new Promise(setImmediate)
    }
    await eventually(() => {
      expect(ids.filter((id) => run.contextOf(id).ordStatus !== 'FILLED')).toEqual([])
    })
    await run.stop()
  })

  it('takes the reports of a venue elsewhere when they come of their own accord', async () => {
    const run = await open(undefined, Date.now, elsewhere)
    await run.order('o1')
    await eventually(() => expect(run.contextOf('o1').ordStatus).toBe('FILLED'))
    expect(run.told()).toBe(2)
    await run.stop()
  })

  it('goes by the time of the log, which is ahead once the system clock was set back', async () => {
    const run = await open(undefined, () => Date.now() + 3_600_000)
    await run.order('o1')
    await eventually(() => expect(run.contextOf('o1').ordStatus).toBe('FILLED'))
    await run.stop()
  })

  it('answers whoever asks for quiet when nothing is under way, and every report was taken', async () => {
    const run = await open()
    const { venue, driver, supervisor } = run
    const flush = venue.flush.bind(venue)
    let asked = 0
    const answers: unknown[] = []
    vi.spyOn(venue, 'flush').mockImplementation(async () => {
      await flush()
      asked++
      // This is before the driver reads what was flushed.
      driver.whenQuiet(venue.name, () => {
        const { arrivesAt, dirty } = venue
        answers.push({ arrivesAt, dirty, isAhead: supervisor.hasIntentsAhead, behind: behind() })
      })
    })
    const behind = () => venue.reportsAfter(0).length - run.told()
    await run.order('o')
    await eventually(() => expect(run.told()).toBe(2))
    await eventually(() => expect(answers).toHaveLength(asked))
    expect(asked).toBeGreaterThan(0)
    for (const answer of answers)
      expect(answer).toEqual({ arrivesAt: undefined, dirty: false, isAhead: false, behind: 0 })
    await run.stop()
  })

  it('ends where the venue cannot write its books, and nothing more is written there', async () => {
    const run = await open()
    const write = vi.spyOn(VenueFolder.prototype, 'write').mockRejectedValue(new Error('no space left'))
    const failed = expect(run.ended).rejects.toThrow('no space left')
    await run.order('o')
    await failed
    await run.order('later')
    await run.supervisor.idle()
    expect(['o', 'later'].map((id) => run.contextOf(id).ordStatus)).toEqual(['PENDING_NEW', 'PENDING_NEW'])
    expect(run.errors).toEqual(['port/paper failed to deliver an intent'])
    expect([run.venue.dirty, write.mock.calls.length, run.driver.messages]).toEqual([false, 1, 1])
    await run.driver.stop()
    await run.supervisor.stop()
    await expect(run.venue.close()).rejects.toThrow('no space left')
    write.mockRestore()
  })

  it('stops with reports under way: they are told at the next start', async () => {
    const run = await open(LATE)
    await run.order('o')
    await eventually(() => expect(run.contextOf('o').ordStatus).toBe('FILLED'))
    await run.stop()
    // What a timer did now would end the process.
    await new Promise((resolve) => setTimeout(resolve, 100))
  })
})
