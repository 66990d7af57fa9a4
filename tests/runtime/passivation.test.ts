/** Tests which actors leave memory, which stay, and that neither has a visible effect. */
import { describe, expect, it } from 'vitest'
import { assign, fromPromise, setup } from 'xstate'
import { Harness } from './harness.ts'

const counter = setup({ types: {} as { context: { n: number }; events: { type: 'INC' } } }).createMachine({
  context: { n: 0 },
  on: { INC: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
})
const waiting = setup({
  types: {} as { events: { type: 'POKE' } },
  actors: { forever: fromPromise(() => new Promise<void>(() => {})) },
}).createMachine({ invoke: { src: 'forever', id: 'work' }, on: { POKE: {} } })

const open = async (passivation: { residentMax?: number; idleMs?: number }) => {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { counter, waiting }, passivation })
  /**
   * Whether an actor was passivated, as far as the log shows: after so few events, only a passivation writes a
   * snapshot.
   */
  const wasPassivated = (address: string) => harness.store.snapshot(address) !== undefined
  return { harness, supervisor, wasPassivated }
}

describe('passivation', () => {
  it('removes the longest unused actors first, and keeps those in use', async () => {
    const { harness, supervisor, wasPassivated } = await open({ residentMax: 5 })
    await supervisor.spawn('counter', 'hot')
    for (let i = 0; i < 30; i++) {
      await supervisor.spawn('counter', `cold-${i}`)
      await supervisor.send('counter/hot', { type: 'INC' })
    }
    expect(supervisor.residents).toBeLessThanOrEqual(6)
    expect(wasPassivated('counter/hot')).toBe(false)
    for (let i = 0; i < 24; i++) expect(wasPassivated(`counter/cold-${i}`), `cold-${i}`).toBe(true)
    expect(wasPassivated('counter/cold-29')).toBe(false)
    expect(harness.context('counter/hot')).toEqual({ n: 30 })
  })

  it('removes long idle actors, whether or not there is room', async () => {
    const { harness, supervisor, wasPassivated } = await open({ idleMs: 1_000 })
    await supervisor.spawn('counter', 'idle')
    await supervisor.send('counter/idle', { type: 'INC' })
    harness.clock.advanceTo(1_900)
    await supervisor.spawn('counter', 'busy')
    expect(wasPassivated('counter/idle')).toBe(false)
    harness.clock.advanceTo(2_500)
    await supervisor.send('counter/busy', { type: 'INC' })
    await supervisor.send('counter/busy', { type: 'INC' })
    expect(wasPassivated('counter/idle')).toBe(true)
    expect(wasPassivated('counter/busy')).toBe(false)
    await supervisor.send('counter/idle', { type: 'INC' })
    expect(harness.context('counter/idle')).toEqual({ n: 2 })
    expect((await supervisor.verify()).problems).toEqual([])
  })

  it('keeps a running promise in memory, the only place where it exists', async () => {
    const { supervisor, wasPassivated } = await open({ residentMax: 0, idleMs: 0 })
    await supervisor.spawn('waiting', 'w')
    await supervisor.send('waiting/w', { type: 'POKE' })
    await supervisor.send('waiting/w', { type: 'POKE' })
    expect(wasPassivated('waiting/w')).toBe(true)
    expect(wasPassivated('waiting/w/work')).toBe(false)
  })
})
