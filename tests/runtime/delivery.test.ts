/**
 * Tests who gets which message within a turn: actors that are created, and children that are started, replaced and
 * stopped at work.
 */
import { describe, expect, it } from 'vitest'
import { assign, enqueueActions, sendParent, sendTo, setup, spawnChild, stopChild } from 'xstate'
import { Harness } from './harness.ts'

type Any = { type: string; [key: string]: unknown }

/** Keeps the events that it takes. */
const listener = setup({ types: {} as { context: { heard: string[] }; events: Any } }).createMachine({
  context: { heard: [] },
  on: { '*': { actions: assign({ heard: ({ context, event }) => [...context.heard, event.type] }) } },
})
const heardBy = (harness: Harness, address: string) => (harness.context(address) as { heard: string[] }).heard

describe('an actor that a message can create', () => {
  const kinds = {
    order: {
      machine: listener,
      activate: (event: { type: string }) => (event.type === 'SUBMIT' ? { from: event.type } : undefined),
    },
    plain: listener,
  }
  const open = async () => {
    const harness = new Harness()
    await harness.open({ machines: kinds })
    return harness
  }

  it('exists from then on, with its input; another message does not create it', async () => {
    const harness = await open()
    await expect(harness.supervisor.send('order/o', { type: 'CANCEL' })).rejects.toMatchObject({
      code: 'ACTOR_UNKNOWN',
    })
    await harness.supervisor.send('order/o', { type: 'SUBMIT' })
    await harness.supervisor.send('order/o', { type: 'CANCEL' })
    const records = (await harness.records()).filter(({ actor }) => actor === 'order/o')
    expect(records.map(({ event }) => event.type)).toEqual(['xstate.init', 'SUBMIT', 'CANCEL'])
    expect(records[0]).toMatchObject({ event: { input: { from: 'SUBMIT' } }, cause: null })
    // Both records are of the turn of the message.
    expect(records[1]?.turn).toBe(records[0]?.turn)
  })

  it('is a top actor: a message creates no child, and no actor of other kinds', async () => {
    const harness = await open()
    for (const address of ['order/o/child', 'plain/p'])
      await expect(harness.supervisor.send(address, { type: 'SUBMIT' })).rejects.toMatchObject({
        code: 'ACTOR_UNKNOWN',
      })
  })
})

