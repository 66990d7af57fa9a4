/** Tests that a full mailbox refuses messages, but that every running part still reports its end. */
import { describe, expect, it } from 'vitest'
import { type AnyActorLogic, fromCallback, fromPromise, setup } from 'xstate'
import type { Address } from '../../src/runtime/record/address.ts'
import { eventually, Harness } from './harness.ts'

/** A machine that ends with its part, and ignores other events. */
const waiting = (part: AnyActorLogic) =>
  setup({ actors: { part } }).createMachine({
    initial: 'waiting',
    states: {
      waiting: { invoke: { src: 'part', id: 'part', onDone: 'done', onError: 'failed' } },
      done: {},
      failed: {},
    },
  })

async function open(part: AnyActorLogic): Promise<Harness> {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { waiting: waiting(part) } })
  await supervisor.spawn('waiting', 'w')
  return harness
}

describe('while the mailbox is full', () => {
  it('a promise still delivers its result', async () => {
    let resolve: (output: number) => void = () => {}
    const part = fromPromise(
      () =>
        new Promise<number>((done) => {
          resolve = done
        }),
    )
    const harness = await open(part)
    const { supervisor } = harness
    const fill = () => {
      for (;;) supervisor.tell('waiting/w' as Address, { type: 'NOISE' }, { lane: 'command' })
    }
    expect(fill).toThrow(/messages wait in the command lane/)
    resolve(5)
    await eventually(() => expect(harness.value('waiting/w')).toBe('done'))
  })

  it('a callback that goes on sending fails, and the senders waiting for its commit are told', async () => {
    const harness = await open(
      fromCallback(({ sendBack }) => {
        for (;;) sendBack({ type: 'NOISE' })
      }),
    )
    await eventually(() => expect(harness.value('waiting/w')).toBe('failed'))
    const { supervisor } = harness
    await supervisor.send('waiting/w', { type: 'NOISE' })
    expect((await supervisor.view('waiting/w/part'))?.error).toMatchObject({ code: 'MAILBOX_FULL' })
  })
})
