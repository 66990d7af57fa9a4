/** Tests promises, callbacks and observables that misbehave, and observers and ports that throw. */
import { map, of, throwError } from 'rxjs'
import { describe, expect, it } from 'vitest'
import {
  type AnyActorLogic,
  assign,
  fromCallback,
  fromObservable,
  fromPromise,
  fromTransition,
  sendTo,
  setup,
} from 'xstate'
import type { Port } from '../../src/runtime/port.ts'
import { eventually, Harness } from './harness.ts'

type Heard = { type: string; [key: string]: unknown }

/** Returns a machine that invokes a part under the id `part`, and keeps its events. */
const parent = (part: AnyActorLogic) =>
  setup({
    types: {} as { context: { heard: string[]; error: unknown }; events: Heard },
    actors: { part },
  }).createMachine({
    context: { heard: [], error: null },
    initial: 'with',
    states: {
      with: {
        invoke: {
          src: 'part',
          id: 'part',
          onError: { actions: assign({ error: ({ event }) => event.error }) },
        },
        on: {
          LEAVE: 'without',
          POKE: { actions: sendTo('part', ({ event }) => event) },
          '*': { actions: assign({ heard: ({ context, event }) => [...context.heard, event.type] }) },
        },
      },
      without: {},
    },
  })

const open = async (part: Parameters<typeof parent>[0]) => {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { parent: parent(part) } })
  await supervisor.spawn('parent', 'p', undefined, { at: 1 })
  const error = () => (harness.context('parent/p') as { error: { message: string } | null }).error?.message
  return { harness, supervisor, error }
}

