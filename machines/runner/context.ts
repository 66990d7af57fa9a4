/** The context of a runner. */
import type { Belonging, Configured } from '../events/runner.ts'
import type { StrategyStats } from '../events/strategy.ts'
import type { Emitted } from '../kind/kind.ts'
import type { RunnerEvent, runnerDeclaration } from './declaration.ts'

/** There is one in a process. */
export const RUNNER = 'runner/main'

/** Often enough to see that it lives, and nothing beside what a market sends in that time. */
export const HEARTBEAT_MS = 60_000

export interface RunnerContext {
  /** The venues that it trades at; absent until its first start. */
  readonly venues?: readonly string[]
  readonly startedAt?: number
  readonly heartbeatMs: number
  readonly configured?: Configured
  /** Absent in logs of earlier versions until their next start. */
  readonly belonging?: Belonging
  /** The answers of the strategies to the last heartbeat. */
  readonly strategies?: readonly StrategyStats[] | undefined
  /** Since the last heartbeat. */
  readonly warnings: number
  readonly errors: number
}

export type RunnerInput = Pick<RunnerContext, 'belonging'> | undefined

export interface RunnerTypes {
  readonly input: RunnerInput
  readonly context: RunnerContext
  readonly events: RunnerEvent
  readonly emitted: Emitted<typeof runnerDeclaration>
}

/** The event of a timer carries the time, as all events do; XState's types do not know of it. */
export interface Timed {
  readonly at: number
}
