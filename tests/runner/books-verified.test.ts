/** Whoever checks a data folder checks the venue's books in it, too: closed, or with a runner at work on it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRunner } from '../../src/runner/assemble.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import type { RunningRunner } from '../../src/runner/runner.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import { outcry } from './runner-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-books-'))
const whole = join(folder, 'whole')
const damaged = join(folder, 'damaged')
const nothing = () => {}
const LOGGER = { debug: nothing, info: nothing, warn: nothing, error: nothing }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function start(data: string, durationMs: number, enabled = false): Promise<RunningRunner> {
  const symbols = [{ symbol: 'BTCUSDT', startPx: '60000.00', tickSize: '0.01', lotSize: '0.0001' }]
  const market = { source: 'sim', seed: 6, startAt: 1_700_000_000_000, durationMs, speed: 'max', symbols }
  const strategy = { type: 'emaCross', symbol: 'BTCUSDT', interval: '1s', fast: 2, slow: 4, orderQty: '0.01' }
  const strategies = [{ id: 'a', ...strategy }]
  const server = enabled ? { port: 0 } : { enabled }
  return startRunner(runnerConfig.parse({ data, market, server, strategies }), LOGGER)
}

beforeAll(async () => {
  for (const data of [whole, damaged]) {
    const runner = await start(data, 30_000)
    await runner.ended
    await runner.stop('the market has ended', 'test')
  }
  const books = new Level(join(damaged, 'venue'))
  await books.del('r!000000000002')
  await books.close()
})

const verify = (data: string) => outcry('verify', '--data', data, '--json')
const missing = { code: 'VENUE_CORRUPT', message: expect.stringContaining('report 2 is missing') }

describe("the venue's books", () => {
  it('are looked at by verify and by doctor in a closed folder', async () => {
    const verified = await verify(whole)
    const { reports, problems } = JSON.parse(verified.stdout)
    expect([verified.code, problems]).toEqual([0, []])
    expect(reports).toBeGreaterThan(10)
    const looked = await outcry('doctor', '--data', whole, '--json')
    expect([looked.code, JSON.parse(looked.stdout).books]).toEqual([0, { reports, problems: [] }])
    const told = await outcry('doctor', '--data', whole)
    expect(told.stdout).toContain(`books beside it are whole: ${reports} reports`)
  })

  it('that lack a report in the middle are told of by both', async () => {
    const verified = await verify(damaged)
    expect([verified.code, JSON.parse(verified.stdout).problems]).toEqual([
      1,
      [expect.objectContaining({ actor: 'port/sim', ...missing })],
    ])
    const looked = await outcry('doctor', '--data', damaged, '--json')
    expect([looked.code, JSON.parse(looked.stdout)]).toMatchObject([
      1,
      { damage: [], books: { problems: [missing] } },
    ])
    const told = await outcry('doctor', '--data', damaged)
    expect(told.stdout).toMatch(
      /log is whole.*\nVENUE_CORRUPT: .* Restore the whole data folder from a backup/,
    )
  })

  it.each([
    ['whole', whole, []],
    ['damaged', damaged, [expect.objectContaining({ actor: 'port/sim', ...missing })]],
  ])('that are %s are looked at by the runner that has them', async (_, data, problems) => {
    const runner = await start(data, 40_000, true)
    try {
      const verified = await verify(data)
      const found = JSON.parse(verified.stdout)
      expect([verified.code, found.problems]).toEqual([problems.length, problems])
      expect(found.live).toBeGreaterThan(0)
      if (problems.length === 0) expect(found.reports).toBeGreaterThan(10)
    } finally {
      await runner.stop('test', 'test')
    }
  })

  it('that the runner does not look at, as one of an earlier version, are said not to be', async () => {
    const found = { commits: 1, records: 1, actors: 1, snapshots: 0, live: 1, problems: [] }
    const server = createServer((_, response) => response.end(JSON.stringify(found))).listen(0, '127.0.0.1')
    const store = await openLevelStore(join(whole, 'log'))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    writeFileSync(join(whole, 'runner.json'), JSON.stringify({ pid: process.pid, url }))
    try {
      const { code, stdout } = await outcry('verify', '--data', whole)
      expect([code, stdout]).toEqual([
        0,
        expect.stringMatching(/books were not checked: .* Stop it, then run/),
      ])
    } finally {
      await store.close()
      server.close()
    }
  })
})
