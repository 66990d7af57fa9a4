import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { machines, type WatchdogContext } from '../../machines/index.ts'
import { openPaperVenue } from '../../src/adapters/paper/paper-venue.ts'
import { kindsOf, loadStrategies } from '../../src/runner/actors/strategies.ts'
import { type ActorView, viewOf } from '../../src/runtime/actors/actor-view.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { cellAt } from '../../src/runtime/state/replay.ts'
import { differenceOfLogs, differenceOfPresents, presentOf } from '../equal-logs.ts'
import { modulePath, program } from '../programs/program.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-bracket-'))
const STRATEGY = {
  id: 'b',
  type: modulePath('tests/faults/bracket/strategy.ts'),
  symbol: 'BTCUSDT',
  interval: '1s',
  orderQty: '0.01',
  distancePct: 0.05,
}
const GRACE_MS = 2_000

function configure(name: string): string {
  const path = join(folder, `${name}.yaml`)
  const config = {
    data: join(folder, name),
    runner: { storeId: '7f3a' },
    market: {
      source: 'sim',
      seed: 6,
      startAt: 1_700_000_000_000,
      durationMs: 60_000,
      speed: 'max',
      symbols: [{ symbol: 'BTCUSDT', startPx: '60000.00', tickSize: '0.01', lotSize: '0.0001' }],
    },
    watchdog: { graceMs: GRACE_MS },
    strategies: [STRATEGY],
    server: { enabled: false },
  }
  writeFileSync(path, stringify(config))
  return path
}

/** Runs a life. Resolves with the signal that ended it. */
async function live(config: string, how: string): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [...program('tests/faults/bracket/child.ts'), config, how], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  if (code !== null && code !== 0) throw new Error(`the runner ended with ${code}`)
  return signal
}

/** Returns the log and the present view of every actor, without places in the log. */
async function logOf(name: string): Promise<{ records: TransitionRecord[]; views: Map<string, ActorView> }> {
  const kinds = kindsOf((await loadStrategies([STRATEGY])).strategies)
  const registry = new Registry({ ...machines, ...kinds })
  const store = await openLevelStore(join(folder, name, 'log'))
  const records: TransitionRecord[] = []
  for await (const record of store.read()) records.push(record)
  const views = new Map<string, ActorView>()
  for await (const address of store.actors()) {
    const cell = await cellAt(store, registry, address, {})
    if (cell === undefined) throw new Error(`${address} has no state`)
    views.set(address, viewOf(cell))
  }
  await store.close()
  return { records, views }
}

function presentsOf(views: ReadonlyMap<string, ActorView>): Map<string, unknown> {
  return new Map([...views].map(([address, view]) => [address, presentOf(view)]))
}

async function reportsOf(name: string) {
  const options = { name: 'paper:sim', latencyMs: 20, takerFee: '0.001', makerFee: '0.001' }
  const venue = await openPaperVenue({ ...options, location: join(folder, name, 'venue') })
  const reports = venue.reportsAfter(0).map(({ ref, ...report }) => ({ ...report, intent: ref?.intent }))
  const open = venue.openOrders()
  await venue.close()
  return { reports, open }
}

describe("a bracket's life", () => {
  beforeAll(async () => {
    expect(await live(configure('reference'), 'whole')).toBeNull()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('enters, is protected, and leaves when no kill disturbs it', async () => {
    const { views } = await logOf('reference')
    expect(views.get('list/sim:b-1')).toMatchObject({ value: 'done' })
    expect(views.get('onceBracketed/b')).toMatchObject({ context: { cycles: 1 } })
    expect((await reportsOf('reference')).open).toEqual([])
  })

  it.each(['released', 'sent', 'answered'])(
    'is the same one with a kill -9 at each of its steps (%s)',
    async (how) => {
      const config = configure(how)
      let kills = 0
      while ((await live(config, how)) === 'SIGKILL') kills++
      expect(kills).toBeGreaterThan(2)
      const [reference, killed] = [await logOf('reference'), await logOf(how)]
      expect(differenceOfLogs(reference.records, killed.records)).toBeUndefined()
      expect(differenceOfPresents(presentsOf(reference.views), presentsOf(killed.views))).toBeUndefined()
      const { reports, open } = await reportsOf(how)
      expect(reports).toEqual((await reportsOf('reference')).reports)
      expect(open).toEqual([])
      const placed = reports.flatMap(({ report }) =>
        report.type === 'EXECUTION_REPORT' && report.execType === 'NEW' ? [report.clOrdId] : [],
      )
      expect(placed).toEqual(['entry', 'stop', 'target'].map((leg) => `7f3a-1-b-1-${leg}`))
      const watchdog = killed.views.get('watchdog/sim:BTCUSDT')?.context as WatchdogContext
      expect(watchdog.unprotectedMs).toBeGreaterThan(0)
      expect(watchdog.unprotectedMs).toBeLessThan(GRACE_MS)
    },
  )
})
