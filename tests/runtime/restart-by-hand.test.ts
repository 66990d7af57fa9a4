/** Tests actors that a person restarts or stops: what is lost, what is kept, and what is refused. */
import { beforeEach, describe, expect, it } from 'vitest'
import { assign, sendParent, setup } from 'xstate'
import type { Machines } from '../../src/runtime/actors/kind.ts'
import { Harness } from './harness.ts'

const boom = () => {
  throw new Error('boom')
}
const kid = setup({}).createMachine({
  initial: 'young',
  states: { young: { on: { GROW: 'old' } }, old: {} },
  after: { 50: { actions: sendParent({ type: 'NEWS' }) } },
})
interface Context {
  readonly n: number
  readonly news: number
  readonly fired: number
  readonly by?: string
}
const counter = setup({
  actors: { kid },
  types: {} as { context: Context; input: { from: number } },
}).createMachine({
  context: ({ input }) => ({ n: input.from, news: 0, fired: 0 }),
  invoke: { src: 'kid', id: 'kid' },
  on: {
    INC: { actions: assign({ n: ({ context }) => context.n + 1 }) },
    NEWS: { actions: assign({ news: ({ context }) => context.news + 1 }) },
    BAD: { actions: assign(boom) },
  },
  after: { 30: { actions: assign({ fired: ({ context }) => context.fired + 1 }) } },
  exit: assign(({ event }) => ({ by: event.by as string })),
})
/** Cannot start over: it throws on an input of its own making. */
const picky = setup({ types: {} as { context: { n: number }; input: { from: number } } }).createMachine({
  context: ({ input }) => {
    if (input.from > 1) throw new Error('too many')
    return { n: 0 }
  },
  on: { INC: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
})
const machines: Machines = {
  counter: { machine: counter, supervision: { strategy: 'quarantine' }, keptInQuarantine: ['INC'] },
  // Starts over from what it has counted.
  ledger: { machine: counter, restartInput: ({ context }) => ({ from: context.n }) },
  picky: { machine: picky, restartInput: () => ({ from: 2 }) },
  order: {
    machine: counter,
    holds: ({ context }, act) =>
      context.n > 0 ? `${context.n} are open, which no ${act} may lose` : undefined,
  },
}

let harness: Harness
beforeEach(async () => {
  harness = new Harness()
  await harness.open({ machines })
  for (const kind of Object.keys(machines)) await harness.supervisor.spawn(kind, 'a', { from: 0 })
})

const pass = async (ms: number) => {
  harness.clock.advanceTo(harness.clock.now() + ms)
  await harness.supervisor.idle()
}
const last = async (actor: string) => (await harness.records()).findLast((record) => record.actor === actor)
/** The log gives the same states again. */
async function checkLog(): Promise<void> {
  expect((await harness.supervisor.verify()).problems).toEqual([])
  const before = Object.keys(machines).map((kind) => harness.context(`${kind}/a`))
  await harness.crash()
  await harness.open({ machines })
  expect(Object.keys(machines).map((kind) => harness.context(`${kind}/a`))).toEqual(before)
}

describe('a restart by hand', () => {
  it('lets an actor start over: without its state, its timers and its children', async () => {
    const { supervisor } = harness
    await supervisor.send('counter/a', { type: 'INC' })
    await supervisor.send('counter/a/kid', { type: 'GROW' })
    await pass(20)
    const { seq } = await supervisor.restart('counter/a', { by: 'ann', reason: 'odd', request: 'r-1' })
    expect(harness.context('counter/a')).toEqual({ n: 0, news: 0, fired: 0 })
    expect(harness.value('counter/a/kid')).toBe('young')
    expect((await harness.records()).filter((record) => record.seq >= seq)).toMatchObject([
      { actor: 'counter/a', event: { type: 'outcry.restarted', by: 'ann', reason: 'odd' }, request: 'r-1' },
      { actor: 'counter/a/kid', event: { type: 'xstate.stop' }, status: 'stopped', cause: seq },
      { actor: 'counter/a/kid', event: { type: 'xstate.init' }, cause: seq },
    ])
    // The timers of before are gone, and the new ones begin now.
    await pass(25)
    expect(harness.context('counter/a')).toEqual({ n: 0, news: 0, fired: 0 })
    await pass(30)
    expect(harness.context('counter/a')).toEqual({ n: 0, news: 1, fired: 1 })
    await checkLog()
  })

  it('ends a quarantine and its failures, and lets the actor take what was kept for it', async () => {
    const { supervisor } = harness
    await supervisor.send('counter/a', { type: 'INC' })
    await expect(supervisor.send('counter/a', { type: 'BAD' })).rejects.toMatchObject({
      code: 'ACTOR_FAILED',
    })
    await supervisor.send('counter/a', { type: 'INC' })
    await supervisor.restart('counter/a')
    await pass(1)
    expect(harness.context('counter/a')).toMatchObject({ n: 1 })
    const view = await supervisor.view('counter/a')
    expect([view?.condition, view?.failures]).toEqual([undefined, undefined])
    await checkLog()
  })

  it('begins with the input that the kind makes of its state', async () => {
    const { supervisor } = harness
    await supervisor.send('ledger/a', { type: 'INC' })
    await supervisor.send('ledger/a', { type: 'INC' })
    await supervisor.restart('ledger/a')
    expect(harness.context('ledger/a')).toMatchObject({ n: 2 })
    expect((await last('ledger/a'))?.event).toMatchObject({ input: { from: 2 } })
    await checkLog()
  })

  it('whose start throws is a failure of the actor, which keeps its state', async () => {
    const { supervisor } = harness
    await supervisor.send('picky/a', { type: 'INC' })
    await expect(supervisor.restart('picky/a', { by: 'ann' })).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
    expect(harness.context('picky/a')).toEqual({ n: 1 })
    expect((await last('picky/a'))?.event).toMatchObject({
      type: 'outcry.failed',
      error: { message: 'too many' },
      event: { type: 'outcry.restarted', by: 'ann' },
    })
    await checkLog()
  })

  it('happens once for a key', async () => {
    const { supervisor } = harness
    const first = await supervisor.restart('counter/a', { key: 'k-1' })
    await supervisor.send('counter/a', { type: 'INC' })
    expect(await supervisor.restart('counter/a', { key: 'k-1' })).toEqual({ ...first, duplicate: true })
    expect(harness.context('counter/a')).toMatchObject({ n: 1 })
  })
})

describe('an actor of an earlier version', () => {
  const of = (version: string) =>
    setup({ types: {} as { context: { n: number }; input: { n: number } } }).createMachine({
      version,
      context: ({ input }) => input,
      on: { INC: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
    })
  const second: Machines = {
    box: {
      machine: of('2'),
      previous: [of('1')],
      upgrades: [{ from: '1', to: '2', migrate: ({ value }) => ({ value, context: { n: 100 } }) }],
      holds: (_, act) => (act === 'stop' ? 'never' : undefined),
      restartInput: ({ context }) => ({ n: context.n + 1 }),
    },
  }
  async function opened() {
    const old = new Harness()
    await old.open({ machines: { box: of('1') } })
    await old.supervisor.spawn('box', 'a', { n: 1 })
    await old.supervisor.stop()
    await old.open({ machines: second })
    return old
  }

  it('is migrated before it starts over', async () => {
    const old = await opened()
    await old.supervisor.restart('box/a')
    expect(old.context('box/a')).toEqual({ n: 101 })
    expect((await old.eventsOf('box/a')).slice(1)).toEqual(['outcry.migrated', 'outcry.restarted'])
    expect((await old.supervisor.verify()).problems).toEqual([])
  })

  it('stays as the log has it when it is held', async () => {
    const old = await opened()
    const { seq } = old.supervisor
    await expect(old.supervisor.stopActor('box/a')).rejects.toMatchObject({ code: 'ACTOR_HELD' })
    await old.supervisor.idle()
    expect(old.supervisor.seq).toBe(seq)
    await old.supervisor.send('box/a', { type: 'INC' })
    expect((await old.eventsOf('box/a')).slice(1)).toEqual(['outcry.migrated', 'INC'])
    expect(old.context('box/a')).toEqual({ n: 101 })
    expect((await old.supervisor.verify()).problems).toEqual([])
  })
})

it('a stop by hand is on record, with the person, and is for good', async () => {
  const { supervisor } = harness
  const { seq } = await supervisor.stopActor('counter/a', { by: 'ann', reason: 'no more' })
  expect((await harness.records()).filter((record) => record.seq >= seq)).toMatchObject([
    { event: { type: 'xstate.stop', by: 'ann', reason: 'no more' }, status: 'stopped' },
    { actor: 'counter/a/kid', status: 'stopped' },
  ])
  await expect(supervisor.restart('counter/a')).rejects.toMatchObject({ code: 'ACTOR_ENDED' })
  await checkLog()
})

it.each(['restart', 'stopActor'] as const)('%s is refused where it would lose something', async (act) => {
  const { supervisor } = harness
  await supervisor.send('order/a', { type: 'INC' })
  const { seq } = supervisor
  const word = act === 'restart' ? 'restart' : 'stop'
  await expect(supervisor[act]('order/a')).rejects.toMatchObject({
    code: 'ACTOR_HELD',
    message: expect.stringContaining(`1 are open, which no ${word} may lose`),
  })
  await expect(supervisor[act]('counter/a/kid')).rejects.toMatchObject({ code: 'ACTOR_HELD' })
  await expect(supervisor[act]('counter/z')).rejects.toMatchObject({ code: 'ACTOR_UNKNOWN' })
  await expect(supervisor[act]('system/clock')).rejects.toMatchObject({ code: 'ACTOR_RESERVED' })
  await expect(supervisor[act]('nothing')).rejects.toMatchObject({ code: 'ADDRESS_INVALID' })
  await expect(supervisor[act]('counter/a', { by: 7 as never })).rejects.toMatchObject({
    code: 'EVENT_INVALID',
  })
  await supervisor.idle()
  expect(supervisor.seq).toBe(seq)
})
