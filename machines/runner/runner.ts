import { setup } from 'xstate'
import { compact } from '../../errors/compact.ts'
import { asItIs } from '../kind/kind.ts'
import * as actions from './actions.ts'
import { HEARTBEAT_MS, type RunnerTypes, type Timed } from './context.ts'
import { runnerDeclaration } from './declaration.ts'
import { fromVersion4, runnerVersion3, runnerVersion4 } from './version-4.ts'

/**
 * Returns the time until the next heartbeat, in ms. Heartbeats are on multiples of the interval, so a stop and a start in between
 * do not change when the account is asked. Its log has what it is asked.
 */
function untilHeartbeat(every: number, { at }: Timed): number {
  return every - (at % every)
}

export const runnerMachine = setup({
  types: {} as RunnerTypes,
  delays: { heartbeat: ({ context, event }) => untilHeartbeat(context.heartbeatMs, event as Timed) },
  actions,
}).createMachine({
  id: 'runner',
  version: '5',
  description:
    'The starts, stops, heartbeats and errors of the process. Two starts without a stop between them: the process crashed.',
  context: ({ input }) =>
    compact({ heartbeatMs: HEARTBEAT_MS, belonging: input?.belonging, warnings: 0, errors: 0 }),
  initial: 'stopped',
  on: { REPORT_ERROR: { actions: 'reportError' }, STATS: { actions: 'reportStats' } },
  states: {
    stopped: { on: { STARTED: { target: 'running', actions: 'reportStarted' } } },
    running: {
      // Its heartbeats go on from before the crash, so that they come when they would have come without it.
      on: {
        STARTED: { actions: 'reportStarted' },
        STOPPED: { target: 'stopped', actions: 'reportStopped' },
      },
      after: { heartbeat: { target: 'running', reenter: true, actions: 'beat' } },
    },
  },
})

/** The kind, as it is registered. */
export const runnerKind = {
  ...runnerDeclaration,
  machine: runnerMachine,
  previous: [runnerVersion3, runnerVersion4],
  upgrades: [{ from: '3', to: '4', migrate: asItIs }, fromVersion4],
}
