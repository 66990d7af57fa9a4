/** The events that a runner accepts, emits and sends. */
import { stats, statsRequest } from '../events/account.ts'
import {
  healthCheck,
  heartbeat,
  logLevelSet,
  processStarted,
  processStopped,
  reportError,
  runnerStarted,
  runnerStopped,
  setLogLevel,
  statsUpdate,
  systemError,
  systemStarted,
  systemStopped,
} from '../events/runner.ts'
import { strategyStats } from '../events/strategy.ts'
import { type Accepted, declare, type Since } from '../kind/kind.ts'

export const runnerDeclaration = declare({
  accepts: [processStarted, processStopped, reportError, stats, strategyStats, setLogLevel],
  emits: [
    runnerStarted,
    runnerStopped,
    systemStarted,
    systemStopped,
    systemError,
    heartbeat,
    healthCheck,
    statsUpdate,
    logLevelSet,
  ],
  /** Goes to accounts, and to the strategies that its start has named. */
  sends: { account: [statsRequest], '*': [statsRequest] },
  commands: ['SET_LOG_LEVEL'],
})

export const since: Since<typeof runnerDeclaration> = {
  6: ['STATS_UPDATE.strategies'],
  7: ['LOG_LEVEL_SET.type'],
  8: ['SYSTEM_STARTED.crashed'],
  9: ['LOG_LEVEL_SET.component'],
}

export type RunnerEvent = Accepted<typeof runnerDeclaration>
