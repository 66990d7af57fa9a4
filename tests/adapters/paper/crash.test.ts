import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { MarketEvent } from '../../../machines/index.ts'
import type { ProfileName } from '../../../src/adapters/paper/engine/profile-name.ts'
import { openPaperVenue } from '../../../src/adapters/paper/paper-venue.ts'
import type { PaperVenue } from '../../../src/adapters/paper/venue.ts'
import { openVenueFolder } from '../../../src/adapters/paper/venue-folder.ts'
import { howMany, SEED } from '../../seeded.ts'
import { leaveCrashImage } from './crash-image.ts'
import { header, message, OPTIONS, order, type Terms } from './desk.ts'
import { performStep } from './script.ts'
import { TraderProcess } from './trader-process.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-crash-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let folders = 0
const folder = () => join(root, String(++folders))

type Step =
  | { readonly market: MarketEvent; readonly symbol: string }
  | { readonly place: Terms }
  | { readonly cancel: number }

interface Scene {
  readonly step: Step
  readonly at: number
  /** Of the last market message up to here. */
  readonly position: number
}

const px = fc.integer({ min: 97, max: 103 }).map(String)
const qty = fc.constantFrom('0.5', '1', '2', '3.25')
const side = fc.constantFrom('BUY' as const, 'SELL' as const)
const symbol = fc.constantFrom('BTCUSDT', 'BTCUSDT', 'ETHBTC')
const levels = (direction: number) =>
  fc
    .array(qty, { maxLength: 3 })
    .map((qtys) => qtys.map((size, depth): [string, string] => [String(100 + direction * (depth + 1)), size]))
const market = fc.oneof(
  fc
    .record({ px: fc.integer({ min: 97, max: 103 }), bidSize: qty, askSize: qty })
    .map(({ px: bid, bidSize, askSize }) => ({
      type: 'QUOTE' as const,
      bid: String(bid),
      bidSize,
      ask: String(bid + 1),
      askSize,
    })),
  fc
    .record({ px, qty, aggressor: side })
    .map((trade) => ({ type: 'TRADE' as const, tradeId: 't', ...trade })),
  fc
    .record({ bids: levels(-1), asks: levels(1) })
    .map((book) => ({ type: 'ORDER_BOOK' as const, updateId: 1, ...book })),
)
const place = fc
  .record({
    symbol,
    side,
    ordType: fc.constantFrom('MARKET' as const, 'LIMIT' as const, 'LIMIT' as const, 'STOP' as const),
    orderQty: qty,
    price: px,
    stopPx: px,
    timeInForce: fc.constantFrom('GTC' as const, 'GTC' as const, 'IOC' as const, 'FOK' as const),
  })
  .map(order)
const step = fc.record({
  afterMs: fc.nat({ max: 15 }),
  what: fc.oneof(
    { weight: 5, arbitrary: fc.record({ market, symbol }) },
    { weight: 2, arbitrary: fc.record({ place }) },
    // Which of the requests before, counted back.
    { weight: 1, arbitrary: fc.record({ cancel: fc.integer({ min: 1, max: 8 }) }) },
  ),
})

const script = fc.array(step, { minLength: 20, maxLength: 90 }).map((steps): Scene[] => {
  let at = 1_000
  let position = 0
  return steps.map(({ afterMs, what }) => {
    at += afterMs
    if (!('market' in what)) return { step: what, at, position }
    const event = { ...what.market, at } as MarketEvent
    return { step: { ...what, market: event }, at, position: ++position }
  })
})

/** One life of a venue: how far it goes before it is killed, when it writes, how far back it is fed from afterwards. */
const life = fc.record({
  scenes: fc.integer({ min: 1, max: 40 }),
  flushEvery: fc.integer({ min: 1, max: 12 }),
  /** Killed in the middle of a write. */
  torn: fc.boolean(),
  /** Event time passes without messages, too. */
  advances: fc.boolean(),
  back: fc.nat({ max: 30 }),
})

const lives = fc.array(life, { minLength: 1, maxLength: 5 })
const profile = fc.constantFrom<ProfileName>('lenient', 'binance-spot', 'binance-usdm')

function perform(venue: PaperVenue, { step, at, position }: Scene, index: number): void {
  if ('market' in step) venue.onMarket(message(position, step.market, step.symbol))
  else if ('place' in step) venue.place({ ...step.place, ...header(`r${index}`, at) })
  else
    venue.cancel({
      type: 'CANCEL_ORDER',
      origClOrdId: `r${index - step.cancel}`,
      ...header(`r${index}`, at),
    })
}

