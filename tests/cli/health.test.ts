/** Tests `outcry health`, of a program that serves its actors. state.test.ts asks a run for it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { createSupervisor, openLevelStore, serve } from '../../src/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { health } from '../../tools/cli/command-health.ts'
import { linesOf } from './said.ts'
import { machines } from './till.ts'

const START = Date.parse('2026-01-31T09:00:00Z')
const data = mkdtempSync(join(tmpdir(), 'outcry-health-'))
afterAll(() => rmSync(data, { recursive: true, force: true }))

it('shows the figures of a running program, and says when none runs', async () => {
  const store = await openLevelStore(data)
  const supervisor = await createSupervisor({
    store,
    machines,
    clock: new EventClock(START),
    logger: silentLogger,
  })
  const server = await serve(supervisor, { port: 0, data, logger: silentLogger })
  let code: number | undefined
  const told = (json = false) =>
    linesOf(async () => {
      code = await health({ data, json })
      return code
    })
  try {
    await supervisor.spawn('till', 'a', undefined, { at: START })
    await supervisor.sendAll(
      Array.from({ length: 38 }, (_, n) => ({
        to: 'till/a',
        event: { type: 'ORDER', id: 'x', qty: n },
        at: START + 60_000,
      })),
    )
    const ms = '\\d+\\.\\d ms'
    expect(await told()).toEqual([
      `         ${server.url}`,
      'status   ok',
      'log      seq 40 at 2026-01-31 09:01:00.000, start 1, not verified since this start',
      'records  4 a second',
      expect.stringMatching(
        `^commits  \\d+ in the last minute: half within ${ms}, 99 of 100 within ${ms}, the longest ${ms}$`,
      ),
      'feed     no clients',
      'actors   2 in memory',
      'intents  0 without an outcome',
    ])
    expect(code).toBe(0)
    expect(JSON.parse((await told(true)).join(''))).toMatchObject({
      status: 'ok',
      seq: 40,
      perSecond: 3.8,
      feed: { clients: 0 },
      source: server.url,
    })
  } finally {
    await server.close()
    await supervisor.stop()
  }
  await expect(health({ data })).rejects.toMatchObject({ code: 'RUNNER_NONE' })
})
