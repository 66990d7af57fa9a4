import type { SnapshotEntry } from '../../../store/store.ts'
import type { AnyEvent } from '../record/record.ts'
import type { Ref } from '../record/ref.ts'
import type { Names } from './upgrade.ts'

/**
 * An actor that was carried over to another version of its machine in memory, and has that not on record yet: its next
 * record is `outcry.migrated`, or `outcry.dropped` where the new version has no place for it.
 */
export interface Migration {
  readonly from: string
  /** The actor as the log has it: its snapshot until then. Undefined where only a replay on the new machine was possible. */
  readonly was: SnapshotEntry | undefined
  /** Ids of children to stop, and children to start. */
  readonly dropped: readonly string[]
  readonly started: readonly { readonly ref: Ref; readonly input: unknown }[]
  /** All timers as they are from then on; undefined where they stay as they are. */
  readonly timers: readonly PlannedTimer[] | undefined
  /** Events that wait for a restart, where the new version takes others. */
  readonly stash: readonly AnyEvent[] | undefined
  readonly names: Names
}

/** A timer of a migrated actor: one of a fixed time, or one whose delay begins with the migration. */
export interface PlannedTimer {
  readonly id: string
  readonly dueAt?: number
  readonly delayMs?: number
  readonly target?: string
  readonly event: AnyEvent
}
