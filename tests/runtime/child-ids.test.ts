/**
 * Tests that a child may have any id that XState gives it: its address is made of it and leads back to it, live and
 * restored.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assign, createMachine, sendParent, sendTo, setup, spawnChild, stopChild } from 'xstate'
import { childOf, idOfChild, parentOf, parseAddress } from '../../src/runtime/record/address.ts'
import { SEED } from '../seeded.ts'
import { Harness } from './harness.ts'

describe('the address of a child', () => {
  it.each([
    ['left', 'm/x/left'],
    ['0.order.a~b:c@+#=()-_', 'm/x/0.order.a~b:c@+#=()-_'],
    ['BTC/USDT', 'm/x/BTC%2FUSDT'],
    ['0.New machine.Loading data', 'm/x/0.New%20machine.Loading%20data'],
    ['100%', 'm/x/100%25'],
    ['%2F', 'm/x/%252F'],
    ['Größe 😀', 'm/x/Gr%C3%B6%C3%9Fe%20%F0%9F%98%80'],
    ['__proto__', 'm/x/__proto__'],
    ['\u0000\n', 'm/x/%00%0A'],
  ])('of %j is %s', (id, address) => {
    expect(childOf('m/x', id)).toBe(address)
    expect(idOfChild(parseAddress(address))).toBe(id)
  })

  it(`is different for each id, and leads back to the id and the parent (seed ${SEED})`, () => {
    const ids = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        const address = childOf('m/x', a)
        expect(parseAddress(address)).toBe(address)
        expect([parentOf(address), idOfChild(address)]).toEqual(['m/x', a])
        expect(address === childOf('m/x', b)).toBe(a === b)
      }),
      { seed: SEED },
    )
  })

  it.each(['', '\ud800', 'a'.repeat(600)])('is refused when an id has none: %j', async (id) => {
    const child = createMachine({})
    const parent = setup({ actors: { child } }).createMachine({
      on: { ADD: { actions: spawnChild('child', { id }) } },
    })
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { parent } })
    await supervisor.spawn('parent', 'p')
    await expect(supervisor.send('parent/p', { type: 'ADD' })).rejects.toMatchObject({
      code: 'ACTOR_FAILED',
      cause: { code: 'ADDRESS_INVALID' },
    })
    await supervisor.spawn('parent', 'q')
  })
})

describe('a child whose id is a property of every object', () => {
  const child = setup({ types: {} as { context: { n: number } } }).createMachine({
    context: { n: 0 },
    on: { HI: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
  })

  it.each(['__proto__', 'constructor', 'toString'])('is there after a stop and a crash: %s', async (id) => {
    const parent = setup({ actors: { child } }).createMachine({
      on: {
        ADD: { actions: spawnChild('child', { id }) },
        HI: { actions: sendTo(id, { type: 'HI' }) },
        END: { actions: stopChild(id) },
      },
    })
    const harness = new Harness()
    await harness.open({ machines: { parent } })
    await harness.supervisor.spawn('parent', 'p')
    await harness.supervisor.send('parent/p', { type: 'ADD' })
    for (const leave of [() => harness.supervisor.stop(), () => harness.crash()]) {
      await leave()
      const supervisor = await harness.open({ machines: { parent } })
      await supervisor.send('parent/p', { type: 'HI' })
      expect((await supervisor.verify()).problems).toEqual([])
    }
    expect(harness.context(`parent/p/${id}`)).toEqual({ n: 2 })
    await harness.supervisor.send('parent/p', { type: 'END' })
    expect((await harness.supervisor.view(`parent/p/${id}`))?.status).toBe('stopped')
  })
})

describe('a child whose id cannot be part of an address', () => {
  const child = setup({ types: {} as { context: { n: number } } }).createMachine({
    context: { n: 0 },
    initial: 'on',
    states: {
      on: {
        on: {
          TICK: {
            actions: [assign({ n: ({ context }) => context.n + 1 }), sendParent({ type: 'TICKED', id: '' })],
          },
          END: 'over',
        },
      },
      over: { type: 'final' },
    },
  })
  const parent = setup({
    types: {} as {
      context: { ticked: number; ended: string[] }
      events: { type: string; id: string }
    },
    actors: { child },
  }).createMachine({
    context: { ticked: 0, ended: [] },
    on: {
      ADD: { actions: spawnChild('child', { id: ({ event }) => event.id }) },
      TICK: { actions: sendTo(({ event }) => event.id, { type: 'TICK' }) },
      END: { actions: sendTo(({ event }) => event.id, { type: 'END' }) },
      STOP: { actions: stopChild(({ event }) => event.id) },
      TICKED: { actions: assign({ ticked: ({ context }) => context.ticked + 1 }) },
      'xstate.done.actor.*': {
        actions: assign({ ended: ({ context, event }) => [...context.ended, event.type] }),
      },
    },
  })
  const machines = { parent }

  it.each<[string, (harness: Harness) => Promise<unknown>]>([
    ['lived', async () => {}],
    ['over a kill', (harness) => harness.crash().then(() => harness.open({ machines }))],
    ['over a stop', (harness) => harness.supervisor.stop().then(() => harness.open({ machines }))],
  ])('finds its parent and belongs to no other actor, %s', async (_, interrupt) => {
    const harness = new Harness()
    await harness.open({ machines })
    await harness.supervisor.spawn('parent', 'p')
    const send = (type: string, id: string) => harness.supervisor.send('parent/p', { type, id })
    const ids = ['BTC/USDT', 'BTC', 'Loading data']
    for (const id of ids) await send('ADD', id)
    await interrupt(harness)
    for (const id of ids) await send('TICK', id)
    await interrupt(harness)
    await send('STOP', 'BTC')
    await harness.supervisor.send('parent/p/BTC%2FUSDT', { type: 'TICK' })
    await send('END', 'BTC/USDT')
    await interrupt(harness)
    expect(harness.context('parent/p')).toEqual({ ticked: 4, ended: ['xstate.done.actor.BTC/USDT'] })
    expect(harness.context('parent/p/Loading%20data')).toEqual({ n: 1 })
    expect(await harness.deadLetters()).toEqual([])
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })

  it('is invoked from a state with a space in its name, as Stately Studio writes them', async () => {
    const machine = setup({ actors: { child } }).createMachine({
      id: 'New machine',
      initial: 'Not yet',
      states: {
        'Not yet': { on: { go: 'Loading data' } },
        'Loading data': { invoke: { src: 'child', onDone: 'All done' } },
        'All done': {},
      },
    })
    const harness = new Harness()
    await harness.open({ machines: { machine } })
    await harness.supervisor.spawn('machine', 'm')
    await harness.supervisor.send('machine/m', { type: 'go' })
    await harness.supervisor.stop()
    await harness.open({ machines: { machine } })
    await harness.supervisor.send('machine/m/0.New%20machine.Loading%20data', { type: 'END' })
    expect(harness.value('machine/m')).toBe('All done')
    expect((await harness.supervisor.verify()).problems).toEqual([])
  })
})
