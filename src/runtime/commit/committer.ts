import { OutcryError } from '../../../errors/outcry-error.ts'
import type { CutCommit, PositionEntry, SnapshotEntry, Store } from '../../../store/store.ts'
import type { TransitionRecord } from '../record/record.ts'
import type { Offsets } from '../state/offsets.ts'
import { type CommitLatency, Latencies } from './latencies.ts'
import { assertCovers, assertFollows, assertWritten } from './laws.ts'
import type { Maintenance } from './maintenance.ts'
import { answer, type PendingTurn } from './pending-turn.ts'
import type { Publisher } from './publisher.ts'
import { Tally } from './tally.ts'

/** Maximum number of records in one commit. A turn is never split, nor are messages that were sent together. */
const COMMIT_RECORDS_MAX = 2_000
/** Maximum size of the events in one commit, in characters. A turn is never split. */
const COMMIT_SIZE_MAX = 16 * 2 ** 20
/** Maximum number of records that turns may run ahead of the log, and maximum size of their events. */
const PENDING_RECORDS_MAX = 20_000
const PENDING_SIZE_MAX = 128 * 2 ** 20

/** Is notified of commits. */
export interface CommitObserver {
  /** A commit is published: there is room for messages, or nothing is left to do. */
  onCommitted(): void
  /** The log has refused a commit. */
  onFenced(error: OutcryError): void
}

export interface CommitterParts {
  readonly store: Store<TransitionRecord>
  readonly offsets: Offsets
  readonly publisher: Publisher
  readonly maintenance: Maintenance
  /** Returns the positions of subscriptions that the next commit takes along. */
  readonly duePositions: () => readonly PositionEntry[] | undefined
}

/** Commits in groups: all turns that finished while the last commit was fsynced go into the next one. */
export class Committer {
  readonly #parts: CommitterParts
  readonly #observer: CommitObserver
  #pending: PendingTurn[] = []
  /** The turns of the commit under way. */
  #batch: readonly PendingTurn[] = []
  #pendingRecords = 0
  #pendingSize = 0
  #running: Promise<void> | undefined
  #fence: OutcryError | undefined
  readonly #latencies = new Latencies()
  /** The counts of what is durable. */
  readonly tally = new Tally()
  readonly #cursor = (source: string) => this.#parts.offsets.cursor(source)

  constructor(parts: CommitterParts, observer: CommitObserver) {
    this.#parts = parts
    this.#observer = observer
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

  /** Returns the newest turn that is not durable yet. */
  get last(): PendingTurn | undefined {
    return this.#pending.at(-1)
  }

  /** Returns how long the commits of the last minute took; undefined when there was none. */
  get latency(): CommitLatency | undefined {
    return this.#latencies.lastMinute()
  }

  /** Resolves when all turns that have run are durable and published. @throws STORE_FENCED */
  settled(): Promise<void> {
    if (this.#fence) return Promise.reject(this.#fence)
    const last = this.#pending.at(-1) ?? this.#batch.at(-1)
    if (last === undefined) return Promise.resolve()
    return new Promise((resolve, reject) => {
      last.followers ??= []
      last.followers.push({ resolve, reject })
    })
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
      this.#observer.onCommitted()
    })
  }

  async #run(): Promise<void> {
    const { store, offsets, publisher, maintenance, duePositions } = this.#parts
    // Turns that run in this tick of the event loop share the commit.
    await undefined
    while (this.#pending.length > 0) {
      const batch = this.#takeBatch()
      this.#batch = batch
      const records: TransitionRecord[] = []
      const snapshots: SnapshotEntry[] = []
      let cut: CutCommit | undefined
      for (const turn of batch) {
        for (const { record } of turn.publications) records.push(record)
        cut ??= turn.job.cut
        if (turn.snapshots !== undefined) for (const entry of turn.snapshots) snapshots.push(entry)
      }
      try {
        const { head } = store
        assertFollows(batch, { head: head.seq, turn: offsets.turn, cursor: this.#cursor })
        if (snapshots.length > 0) assertCovers(snapshots, records, head.seq)
        const positions = duePositions()
        const beganAt = performance.now()
        await store.append({
          records,
          positions,
          ...(snapshots.length > 0 && { snapshots }),
          ...(cut && { cut }),
        })
        const endedAt = performance.now()
        this.#latencies.note(endedAt - beganAt, endedAt)
        assertWritten(records, store.head.seq)
        this.#pendingRecords -= records.length
        for (const { size } of batch) this.#pendingSize -= size
        for (const { publications } of batch) publisher.publish(publications)
        this.tally.take(batch, records.length, endedAt - beganAt)
      } catch (error) {
        this.#fenceOff(error, batch)
        return
      }
      maintenance.count(records.length)
      this.#batch = []
      for (const turn of batch) this.#answer(turn)
      try {
        await maintenance.run(this.last)
      } catch (error) {
        this.#fenceOff(error, [])
        return
      }
      this.#observer.onCommitted()
    }
  }

  #takeBatch(): PendingTurn[] {
    let records = 0
    let size = 0
    let turns = 0
    for (const turn of this.#pending) {
      records += turn.publications.length
      size += turn.size
      if (turns > 0 && !turn.joined && (records > COMMIT_RECORDS_MAX || size > COMMIT_SIZE_MAX)) break
      turns++
    }
    return this.#pending.splice(0, turns)
  }

  /**
   * Fences the store (law 11). From here on memory and disk may differ, so no message is taken and nothing is
   * published.
   */
  #fenceOff(cause: unknown, batch: readonly PendingTurn[]): void {
    this.#fence = new OutcryError(
      'STORE_FENCED',
      `the log refused a commit: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Fix the cause (disk full, another runner, ...), then start again: everything acknowledged is in the log.',
      { cause },
    )
    const lost = [...batch, ...this.#pending]
    this.#pending = []
    this.#batch = []
    for (const turn of lost) this.#answer(turn, this.#fence)
    this.#observer.onFenced(this.#fence)
    this.#parts.publisher.fence(this.#fence)
  }

  #answer(turn: PendingTurn, error?: unknown): void {
    this.#parts.offsets.settle(turn.job.message)
    answer(turn, error)
  }
}
