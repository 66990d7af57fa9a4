/** Tests the content of a record to the last field. */
import { describe, expect, it } from 'vitest'
import { cancel, emit, sendTo, setup } from 'xstate'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { Harness } from './harness.ts'

type Events = { type: 'GO' | 'ASK' | 'WAIT' | 'LATER' | 'BACK' | 'BEAR' | 'END' | 'NOTHING' }

const child = setup({ types: {} as { events: { type: 'OUT' } } }).createMachine({
  id: 'child',
  initial: 'in',
  states: { in: { on: { OUT: 'out' } }, out: { type: 'final' } },
})

const machine = setup({
  types: {} as { events: Events },
  actors: { child },
}).createMachine({
  id: 'all',
  version: '7',
  initial: 'on',
  states: {
    on: {
      on: {
        GO: {
          actions: [emit({ type: 'GONE' }), sendTo(({ system }) => system.get('other/o'), { type: 'GO' })],
        },
        ASK: { actions: sendTo(({ system }) => system.get('port/out'), { type: 'QUESTION' }) },
        WAIT: 'waiting',
        LATER: { actions: sendTo(({ self }) => self, { type: 'GO' }, { id: 'later', delay: 500 }) },
        BACK: { actions: cancel('later') },
        BEAR: 'parent',
        END: 'over',
      },
    },
    waiting: { after: { 1000: 'on' } },
    parent: { invoke: { src: 'child', id: 'kid', systemId: 'the-kid', onDone: 'on' } },
    over: { type: 'final' },
  },
})
const other = setup({}).createMachine({ id: 'other', on: { GO: {} } })

async function open() {
  const harness = new Harness()
  const port = { deliver: () => {}, recover: () => {} }
  await harness.open({
    machines: { all: machine, other },
    ports: { out: port },
  })
  await harness.supervisor.spawn('other', 'o')
  await harness.supervisor.spawn('all', 'a')
  return harness
}

/** Returns the records to which a message leads. */
async function recordsOf(harness: Harness, work: () => unknown): Promise<TransitionRecord[]> {
  const before = (await harness.records()).length
  await work()
  return (await harness.records()).slice(before)
}

/** Returns the fields that every record has. Correlation and turn follow from its place in this log. */
const base = (seq: number, turn: number, more: object, correlatedTo = seq) => ({
  seq,
  at: 1_000,
  cause: null,
  correlation: `c-${correlatedTo}`,
  turn,
  ...more,
})
const ofA = { actor: 'all/a', machine: 'all@7' }

