import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-retention-'))
afterAll(() => rmSync(root, { recursive: true }))

const counter = setup({ types: {} as { context: { count: number } } }).createMachine({
  context: { count: 0 },
  on: { COUNT: { actions: assign({ count: ({ context }) => context.count + 1 }) } },
})

async function open(name: string, retention: { liveRecords?: number; liveMs?: number }): Promise<Supervisor> {
  return createSupervisor({
    store: await openLevelStore(join(root, name)),
    machines: { counter },
    clock: new EventClock(0),
    checkpointEvery: 5_000,
    retention,
  })
}

/** Appends one record for each millisecond. */
async function count(supervisor: Supervisor, to: number): Promise<void> {
  while (supervisor.seq < to) {
    for (let i = 0; i < 1_000; i++) {
      supervisor.tell(`counter/${i % 10}` as Address, { type: 'COUNT', at: supervisor.seq + i })
    }
    await supervisor.idle()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('a log that is kept short', () => {
  it.each([
    ['by records', { liveRecords: 10_000 }],
    ['by time', { liveMs: 10_000 }],
  ])(
    'goes to its archive %s, where everything is found as before',
    async (name, retention) => {
      const supervisor = await open(name, retention)
      for (let i = 0; i < 10; i++) await supervisor.spawn('counter', String(i), undefined, { at: 0 })
      await count(supervisor, 70_000)
      await supervisor.stop()
      const files = readdirSync(join(root, name, 'archive'))
      expect(files.length).toBeGreaterThan(1)

      const store = await openLevelStore(join(root, name))
      expect(store.hotFrom).toBeGreaterThan(20_000)
      expect(store.hotFrom).toBeLessThan(store.head.seq - 9_000)
      await store.close()

      const again = await open(name, retention)
      expect(await again.verify()).toMatchObject({ records: again.seq, problems: [] })
      expect((await again.stateAt('counter/3', { rev: 500 }))?.context).toEqual({ count: 499 })
      let rev = 0
      for await (const record of again.history('counter/3')) expect(record.rev).toBe(++rev)
      expect(rev).toBeGreaterThan(6_000)
      await again.send('counter/3', { type: 'COUNT', at: 1e6 })
      expect(again.getSnapshot('counter/3')?.context).toEqual({ count: rev })
      await again.stop()
    },
    60_000,
  )

  it('keeps everything by default', async () => {
    const supervisor = await open('all', {})
    await supervisor.spawn('counter', '0', undefined, { at: 0 })
    await count(supervisor, 60_000)
    await supervisor.stop()
    expect(readdirSync(join(root, 'all'))).not.toContain('archive')
  }, 60_000)
})
