/** News of a file goes by the times in it, in every run of its market, however fast. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startRunner } from '../../src/runner/assemble.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { differenceOfLogs } from '../equal-logs.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-news-times-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const STARTS_AT = 1_700_000_000_000

const fileOf = (name: string, items: readonly (readonly [id: string, afterMs?: number])[]) => {
  const file = join(folder, `${name}.jsonl`)
  const lines = items.map(([id, ms]) =>
    JSON.stringify({ id, title: `BTC ${id}`, ...(ms !== undefined && { publishedAt: STARTS_AT + ms }) }),
  )
  writeFileSync(file, `${lines.join('\n')}\n`)
  return { type: 'jsonl', file, name }
}

async function run(data: string, sources: readonly object[], speed: number | 'max' = 'max') {
  const config = runnerConfig.parse({
    data: join(folder, data),
    market: { source: 'sim', startAt: STARTS_AT, durationMs: 10_000, ratePerSecond: 5, speed },
    news: { sources },
    server: { enabled: false },
  })
  const runner = await startRunner(config, silentLogger)
  await runner.ended
  const records: TransitionRecord[] = []
  for await (const record of runner.supervisor.read()) records.push(record)
  await runner.stop('enough', 'test')
  return records
}

const takenIn = (records: readonly TransitionRecord[]) =>
  records.filter(({ event }) => event.type === 'NEWS_ITEM').map(({ at, event }) => [event.id, at - STARTS_AT])

describe('news of a file in event time', () => {
  const desk = fileOf('desk', [
    ['before the run', -60_000],
    ['without a time'],
    ['first', 2_345],
    ['late', 1_000],
    ['last', 9_000],
    ['after the run', 3_600_000],
  ])
  const press = fileOf('press', [
    ['of the same time', 2_345],
    ['next', 5_000],
  ])
  const TIMES = [
    ['before the run', 0],
    ['without a time', 0],
    ['first', 2_345],
    ['late', 2_345],
    ['of the same time', 2_345],
    ['next', 5_000],
    ['last', 9_000],
  ]

  it('is taken at its time, before all that happens later on the market', async () => {
    const records = await run('times', [desk, press])
    expect(takenIn(records)).toEqual(TIMES)
    const market = records.filter(({ origin }) => origin?.source.startsWith('sim'))
    expect(market.length).toBeGreaterThan(50)
    for (const { at, seq } of records.filter(({ event }) => event.type === 'NEWS_ITEM'))
      for (const other of market) expect(other.at < at).toBe(other.seq < seq)
  })

  it('is the same at every speed', async () => {
    const fast = await run('fast', [desk, press])
    const slow = await run('slow', [desk, press], 20)
    expect(takenIn(slow)).toEqual(TIMES)
    expect(differenceOfLogs(fast, slow)).toBeUndefined()
  })

  it('holds up no run whose file is not there', async () => {
    const missing = { type: 'jsonl', file: join(folder, 'none.jsonl'), name: 'none' }
    expect(takenIn(await run('missing', [missing, press]))).toEqual([
      ['of the same time', 2_345],
      ['next', 5_000],
    ])
  })
})
