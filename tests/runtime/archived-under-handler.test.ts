/** Tests that a handler that is far behind gets events that have gone to the archive meanwhile. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { bells } from './bells.ts'
import { eventually } from './harness.ts'

const RINGS = 46_000

it('a log that is archived under a slow handler is read on in the archive', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'outcry-archived-'))
  const store = await openLevelStore(join(folder, 'log'))
  const supervisor = await createSupervisor({
    store,
    machines: bells,
    clock: new EventClock(0),
    checkpointEvery: 5_000,
    retention: { liveRecords: 1_000 },
  })
  await supervisor.spawn('bell', 'a')
  let begin = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  let next = 0
  let wrong = 0
  await supervisor.subscribe(
    'events.rang.>',
    async ({ event }) => {
      if (next === 0) await begun
      if (event.n !== next++) wrong++
    },
    { name: 'slow' },
  )
  for (let n = 0; n < RINGS; n++) {
    supervisor.tell('bell/a' as Address, { type: 'RING', n })
    const room = n % 100 === 0 ? supervisor.room() : undefined
    if (room !== undefined) await room
  }
  await supervisor.idle()
  await eventually(() => expect(store.hotFrom).toBeGreaterThan(15_000))
  begin()
  await eventually(() => expect(next).toBe(RINGS))
  expect(wrong).toBe(0)
  // Events are found by their type there as well.
  const { hotFrom } = store
  const old = supervisor.history({ type: 'ECHO', toSeq: hotFrom - 1, reverse: true, limit: 3 })
  const seqs: number[] = []
  for await (const { seq } of old) seqs.push(seq)
  expect(seqs).toEqual([hotFrom - 1, hotFrom - 2, hotFrom - 3])
  await supervisor.stop()
  rmSync(folder, { recursive: true })
})
