/** What becomes of components on its way into a log. */
import { describe, expect, it } from 'vitest'
import { machines } from '../../machines/index.ts'
import type { Component } from '../../src/runner/component.ts'
import { ComponentRecords } from '../../src/runner/component-records.ts'
import { Lifecycle } from '../../src/runner/lifecycle.ts'
import type { Registration } from '../../src/runtime/actors/kind.ts'
import { Harness } from '../runtime/harness.ts'

async function stage(component: Registration = machines.component) {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { ...machines, component } })
  const told: string[] = []
  const note = (_: object, message: string) => void told.push(message)
  const logger = { warn: note, error: note }
  const records = new ComponentRecords()
  const open = () => records.open({ supervisor, clock: harness.clock, logger })
  const written = async () => (await harness.records()).filter(({ actor }) => actor.startsWith('component/'))
  return { harness, supervisor, told, logger, records, open, written }
}

describe('what becomes of components', () => {
  it('waits for a log, is written in its order, and from then on at once', async () => {
    const { harness, records, open, written } = await stage()
    records.note('store', { type: 'START' })
    records.note('store', { type: 'START_COMPLETED' })
    await records.flush()
    expect(await written()).toEqual([])
    open()
    records.note('page', { type: 'START' })
    expect(await written()).toEqual([])
    await records.flush()
    records.note('page', { type: 'START_COMPLETED' })
    const seen = (await written()).map(({ actor, event, at }) => [actor, event.type, at])
    expect(seen).toEqual([
      ['component/store', 'xstate.init', 1_000],
      ['component/store', 'START_COMPLETED', 1_000],
      ['component/page', 'xstate.init', 1_000],
      ['component/page', 'START_COMPLETED', 1_000],
    ])
    await harness.supervisor.stop()
  })

  it('is told of no more once the log is to close, and all before is in it by then', async () => {
    const { harness, told, records, open } = await stage()
    open()
    records.note('page', { type: 'START' })
    await records.flush()
    records.note('page', { type: 'START_COMPLETED' })
    await records.close()
    const inLog: string[] = []
    for await (const { event } of harness.store.history('component/page')) inLog.push(event.type)
    expect(inLog).toEqual(['xstate.init', 'START_COMPLETED'])
    records.note('page', { type: 'STOP' })
    await records.flush()
    expect(await harness.eventsOf('component/page')).toEqual(['xstate.init', 'START_COMPLETED'])
    expect(told).toEqual([])
    await harness.supervisor.stop()
  })

  it('is lost on an actor in quarantine, and nobody waits for that', async () => {
    const { harness, supervisor, told, records, open } = await stage()
    open()
    records.note('page', { type: 'START' })
    await records.flush()
    const error = { name: 'Error', message: 'suspicious' }
    await supervisor.quarantine('component/page', { error, event: { type: 'START' } })
    records.note('page', { type: 'START_COMPLETED' })
    await records.flush()
    expect(await harness.eventsOf('component/page')).toEqual(['xstate.init', 'outcry.failed'])
    expect(told).toEqual([])
    await supervisor.stop()
  })

  it('is lost on an actor that has ended, with a warning', async () => {
    const endless = { ...machines.component, holds: () => undefined }
    const { supervisor, told, records, open } = await stage(endless)
    open()
    records.note('page', { type: 'START' })
    await records.flush()
    await supervisor.stopActor('component/page')
    records.note('page', { type: 'START_COMPLETED' })
    await records.flush()
    expect(told).toEqual([expect.stringMatching(/^component\/page does not take START_COMPLETED: /)])
    await supervisor.stop()
  })

  it('is a history of failures and restarts, with the reasons', async () => {
    const { harness, records, logger, open, written } = await stage()
    let fail: (error: Error) => void = () => {}
    let runs = 0
    const wire: Component = {
      name: 'news',
      needs: [],
      start: open,
      run: () =>
        new Promise((_, reject) => {
          runs++
          fail = reject
        }),
      restart: { failuresMax: 1, minMs: 250, maxMs: 250, steadyMs: 1_000 },
    }
    const time = { now: () => 0, wait: async () => {} }
    const all = new Lifecycle([wire], { records, logger, time })
    await all.start()
    all.run()
    fail(new Error('the wire is cut'))
    while (runs < 2) await new Promise((resolve) => setImmediate(resolve))
    expect((await harness.supervisor.verify()).problems).toEqual([])
    fail(new Error('the wire has gone'))
    while (all.health[0]?.state !== 'FAILED') await new Promise((resolve) => setImmediate(resolve))
    const seen = (await written()).map(({ event, to }) => [event.type, to])
    expect(seen).toEqual([
      ['xstate.init', 'INITIALIZING'],
      ['START_COMPLETED', 'RUNNING'],
      ['FAULT', 'FAILED'],
      ['START', 'INITIALIZING'],
      ['START_COMPLETED', 'RUNNING'],
      ['FAULT', 'FAILED'],
    ])
    const emitted = (await written()).flatMap(({ emitted = [] }) => emitted)
    const [component, at] = ['news', 1_000]
    expect(emitted).toEqual([
      { type: 'COMPONENT_STARTED', at, component },
      { type: 'COMPONENT_FAILED', at, component, reason: 'the wire is cut', retryInMs: 250 },
      { type: 'COMPONENT_STARTED', at, component },
      { type: 'COMPONENT_FAILED', at, component, reason: 'the wire has gone' },
    ])
    expect(harness.context('component/news')).toEqual({
      name: 'news',
      failures: 2,
      reason: 'the wire has gone',
    })
    await all.stop()
    await harness.supervisor.stop()
  })
})
