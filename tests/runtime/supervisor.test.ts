import { describe, expect, it } from 'vitest'
import { assign, createMachine, emit, fromCallback, fromPromise, sendParent, sendTo, setup } from 'xstate'
import { EventClock } from '../../src/runtime/clock.ts'
import { createSupervisor } from '../../src/runtime/supervisor.ts'
import { newMemory, openMemoryStore } from '../../store/index.ts'

const counter = createMachine({
  id: 'counter',
  context: ({ input }: any) => ({ n: input?.start ?? 0 }),
  initial: 'on',
  states: {
    on: {
      on: {
        INC: {
          actions: [
            assign({ n: ({ context }: any) => context.n + 1 }),
            emit(({ context }: any) => ({ type: 'COUNTED', n: context.n })),
          ],
        },
        THROW: {
          actions: assign(() => {
            throw new Error('boom')
          }),
        },
        POKE: { actions: sendTo(({ system, event }: any) => system.get(event.to), { type: 'INC' }) },
        WAIT: 'waiting',
        LOOP: 'loop',
      },
    },
    waiting: { after: { 1000: 'on' } },
    loop: { always: 'loop2' },
    loop2: { always: 'loop' },
  },
})

describe('supervisor', () => {
  it('lives, dies, comes back', async () => {
    const memory = newMemory()
    const store = await openMemoryStore<any>(memory)
    const clock = new EventClock(1000)
    const s = await createSupervisor({ store, machines: { counter }, clock })
    await s.spawn('counter', 'a', { start: 5 })
    await s.send('counter/a', { type: 'INC' })
    await s.spawn('counter', 'b')
    await s.send('counter/a', { type: 'POKE', to: 'counter/b' })
    expect((s.getSnapshot('counter/b') as any).context).toEqual({ n: 1 })
    await expect(s.send('counter/a', { type: 'THROW' })).rejects.toMatchObject({
      message: expect.stringContaining('boom'),
    })
    await expect(s.send('counter/a', { type: 'LOOP' })).rejects.toMatchObject({
      message: expect.stringContaining('Infinite loop'),
    })
    await expect(s.send('counter/x', { type: 'INC' })).rejects.toMatchObject({ code: 'ACTOR_UNKNOWN' })
    await s.send('counter/a', { type: 'POKE', to: 'counter/nobody' })
    await s.send('counter/a', { type: 'WAIT' })
    // console.log(store.state.records.map((r: any) => JSON.stringify(r)).join('\n'))
    // crash: open again on same records, no stop
    const s2 = await createSupervisor({
      store: await openMemoryStore<any>(memory),
      machines: { counter },
      clock,
    })
    expect((s2.getSnapshot('counter/a') as any).value).toBe('waiting')
    expect((s2.getSnapshot('counter/a') as any).context).toEqual({ n: 6 })
    clock.advanceTo(2000)
    await s2.settled()
    expect((s2.getSnapshot('counter/a') as any).value).toBe('on')
    const v = await s2.verify()
    expect(v.problems).toEqual([])
    await s2.stop()
    const s3 = await createSupervisor({
      store: await openMemoryStore<any>(memory),
      machines: { counter },
      clock,
    })
    expect(s3.residents).toBe(1)
    expect((s3.getSnapshot('counter/a') as any).context).toEqual({ n: 6 })
  })

  it('children, promises, callbacks', async () => {
    const child = setup({}).createMachine({
      id: 'child',
      initial: 'idle',
      context: { k: 0 },
      states: {
        idle: {
          entry: sendParent({ type: 'HELLO' }),
          on: { GO: { actions: assign({ k: 7 }), target: 'end' } },
        },
        end: { type: 'final' },
      },
      output: ({ context }: any) => context.k,
    })
    const got: any[] = []
    const parent = setup({
      actors: {
        child,
        load: fromPromise(async ({ input }: any) => input.x * 2),
        tick: fromCallback(({ sendBack, receive }: any) => {
          receive((e: any) => {
            got.push(e.type)
            sendBack({ type: 'PONG' })
          })
          return () => got.push('disposed')
        }),
      },
    }).createMachine({
      id: 'parent',
      initial: 'a',
      context: { log: [] as any[] },
      states: {
        a: {
          invoke: {
            src: 'child',
            id: 'c',
            onDone: {
              target: 'b',
              actions: assign({ log: ({ context, event }: any) => [...context.log, event.output] }),
            },
          },
          on: {
            HELLO: {
              actions: [
                assign({ log: ({ context }: any) => [...context.log, 'hello'] }),
                sendTo('c', { type: 'GO' }),
              ],
            },
          },
        },
        b: {
          invoke: {
            src: 'load',
            id: 'l',
            input: { x: 21 },
            onDone: {
              target: 'c',
              actions: assign({ log: ({ context, event }: any) => [...context.log, event.output] }),
            },
          },
        },
        c: { invoke: { src: 'tick', id: 't' }, entry: sendTo('t', { type: 'PING' }), on: { PONG: 'd' } },
        d: {},
      },
    })
    const store = await openMemoryStore<any>()
    const s = await createSupervisor({ store, machines: { parent } })
    await s.spawn('parent', 'p')
    await new Promise((r) => setTimeout(r, 50))
    await s.settled()
    expect((s.getSnapshot('parent/p') as any).context.log).toEqual(['hello', 7, 42])
    expect((s.getSnapshot('parent/p') as any).value).toBe('d')
    expect(got).toEqual(['PING', 'disposed'])
    expect((await s.verify()).problems).toEqual([])
    await s.stop()
  })
})
