import { assertEvent, enqueueActions, setup } from 'xstate'
import { z } from 'zod'
import { type RunnerStarted, type RunnerStopped, runnerStarted, runnerStopped } from './events/commands.ts'
import type { DomainEvents } from './events/domain.ts'

export const runnerEvents = z.discriminatedUnion('type', [runnerStarted, runnerStopped])

export const runnerMachine = setup({
  types: {} as {
    context: Record<string, never>
    events: RunnerStarted | RunnerStopped
    emitted: DomainEvents<'SYSTEM_STARTED' | 'SYSTEM_STOPPED'>
  },
  actions: {
    reportStarted: enqueueActions(({ event, enqueue }) => {
      assertEvent(event, 'STARTED')
      const { type: _, ...facts } = event
      enqueue.emit({ type: 'SYSTEM_STARTED', ...facts })
    }),
    reportStopped: enqueueActions(({ event, enqueue }) => {
      assertEvent(event, 'STOPPED')
      const { type: _, ...facts } = event
      enqueue.emit({ type: 'SYSTEM_STOPPED', ...facts })
    }),
  },
}).createMachine({
  id: 'runner',
  version: '1',
  description: 'Starts and stops of the process. A start without a stop before it was a crash.',
  context: {},
  initial: 'stopped',
  states: {
    stopped: { on: { STARTED: { target: 'running', actions: 'reportStarted' } } },
    running: {
      on: {
        STARTED: { target: 'running', reenter: true, actions: 'reportStarted' },
        STOPPED: { target: 'stopped', actions: 'reportStopped' },
      },
    },
  },
})
