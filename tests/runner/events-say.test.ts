/** The events of a whole run: each fits its schema and has no field beside it, and those of a trade name what they are of. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { domainEvents, machines } from '../../machines/index.ts'
import type { EventSchema } from '../../machines/kind/kind.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { kindOf } from '../../src/runtime/record/address.ts'
import type { AnyEvent, TransitionRecord } from '../../src/runtime/record/record.ts'
import { goldenConfig } from './golden/config.ts'
import { recordsOf } from './golden/run.ts'

const STRATEGIES: readonly string[] = ['emaCross', 'meanReversion']
const data = mkdtempSync(join(tmpdir(), 'outcry-says-'))
let records: readonly TransitionRecord[] = []

/** Returns the emitted events of these kinds, each with its actor. */
function emittedBy(...kinds: readonly string[]): readonly { actor: string; event: AnyEvent }[] {
  return records.flatMap(({ actor, emitted = [] }) =>
    kinds.includes(kindOf(actor)) ? emitted.map((event) => ({ actor, event })) : [],
  )
}

function ofType(type: string): readonly AnyEvent[] {
  return records.flatMap(({ emitted = [] }) => emitted.filter((event) => event.type === type))
}

function schemaOf(kind: string, type: string): EventSchema | undefined {
  const name = STRATEGIES.includes(kind) ? 'strategy' : (kind as keyof typeof domainEvents)
  const schemas: readonly EventSchema[] = domainEvents[name]
  return schemas.find(({ shape }) => shape.type.value === type)
}

beforeAll(async () => {
  const config = goldenConfig(data, 90_000)
  const known = { AUSDT: { baseAsset: 'A', quoteAsset: 'USDT' } } as Readonly<Record<string, object>>
  const instruments = config.instruments.map((one) => ({ ...one, ...known[one.symbol] }))
  const runner = await startRunner({ ...config, instruments }, silentLogger)
  await runner.ended
  await runner.stop('the market has ended', 'test')
  records = await recordsOf(data)
}, 60_000)
afterAll(() => rmSync(data, { recursive: true }))

describe('the events of a run', () => {
  it('fit their schemas, and have no other field', () => {
    const kinds = Object.keys(machines)
    const wrong = emittedBy(...kinds).flatMap(({ actor, event }) => {
      const schema = schemaOf(kindOf(actor), event.type)
      const { error } = schema?.strict().safeParse(event) ?? { error: 'it is not declared' }
      return error === undefined ? [] : [`${actor} ${event.type}: ${String(error)}`]
    })
    expect(emittedBy(...kinds).length).toBeGreaterThan(500)
    expect(wrong.slice(0, 3)).toEqual([])
  })

  it.each(['order', 'list', 'position', ...STRATEGIES])('name their strategy and instrument: %s', (kind) => {
    const all = emittedBy(kind)
    expect(all.length).toBeGreaterThan(10)
    for (const { event } of all) {
      const name = event.symbol === 'AUSDT' ? 'A/USDT' : undefined
      expect([event.type, event.venue, event.instrument]).toEqual([event.type, 'sim', name])
      // A stop of the watchdog is no strategy's.
      if (!/-watchdog-/.test(String(event.order))) expect(event.strategy).toMatch(/^(ema-[AC]USDT|mean)$/)
    }
  })

  it('of a watchdog name the instrument that it guards', () => {
    const all = emittedBy('watchdog').filter(({ event }) => event.symbol === 'AUSDT')
    expect(all.length).toBeGreaterThan(0)
    for (const { event } of all) expect(event.instrument).toBe('A/USDT')
  })

  it('of one order are of one strategy: its request, its life, and what its fills come to', () => {
    const orders = new Map(ofType('ORDER_CREATED').map(({ order, strategy }) => [order, strategy]))
    for (const { clOrdId, strategy } of ofType('RISK_APPROVED'))
      expect(strategy).toBe(orders.get(`order/${clOrdId}`))
    for (const { order, strategy } of ofType('POSITION_STOP_TRIGGERED'))
      expect(strategy).toBe(orders.get(order))
    const owners = new Set(orders.values())
    expect(owners.size).toBeGreaterThan(1)
  })

  it('of a fill have both ids of the order and the fee', () => {
    const fills = [...ofType('ORDER_FILLED'), ...ofType('ORDER_PARTIAL_FILL')]
    const told = records.flatMap(({ event }) => (event.type === 'EXECUTION_REPORT' ? [event] : []))
    expect(fills.length).toBeGreaterThan(5)
    for (const { clOrdId, venueOrderId, tradeId, commission, commissionAsset } of fills) {
      const report = told.find((one) => one.tradeId === tradeId)
      expect({ clOrdId, venueOrderId, commission, commissionAsset }).toEqual({
        clOrdId: report?.clOrdId,
        venueOrderId: report?.venueOrderId,
        commission: report?.commission,
        commissionAsset: report?.commissionAsset,
      })
    }
  })

  it('of a position have its leverage and margin mode when it opens, and the stop that closes it', () => {
    const opened = ofType('POSITION_OPENED').map(({ symbol, leverage, marginMode }) =>
      [symbol, leverage, marginMode].join(' '),
    )
    expect([...new Set(opened)].sort()).toEqual(['AUSDT 1 cash', 'CUSDT 1 cross'])
    const stops = ofType('POSITION_STOP_TRIGGERED')
    expect(stops.length).toBeGreaterThan(0)
    for (const { ordType, stopPx } of stops) {
      expect(ordType).toMatch(/^(STOP|TRAILING_STOP)$/)
      expect(Number(stopPx)).toBeGreaterThan(50)
    }
  })

  it('tell how each strategy works, and of each of its trades which entry it took', () => {
    for (const { strategies } of ofType('STATS_UPDATE')) {
      const ids = (strategies as { strategy: string }[]).map(({ strategy }) => strategy)
      expect(ids.sort()).toEqual(['ema-AUSDT', 'ema-BUSDT', 'ema-CUSDT', 'mean'])
    }
    const cycles = ofType('TRADE_CYCLE_COMPLETED')
    expect(cycles.length).toBeGreaterThan(2)
    for (const { candidates, chosen, summary } of cycles) {
      const { list: _, ...entry } = chosen as Readonly<Record<string, unknown>>
      expect(candidates).toContainEqual(entry)
      expect(summary).toMatch(/^(BUY|SELL) [AC]USDT on ".+", \d+ ms, out .+: -?[\d.]+ USDT$/)
    }
  })
})
