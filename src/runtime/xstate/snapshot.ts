import type { Snapshot } from 'xstate'

/** What every actor's snapshot has, and what a machine's has besides. */
export interface AnySnapshot {
  readonly status: Snapshot<unknown>['status']
  readonly output: unknown
  readonly error: unknown
  readonly children?: Record<string, unknown>
  readonly context?: unknown
}
