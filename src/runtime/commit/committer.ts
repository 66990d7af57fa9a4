import { OutcryError } from '../../../errors/outcry-error.ts'
import type { SnapshotEntry, Store } from '../../../store/store.ts'
import type { TransitionRecord } from '../record/record.ts'
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

/** Records in one commit; a turn is never split. */
const COMMIT_RECORDS_MAX = 2_000
/** Size of the events in one commit, in characters; a turn is never split. */
const COMMIT_SIZE_MAX = 16 * 2 ** 20
/** Records that turns may run ahead of the log, and size of their events. */
const PENDING_RECORDS_MAX = 20_000
const PENDING_SIZE_MAX = 128 * 2 ** 20

export interface CommitterHooks {
  /** The turn is durable: let out what it says. Must not throw. */
  release(turn: PendingTurn): void
  /** The turn is durable and let out, or will never be, for this reason. */
  settle(turn: PendingTurn, error: unknown): void
  /** Between two commits, the store being free. */
  maintain(): Promise<void> | undefined
  /** There is room again, or nothing left to do. */
  onCommitted(): void
  onFenced(error: OutcryError): void
}

/** Group commit: all turns that finished while the last commit was being fsynced go into the next one. */
export class Committer {
  readonly #store: Store<TransitionRecord>
  readonly #hooks: CommitterHooks
  #pending: PendingTurn[] = []
  #pendingRecords = 0
  #pendingSize = 0
  #running: Promise<void> | undefined
  #fence: OutcryError | undefined

  constructor(store: Store<TransitionRecord>, hooks: CommitterHooks) {
    this.#store = store
    this.#hooks = hooks
  }

  get idle(): boolean {
    return this.#running === undefined && this.#pending.length === 0
  }

  get full(): boolean {
    return this.#pendingRecords >= PENDING_RECORDS_MAX || this.#pendingSize >= PENDING_SIZE_MAX
  }

  get fence(): OutcryError | undefined {
    return this.#fence
  }

  /** The newest turn that is not durable yet. */
  get last(): PendingTurn | undefined {
    return this.#pending.at(-1)
  }

  add(turn: PendingTurn): void {
    this.#pending.push(turn)
    this.#pendingRecords += turn.publications.length
    this.#pendingSize += turn.size
  }

  /** Commits until nothing is pending. */
  start(): void {
    if (this.#running !== undefined || this.#fence !== undefined || this.#pending.length === 0) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      if (this.#pending.length > 0) this.start()
      this.#hooks.onCommitted()
    })
  }

  async #run(): Promise<void> {
    // Turns that are run in this tick of the event loop share the commit.
    await undefined
    while (this.#pending.length > 0) {
      const batch = this.#takeBatch()
      const records: TransitionRecord[] = []
      const snapshots: SnapshotEntry[] = []
      for (const turn of batch) {
        for (const { record } of turn.publications) records.push(record)
        if (turn.snapshots !== undefined) for (const entry of turn.snapshots) snapshots.push(entry)
      }
      try {
        await this.#store.append(snapshots.length > 0 ? { records, snapshots } : { records })
      } catch (error) {
        this.#fenceOff(error, batch)
        return
      }
      this.#pendingRecords -= records.length
      for (const { size } of batch) this.#pendingSize -= size
      for (const turn of batch) this.#hooks.release(turn)
      for (const turn of batch) this.#hooks.settle(turn, undefined)
      try {
        await this.#hooks.maintain()
      } catch (error) {
        this.#fenceOff(error, [])
        return
      }
      this.#hooks.onCommitted()
    }
  }

  #takeBatch(): PendingTurn[] {
    let records = 0
    let size = 0
    let turns = 0
    for (const turn of this.#pending) {
      records += turn.publications.length
      size += turn.size
      if (turns > 0 && (records > COMMIT_RECORDS_MAX || size > COMMIT_SIZE_MAX)) break
      turns++
    }
    return this.#pending.splice(0, turns)
  }

  /** Law 11: what memory says and what the disk says may differ from here on, so nothing more is taken or told. */
  #fenceOff(cause: unknown, batch: readonly PendingTurn[]): void {
    this.#fence = new OutcryError(
      'STORE_FENCED',
      `the log refused a commit: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Mend what the store says (disk full, another runner, ...), then start again: all that was acknowledged is there.',
      { cause },
    )
    const lost = [...batch, ...this.#pending]
    this.#pending = []
    for (const turn of lost) this.#hooks.settle(turn, this.#fence)
    this.#hooks.onFenced(this.#fence)
  }
}
