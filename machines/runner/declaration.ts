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
import { type Accepted, declare } from '../kind/kind.ts'

export const runnerDeclaration = declare({
  accepts: [processStarted, processStopped, reportError, stats],
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
  sends: { account: [statsRequest] },
  commands: [],
})

export type RunnerEvent = Accepted<typeof runnerDeclaration>