describe('a child', () => {
  const child = setup({ types: {} as { events: Any } }).createMachine({
    initial: 'on',
    states: {
      on: {
        entry: sendParent({ type: 'BORN' }),
        on: {
          DIE: 'gone',
          ASK: { actions: [sendParent({ type: 'REPLACE_ME' }), sendParent({ type: 'AFTERWARDS' })] },
          KILL: { actions: [sendParent({ type: 'STOP_ME' }), sendParent({ type: 'AFTERWARDS' })] },
        },
      },
      gone: { type: 'final' },
    },
  })
  const parent = setup({
    types: {} as { context: { heard: string[] }; events: Any },
    actors: { child },
    actions: { note: assign({ heard: ({ context, event }) => [...context.heard, event.type] }) },
  }).createMachine({
    context: { heard: [] },
    initial: 'idle',
    on: {
      TWICE: { actions: [spawnChild('child', { id: 'kid' }), spawnChild('child', { id: 'kid' })] },
      BEAR: { actions: spawnChild('child', { id: 'kid' }) },
      STOP_ME: { actions: ['note', sendTo('kid', { type: 'NEVER_MIND' }), stopChild('kid')] },
      REPLACE_ME: { actions: ['note', stopChild('kid'), spawnChild('child', { id: 'kid' })] },
      DIE_TWICE: { actions: [sendTo('kid', { type: 'DIE' }), sendTo('kid', { type: 'TOO_LATE' })] },
      BOTH: '.both',
      '*': { actions: 'note' },
    },
    states: {
      idle: {},
      both: {
        entry: [
          sendTo('a', { type: 'FOR_A' }),
          sendTo('b', { type: 'FOR_B' }),
          sendTo('a', { type: 'ALSO_FOR_A' }),
        ],
        invoke: [
          { src: 'child', id: 'a' },
          { src: 'child', id: 'b' },
        ],
      },
    },
  })
  const open = async (...events: string[]) => {
    const harness = new Harness()
    await harness.open({ machines: { parent } })
    await harness.supervisor.spawn('parent', 'p')
    for (const type of events) await harness.supervisor.send('parent/p', { type }).catch(() => {})
    return harness
  }
  const inOrder = async (harness: Harness) =>
    (await harness.records()).flatMap(({ actor, event }) =>
      actor.startsWith('parent/p') && event.type !== 'BOTH' ? [`${actor.slice(7)} ${event.type}`] : [],
    )

  it('gets after its start the messages that were sent before it, and no other actor gets them', async () => {
    const harness = await open('BOTH')
    const ofKids = (await inOrder(harness)).filter((line) => /\/[ab] /.test(line))
    expect(ofKids.filter((line) => line.includes('/a'))).toEqual([
      'p/a xstate.init',
      'p/a FOR_A',
      'p/a ALSO_FOR_A',
    ])
    expect(ofKids.filter((line) => line.includes('/b'))).toEqual(['p/b xstate.init', 'p/b FOR_B'])
  })

  it('is not started twice while it runs: that fails its parent, with the reason', async () => {
    const harness = await open('BEAR', 'TWICE')
    expect(harness.errors.join()).toContain('parent/p/kid is running already')
    expect(await harness.eventsOf('parent/p/kid')).toEqual(['xstate.init'])
  })

  it('is stopped first when it is replaced at work; its last messages come last', async () => {
    const harness = await open('BEAR')
    await harness.supervisor.send('parent/p/kid', { type: 'ASK' })
    expect(await inOrder(harness)).toEqual([
      'p xstate.init',
      'p BEAR',
      'p/kid xstate.init',
      'p BORN',
      'p/kid ASK',
      'p REPLACE_ME',
      'p/kid xstate.stop',
      'p/kid xstate.init',
      'p BORN',
      'p AFTERWARDS',
    ])
    expect(harness.value('parent/p/kid')).toBe('on')
    await harness.crash()
    await harness.open({ machines: { parent } })
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('still sends its last messages when it is stopped at work', async () => {
    const harness = await open('BEAR')
    await harness.supervisor.send('parent/p/kid', { type: 'KILL' })
    expect((await inOrder(harness)).slice(4)).toEqual([
      'p/kid KILL',
      'p STOP_ME',
      'p AFTERWARDS',
      'p/kid xstate.stop',
    ])
    expect(heardBy(harness, 'parent/p')).toEqual(['BORN', 'STOP_ME', 'AFTERWARDS'])
    expect(await harness.deadLetters()).toMatchObject([
      { to: 'parent/p/kid', event: { type: 'NEVER_MIND' }, reason: 'ended' },
    ])
  })

  it('gets nothing more once it has ended: the message is a dead letter', async () => {
    const harness = await open('BEAR', 'DIE_TWICE')
    expect(await harness.eventsOf('parent/p/kid')).toEqual(['xstate.init', 'DIE'])
    expect(await harness.deadLetters()).toMatchObject([
      { to: 'parent/p/kid', event: { type: 'TOO_LATE' }, reason: 'ended' },
    ])
  })
})

describe('an actor that ends at work', () => {
  const ender = setup({ types: {} as { events: Any } }).createMachine({
    initial: 'on',
    states: {
      on: {
        on: {
          GO: { actions: sendTo(({ system }) => system.get('echo/e'), { type: 'TWICE' }) },
          BACK: 'over',
        },
      },
      over: { type: 'final' },
    },
  })
  const echo = setup({ types: {} as { events: Any } }).createMachine({
    on: {
      TWICE: {
        actions: enqueueActions(({ enqueue }) => {
          for (const type of ['BACK', 'AGAIN'])
            enqueue(sendTo(({ system }) => system.get('ender/x'), { type }))
        }),
      },
    },
  })

  it('leaves its waiting messages as dead letters, and the first sender gets no refusal', async () => {
    const harness = new Harness()
    await harness.open({ machines: { ender, echo } })
    await harness.supervisor.spawn('ender', 'x')
    await harness.supervisor.spawn('echo', 'e')
    await harness.supervisor.send('ender/x', { type: 'GO' })
    expect(await harness.eventsOf('ender/x')).toEqual(['xstate.init', 'GO', 'BACK'])
    expect(await harness.deadLetters()).toMatchObject([
      { to: 'ender/x', event: { type: 'AGAIN' }, reason: 'ended' },
    ])
  })
})

describe('an actor that waits for its restart', () => {
  const fragile = setup({ types: {} as { context: { heard: number }; events: Any } }).createMachine({
    context: { heard: 0 },
    on: {
      FAIL: {
        actions: assign(() => {
          throw new Error('boom')
        }),
      },
      COUNT: { actions: assign({ heard: ({ context }) => context.heard + 1 }) },
    },
  })

  it('keeps a thousand messages until the restart, refuses the rest, and restarts all the same', async () => {
    const harness = new Harness()
    const supervision = { strategy: 'restart', backoffMs: 100 } as const
    const { supervisor } = {
      supervisor: await harness.open({ machines: { fragile: { machine: fragile, supervision } } }),
    }
    await supervisor.spawn('fragile', 'f')
    await supervisor.send('fragile/f', { type: 'FAIL' }).catch(() => {})
    const outcomes = await Promise.allSettled(
      Array.from({ length: 1_002 }, () => supervisor.send('fragile/f', { type: 'COUNT' })),
    )
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(2)
    expect((await harness.deadLetters()).slice(-2)).toMatchObject([
      { reason: 'stashFull' },
      { reason: 'stashFull' },
    ])
    harness.clock.advanceTo(60_000)
    await supervisor.idle()
    expect(harness.context('fragile/f')).toEqual({ heard: 1_000 })
    expect((await supervisor.verify()).problems).toEqual([])
  })
})
