import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { Harness } from './harness.ts'

const v1 = setup({ types: {} as { context: { n: number } } }).createMachine({
  id: 'tally',
  version: '1',
  context: { n: 0 },
  initial: 'on',
  states: { on: { on: { INC: { actions: assign({ n: ({ context }) => context.n + 1 }) } } } },
})

const v2 = setup({
  types: {} as { context: { total: string }; events: { type: 'ADD'; by: number } },
}).createMachine({
  id: 'tally',
  version: '2',
  context: { total: '0' },
  initial: 'counting',
  states: {
    counting: {
      on: {
        ADD: { actions: assign({ total: ({ context, event }) => String(Number(context.total) + event.by) }) },
      },
    },
  },
})

const upgrade = {
  from: '1',
  to: '2',
  migrate: ({ context }: { context: unknown }) => ({
    value: 'counting',
    context: { total: String((context as { n: number }).n) },
  }),
  upcast: (event: { type: string }) => (event.type === 'INC' ? { ...event, type: 'ADD', by: 1 } : event),
}

async function lived(): Promise<Harness> {
  const harness = new Harness()
  await harness.open({ machines: { tally: v1 } })
  await harness.supervisor.spawn('tally', 't')
  for (let i = 0; i < 3; i++) await harness.supervisor.send('tally/t', { type: 'INC' })
  return harness
}

describe('a new version of a machine', () => {
  it('is refused by name when no upgrade leads to it', async () => {
    const harness = await lived()
    await harness.supervisor.stop()
    await harness.open({ machines: { tally: v2 } })
    await expect(harness.supervisor.send('tally/t', { type: 'ADD', by: 1 })).rejects.toMatchObject({
      message: expect.stringContaining('tally@1'),
    })
  })

  it('migrates the states, on record, and replays with the machine before it', async () => {
    const harness = await lived()
    await harness.supervisor.stop()
    await harness.open({ machines: { tally: { machine: v2, upgrades: [upgrade], previous: [v1] } } })
    await harness.supervisor.send('tally/t', { type: 'ADD', by: 4 })
    expect(harness.context('tally/t')).toEqual({ total: '7' })
    const records = (await harness.records()).filter((r) => r.actor === 'tally/t').slice(-2)
    expect(records).toMatchObject([
      { event: { type: 'outcry.migrated', from: '1', to: '2' }, machine: 'tally@2', to: 'counting' },
      { event: { type: 'ADD' }, machine: 'tally@2' },
    ])
    expect((await harness.supervisor.verify()).problems).toEqual([])
    expect(await harness.supervisor.stateAt('tally/t', { rev: 3 })).toMatchObject({
      machine: 'tally@1',
      context: { n: 2 },
    })
  })

  it('takes the events that a crash left behind the last snapshot, upcast', async () => {
    const harness = await lived()
    await harness.supervisor.stop()
    await harness.open({ machines: { tally: v1 } })
    await harness.supervisor.send('tally/t', { type: 'INC' })
    await harness.crash()
    await harness.open({ machines: { tally: { machine: v2, upgrades: [upgrade] } } })
    expect(harness.context('tally/t')).toEqual({ total: '4' })
  })
})
