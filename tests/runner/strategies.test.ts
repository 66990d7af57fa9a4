import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { loadStrategies, rememberStrategies } from '../../src/runner/actors/strategies.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { readStrategiesFile } from '../../src/runner/folder/strategies-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-strategies-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const MODULE = fileURLToPath(new URL('../faults/bracket/strategy.ts', import.meta.url))
const TERMS = { id: 'a', symbol: 'BTCUSDT', interval: '1s', orderQty: '0.01' }
const EMA = { ...TERMS, type: 'emaCross', fast: 1, slow: 2 }
const MINE = { ...TERMS, type: MODULE, distancePct: 50 }

/** Another file with the same strategy. */
function copyOf(name: string): string {
  const file = join(folder, name)
  writeFileSync(file, `export { strategy } from ${JSON.stringify(MODULE)}\n`)
  return file
}

describe('strategies', () => {
  it.each<[string, object, string, string]>([
    ['of a type that is none', { type: 'toString' }, 'type', 'must be emaCross, meanReversion or'],
    ['with averages the wrong way round', { fast: 9 }, 'fast', 'less than slow'],
    ['that sell what they should buy', { orderQty: '-1' }, 'orderQty', 'more than 0'],
    ['that buy nothing', { orderQty: '0' }, 'orderQty', 'more than 0'],
    ['with a parameter of others', { length: 3 }, 'length', 'is unknown'],
    ['of a contract of their own', { contract: 'inverse' }, 'contract', 'is unknown'],
    ['that hedge by themselves', { positionMode: 'hedging' }, 'positionMode', 'is unknown'],
    ['on ticks of their own', { tickSize: '1' }, 'tickSize', 'is unknown'],
    ['of a module that knows better', { type: MODULE, distancePct: 0 }, 'distancePct', 'more than 0'],
  ])('%s are refused, and the key and the rule named', async (_, change, field, rule) => {
    const { issues } = await loadStrategies([EMA, { ...EMA, id: 'b', ...change }])
    expect(issues).toContainEqual({ field: `strategies.1.${field}`, rule: expect.stringContaining(rule) })
  })

  it('of two modules have two names', async () => {
    const loading = loadStrategies([MINE, { ...MINE, id: 'b', type: copyOf('same.ts') }])
    await expect(loading).rejects.toMatchObject({
      code: 'STRATEGY_INVALID',
      message: expect.stringContaining(`onceBracketed, as ${MODULE} does`),
    })
  })

  it('are found where they were last', async () => {
    const data = mkdtempSync(join(folder, 'moved-'))
    rememberStrategies(data, (await loadStrategies([{ ...MINE, type: copyOf('old.ts') }])).strategies)
    rememberStrategies(data, (await loadStrategies([MINE])).strategies)
    expect([...readStrategiesFile(data)]).toEqual([['onceBracketed', MODULE]])
  })

  it('that are configured no more are stopped, and hear of what they hold', async () => {
    const run = async (durationMs: number, strategies: object[], machines?: string[]) => {
      const symbols = [{ symbol: 'BTCUSDT', startPx: '60000.00', tickSize: '0.01', lotSize: '0.0001' }]
      const market = { seed: 6, startAt: 1_700_000_000_000, durationMs, speed: 'max', symbols }
      const server = { enabled: false }
      const flags = { data: join(folder, 'data'), market, server, watchdog: { enabled: false }, strategies }
      const nothing = () => {}
      const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
      const runner = await startRunner(loadConfig({ flags }), logger, { machines })
      await runner.ended
      const views = await Promise.all(
        ['onceBracketed/a', 'emaCross/b'].map((address) => runner.supervisor.view(address)),
      )
      const letters: unknown[] = []
      for await (const { event } of runner.supervisor.history('system/dead-letters')) letters.push(event.to)
      await runner.stop('test', 'test')
      return { values: views.map((view) => view?.value), letters }
    }
    const before = await run(10_000, [MINE, { ...EMA, id: 'b', slow: 5_000 }])
    expect(before.values).toEqual([
      { mode: 'running', trade: 'holding' },
      { mode: 'warmingUp', trade: 'flat' },
    ])
    await expect(run(20_000, [])).rejects.toMatchObject({ code: 'MODULE_UNNAMED' })
    const after = await run(20_000, [], [MODULE])
    expect(after.values).toEqual([
      { mode: 'stopped', trade: 'holding' },
      { mode: 'stopped', trade: 'flat' },
    ])
    expect(after.letters).toEqual([undefined])
  })

  it('that throw are in the summary until somebody releases them, and so are orders that were denied', async () => {
    const file = join(folder, 'thrower.js')
    writeFileSync(
      file,
      `import { defineStrategy } from 'outcry/machines'
import { z } from 'zod'
export const strategy = defineStrategy({
  name: 'thrower', version: '1', description: 'Throws.', params: z.object({}),
  initial: () => ({}), next: (state) => state, values: () => ({}),
  decide: () => { throw new Error('a bug') },
})`,
    )
    const strategies = [
      { ...TERMS, type: file },
      { ...EMA, id: 'b', orderQty: '5' },
    ]
    const run = async (durationMs: number) => {
      const market = { seed: 6, startAt: 1_700_000_000_000, durationMs, speed: 'max' }
      const flags = { data: join(folder, 'thrown'), market, server: { enabled: false }, strategies }
      const nothing = () => {}
      const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
      const runner = await startRunner(loadConfig({ flags }), logger)
      const atStart = runner.stats().quarantined
      await runner.ended
      const stats = runner.stats()
      if (durationMs > 20_000) await runner.supervisor.release('thrower/a')
      await runner.supervisor.idle()
      const released = runner.stats().quarantined
      await runner.stop('test', 'test')
      return { atStart, stats, released }
    }
    const first = await run(20_000)
    expect([first.atStart, first.stats.quarantined]).toEqual([[], ['thrower/a']])
    expect(first.stats.denied.orderNotionalMax).toBeGreaterThan(0)
    expect(first.stats.ordersSubmitted).toBe(0)
    const second = await run(30_000)
    expect([second.atStart, second.stats.quarantined, second.released]).toEqual([
      ['thrower/a'],
      ['thrower/a'],
      [],
    ])
  })
})
