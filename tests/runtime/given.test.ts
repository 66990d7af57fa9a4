/**
 * Tests that a change in place by a sender or a machine affects nothing else, and that the log has the value of the
 * decision (law 12).
 */
import { expect, it } from 'vitest'
import { type AnyActorRef, assign, sendTo, setup } from 'xstate'
import { Harness } from './harness.ts'

const keeper = setup({
  types: {} as { context: { seen: string[] }; events: { type: 'BOOK'; levels: string[] } | { type: 'PUSH' } },
}).createMachine({
  context: { seen: [] },
  on: {
    BOOK: { actions: assign({ seen: ({ context, event }) => [...context.seen, event.levels.join()] }) },
    PUSH: {
      actions: assign(({ context }) => {
        context.seen.push('in place')
        return {}
      }),
    },
  },
})

it('a sender that changes its object later changes neither the decision nor the log', async () => {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { keeper } })
  await supervisor.spawn('keeper', 'k')
  const levels = ['0']
  const sent = []
  for (let i = 1; i <= 5; i++) {
    levels[0] = String(i)
    sent.push(supervisor.send('keeper/k', { type: 'BOOK', levels }))
  }
  levels.push('later')
  await Promise.all(sent)
  expect(harness.context('keeper/k')).toEqual({ seen: ['1', '2', '3', '4', '5'] })
  const logged = (await harness.records()).flatMap(({ event }) =>
    event.type === 'BOOK' ? [event.levels] : [],
  )
  expect(logged).toEqual([['1'], ['2'], ['3'], ['4'], ['5']])
})

it('a machine that changes its context in place fails in its own actor, and nothing changes', async () => {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { keeper } })
  await supervisor.spawn('keeper', 'k')
  await supervisor.send('keeper/k', { type: 'BOOK', levels: ['1'] })
  await expect(supervisor.send('keeper/k', { type: 'PUSH' })).rejects.toMatchObject({
    code: 'ACTOR_FAILED',
    cause: expect.any(TypeError),
  })
  for (const how of ['crash', 'stop'] as const) {
    expect(harness.context('keeper/k')).toEqual({ seen: ['1'] })
    expect((await harness.supervisor.verify()).problems).toEqual([])
    if (how === 'stop') await harness.supervisor.stop()
    await harness.open({ machines: { keeper } })
  }
})

it('a child that gets its parent as input finds it, even after a replay', async () => {
  const child = setup({
    types: {} as { input: { parent: AnyActorRef }; context: { parent: AnyActorRef } },
  }).createMachine({
    context: ({ input }) => ({ parent: input.parent }),
    entry: sendTo(({ context }) => context.parent, { type: 'HELLO' }),
    on: { PING: { actions: sendTo(({ context }) => context.parent, { type: 'HELLO' }) } },
  })
  const parent = setup({
    types: {} as { context: { heard: number } },
    actors: { child },
  }).createMachine({
    context: { heard: 0 },
    invoke: { src: 'child', id: 'c', input: ({ self }) => ({ parent: self }) },
    on: { HELLO: { actions: assign({ heard: ({ context }) => context.heard + 1 }) } },
  })
  const harness = new Harness()
  await harness.open({ machines: { parent } })
  await harness.supervisor.spawn('parent', 'p')
  for (const [n, how] of (['crash', 'stop'] as const).entries()) {
    expect(harness.context('parent/p')).toEqual({ heard: n + 1 })
    expect((await harness.supervisor.verify()).problems).toEqual([])
    if (how === 'stop') await harness.supervisor.stop()
    await harness.open({ machines: { parent } })
    await harness.supervisor.send('parent/p/c', { type: 'PING' })
  }
  expect(harness.context('parent/p')).toEqual({ heard: 3 })
})
