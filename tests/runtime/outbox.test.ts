/** Tests that unsettled intents, however many and large, prevent no checkpoint, stop or start (law 6, law 8). */
import { describe, expect, it } from 'vitest'
import { assign, enqueueActions, setup } from 'xstate'
import type { Port, PortContext } from '../../src/runtime/port.ts'
import type { AnyEvent, Intent } from '../../src/runtime/record/record.ts'
import { PORT_SIZE_MAX } from '../../src/runtime/turn/outbox.ts'
import { Harness } from './harness.ts'

const trader = setup({ types: {} as { context: { sent: number }; events: AnyEvent } }).createMachine({
  context: { sent: 0 },
  on: {
    SEND: {
      actions: [
        assign({ sent: ({ context }) => context.sent + 1 }),
        enqueueActions(({ enqueue, event, system }) => {
          const { times = 1, length, to = 'desk' } = event
          for (let n = 0; n < times; n++) {
            const order: AnyEvent = { type: 'PLACE', n, text: 'x'.repeat(length) }
            enqueue.sendTo(system.get(`port/${to}`), order)
          }
        }),
      ],
    },
  },
})

/** A port that completes nothing until the test says so. */
class Desk implements Port {
  readonly seen: Intent[] = []
  #context: PortContext | undefined

  start(context: PortContext): void {
    this.#context = context
  }

  deliver(intent: Intent): void {
    this.seen.push(intent)
  }

  recover(intent: Intent): void {
    this.seen.push(intent)
  }

  async settle(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#context?.send('trader/t', { type: 'ACK' }, { completes: id })))
  }
}

/** Returns the intents to deliver again, in order. */
const told = (intents: readonly Intent[]) => intents.map(({ id, event }) => [id, event.n, event.text.length])
const checkpointLength = ({ store }: Harness) => JSON.stringify(store.checkpoint()).length

async function opened(harness: Harness, options: { checkpointEvery?: number } = {}) {
  const desk = new Desk()
  const ports = { desk, other: new Desk() }
  const supervisor = await harness.open({ machines: { trader }, ports, ...options })
  return { desk, supervisor }
}

describe('thousands of large intents that are never completed', () => {
  it('do not slow a checkpoint, and come again whole and in order after a stop and after a crash', async () => {
    const harness = new Harness()
    let { desk, supervisor } = await opened(harness, { checkpointEvery: 300 })
    await supervisor.spawn('trader', 't')
    const sends = (number: number) =>
      Promise.all(
        Array.from({ length: number }, (_, n) =>
          supervisor.send('trader/t', { type: 'SEND', times: 3, length: 1_000 + n }),
        ),
      )
    await sends(800)
    const first = told(desk.seen)
    expect(first).toHaveLength(2_400)
    await supervisor.stop()

    ;({ desk, supervisor } = await opened(harness, { checkpointEvery: 300 }))
    expect(checkpointLength(harness)).toBeLessThan(1.5 * 2 ** 20)
    expect(told(desk.seen)).toEqual(first)
    const settled = first.filter((_, n) => n % 2 === 0).map(([id]) => id as string)
    await desk.settle(settled)
    await sends(100)
    const left = told(supervisor.unsettled)
    expect(left).toHaveLength(1_500)
    await harness.crash()
    expect(checkpointLength(harness)).toBeLessThan(1.5 * 2 ** 20)

    ;({ desk, supervisor } = await opened(harness))
    expect(told(desk.seen)).toEqual(left)
    expect((await supervisor.verify()).problems).toEqual([])
    await supervisor.stop()
    ;({ desk, supervisor } = await opened(harness))
    expect(told(desk.seen)).toEqual(left)
    await desk.settle(left.map(([id]) => id as string))
    expect(supervisor.unsettled).toEqual([])
  })
})

describe('a port that completes nothing', () => {
  it('takes at most 32 MiB; more is refused, and all others go on', async () => {
    const harness = new Harness()
    let { desk, supervisor } = await opened(harness)
    await supervisor.spawn('trader', 't')
    const length = PORT_SIZE_MAX / 8 - 1_000
    const send = (fields: object) => supervisor.send('trader/t', { type: 'SEND', length, ...fields })
    const busy = { code: 'ACTOR_FAILED', cause: { code: 'PORT_BUSY' } }
    for (let n = 0; n < 7; n++) await send({})
    // A turn's intents are taken all together or not at all.
    await expect(send({ times: 2 })).rejects.toMatchObject(busy)
    await send({})
    await expect(send({})).rejects.toMatchObject(busy)
    await send({ to: 'other' })
    expect(harness.context('trader/t')).toEqual({ sent: 9 })
    await harness.crash()
    ;({ desk, supervisor } = await opened(harness))
    expect(desk.seen).toHaveLength(8)
    await expect(send({})).rejects.toMatchObject(busy)
    await desk.settle(['trader/t/PLACE:1'])
    await send({})
    await supervisor.stop()
    expect(supervisor.fence).toBeUndefined()
  })
})
