/** Runs of earlier versions, with every trading machine and the venue's books, each opened by today's code: see golden/make.ts. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { machines, type OrderContext, type PositionContext } from '../../machines/index.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import { Offsets } from '../../src/runtime/state/offsets.ts'
import { verifyLog } from '../../src/runtime/state/verify.ts'
import { goldenConfig } from './golden/config.ts'
import { booksOf, type Ended, presentsOf, recordsOf, unpack } from './golden/run.ts'

const GOLDEN = new URL('./golden/', import.meta.url).pathname
const runs = readdirSync(GOLDEN).filter((name) => name.endsWith('.br'))

async function withCopy(run: string, work: (data: string, ended: Ended) => Promise<void>): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'outcry-golden-'))
  try {
    await work(data, unpack(join(GOLDEN, run), data))
  } finally {
    rmSync(data, { recursive: true })
  }
}

type Present = { readonly context: OrderContext }

/** An order that its venue has, or will. */
function isOpen(actor: string, to: unknown): boolean {
  return actor.startsWith('order/') && /submitted|accepted/.test(JSON.stringify(to))
}

async function problemsOf(data: string): Promise<readonly unknown[]> {
  const store = await openLevelStore(join(data, 'log'))
  const { problems } = await verifyLog(store, new Registry(machines), {})
  const { damage } = await store.verifyChain()
  await store.close()
  return [...problems, ...damage]
}

describe.each(runs)('the run %s', (run) => {
  it('has an actor of every kind: of components only since they have had records', () =>
    withCopy(run, async (_, { states }) => {
      const kinds = new Set(Object.keys(states).map((address) => address.split('/')[0]))
      kinds.delete('component')
      // A ledger is imported: no run makes one.
      const known = Object.keys(machines).filter((kind) => !['component', 'ledger'].includes(kind))
      expect([...kinds].sort()).toEqual([...known, 'system'].sort())
    }))

  it('is read as it was written: every actor, the books of its venue, the chain', () =>
    withCopy(run, async (data, { states, venue }) => {
      expect(Object.fromEntries(await presentsOf(data))).toEqual(states)
      expect(await booksOf(data)).toEqual(venue)
      expect(await problemsOf(data)).toEqual([])
      // As a start without a checkpoint reads it, which asserts its turns and positions.
      const offsets = new Offsets()
      for (const record of await recordsOf(data)) offsets.apply(record)
      expect(offsets.turn).toBeGreaterThan(100)
    }))

  it('goes on: what was under way arrives, and strategies trade on', () =>
    withCopy(run, async (data, { venue: was }) => {
      const before = await recordsOf(data)
      const runner = await startRunner(goldenConfig(data, 120_000), silentLogger)
      await runner.ended
      const held = ['AUSDT', 'BUSDT', 'CUSDT'].map((symbol) => {
        const { context } = runner.supervisor.getSnapshot(`position/sim:${symbol}`) ?? {}
        return [symbol, (context as PositionContext).quantity]
      })
      await runner.stop('the market has ended', 'test')

      const { reports, positions } = await booksOf(data)
      expect(Object.fromEntries(held)).toEqual(positions)
      expect(reports.slice(0, was.reports.length)).toEqual(was.reports)
      const placed = reports.flatMap(({ report }) =>
        report.type === 'EXECUTION_REPORT' && report.execType === 'NEW' ? [report.clOrdId] : [],
      )
      expect(new Set(placed).size).toBe(placed.length)

      const after = await recordsOf(data)
      expect(after.slice(0, before.length)).toEqual(before)
      const news = after.slice(before.length)
      const entered = news.filter(
        ({ actor, event }) => event.type === 'LIST_REQUEST' && actor.startsWith('list/'),
      )
      expect(entered.length).toBeGreaterThan(3)
      for (const { actor } of entered) expect(actor).toMatch(/^list\/sim:[A-Za-z0-9_-]{1,26}$/)
      // Orders of the trade under way name its list, too, whatever version they were asked for by.
      const fills = news.filter(({ actor, event }) => event.type === 'FILL' && /^(ema|mean)/.test(actor))
      expect(fills.length).toBeGreaterThan(3)
      expect(fills.filter(({ event }) => !/^list\/./.test(String(event.list)))).toEqual([])
      expect(news.filter(({ actor }) => actor === 'order/hand-rest').at(-1)?.to).toMatchObject({
        execution: 'canceled',
      })
      // What was open goes on as an order of today, which knows its list, whatever version it was asked for by.
      const open = new Map(before.map((record) => [record.actor, record]))
      for (const [actor, { to }] of open) if (!isOpen(actor, to)) open.delete(actor)
      const last = new Map(after.map((record) => [record.actor, record]))
      const { label } = new Registry(machines).kind('order/x')
      const presents = await presentsOf(data)
      const wentOn = [...open.keys()].filter((actor) => last.get(actor)?.seq !== open.get(actor)?.seq)
      expect(wentOn.length).toBeGreaterThan(2)
      for (const actor of wentOn) expect(last.get(actor)?.machine).toBe(label)
      const lists = wentOn.flatMap((actor) => (presents.get(actor) as Present).context.terms.list ?? [])
      expect(lists).toContainEqual(expect.stringMatching(/ema-AUSDT-1$/))
      const discrepancies = news.flatMap(({ emitted = [] }) =>
        emitted.filter(({ type, discrepancies }) => type === 'RECONCILIATION_COMPLETED' && discrepancies > 0),
      )
      expect(discrepancies).toEqual([])
      const intents = after.flatMap(({ intents = [] }) => intents.map(({ id }) => id))
      expect(new Set(intents).size).toBe(intents.length)
      const settled = new Set(news.map(({ completes }) => completes))
      const under = before.flatMap(({ actor, intents = [] }) =>
        actor === 'order/hand-rest' ? intents.filter(({ event }) => event.type === 'CANCEL_ORDER') : [],
      )
      expect(under.map(({ id }) => settled.has(id))).toEqual([true])
      expect(await problemsOf(data)).toEqual([])
    }))
})
