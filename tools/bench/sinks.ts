/** Measures what sinks cost: a batch of events, and the memory of many. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { EventEnvelope } from '../../src/runtime/events/envelope.ts'
import { SinkEvent } from '../../src/sinks/event.ts'
import { parquetClient } from '../../src/sinks/parquet/client.ts'
import { ParquetFolder } from '../../src/sinks/parquet/folder.ts'
import { ParquetWriter } from '../../src/sinks/parquet/writer.ts'
import type { Batch } from '../../src/sinks/sink.ts'
import { below, quantile, type Report, type Settings } from './report.ts'

const BATCH = 1_000
const MB = 2 ** 20
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT']
const START_AT = Date.UTC(2026, 0, 5)

/** The figures of the sink `parquet`, on the disk under test. */
export async function sinks({ scale, folder }: Settings): Promise<Report> {
  const batches = 50 * scale
  const { times, cpuMs } = await ofBatches(batches, folder)
  const resident = await ofMillion(folder, () => process.memoryUsage.rss(), 1)
  const used = await ofMillion(folder, usedNow, 50)
  const p50 = quantile(times, 0.5)
  return {
    name: 'sinks',
    about: `fills of ${SYMBOLS.length} symbols, as they come to a sink`,
    rows: [
      {
        what: 'parquet: 1,000 events of a symbol to a file, synced',
        figures: { 'p50 ms': p50, 'p99 ms': quantile(times, 0.99), 'CPU ms': cpuMs, events: batches * BATCH },
        target: below(p50, 10, 'ms'),
      },
      {
        what: 'parquet: 1,000,000 events, flushes of 8 MB',
        figures: { 'MB in use': used / MB, 'MB resident': resident / MB, events: 1_000_000 },
        target: below(used / MB, 100, 'MB in use'),
      },
    ],
  }
}

async function ofBatches(count: number, folder: string): Promise<{ times: Float64Array; cpuMs: number }> {
  return withWriter(folder, async (writer) => {
    const times = new Float64Array(count)
    // The first ones are slow, because nothing is compiled yet.
    let cpuMs = 0
    for (let i = -20; i < count; i++) {
      const batch = batchOf((i + 20) * BATCH + 1, SYMBOLS.slice(0, 1))
      const began = performance.now()
      const cpu = process.cpuUsage()
      await writer.write(batch)
      await writer.flush()
      if (i < 0) continue
      times[i] = performance.now() - began
      const { user, system } = process.cpuUsage(cpu)
      cpuMs += (user + system) / 1_000
    }
    return { times: times.sort(), cpuMs: cpuMs / count }
  })
}

/** Returns the bytes by which the process grows at most, measured after each `every`th batch. */
async function ofMillion(folder: string, bytesNow: () => number, every: number): Promise<number> {
  return withWriter(folder, async (writer) => {
    await writer.write(batchOf(1, SYMBOLS))
    await writer.flush()
    globalThis.gc?.()
    const before = bytesNow()
    let most = 0
    for (let from = BATCH + 1; from <= 1_000_000; from += BATCH) {
      await writer.write(batchOf(from, SYMBOLS))
      if (from % (every * BATCH) === 1) most = Math.max(most, bytesNow() - before)
    }
    await writer.flush()
    return most
  })
}

async function withWriter<T>(folder: string, measure: (writer: ParquetWriter) => Promise<T>): Promise<T> {
  const location = mkdtempSync(join(folder, 'parquet-'))
  try {
    const opened = await ParquetFolder.open(location, {
      name: 'bench',
      logId: 'bench',
      epoch: 1,
      run: 'bench',
    })
    return await measure(
      new ParquetWriter(opened, await parquetClient(), { bytesMax: 8 * MB, flushMs: 60_000 }),
    )
  } finally {
    rmSync(location, { recursive: true })
  }
}

function batchOf(from: number, symbols: readonly string[]): Batch {
  const events = Array.from({ length: BATCH }, (_, i) => new SinkEvent(fill(from + i, symbols)))
  return { events, from, to: from + BATCH - 1 }
}

function fill(seq: number, symbols: readonly string[]): EventEnvelope {
  const symbol = symbols[seq % symbols.length] as string
  const at = START_AT + seq * 10
  const actor = `order/sim:ema-${symbol}-${seq}`
  const px = `${61_000 + (seq % 5_000)}.${seq % 100}`
  const place = {
    venue: 'sim',
    symbol,
    instrument: symbol.replace('USDT', '/USDT'),
    strategy: `ema-${symbol}`,
  }
  const order = { order: actor, clOrdId: `sim:${seq}`, venueOrderId: `paper:sim-${seq}`, side: 'BUY' }
  const filled = { orderQty: '0.5', cumQty: '0.5', leavesQty: '0', avgPx: px, ordStatus: 'FILLED' }
  const last = { lastQty: '0.5', lastPx: px, tradeId: `t${seq}`, commission: '3.09', commissionAsset: 'USDT' }
  const type = 'ORDER_FILLED'
  const event = { type, at, ...place, ...order, ...filled, ...last }
  const cause = { correlation: `c-${seq - 3}`, cause: seq - 1, source: 'order@7' }
  return { eventId: `${actor}/4/0`, index: 0, type, at, seq, actor, ...cause, ...place, event }
}

/** Returns the bytes of the heap and of its external memory, after garbage collection. */
function usedNow(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
