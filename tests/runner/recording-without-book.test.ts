/** Strategies of a recording that has no book trade by its trades; one whose book broke enters nothing any more. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { startRunner } from '../../src/runner/assemble.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { capture } from '../data/data.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-no-book-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const lines = gunzipSync(readFileSync(capture('binance-spot-btcusdt')))
  .toString()
  .split('\n')
  .slice(0, 3_000)
const isSnapshot = (line: string) => line.includes('lastUpdateId')
const isDepth = (line: string) => line.includes('@depth')

/** How many entries a run on these lines submits, and what it hears of its connection. */
async function run(name: string, kept: readonly string[]) {
  const file = join(folder, `binance-spot-${name}.ws`)
  writeFileSync(file, `${kept.join('\n')}\n`)
  const config = runnerConfig.parse({
    data: join(folder, name),
    market: { source: 'recording', files: [file] },
    strategies: [
      { id: 't', type: 'emaCross', symbol: 'BTCUSDT', interval: '1s', orderQty: '0.01', fast: 3, slow: 9 },
    ],
    server: { enabled: false },
  })
  const runner = await startRunner(config, silentLogger)
  await runner.ended
  const statuses: unknown[] = []
  let entries = 0
  for await (const { emitted = [] } of runner.supervisor.read())
    for (const event of emitted) {
      if (event.type === 'CONNECTION_CHANGED') statuses.push(event.status)
      if (event.type === 'ENTRY_SIGNAL') entries++
    }
  await runner.stop('enough', 'test')
  return { statuses, entries }
}

describe('a recording', () => {
  it('without a depth snapshot trades as one with it', async () => {
    expect(lines.filter(isSnapshot)).toHaveLength(1)
    const whole = await run('whole', lines)
    const without = await run(
      'without',
      lines.filter((line) => !isSnapshot(line)),
    )
    expect(whole.entries).toBeGreaterThan(1)
    expect(without).toEqual({ statuses: ['connected'], entries: whole.entries })
  })

  it('without depth trades, too', async () => {
    const without = await run(
      'trades',
      lines.filter((line) => !isSnapshot(line) && !isDepth(line)),
    )
    expect(without.statuses).toEqual(['connected'])
    expect(without.entries).toBeGreaterThan(1)
  })

  it('whose book breaks enters nothing from then on', async () => {
    const updates = lines.flatMap((line, i) => (isDepth(line) ? [i] : []))
    const early = updates[10] as number
    const broken = await run('broken', lines.toSpliced(early, 1))
    expect(broken).toEqual({ statuses: ['connected', 'resyncing'], entries: 0 })
  })
})
