import { setup } from 'xstate'
import { compact } from '../../errors/compact.ts'
import { asItIs, versionsSince } from '../kind/kind.ts'
import { actionsOf } from './actions.ts'
import { HEARTBEAT_MS, type RunnerTypes, type Timed } from './context.ts'
import { runnerDeclaration, since } from './declaration.ts'
import { fromVersion4, runnerVersion3, runnerVersion4 } from './version-4.ts'

/**
 * Returns the time until the next heartbeat, in ms. Heartbeats are on multiples of the interval, so a stop and a start in between
 * do not change when the account is asked. Its log has what it is asked.
 */
function untilHeartbeat(every: number, { at }: Timed): number {
  return every - (at % every)
}

/**
 * Returns the machine of a version. Versions before 6 know nothing of strategies' work, those before 7 of log levels, those
 * before 8 do not tell of a crash, and those before 9 do not tell of the component that a level is for.
 */
const runnerOf = (version: string) =>
  setup({
    types: {} as RunnerTypes,
    delays: { heartbeat: ({ context, event }) => untilHeartbeat(context.heartbeatMs, event as Timed) },
    actions: actionsOf(version, version !== '5'),
  }).createMachine({
    id: 'runner',
    version,
    description:
      'The starts, stops, heartbeats and errors of the process. Two starts without a stop between them: the process crashed.',
    context: ({ input }) =>
      compact({ heartbeatMs: HEARTBEAT_MS, belonging: input?.belonging, warnings: 0, errors: 0 }),
    initial: 'stopped',
    on: {
      REPORT_ERROR: { actions: 'reportError' },
      STATS: { actions: 'reportStats' },
      ...(version !== '5' && { STRATEGY_STATS: { actions: 'noteStrategy' as const } }),
      ...(!['5', '6'].includes(version) && { SET_LOG_LEVEL: { actions: 'tellLogLevel' as const } }),
    },
    states: {
      stopped: { on: { STARTED: { target: 'running', actions: 'reportStarted' } } },
      running: {
        // Its heartbeats go on from before the crash, so that they come when they would have come without it.
        on: {
          STARTED: {
            actions: ['5', '6', '7'].includes(version)
              ? 'reportStarted'
              : { type: 'reportStarted', params: { crashed: true } },
          },
          STOPPED: { target: 'stopped', actions: 'reportStopped' },
        },
        after: { heartbeat: { target: 'running', reenter: true, actions: 'beat' } },
      },
    },
  })

const today = versionsSince('5', since, runnerOf)
export const runnerMachine = today.machine

/** The kind, as it is registered. */
export const runnerKind = {
  ...runnerDeclaration,
  machine: runnerMachine,
  holds: () => 'it knows what the log belongs to',
  previous: [runnerVersion3, runnerVersion4, ...today.previous],
  upgrades: [{ from: '3', to: '4', migrate: asItIs }, fromVersion4, ...today.upgrades],
}
