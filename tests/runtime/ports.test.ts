import { describe, expect, it } from 'vitest'
import { assign, emit, sendTo, setup } from 'xstate'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Port, PortContext } from '../../src/runtime/port.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { Intent, TransitionRecord } from '../../src/runtime/record/record.ts'
import { newMemory, OutcryError, type Store } from '../../store/index.ts'
import { eventually, Harness } from './harness.ts'

const actions: string[] = []

const trader = setup({
  types: {} as { context: { acks: number }; events: { type: 'BUY' } | { type: 'ACK' } | { type: 'LOST' } },
  actions: { note: () => void actions.push('note') },
}).createMachine({
  id: 'trader',
  context: { acks: 0 },
  on: {
    BUY: {
      actions: [
        sendTo(({ system }) => system.get('port/desk'), { type: 'PLACE' }),
        emit({ type: 'BOUGHT' }),
        'note',
      ],
    },
    ACK: { actions: assign({ acks: ({ context }) => context.acks + 1 }) },
    LOST: { actions: sendTo(({ system }) => system.get('port/nowhere'), { type: 'PLACE' }) },
  },
})

/** A port that notes its intents, and answers when the test says so. */
class Desk implements Port {
  readonly asked: string[] = []
  context: PortContext | undefined

  start(context: PortContext): void {
    this.context = context
  }

  deliver(intent: Intent): void {
    this.asked.push(`deliver ${intent.id}`)
  }

  recover(intent: Intent): void {
    this.asked.push(`recover ${intent.id}`)
  }

  async ack(id: string): Promise<void> {
    await this.context?.send('trader/t', { type: 'ACK' }, { completes: id })
  }
}

