/** Actors as they were before a record. */
import { isOutcryError } from '../../../errors/outcry-error.ts'
import type { Interruptible, Store } from '../../../store/store.ts'
import type { Cell } from '../actors/cell.ts'
import type { Registry } from '../actors/registry.ts'
import type { TransitionRecord } from '../record/record.ts'
import { cellAt, differenceOf, replayRecord, replayScope, snapshotAt } from '../state/replay.ts'
import type { StepResult } from '../turn/evolve.ts'

/** Maximum number of records that are replayed from an earlier place. A snapshot of the store is nearer than more. */
const GAP_MAX = 500

/** An actor before a record. */
export interface Before {
  readonly cell: Cell
  /** Why its state may be wrong: an earlier record did other things when it was replayed. */
  readonly doubt: string | undefined
}

/** An actor before the record that was asked for last. It has no cell before its first record. */
interface Known {
  readonly record: TransitionRecord
  readonly before: Before | undefined
}

/** A record before which the actor cannot be replayed, from the latest snapshot before it. */
interface Failure {
  readonly seq: number
  readonly error: unknown
}

/** Replays actors up to places of the log. It goes on from an earlier place of an actor, so ask in the order of seq. */
export class Past {
  readonly #log: Store<TransitionRecord>
  readonly #registry: Registry
  readonly #options: Interruptible
  readonly #known = new Map<string, Known>()
  readonly #failed = new Map<string, Failure>()

  /** `log` has today's names: see `upcasting`. */
  constructor(log: Store<TransitionRecord>, registry: Registry, options: Interruptible = {}) {
    this.#log = log
    this.#registry = registry
    this.#options = options
  }

  /**
   * Returns the record's actor as it was before the record, until the next call. Undefined when that is its first record.
   * @throws as `cellAt`, also for all later records until a snapshot of the actor
   */
  async before(record: TransitionRecord): Promise<Before | undefined> {
    const { actor, rev, seq } = record
    const known = this.#known.get(actor)
    // A replay changes the cell in place. One that throws leaves it in a state that never was.
    this.#known.delete(actor)
    const before =
      rev === 1
        ? undefined
        : ((known && (await this.#onwards(known, record))) ?? (await this.#fromSnapshot(actor, seq)))
    this.#known.set(actor, { record, before })
    return before
  }

  /** Undefined when the way from there is too long, or does not replay. A snapshot may be behind what does not. */
  async #onwards(
    { record: last, before }: Known,
    { actor, rev }: TransitionRecord,
  ): Promise<Before | undefined> {
    const gap = rev - last.rev
    if (gap === 0) return before
    if (gap < 0 || gap > GAP_MAX) return undefined
    const scope = replayScope()
    const take = (was: Before | undefined, record: TransitionRecord): Before => {
      const { cell, result } = replayRecord(scope, this.#registry, was?.cell, record)
      return { cell, doubt: was?.doubt ?? differenceOf(record, result) }
    }
    try {
      // It is in hand. What a turn did to an actor mostly follows at once, and then nothing is read.
      let found = take(before, last)
      const range = { fromRev: last.rev + 1, toRev: rev - 1, ...this.#options }
      if (gap > 1) for await (const record of this.#log.history(actor, range)) found = take(found, record)
      return found
    } catch (error) {
      if (isOfReading(error)) throw error
      return undefined
    }
  }

  async #fromSnapshot(actor: string, seq: number): Promise<Before | undefined> {
    const failed = this.#failed.get(actor)
    if (failed !== undefined && failed.seq <= seq) {
      const snapshot = await snapshotAt(this.#log, actor, seq - 1, this.#options.signal)
      if (snapshot === undefined || snapshot.seq < failed.seq) throw failed.error
    }
    let doubt: string | undefined
    const onReplayed = (record: TransitionRecord, result: StepResult) => {
      doubt ??= differenceOf(record, result)
    }
    try {
      const options = { ...this.#options, onReplayed }
      const cell = await cellAt(this.#log, this.#registry, actor, { seq: seq - 1 }, options)
      return cell && { cell, doubt }
    } catch (error) {
      if (!isOfReading(error)) this.#failed.set(actor, { seq, error })
      throw error
    }
  }
}

/** Returns whether the log could not be read, which says nothing about the actor. */
export function isOfReading(error: unknown): boolean {
  return isOutcryError(error, 'READ_ABORTED') || isOutcryError(error, 'STORE_CORRUPT')
}
