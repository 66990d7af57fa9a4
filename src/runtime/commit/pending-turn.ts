import type { OutcryError } from '../../../errors/outcry-error.ts'
import type { SnapshotEntry } from '../../../store/store.ts'
import type { Publication } from '../turn/publication.ts'
import type { Job } from './job.ts'

/** A finished turn on its way into the log. */
export interface PendingTurn {
  readonly publications: readonly Publication[]
  /** Of its events and of the snapshots that it makes due, roughly, in characters. */
  readonly size: number
  /** More may be added while it waits for its commit. */
  snapshots: SnapshotEntry[] | undefined
  readonly job: Job
  /** Why its message was not taken. */
  readonly refused: OutcryError | undefined
}

/** Whoever waits for the turn hears that it is durable, or why it will never be, or why its message was refused. */
export function answer({ job: { waiting }, publications, refused }: PendingTurn, error?: unknown): void {
  if (error !== undefined) waiting?.reject(error)
  else if (refused !== undefined) waiting?.reject(refused)
  else waiting?.resolve({ seq: publications[0]?.record.seq ?? 0, duplicate: false })
}