/** All that the venue has, after one more request that makes it write all down. */
async function endOf(venue: PaperVenue, location: string, at: number) {
  venue.place({ ...order(), ...header('last', at) })
  venue.advance(at + OPTIONS.latencyMs)
  await venue.flush()
  const said = { reports: venue.reportsAfter(0), open: venue.openOrders(), fills: venue.movementsSince(0) }
  await venue.close()
  const books = await openVenueFolder(location)
  const state = books.state()
  await books.close()
  return { ...said, state }
}

/** Enough for some of the orders, where the profile asks for it. */
const openingBalances = { USDT: '900', BTC: '4', ETH: '4' }
/** It varies, and no request is under way for longer than the last one. */
const LATENCY = { latencyMs: 5, latencyMaxMs: 20 }
const open = (location: string, profile: ProfileName) =>
  openPaperVenue({ ...OPTIONS, ...LATENCY, location, profile, openingBalances })

async function uninterrupted(scenes: readonly Scene[], profile: ProfileName) {
  const location = folder()
  const venue = await open(location, profile)
  scenes.forEach((scene, index) => {
    perform(venue, scene, index)
  })
  return endOf(venue, location, scenes.at(-1)?.at ?? 0)
}

describe('a venue that is killed', () => {
  it(`at any moments, and fed the same again from anywhere before, says and has what it would have, seed ${SEED}`, async () => {
    let reports = 0
    let fills = 0
    await fc.assert(
      fc.asyncProperty(script, lives, profile, async (scenes, lives, profile) => {
        let location = folder()
        let venue = await open(location, profile)
        let index = 0
        for (const { scenes: count, flushEvery, torn, advances, back } of lives) {
          const end = Math.min(index + count, scenes.length)
          for (; index < end; index++) {
            const scene = scenes[index] as Scene
            if (advances) venue.advance(scene.at)
            perform(venue, scene, index)
            if (index % flushEvery === 0) await venue.flush()
          }
          const handedOut = venue.reportsAfter(0)
          const flushed = torn ? venue.flush() : undefined
          if (torn) await Promise.resolve()
          const left = folder()
          leaveCrashImage(location, left)
          await flushed
          await venue.close()
          location = left
          venue = await open(location, profile)
          expect(venue.reportsAfter(0).slice(0, handedOut.length)).toEqual(handedOut)
          // Requests since the last message that it has taken in are sent again, and as much from before as may be.
          const last = scenes.findIndex(({ position }) => position === venue.marketPosition)
          index = Math.max(0, last - back)
        }
        for (; index < scenes.length; index++) perform(venue, scenes[index] as Scene, index)
        const ended = await endOf(venue, location, scenes.at(-1)?.at ?? 0)
        expect(ended).toEqual(await uninterrupted(scenes, profile))
        reports += ended.reports.length
        fills += ended.fills.length
      }),
      { numRuns: howMany('VENUES', 40), seed: SEED },
    )
    // It was about something.
    expect(fills).toBeGreaterThan(30)
    expect(reports).toBeGreaterThan(fills)
  })

  it('with kill -9, again and again, loses no report that it had handed out and makes none twice', async () => {
    const steps = 3_000
    const location = folder()
    let kills = 0
    for (;;) {
      const trader = new TraderProcess([location, String(steps)])
      if (kills < 6) {
        // Somewhere in the middle of its writing.
        const writes = 20 + 25 * kills
        trader.onLine = () => trader.lines.length === writes && trader.child.kill('SIGKILL')
      }
      const { code, signal } = await trader.finished()
      if (signal !== 'SIGKILL') {
        expect(code, trader.stderr).toBe(0)
        break
      }
      kills++
    }
    expect(kills).toBe(6)
    const reference = await openPaperVenue(OPTIONS)
    for (let step = 0; step < steps; step++) performStep(reference, step)
    await reference.flush()
    const killed = await openPaperVenue({ ...OPTIONS, location })
    expect(reference.reportsAfter(0).length).toBeGreaterThan(1_000)
    expect(killed.reportsAfter(0)).toEqual(reference.reportsAfter(0))
    expect(killed.openOrders()).toEqual(reference.openOrders())
    await killed.close()
    await reference.close()
  })
})
