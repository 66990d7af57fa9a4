import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { instrument, machines } from '../../machines/index.ts'
import * as decimal from '../../machines/model/decimal.ts'
import { openPaperVenue } from '../../src/adapters/paper/paper-venue.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { cellAt } from '../../src/runtime/state/replay.ts'
import { verifyLog } from '../../src/runtime/state/verify.ts'
import type { Store } from '../../store/index.ts'
import { howMany, SEED } from '../seeded.ts'

const folders = mkdtempSync(join(tmpdir(), 'outcry-faults-'))
const nothing = () => {}
const LOGGER = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const MINUTES = howMany('MINUTES', 40)
const BAD_MS = MINUTES * 60_000
const CALM_MS = 300_000
const FUNDING_EVERY_MS = 8 * 3_600_000
const SYMBOL = {
  symbol: 'BTCUSDT',
  startPx: '60000.00',
  tickSize: '0.01',
  lotSize: '0.0001',
  fundingRate: '0.0001',
}
const BEFORE_FUNDING_MS = 1_800_000
/** Half an hour before funding falls due. */
const START_AT = 1_700_006_400_000 - BEFORE_FUNDING_MS
const FUNDINGS = 1 + Math.floor((BAD_MS + CALM_MS - BEFORE_FUNDING_MS) / FUNDING_EVERY_MS)
const FAULTS = {
  seed: SEED,
  drop: 0.1,
  duplicate: 0.1,
  delay: 0.1,
  reject: 0.05,
  disconnectEveryMs: 600_000,
  disconnectForMs: 20_000,
}

type Contract = 'spot' | 'linear'

async function run(folder: string, contract: Contract, durationMs: number, faults?: object): Promise<void> {
  const config = runnerConfig.parse({
    data: folder,
    market: {
      source: 'sim',
      seed: SEED,
      startAt: START_AT,
      durationMs,
      ratePerSecond: 10,
      speed: 'max',
      symbols: [SYMBOL],
    },
    instruments: [instrumentOf(contract)],
    venue: faults === undefined ? {} : { faults },
    strategies: [
      {
        id: 'ema',
        symbol: 'BTCUSDT',
        interval: '5s',
        fast: 2,
        slow: 5,
        trailingStopPct: 0.1,
        orderQty: '0.01',
      },
    ],
    symbol: { intervals: ['5s', '1m'] },
    server: { enabled: false },
  })
  const runner = await startRunner(config, LOGGER)
  await runner.ended
  await runner.stop('the market has ended', 'test')
}

const instrumentOf = (contract: Contract) => instrument.parse({ symbol: SYMBOL.symbol, contract })

async function emitted(store: Store<TransitionRecord>, type: string): Promise<Record<string, unknown>[]> {
  const events: Record<string, unknown>[] = []
  for await (const record of store.read()) {
    for (const event of record.emitted ?? []) if (event.type === type) events.push(event)
  }
  return events
}

afterAll(() => rmSync(folders, { recursive: true, force: true }))

it.each<Contract>(['spot', 'linear'])(
  `${MINUTES} minutes of drops, doubles, delays, refusals and lost connections end as the venue has it, %s, seed ${SEED}`,
  async (contract) => {
    const folder = join(folders, contract)
    await run(folder, contract, BAD_MS, FAULTS)
    // Then nothing goes wrong any more for some minutes.
    await run(folder, contract, BAD_MS + CALM_MS)
    const store = await openLevelStore(join(folder, 'log'))
    const completed = await emitted(store, 'RECONCILIATION_COMPLETED')
    expect(completed.length).toBeGreaterThan(0.8 * MINUTES)
    expect(completed.at(-1)).toMatchObject({ discrepancies: 0 })
    // There was much to mend.
    expect((await emitted(store, 'RECONCILIATION_DIFFERENCE')).length).toBeGreaterThan(0)
    expect((await emitted(store, 'TRADE_CYCLE_COMPLETED')).length).toBeGreaterThan(3)
    expect(await emitted(store, 'FUNDING_UPDATE')).toHaveLength(FUNDINGS)
    const registry = new Registry(machines)
    const contextOf = async (address: string) =>
      (await cellAt(store, registry, address, {}))?.state.snapshot.context as Record<string, never>
    const openingBalances = { USDT: '100000' }
    const books = { openingBalances, instruments: [instrumentOf(contract)] }
    const options = { name: 'paper:sim', latencyMs: 20, takerFee: '0', makerFee: '0', ...books }
    const venue = await openPaperVenue({ ...options, location: join(folder, 'venue') })
    const account = await contextOf('account/sim')
    expect(account.balances).toEqual(venue.balances())
    expect((await contextOf('position/sim:BTCUSDT')).quantity).toBe(venue.positions().BTCUSDT)
    const working = Object.keys(account.working as unknown as object).sort()
    expect(working).toEqual(
      venue
        .openOrders()
        .map(({ actor }) => actor)
        .sort(),
    )
    let filled = '0'
    for await (const address of store.actors({ prefix: 'order/' })) {
      const { terms, cumQty } = (await contextOf(address)) as unknown as {
        terms: { side: string }
        cumQty: string
      }
      filled = terms.side === 'BUY' ? decimal.add(filled, cumQty) : decimal.subtract(filled, cumQty)
    }
    expect(filled).toBe(venue.positions().BTCUSDT)
    expect((await verifyLog(store, registry, {})).problems).toEqual([])
    await venue.close()
    await store.close()
  },
)