describe('a running part', () => {
  it('reports to its parent when it throws at its start', async () => {
    const { error } = await open(
      fromCallback(() => {
        throw new Error('no socket')
      }),
    )
    await eventually(() => expect(error()).toBe('no socket'))
  })

  it('reports to its parent when it throws on a message', async () => {
    const { supervisor, error } = await open(
      fromCallback(({ receive }) => {
        receive(() => {
          throw new Error('no idea')
        })
      }),
    )
    await supervisor.send('parent/p', { type: 'POKE' })
    await eventually(() => expect(error()).toBe('no idea'))
  })

  it('is only logged when it throws as it is disposed of', async () => {
    const { harness, supervisor } = await open(
      fromCallback(() => () => {
        throw new Error('stuck')
      }),
    )
    await supervisor.send('parent/p', { type: 'LEAVE' })
    await eventually(() => expect(harness.errors).toContain('a running part failed to stop'))
    expect(harness.value('parent/p')).toBe('without')
  })

  it('reports to its parent when it is an observable with an error', async () => {
    const { error } = await open(fromObservable(() => throwError(() => new Error('feed gone'))))
    await eventually(() => expect(error()).toBe('feed gone'))
  })

  it('fails when its value cannot be kept by the log', async () => {
    const { error } = await open(fromPromise(async () => ({ when: new Date() })))
    await eventually(() => expect(error()).toMatch(/output.when|when is an instance of Date/))
  })

  it('ends when it throws: it gets nothing more, is disposed of, and stays ended', async () => {
    let disposed = 0
    const heard: string[] = []
    const part = fromCallback(({ receive }) => {
      receive(({ type }) => {
        heard.push(type)
        throw new Error('no idea')
      })
      return () => {
        disposed++
      }
    })
    const { harness, supervisor, error } = await open(part)
    await supervisor.send('parent/p', { type: 'POKE' })
    await eventually(() => expect([error(), disposed]).toEqual(['no idea', 1]))
    await supervisor.send('parent/p', { type: 'POKE' })
    await harness.crash()
    const again = await harness.open({ machines: { parent: parent(part) } })
    expect(await again.view('parent/p/part')).toMatchObject({
      status: 'error',
      error: { message: 'no idea' },
    })
    expect([heard, disposed]).toEqual([['POKE'], 1])
    expect((await again.verify()).problems).toEqual([])
  })

  it.each<[string, AnyActorLogic]>([
    ['a callback', fromCallback(({ emit }) => emit({ type: 'NEWS', n: 1 }))],
    [
      'a promise',
      fromPromise(async ({ emit }) => {
        emit({ type: 'NEWS', n: 1 })
        return new Promise(() => {})
      }),
    ],
    [
      'a transition function',
      fromTransition(
        (state, _event, { emit }) => {
          emit({ type: 'NEWS', n: 1 })
          return state
        },
        { n: 0 },
      ),
    ],
  ])('emits from %s, on record', async (_, part) => {
    const { harness, supervisor } = await open(part)
    await supervisor.send('parent/p', { type: 'POKE' })
    await eventually(async () => {
      const emitted = (await harness.records()).flatMap(({ actor, emitted = [] }) =>
        actor === 'parent/p/part' ? emitted : [],
      )
      expect(emitted).toEqual([{ type: 'NEWS', n: 1 }])
    })
    expect((await supervisor.verify()).problems).toEqual([])
  })

  it.each<[string, AnyActorLogic]>([
    [
      'a promise',
      fromPromise(() => {
        throw new Error('at once')
      }),
    ],
    [
      'an observable',
      fromObservable(() => {
        throw new Error('at once')
      }),
    ],
  ])('reports to its parent when it is %s whose creation throws', async (_, part) => {
    const { error } = await open(part)
    await eventually(() => expect(error()).toBe('at once'))
  })

  it('fails when it is an observable of a value that the log cannot keep', async () => {
    const { error } = await open(fromObservable(() => of({ when: new Date() })))
    await eventually(() => expect(error()).toContain('when is an instance of Date'))
  })

  type Ways = { send: (event: Heard) => void; emit: (event: Heard) => void }
  it.each<[string, (ways: Ways) => void]>([
    ['sends a value that the log cannot keep', ({ send }) => send({ type: 'NEWS', px: Number.NaN })],
    ['sends something that is not an event', ({ send }) => send(undefined as never)],
    ['emits a value that the log cannot keep', ({ emit }) => emit({ type: 'NEWS', px: 1n })],
  ])('fails when it later %s, where no caller catches the error', async (_, misuse) => {
    const callback = fromCallback<Heard>(({ sendBack, emit }) =>
      queueMicrotask(() => misuse({ send: sendBack, emit })),
    )
    const promise = fromPromise(async ({ self, emit }) => {
      await undefined
      misuse({ send: (event) => self.send(event as never), emit: emit as Ways['emit'] })
    })
    for (const part of [callback, promise]) {
      const { error, supervisor } = await open(part)
      await eventually(() => expect(error()).toMatch(/the log cannot restore|has no type/))
      await supervisor.idle()
      expect((await supervisor.view('parent/p/part'))?.status).toBe('error')
    }
  })

  it('gets the error itself when it sends a value that the log cannot keep', async () => {
    const refused: unknown[] = []
    const { harness } = await open(
      fromCallback(({ sendBack }) => {
        try {
          sendBack({ type: 'NEWS', when: new Date() })
        } catch (error) {
          refused.push(error)
        }
        sendBack({ type: 'NEWS', when: 1 })
      }),
    )
    await eventually(() => expect(harness.context('parent/p')).toMatchObject({ heard: ['NEWS'] }))
    expect(refused).toMatchObject([{ code: 'NOT_JSON' }])
  })

  it('finds other actors, itself, and its own state', async () => {
    const statuses: string[] = []
    const part = fromCallback(({ self, system, receive }) => {
      const sender = self as unknown as { send(event: { type: string }): void }
      statuses.push(self.getSnapshot().status)
      receive(({ type }) => {
        statuses.push(type)
        return () => {}
      })
      sender.send({ type: 'MYSELF' })
      system.get('parent/p').send({ type: 'FOUND' })
      return () => statuses.push(self.getSnapshot().status)
    })
    const { harness, supervisor } = await open(part)
    await eventually(() => expect(harness.context('parent/p')).toMatchObject({ heard: ['FOUND'] }))
    await eventually(() => expect(statuses).toEqual(['active', 'MYSELF']))
    await supervisor.send('parent/p', { type: 'LEAVE' })
    expect(statuses).toEqual(['active', 'MYSELF', 'stopped'])
    expect((await supervisor.verify()).problems).toEqual([])
  })

  it('gets no more messages once it has ended', async () => {
    const { harness, supervisor } = await open(fromPromise(async () => 1))
    await eventually(async () =>
      expect((await harness.records()).some(({ status }) => status === 'done')).toBe(true),
    )
    await supervisor.send('parent/p', { type: 'POKE' })
    expect((await harness.deadLetters()).map(({ to, reason }) => [to, reason])).toEqual([
      ['parent/p/part', 'ended'],
    ])
  })
})

