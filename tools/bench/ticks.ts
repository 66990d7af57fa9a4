import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { emaCross, machines, type SymbolInput } from '../../machines/index.ts'
import type { Address } from '../../src/runtime/address.ts'
import { openLevelStore } from '../../src/runtime/log.ts'
import type { Port } from '../../src/runtime/port.ts'
import { createSupervisor } from '../../src/runtime/supervisor.ts'
import { below, median, quantile, type Report, type Settings } from './report.ts'

const PER_SECOND = 10_000
const SYMBOLS = 20
const VENUE = 'bench'
/** Of the market's own time: a second's candle closes every so many ticks of a symbol. */
const TICKS_PER_CANDLE = 25

/** From a trade at the market to the order that a strategy makes of it, released to the venue's port. */
export async function ticks({ rounds, scale, folder }: Settings): Promise<Report> {
  const p50s: number[] = []
  const p99s: number[] = []
  let orders = 0
  for (let round = 0; round < rounds; round++) {
    const took = Float64Array.from(await run(folder, 5_000 * scale)).sort()
    p50s.push(quantile(took, 0.5))
    p99s.push(quantile(took, 0.99))
    orders += took.length
  }
  const [p50, p99] = [median(p50s), median(p99s)]
  return {
    name: 'ticks',
    about:
      'market tick to order intent at the port, strategy, risk and one fsync between, 10,000 ticks a second',
    rows: [
      {
        what: `${orders.toLocaleString('en-US')} orders`,
        figures: { 'p50 ms': p50, 'p99 ms': p99 },
        target: {
          text: 'p50 below 1 ms, p99 below 5 ms',
          met: below(p50, 1, '').met && below(p99, 5, '').met,
        },
      },
    ],
  }
}

async function run(folder: string, count: number): Promise<number[]> {
  const location = mkdtempSync(join(folder, 'ticks-'))
  /** When each symbol's newest tick came. */
  const tickAt = new Map<string, number>()
  const took: number[] = []
  const port: Port = {
    deliver: ({ event }) => {
      if (event.type === 'PLACE_ORDER') took.push(performance.now() - (tickAt.get(event.symbol) as number))
    },
    recover: () => {},
  }
  const store = await openLevelStore(location)
  const supervisor = await createSupervisor({ store, machines, ports: { [VENUE]: port } })
  const symbols = Array.from({ length: SYMBOLS }, (_, i) => `S${i}USDT`)
  const at = 1_700_000_000_000
  const limits = { orderNotionalMax: '1000000', openOrdersMax: 1_000_000 }
  await supervisor.spawn('account', VENUE, { venue: VENUE, balance: '1000000000', limits }, { at })
  for (const symbol of symbols) {
    const input: SymbolInput = { venue: VENUE, symbol, intervals: ['1s'], staleAfterMs: 60_000 }
    await supervisor.spawn('symbol', `${VENUE}:${symbol}`, input, { at })
    const params = { id: symbol, venue: VENUE, symbol, interval: '1s', fast: 1, slow: 2, orderQty: '0.01' }
    await supervisor.spawn('emaCross', symbol, emaCross.input.parse(params), { at })
    await supervisor.send(`emaCross/${symbol}`, { type: 'START', at }, { at })
  }
  const started = performance.now()
  for (let n = 0; n < count; n++) {
    const due = started + (n * 1_000) / PER_SECOND
    while (performance.now() < due) await new Promise((resolve) => setImmediate(resolve))
    const symbol = symbols[n % SYMBOLS] as string
    const turn = Math.floor(n / SYMBOLS)
    const tick = {
      type: 'TRADE',
      at: at + turn * (1_000 / TICKS_PER_CANDLE),
      tradeId: String(n),
      px: String(100 + (Math.floor(turn / TICKS_PER_CANDLE / 2) % 2) * 10),
      qty: '1',
      aggressor: 'BUY',
    }
    tickAt.set(symbol, performance.now())
    supervisor.tell(`symbol/${VENUE}:${symbol}` as Address, tick)
  }
  await supervisor.settled()
  await supervisor.stop()
  rmSync(location, { recursive: true })
  return took
}
