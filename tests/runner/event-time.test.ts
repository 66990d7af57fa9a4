import { from } from 'rxjs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { machines, type OrderContext } from '../../machines/index.ts'
import type { MarketMessage, MarketOpenOptions } from '../../src/adapters/market-source.ts'
import { openPaperVenue } from '../../src/adapters/paper/paper-venue.ts'
import { VenueFolder } from '../../src/adapters/paper/venue-folder.ts'
import { VenuePort } from '../../src/adapters/venue-port.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { EventTimeDriver } from '../../src/runner/drivers/event-time.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { newMemory } from '../../store/index.ts'
import { boot } from './boot.ts'

const SYMBOL = 'BTCUSDT'
const START_AT = 1_000

const quote = (position: number, at: number): MarketMessage => {
  const event = { type: 'QUOTE', at, bid: '1', bidSize: '999', ask: '1', askSize: '999' } as const
  return { position, at, venue: 'paper', symbol: SYMBOL, event }
}

/** A run over quotes at these times. `onEnd` is called behind the last one. */
async function open(times: readonly number[], speed: number | 'max', onEnd: () => void = () => {}) {
  const terms = { takerFee: '0', makerFee: '0', latencyMs: 500 }
  const venue = await openPaperVenue({ location: undefined, name: 'paper:books', ...terms })
  const clock = new EventClock(START_AT)
  const ports = { paper: new VenuePort(venue, () => {}) }
  const store = await openMemoryStore(newMemory())
  const supervisor = await createSupervisor({ store, machines, ports, clock })
  const limits = { orderNotionalMax: '10000', openOrdersMax: 10 }
  const config = runnerConfig.parse({
    strategies: [],
    account: { limits },
    watchdog: { enabled: false },
    reconciliation: { everyMs: 86_400_000 },
  })
  await boot(supervisor, config, { venue: 'paper', symbols: [SYMBOL], at: START_AT })
  async function* play({ pace }: MarketOpenOptions = {}) {
    for (const [i, at] of times.entries()) {
      const message = quote(i + 1, at)
      await pace?.(message)
      yield message
    }
    onEnd()
  }
  const of = {
    name: 'hand',
    time: 'event',
    startsAt: START_AT,
    instruments: [],
    counts: {},
    refused: {},
  } as const
  const market = { ...of, open: (options?: MarketOpenOptions) => from(play(options)) }
  const driver = new EventTimeDriver({ supervisor, venues: [{ venue }], clock, market, speed })
  const order = (clOrdId: string) => {
    const request = { type: 'ORDER_REQUEST', clOrdId, owner: 'account/paper', venue: 'paper', symbol: SYMBOL }
    const what = { side: 'BUY', ordType: 'MARKET', orderQty: '1', timeInForce: 'GTC', refPx: '1' }
    supervisor.tell('account/paper' as never, { ...request, ...what })
  }
  const contextOf = (clOrdId: string) => supervisor.getSnapshot(`order/${clOrdId}`)?.context as OrderContext
  const stop = async () => {
    await driver.stop()
    await supervisor.stop()
    await venue.close()
  }
  return { driver, supervisor, venue, clock, order, contextOf, stop }
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('a run in event time', () => {
  it('ends when what was under way has come, though the market says no more', async () => {
    let run: Awaited<ReturnType<typeof open>> | undefined
    run = await open([1_000, 2_000], 'max', () => run?.order('late'))
    await run.driver.run()
    expect(run.contextOf('late')).toMatchObject({ ordStatus: 'FILLED', cumQty: '1' })
    // To the venue and back.
    expect(run.clock.now()).toBe(2_000 + 2 * 500)
    await run.stop()
  })

  it('fails where the venue cannot write its books', async () => {
    let run: Awaited<ReturnType<typeof open>> | undefined
    run = await open([1_000, 2_000], 'max', () => run?.order('o'))
    vi.spyOn(VenueFolder.prototype, 'write').mockRejectedValue(new Error('no space left'))
    await expect(run.driver.run()).rejects.toThrow('no space left')
    // What could not be written is not built upon: nobody hears more of the order.
    expect(run.contextOf('o')).toMatchObject({ ordStatus: 'PENDING_NEW' })
    await run.driver.stop()
    await run.supervisor.stop()
    await expect(run.venue.close()).rejects.toThrow('no space left')
  })
})

describe('a run at a pace', () => {
  const passed = async (run: Awaited<ReturnType<typeof open>>, ms: number) => {
    await vi.advanceTimersByTimeAsync(ms)
    await run.supervisor.idle()
    return run.driver.messages
  }
  const begin = async (times: readonly number[], speed: number) => {
    const run = await open(times, speed)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const ended = run.driver.run()
    return { run, ended }
  }

  it('takes each message at its time', async () => {
    const { run, ended } = await begin([1_000, 2_000, 4_000], 10)
    expect(await passed(run, 99)).toBe(1)
    expect(await passed(run, 1)).toBe(2)
    expect(await passed(run, 199)).toBe(2)
    expect(await passed(run, 1)).toBe(3)
    await ended
    await run.stop()
  })

  it('catches up after a short delay, and does not hurry after a long one', async () => {
    const { run, ended } = await begin([1_000, 2_000, 3_000, 4_000, 5_000, 6_000], 1)
    let stalledMs = 0
    const now = performance.now.bind(performance)
    vi.spyOn(performance, 'now').mockImplementation(() => now() + stalledMs)
    expect(await passed(run, 999)).toBe(1)
    stalledMs = 600
    expect(await passed(run, 1)).toBe(2)
    expect(await passed(run, 399)).toBe(2)
    expect(await passed(run, 1)).toBe(3)
    stalledMs += 2_500
    // The fifth is late already; from there on the pace is the market's again.
    expect(await passed(run, 1_000)).toBe(5)
    expect(await passed(run, 999)).toBe(5)
    expect(await passed(run, 1)).toBe(6)
    await ended
    await run.stop()
  })

  it('takes nothing more once it is stopped', async () => {
    const { run, ended } = await begin([1_000, 2_000, 3_000], 1)
    expect(await passed(run, 500)).toBe(1)
    const stopped = run.driver.stop()
    expect(await passed(run, 10_000)).toBe(1)
    await stopped
    await ended
    await run.stop()
  })

  it('waits a gap out that is longer than a timer can be, and no timer is left once it is stopped', async () => {
    const dayMs = 86_400_000
    const { run, ended } = await begin([1_000, 1_000 + 30 * dayMs, 1_000 + 90 * dayMs], 1)
    expect(await passed(run, 29 * dayMs)).toBe(1)
    expect(await passed(run, dayMs)).toBe(2)
    await run.driver.stop()
    await ended
    await run.stop()
    expect(vi.getTimerCount()).toBe(0)
  })
})