/** Returns a store whose commits wait until the test lets them through or makes them fail. */
function gated(store: Store<TransitionRecord>) {
  const waiting: ((error?: Error) => void)[] = []
  let isOpen = true
  const append: typeof store.append = async (commit) => {
    if (!isOpen) {
      await new Promise<void>((resolve, reject) =>
        waiting.push((error) => (error ? reject(error) : resolve())),
      )
    }
    await store.append(commit)
  }
  const close = () => {
    isOpen = false
  }
  const proxy = new Proxy(store, {
    get: (target, key) => {
      if (key === 'append') return append
      const value = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { store: proxy, waiting, close }
}

describe('an effect of the runtime', () => {
  it('waits for its commit: intents, custom actions, the feed and the reply', async () => {
    const desk = new Desk()
    const gate = gated(await openMemoryStore())
    const supervisor = await createSupervisor({ store: gate.store, machines: { trader }, ports: { desk } })
    await supervisor.spawn('trader', 't')
    const seen: string[] = []
    supervisor.transitions$.subscribe((record) => seen.push(record.event.type))
    actions.length = 0
    gate.close()
    let replied = false
    const sent = supervisor.send('trader/t', { type: 'BUY' }).then(() => {
      replied = true
    })
    await eventually(() => expect(gate.waiting).toHaveLength(1))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([desk.asked, actions, seen, replied]).toEqual([[], [], [], false])
    gate.waiting.shift()?.()
    await sent
    expect([desk.asked, actions, seen, replied]).toEqual([
      ['deliver trader/t/PLACE:1'],
      ['note'],
      ['BUY'],
      true,
    ])
  })

  it('never leaves when the commit fails: the supervisor fences itself and reports it', async () => {
    const desk = new Desk()
    const gate = gated(await openMemoryStore())
    const errors: string[] = []
    const note = (_: object, message: string) => void errors.push(message)
    const logger = { debug() {}, info() {}, warn: note, error: note }
    const supervisor = await createSupervisor({
      store: gate.store,
      machines: { trader },
      ports: { desk },
      logger,
    })
    await supervisor.spawn('trader', 't')
    const fences: OutcryError[] = []
    supervisor.fenced$.subscribe((error) => fences.push(error))
    gate.close()
    const sent = supervisor.send('trader/t', { type: 'BUY' })
    await eventually(() => expect(gate.waiting).toHaveLength(1))
    const behind = supervisor.send('trader/t', { type: 'BUY' })
    gate.waiting.shift()?.(new OutcryError('STORE_WRITE_FAILED', 'no space left', ''))
    await expect(sent).rejects.toMatchObject({ code: 'STORE_FENCED' })
    await expect(behind).rejects.toMatchObject({ code: 'STORE_FENCED' })
    await expect(supervisor.send('trader/t', { type: 'BUY' })).rejects.toMatchObject({ code: 'STORE_FENCED' })
    expect([desk.asked, fences.length, errors]).toEqual([[], 1, [expect.stringContaining('no space left')]])
  })
})

describe('an intent', () => {
  it('is recovered under the same id until it is settled, at every start', async () => {
    const harness = new Harness()
    const desks = [new Desk(), new Desk(), new Desk(), new Desk()]
    const open = (n: number) => harness.open({ machines: { trader }, ports: { desk: desks[n] as Desk } })
    await open(0)
    await harness.supervisor.spawn('trader', 't')
    await harness.supervisor.send('trader/t', { type: 'BUY' })
    await harness.crash()
    await open(1)
    await harness.supervisor.stop()
    await open(2)
    await desks[2]?.ack('trader/t/PLACE:1')
    expect(harness.supervisor.unsettled).toEqual([])
    await harness.crash()
    await open(3)
    expect(desks.map((desk) => desk.asked)).toEqual([
      ['deliver trader/t/PLACE:1'],
      ['recover trader/t/PLACE:1'],
      ['recover trader/t/PLACE:1'],
      [],
    ])
    expect(harness.context('trader/t')).toEqual({ acks: 1 })
  })

  it('stays unsettled and is reported when its port fails or never answers', async () => {
    const harness = new Harness()
    const broken: Port = { deliver: () => Promise.reject(new Error('socket closed')), recover: () => {} }
    await harness.open({ machines: { trader }, ports: { desk: broken } })
    await harness.supervisor.spawn('trader', 't')
    await harness.supervisor.send('trader/t', { type: 'BUY' })
    await eventually(() => expect(harness.errors).toEqual(['port/desk failed to deliver an intent']))
    expect(harness.supervisor.unsettled.map(({ id }) => id)).toEqual(['trader/t/PLACE:1'])
  })

  it('is recorded and delivered when its delayed message fires, even after a crash', async () => {
    const later = setup({ types: {} as { events: { type: 'LATER' } } }).createMachine({
      on: {
        LATER: {
          actions: sendTo(({ system }) => system.get('port/desk'), { type: 'PLACE' }, { delay: 100 }),
        },
      },
    })
    const harness = new Harness()
    const desk = new Desk()
    const options = { machines: { trader: later }, ports: { desk } }
    let supervisor = await harness.open(options)
    await supervisor.spawn('trader', 't')
    await supervisor.send('trader/t', { type: 'LATER' })
    await supervisor.send('trader/t', { type: 'LATER' })
    harness.clock.advanceTo(1_100)
    await supervisor.idle()
    expect(desk.asked).toEqual(['deliver trader/t/PLACE:1', 'deliver trader/t/PLACE:2'])
    expect(supervisor.unsettled.map(({ event, at }) => [event, at])).toEqual([
      [{ type: 'PLACE' }, 1_100],
      [{ type: 'PLACE' }, 1_100],
    ])
    await harness.crash()
    supervisor = await harness.open(options)
    expect(desk.asked.slice(2)).toEqual(['recover trader/t/PLACE:1', 'recover trader/t/PLACE:2'])
    expect((await supervisor.verify()).problems).toEqual([])
  })

  it('becomes a dead letter when its port does not exist', async () => {
    const harness = new Harness()
    await harness.open({ machines: { trader } })
    await harness.supervisor.spawn('trader', 't')
    await harness.supervisor.send('trader/t', { type: 'LOST' })
    expect(await harness.deadLetters()).toMatchObject([
      { to: 'port/nowhere', event: { type: 'PLACE' }, reason: 'unknown' },
    ])
  })
})

describe('a start that fails', () => {
  it('stops the started ports, takes no messages, and leaves the store to the next start', async () => {
    const calls: string[] = []
    class Noted extends Desk {
      readonly #name: string
      constructor(name: string) {
        super()
        this.#name = name
      }
      override start(context: PortContext): void {
        calls.push(`start ${this.#name}`)
        if (calls.length === 2) throw new Error('no line')
        super.start(context)
      }
      stop(): void {
        calls.push(`stop ${this.#name}`)
      }
    }
    const store = await openMemoryStore(newMemory())
    const [desk, line] = [new Noted('desk'), new Noted('line')]
    const options = { store, machines: { trader }, ports: { desk, line } }
    await expect(createSupervisor(options)).rejects.toThrow('no line')
    expect(calls).toEqual(['start desk', 'start line', 'stop desk'])
    const abandoned = desk.context
    const supervisor = await createSupervisor(options)
    await supervisor.spawn('trader', 't')
    await expect(abandoned?.send('trader/t', { type: 'ACK' })).rejects.toMatchObject({ code: 'STOPPED' })
    await desk.context?.send('trader/t', { type: 'ACK' })
    expect(supervisor.getSnapshot('trader/t')?.context).toEqual({ acks: 1 })
    await supervisor.stop()
    expect(calls.slice(3)).toEqual(['start desk', 'start line', 'stop desk', 'stop line'])
  })
})

describe('custom actions', () => {
  it('run once, live, and never in a replay', async () => {
    const harness = new Harness()
    await harness.open({ machines: { trader }, ports: { desk: new Desk() } })
    await harness.supervisor.spawn('trader', 't')
    actions.length = 0
    await harness.supervisor.send('trader/t', { type: 'BUY' })
    await harness.crash()
    await harness.open({ machines: { trader }, ports: { desk: new Desk() } })
    await harness.supervisor.verify()
    await harness.supervisor.stateAt('trader/t', { rev: 2 })
    expect(actions).toEqual(['note'])
  })
})
