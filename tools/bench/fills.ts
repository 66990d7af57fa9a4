/** Fills of orders, the events that sinks get most of. */
import { emit, setup } from 'xstate'
import type { EventEnvelope } from '../../src/runtime/events/envelope.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import { SinkEvent } from '../../src/sinks/event.ts'
import type { Batch } from '../../src/sinks/sink.ts'

/** Most events that a sink gets at once. */
export const BATCH = 1_000
export const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT']
const START_AT = Date.UTC(2026, 0, 5)

/** An actor that emits fill number `n` when it is told to. */
export const filler = setup({
  types: {} as { events: { type: 'FILL'; n: number }; emitted: AnyEvent },
}).createMachine({
  on: { FILL: { actions: emit(({ event }) => fill(event.n, SYMBOLS)) } },
})

/** Returns a batch of fills, one in each record. */
export function batchOf(from: number, symbols: readonly string[]): Batch {
  const events = Array.from({ length: BATCH }, (_, i) => new SinkEvent(envelopeOf(from + i, symbols)))
  return { events, from, to: from + BATCH - 1 }
}

function envelopeOf(seq: number, symbols: readonly string[]): EventEnvelope {
  const event = fill(seq, symbols)
  const { type, at, order: actor, venue, symbol, instrument, strategy } = event
  const cause = { correlation: `c-${seq - 3}`, cause: seq - 1, source: 'order@7' }
  const place = { venue, symbol, instrument, strategy }
  return { eventId: `${actor}/4/0`, index: 0, type, at, seq, actor, ...cause, ...place, event }
}

function fill(n: number, symbols: readonly string[]) {
  const symbol = symbols[n % symbols.length] as string
  const px = `${61_000 + (n % 5_000)}.${n % 100}`
  const place = {
    venue: 'sim',
    symbol,
    instrument: symbol.replace('USDT', '/USDT'),
    strategy: `ema-${symbol}`,
  }
  const order = { order: `order/sim:ema-${symbol}-${n}`, clOrdId: `sim:${n}`, venueOrderId: `paper:sim-${n}` }
  const filled = { orderQty: '0.5', cumQty: '0.5', leavesQty: '0', avgPx: px, ordStatus: 'FILLED' }
  const last = { lastQty: '0.5', lastPx: px, tradeId: `t${n}`, commission: '3.09', commissionAsset: 'USDT' }
  return { type: 'ORDER_FILLED', at: START_AT + n * 10, ...place, ...order, side: 'BUY', ...filled, ...last }
}
