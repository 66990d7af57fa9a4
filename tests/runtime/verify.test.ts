/** Tests logs whose records are whole but differ from what the machines would do. */
import { describe, expect, it } from 'vitest'
import { assign, emit, sendTo, setup } from 'xstate'
import { Registry } from '../../src/runtime/actors/registry.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { verifyLog } from '../../src/runtime/state/verify.ts'
import { newMemory, type SnapshotEntry } from '../../store/index.ts'

const lamp = setup({
  types: {} as {
    context: { times: number }
    events: { type: 'PRESS'; at: number }
    emitted: { type: 'LIT' }
  },
}).createMachine({
  context: { times: 0 },
  initial: 'off',
  states: {
    off: {
      on: {
        PRESS: {
          target: 'on',
          actions: [
            assign({ times: ({ context }) => context.times + 1 }),
            emit({ type: 'LIT' }),
            sendTo(({ system }) => system.get('lamp/other'), { type: 'PRESS' }),
          ],
        },
      },
    },
    on: { after: { 1000: 'off' }, on: { PRESS: 'off' } },
  },
})
const machines = { lamp }

/** Writes a log of two lamps, changes it, and writes it again. */
async function rewritten(change: (records: TransitionRecord[], snapshots: SnapshotEntry[]) => void) {
  const memory = newMemory()
  const supervisor = await createSupervisor({ store: await openMemoryStore(memory), machines })
  for (const id of ['main', 'other']) await supervisor.spawn('lamp', id, undefined, { at: 1 })
  for (let at = 2; at < 8; at++) await supervisor.send('lamp/main', { type: 'PRESS', at })
  await supervisor.stop()
  const original = await openMemoryStore(memory)
  const records: TransitionRecord[] = []
  for await (const record of original.read()) records.push(structuredClone(record))
  const snapshots = ['lamp/main', 'lamp/other'].map((actor) => structuredClone(original.snapshot(actor)!))
  change(records, snapshots)
  const store = await openMemoryStore()
  await store.append({ records, snapshots })
  return store
}

const problemsOf = async (change: Parameters<typeof rewritten>[0]) =>
  (await verifyLog(await rewritten(change), new Registry(machines))).problems

const pressOf = (records: readonly TransitionRecord[], n: number) =>
  records.filter(({ actor, event }) => actor === 'lamp/main' && event.type === 'PRESS')[n] as {
    -readonly [K in keyof TransitionRecord]: TransitionRecord[K]
  }

describe('a replay', () => {
  it('finds nothing in an unchanged log', async () => {
    expect(await problemsOf(() => {})).toEqual([])
  })

  it.each<[string, Parameters<typeof rewritten>[0], string, string]>([
    ['a state', (r) => (pressOf(r, 1).to = 'on'), 'REPLAY_DIVERGED', 'the log says "on"'],
    [
      'what was emitted',
      (r) => (pressOf(r, 0).emitted = [{ type: 'DARK' }]),
      'REPLAY_DIVERGED',
      'emits other',
    ],
    [
      'whom it was sent to',
      (r) => (pressOf(r, 0).sent = ['lamp/nobody']),
      'REPLAY_DIVERGED',
      'sends to others',
    ],
    ['a timer', (r) => delete pressOf(r, 0).scheduled, 'REPLAY_DIVERGED', 'sets other timers'],
    ['a rev', (r) => (pressOf(r, 2).rev = 9), 'LOG_GAP', 'rev 9'],
    ['a machine', (r) => (pressOf(r, 0).machine = 'lamp@77'), 'MACHINE_VERSION_UNKNOWN', '77'],
    ['a kind', (r) => (pressOf(r, 0).actor = 'door/main'), 'LOG_GAP', 'door/main'],
    [
      'a snapshot',
      (_, [main]) =>
        ((main!.state as { snapshot: { context: { times: number } } }).snapshot.context.times = 70),
      'STATE_DIFFERS',
      'the snapshot of lamp/main',
    ],
    ['a wake', (_, s) => Object.assign(s[1]!, { wake: { at: 5 } }), 'STATE_DIFFERS', 'lamp/other'],
  ])('names %s that the log does not lead to', async (_, change, code, message) => {
    const problems = await problemsOf(change)
    expect(problems[0]).toMatchObject({ code, message: expect.stringContaining(message) })
  })

  it('goes on with the other actors, and stops at an endless loop', async () => {
    const problems = await problemsOf((records) => {
      pressOf(records, 0).to = 'on-and-on'
      for (const record of records)
        if (record.actor === 'lamp/other') Object.assign(record, { emitted: [{ type: 'X' }] })
    })
    expect(problems.filter(({ actor }) => actor === 'lamp/main')).toHaveLength(1)
    expect(problems.filter(({ actor }) => actor === 'lamp/other').length).toBeGreaterThan(2)
  })
})
