/**
 * A log whose beginning is deleted: lamps, of which `lamp/a` has records on both sides of the cut, `lamp/quiet` only deleted
 * ones, and `lamp/dim` one behind it that a deleted record has caused.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { emit, setup } from 'xstate'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { eventually } from './harness.ts'

const lamp = setup({}).createMachine({
  initial: 'off',
  states: {
    off: { on: { PRESS: { target: 'on', actions: emit({ type: 'LIT' }) } } },
    on: { on: { PRESS: 'off' }, after: { 1000: { target: 'off', actions: emit({ type: 'DIMMED' }) } } },
  },
})

export const machines = { lamp }

/** Last seq of the deleted part at most. */
const DELETED_TO = 23

export interface CutLamps {
  readonly supervisor: Supervisor
  /** First seq that the log has. */
  readonly first: number
  /** seq of the last record of `lamp/dim`. */
  readonly dimmed: number
}

/** Makes the log in a new folder. The supervisor runs. */
export async function cutLamps(folder: string): Promise<CutLamps> {
  const before = await open(folder, {})
  for (const id of ['a', 'dim', 'quiet']) await before.supervisor.spawn('lamp', id, undefined, { at: 1 })
  await before.supervisor.send('lamp/dim', { type: 'PRESS', at: 2 })
  for (let i = 0; i < 40; i++) await before.supervisor.send('lamp/a', { type: 'PRESS', at: 10 * i + 10 })
  await before.supervisor.stop()
  const store = await openLevelStore(folder)
  await store.archive(DELETED_TO)
  await store.close()
  const { supervisor, clock } = await open(folder, {
    checkpointEvery: 1,
    retention: { liveRecords: 1e9, deleteAfterMs: 1 },
  })
  const files = () => readdirSync(join(folder, 'archive')).filter((name) => name.endsWith('.gz'))
  await eventually(() => {
    if (supervisor.firstSeq === 1 || files().length > 0) throw new Error('nothing is deleted yet')
  })
  clock.advanceTo(5_000)
  await supervisor.idle()
  let dimmed = 0
  for await (const { seq } of supervisor.history('lamp/dim', { reverse: true, limit: 1 })) dimmed = seq
  return { supervisor, first: supervisor.firstSeq, dimmed }
}

async function open(folder: string, options: object) {
  const clock = new EventClock(0)
  const store = await openLevelStore(folder)
  return {
    clock,
    supervisor: await createSupervisor({ store, machines, clock, logger: silentLogger, ...options }),
  }
}
