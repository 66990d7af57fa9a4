import type { OutcryError } from '../../../errors/outcry-error.ts'
import type { SnapshotEntry } from '../../../store/store.ts'
import type { Publication } from '../turn/publication.ts'
import type { Job } from './job.ts'

/** A finished turn on its way into the log. */
export interface PendingTurn {
  readonly publications: readonly Publication[]
  /** Approximate size of the turn's events and of the snapshots written with it, in characters. */
  readonly size: number
  /** More snapshots may be added while the turn waits for its commit. */
  snapshots: SnapshotEntry[] | undefined
  readonly job: Job
  /** True when it goes into the commit of the turn before it. */
  readonly joined: boolean
  /** The error when the turn's message was not taken. */
  readonly refused: OutcryError | undefined
  /** The callers that wait until this turn is durable, and so all turns before it. */
  followers?: Follower[]
}

export interface Follower {
  resolve(): void
  reject(error: unknown): void
}

/** Answers those who wait for the turn: it is durable, it will never be, or its message was refused. */
export function answer(
  { job: { waiting }, publications, refused, followers = [] }: PendingTurn,
  error?: unknown,
): void {
  if (error !== undefined) waiting?.reject(error)
  else if (refused !== undefined) waiting?.reject(refused)
  else waiting?.resolve({ seq: publications[0]?.record.seq ?? 0, duplicate: false })
  for (const follower of followers) error === undefined ? follower.resolve() : follower.reject(error)
}
