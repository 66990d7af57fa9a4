/** A mailbox that is full refuses what comes, but no running part is left without its end. */
import { describe, expect, it } from 'vitest'
import { type AnyActorLogic, fromCallback, fromPromise, setup } from 'xstate'
import type { Address } from '../../src/runtime/record/address.ts'
import { eventually, Harness } from './harness.ts'

/** Ends where the end of its part leads; what else comes says nothing to it. */
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

describe('while its mailbox is full', () => {
  it('a promise still tells what came of it', async () => {
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

  it('a callback that goes on sending fails, and whoever waits for its commit hears', async () => {
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
