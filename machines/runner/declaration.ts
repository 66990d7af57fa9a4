/** The events that a runner accepts, emits and sends. */
import { stats, statsRequest } from '../events/account.ts'
import {
  healthCheck,
  heartbeat,
  processStarted,
  processStopped,
  reportError,
  runnerStarted,
  runnerStopped,
  statsUpdate,
  systemError,
  systemStarted,
  systemStopped,
} from '../events/runner.ts'
import { strategyStats } from '../events/strategy.ts'
import { type Accepted, declare, type Since } from '../kind/kind.ts'

export const runnerDeclaration = declare({
  accepts: [processStarted, processStopped, reportError, stats, strategyStats],
  emits: [
    runnerStarted,
    runnerStopped,
    systemStarted,
    systemStopped,
    systemError,
    heartbeat,
    healthCheck,
    statsUpdate,
  ],
  /** Goes to accounts, and to the strategies that its start has named. */
  sends: { account: [statsRequest], '*': [statsRequest] },
  commands: [],
})

export const since: Since<typeof runnerDeclaration> = { 6: ['STATS_UPDATE.strategies'] }

export type RunnerEvent = Accepted<typeof runnerDeclaration>
