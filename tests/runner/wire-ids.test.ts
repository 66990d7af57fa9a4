/** What a runner's venue is told in place of ids, and what its log says. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPaperVenue } from '../../src/adapters/paper/paper-venue.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { differenceOfLogs } from '../equal-logs.ts'
import { goldenConfig } from './golden/config.ts'
import { recordsOf } from './golden/run.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-wire-ids-'))
const data = (storeId: string) => join(folder, storeId)

async function trade(storeId: string, name = storeId): Promise<void> {
  // News come by the clock of the machine.
  const config = {
    ...goldenConfig(data(name), 40_000),
    news: { ...goldenConfig(data(name), 1).news, sources: [] },
  }
  const runner = await startRunner({ ...config, runner: { ...config.runner, storeId } }, silentLogger)
  await runner.ended
  await runner.stop('the market has ended', 'test')
}

/** As the venue itself has them. */
async function idsAtVenue(storeId: string): Promise<string[]> {
  const options = { name: 'paper:sim', latencyMs: 0, takerFee: '0', makerFee: '0' }
  const venue = await openPaperVenue({ ...options, location: join(data(storeId), 'venue') })
  const reports = venue.reportsAfter(0)
  await venue.close()
  return reports.flatMap(({ report }) => ('clOrdId' in report ? [report.clOrdId] : []))
}

describe('two runs in two folders', () => {
  let logs: TransitionRecord[][]
  beforeAll(async () => {
    await trade('7f3a')
    await trade('zzzz')
    logs = [await recordsOf(data('7f3a')), await recordsOf(data('zzzz'))]
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('write equal logs, which have nothing of the ids at the venue', () => {
    const [one, other] = logs as [TransitionRecord[], TransitionRecord[]]
    expect(one.filter(({ event }) => event.type === 'FILL').length).toBeGreaterThan(3)
    expect(differenceOfLogs(one, other)).toBeUndefined()
    expect(JSON.stringify(one)).not.toContain('7f3a-')
  })

  it('call no order alike at their venue', async () => {
    const [one, other] = [await idsAtVenue('7f3a'), await idsAtVenue('zzzz')]
    expect(one.length).toBeGreaterThan(10)
    for (const id of one) expect(id).toMatch(/^7f3a-[1-9a-z][0-9a-z]*-[A-Za-z0-9_-]{1,26}$/)
    expect(one.filter((id) => other.includes(id))).toEqual([])
    expect(other).toEqual(one.map((id) => id.replace('7f3a', 'zzzz')))
  })

  it('keep their ids', async () => {
    const store = await openLevelStore(join(data('7f3a'), 'log'))
    await store.close()
    expect(store.shortId).toBe('7f3a')
    await expect(trade('aaaa', '7f3a')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('runner.storeId: must be 7f3a, as it is in the log in'),
    })
  })
})
