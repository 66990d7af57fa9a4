/** The states of a component, whatever the process tells it. */

import { describe, expect, it } from 'vitest'
import { createActor } from 'xstate'
import { machines } from '../../machines/index.ts'

const { machine } = machines.component

/** What leads from the beginning to each state. */
const PATHS = {
  INITIALIZING: [],
  RUNNING: ['START_COMPLETED'],
  STOPPING: ['START_COMPLETED', 'STOP'],
  STOPPED: ['START_COMPLETED', 'STOP', 'STOP_COMPLETED'],
  FAILED: ['START_COMPLETED', 'FAULT'],
} as const

function told(types: readonly string[]) {
  const actor = createActor(machine, { input: { name: 'news' } }).start()
  for (const [at, type] of types.entries())
    actor.send({ type, at, ...(type === 'FAULT' && { reason: 'the wire is cut' }) } as never)
  return actor
}

describe('a component', () => {
  it('has five states', () => {
    expect(Object.keys(machine.states)).toEqual(Object.keys(PATHS))
  })

  it.each(Object.entries(PATHS))('is %s after %j, and starts over from there', (state, path) => {
    expect(told(path).getSnapshot().value).toBe(state)
    const { value, context } = told([...path, 'START']).getSnapshot()
    expect(value).toBe('INITIALIZING')
    expect(context.reason).toBeUndefined()
  })

  it('knows why it has failed while it has, and how often it did', () => {
    expect(told(['FAULT']).getSnapshot().context).toEqual({
      name: 'news',
      failures: 1,
      reason: 'the wire is cut',
    })
    expect(told(['FAULT', 'START', 'FAULT']).getSnapshot().context.failures).toBe(2)
  })
})
