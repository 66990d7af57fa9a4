import type { Snapshot } from 'xstate'

/** The fields of every actor's snapshot, and the further ones of a machine's. */
export interface AnySnapshot {
  readonly status: Snapshot<unknown>['status']
  readonly output: unknown
  readonly error: unknown
  readonly children?: Record<string, unknown>
  readonly context?: unknown
}