describe('a publication', () => {
  const asking = setup({}).createMachine({
    on: { ASK: { actions: sendTo(({ system }) => system.get('port/out'), { type: 'Q' }) } },
  })
  const machines = { asking }

  it('goes on behind an observer that throws', async () => {
    const harness = new Harness()
    const supervisor = await harness.open({ machines })
    const heard: number[] = []
    supervisor.watch(() => {
      throw new Error('observer')
    })
    const leave = supervisor.watch(({ record }) => heard.push(record.seq))
    await supervisor.spawn('asking', 'a', undefined, { at: 1 })
    await supervisor.idle()
    leave()
    await supervisor.stopActor('asking/a')
    expect(heard).toHaveLength(1)
    expect(harness.errors).toContain('an observer threw')
  })

  it('reaches all others when a subscriber throws, even behind an operator', async () => {
    const harness = new Harness()
    const supervisor = await harness.open({ machines })
    const seqs: number[] = []
    const boom = () => {
      throw new Error('subscriber')
    }
    supervisor.transitions$.subscribe(boom)
    supervisor.transitions$.subscribe({ next: boom, complete: boom })
    supervisor.transitions$.pipe(map(boom)).subscribe()
    supervisor.transitions$.pipe(map(({ seq }) => seq)).subscribe((seq) => seqs.push(seq))
    await supervisor.spawn('asking', 'a', undefined, { at: 1 })
    await supervisor.stopActor('asking/a')
    await supervisor.stop()
    expect(seqs).toHaveLength(2)
    // Two records for two subscribers, the first of them behind the operator, and the end.
    expect(harness.errors.filter((text) => text === 'an observer threw')).toHaveLength(6)
  })

  it('is logged when its port throws at once, or is missing at the next start', async () => {
    const harness = new Harness()
    const throwing: Port = {
      deliver: () => {
        throw new Error('port')
      },
      recover: () => {
        throw new Error('port')
      },
    }
    const supervisor = await harness.open({ machines, ports: { out: throwing } })
    await supervisor.spawn('asking', 'a', undefined, { at: 1 })
    await supervisor.send('asking/a', { type: 'ASK' })
    await supervisor.idle()
    expect(harness.errors).toContain('port/out failed to deliver an intent')
    await harness.crash()
    await harness.open({ machines, ports: { out: throwing } })
    expect(harness.errors).toContain('port/out failed to recover an intent')
    await harness.crash()
    const without = await harness.open({ machines })
    expect(without.unsettled).toHaveLength(1)
    expect(harness.errors.filter((e) => e === 'port/out failed to recover an intent')).toHaveLength(2)
  })
})

describe('a system id', () => {
  const worker = setup({}).createMachine({ on: { HI: {} } })
  const boss = setup({
    types: {} as { events: { type: 'HIRE' | 'FIRE' | 'CALL' } },
    actors: { worker },
  }).createMachine({
    initial: 'alone',
    states: {
      alone: { on: { HIRE: 'helped' } },
      helped: {
        invoke: { src: 'worker', id: 'w', systemId: 'the-worker' },
        on: {
          FIRE: 'alone',
          CALL: { actions: sendTo(({ system }) => system.get('the-worker'), { type: 'HI' }) },
        },
      },
    },
  })

  it('is known after a crash, with and without a checkpoint, and forgotten with its actor', async () => {
    const harness = new Harness()
    const options = { machines: { boss }, checkpointEvery: 4 }
    let supervisor = await harness.open(options)
    await supervisor.spawn('boss', 'b', undefined, { at: 1 })
    await supervisor.send('boss/b', { type: 'HIRE' })
    for (let n = 0; n < 3; n++) {
      await harness.crash()
      supervisor = await harness.open(options)
      for (let m = 0; m <= n * 3; m++) await supervisor.send('boss/b', { type: 'CALL' })
    }
    const heard = (await harness.eventsOf('boss/b/w')).filter((type) => type === 'HI')
    expect(heard).toHaveLength(1 + 4 + 7)
    await supervisor.send('boss/b', { type: 'FIRE' })
    await harness.crash()
    supervisor = await harness.open(options)
    await supervisor.send('boss/b', { type: 'HIRE' })
    expect((await supervisor.view('boss/b/w'))?.status).toBe('active')
  })
})