describe('a record', () => {
  it('of a spawn has no cause', async () => {
    const harness = await open()
    expect((await harness.records()).at(-1)).toStrictEqual(
      base(3, 3, { ...ofA, rev: 1, event: { type: 'xstate.init' }, from: null, to: 'on' }),
    )
  })

  it('of a message has the emitted and sent events, and the next record has it as its cause', async () => {
    const harness = await open()
    const records = await recordsOf(harness, () => harness.supervisor.send('all/a', { type: 'GO' }))
    const event = { type: 'GO', at: 1_000 }
    expect(records).toStrictEqual([
      base(4, 4, {
        ...ofA,
        rev: 2,
        event,
        from: 'on',
        to: 'on',
        emitted: [{ type: 'GONE' }],
        sent: ['other/o'],
      }),
      {
        ...base(5, 4, { actor: 'other/o', machine: 'other@1', rev: 2, from: {}, to: {} }, 4),
        cause: 4,
        event: { type: 'GO' },
        unhandled: true,
      },
    ])
  })

  it('has an intent for each message to a port, each with its own id', async () => {
    const harness = await open()
    const options = { key: 'k', completes: 'i-0', origin: { source: 's', position: 9 } }
    const send = () => harness.supervisor.send('all/a', { type: 'ASK' }, options)
    const question = { id: 'all/a/QUESTION:1', port: 'out', actor: 'all/a', event: { type: 'QUESTION' } }
    expect(await recordsOf(harness, send)).toStrictEqual([
      base(4, 4, {
        ...ofA,
        rev: 2,
        event: { type: 'ASK', at: 1_000 },
        from: 'on',
        to: 'on',
        sent: ['port/out'],
        intents: [{ ...question, at: 1_000, seq: 4, correlation: 'c-4' }],
        ...options,
      }),
    ])
  })

  it('has the timers that were set, that were canceled, and the one that was due', async () => {
    const harness = await open()
    const { supervisor } = harness
    const [later] = await recordsOf(harness, () => supervisor.send('all/a', { type: 'LATER' }))
    expect(later).toMatchObject({ scheduled: [{ id: 'later', dueAt: 1_500, target: 'all/a' }] })
    expect(Object.keys(later as object)).not.toContain('sent')
    const [back] = await recordsOf(harness, () => supervisor.send('all/a', { type: 'BACK' }))
    expect(back).toStrictEqual(
      base(5, 5, {
        ...ofA,
        rev: 3,
        event: { type: 'BACK', at: 1_000 },
        from: 'on',
        to: 'on',
        canceled: ['later'],
      }),
    )
    const [wait] = await recordsOf(harness, () => supervisor.send('all/a', { type: 'WAIT' }))
    const [timer] = wait?.scheduled ?? []
    expect(wait).toStrictEqual(
      base(6, 6, {
        ...ofA,
        rev: 4,
        event: { type: 'WAIT', at: 1_000 },
        from: 'on',
        to: 'waiting',
        scheduled: [timer],
      }),
    )
    const due = await recordsOf(harness, () => harness.clock.advanceTo(2_000))
    expect(due).toStrictEqual([
      {
        ...base(7, 7, { ...ofA, rev: 5, from: 'waiting', to: 'on', timer: timer?.id }, 6),
        at: 2_000,
        cause: 6,
        event: { ...timer?.event, at: 2_000 },
      },
    ])
  })

  it('of a timer for another actor is two records: the timer was due, and the message was taken', async () => {
    const teller = setup({}).createMachine({
      id: 'teller',
      on: {
        TELL: {
          actions: sendTo(({ system }) => system.get('other/o'), { type: 'GO' }, { delay: 10, id: 't' }),
        },
      },
    })
    const harness = new Harness()
    await harness.open({ machines: { teller, other } })
    await harness.supervisor.spawn('other', 'o')
    await harness.supervisor.spawn('teller', 't')
    await harness.supervisor.send('teller/t', { type: 'TELL' })
    const due = await recordsOf(harness, () => harness.clock.advanceTo(1_010))
    const common = { at: 1_010, correlation: 'c-4', turn: 5 }
    expect(due).toStrictEqual([
      {
        ...common,
        seq: 5,
        rev: 3,
        actor: 'teller/t',
        machine: 'teller@1',
        event: { type: 'outcry.timer', at: 1_010 },
        from: {},
        to: {},
        cause: 4,
        timer: 't',
      },
      {
        ...common,
        seq: 6,
        rev: 2,
        actor: 'other/o',
        machine: 'other@1',
        event: { type: 'GO', at: 1_010 },
        from: {},
        to: {},
        cause: 5,
        unhandled: true,
      },
    ])
  })

  it('of a child names its parent; of an end says so', async () => {
    const harness = await open()
    const { supervisor } = harness
    const [parent, born] = await recordsOf(harness, () => supervisor.send('all/a', { type: 'BEAR' }))
    expect(Object.keys(parent as object)).not.toContain('child')
    expect(born).toStrictEqual({
      ...base(5, 4, { actor: 'all/a/kid', machine: 'all@7', rev: 1, from: null, to: 'in' }, 4),
      cause: 4,
      event: { type: 'xstate.init' },
      child: { path: ['child'], systemId: 'the-kid' },
    })
    const [out, done] = await recordsOf(harness, () => supervisor.send('all/a/kid', { type: 'OUT' }))
    expect(out).toStrictEqual(
      base(6, 5, {
        actor: 'all/a/kid',
        machine: 'all@7',
        rev: 2,
        event: { type: 'OUT', at: 1_000 },
        from: 'in',
        to: 'out',
        status: 'done',
      }),
    )
    expect(done).toMatchObject({
      event: { type: 'xstate.done.actor.kid' },
      cause: 6,
      from: 'parent',
      to: 'on',
    })
    const [end] = await recordsOf(harness, () => supervisor.send('all/a', { type: 'END' }))
    expect(end).toMatchObject({ to: 'over', status: 'done' })
  })

  it('of an unknown event says so, and only then', async () => {
    const harness = await open()
    const [nothing] = await recordsOf(harness, () => harness.supervisor.send('all/a', { type: 'NOTHING' }))
    expect(nothing).toStrictEqual(
      base(4, 4, {
        ...ofA,
        rev: 2,
        event: { type: 'NOTHING', at: 1_000 },
        from: 'on',
        to: 'on',
        unhandled: true,
      }),
    )
  })
})
