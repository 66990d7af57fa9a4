import type { SnapshotEntry } from '../../../store/store.ts'
import type { AnyEvent } from '../record/record.ts'
import type { Ref } from '../record/ref.ts'
import type { Names } from './upgrade.ts'

/**
 * The migration of an actor to another version, done in memory and not on record yet. The actor's next record is
 * `outcry.migrated`, or `outcry.dropped` when the new version has no place for the actor.
 */
export interface Migration {
  readonly from: string
  /**
   * The actor's snapshot in the old version, as the log has it. Undefined when the actor was replayed on the new
   * machine.
   */
  readonly was: SnapshotEntry | undefined
  /** Ids of children to stop, and children to start. */
  readonly dropped: readonly string[]
  readonly started: readonly { readonly ref: Ref; readonly input: unknown }[]
  /** All timers after the migration. Undefined when they stay as they are. */
  readonly timers: readonly PlannedTimer[] | undefined
  /** The stashed events in the new version. Undefined when they stay as they are. */
  readonly stash: readonly AnyEvent[] | undefined
  readonly names: Names
}

/** A timer of a migrated actor. It has either a fixed due time or a delay that begins with the migration. */
export interface PlannedTimer {
  readonly id: string
  readonly dueAt?: number
  readonly delayMs?: number
  readonly target?: string
  readonly event: AnyEvent
}
