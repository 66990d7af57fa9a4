/** Tests that many handlers beside many strategies get every event of a run. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually } from '../runtime/harness.ts'

const STRATEGIES = 100
const HANDLERS = 20

it(`${HANDLERS} handlers beside ${STRATEGIES} strategies get every event, in order`, async () => {
  const data = mkdtempSync(join(tmpdir(), 'outcry-handlers-'))
  const strategies = Array.from({ length: STRATEGIES }, (_, i) => ({
    id: `s-${i}`,
    type: 'emaCross',
    symbol: 'BTCUSDT',
    interval: '1s',
    fast: 2,
    slow: 3 + (i % 5),
    orderQty: '0.001',
  }))
  const market = { source: 'sim', seed: 6, startAt: 1_700_000_000_000, durationMs: 12_000, speed: 'max' }
  const runner = await startRunner(
    loadConfig({ flags: { data, market, strategies, server: { enabled: false } } }),
    silentLogger,
  )
  const { supervisor } = runner
  const heard = Array.from({ length: HANDLERS }, (): string[] => [])
  for (const [i, list] of heard.entries()) {
    const note = ({ eventId }: { eventId: string }) => void list.push(eventId)
    // Some answer at once, some later, and every fourth is durable.
    const later = async (envelope: { eventId: string }) => {
      await new Promise(setImmediate)
      note(envelope)
    }
    const options = i % 4 === 0 ? { since: 0, name: `handler-${i}` } : { since: 0 }
    await supervisor.subscribe('events.>', i % 3 === 0 ? later : note, options)
  }
  await runner.ended
  const expected: string[] = []
  for await (const { eventId } of supervisor.history({})) expected.push(eventId)
  expect(expected.length).toBeGreaterThan(STRATEGIES * 10)
  await eventually(() => expect(heard.map((list) => list.length)).toEqual(heard.map(() => expected.length)))
  for (const list of heard) expect(list).toEqual(expected)
  await runner.stop('test', 'test')
  rmSync(data, { recursive: true })
})
