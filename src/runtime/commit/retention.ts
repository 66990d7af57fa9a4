import { isOutcryError } from '../../../errors/outcry-error.ts'
import type { Store } from '../../../store/store.ts'
import type { Logger } from '../logger.ts'
import type { TransitionRecord } from '../record/record.ts'

/** The records that stay in the database. Records that no limit keeps go to compressed files and are read there. */
export interface RetentionOptions {
  /** Keeps so many of the newest records. */
  readonly liveRecords?: number
  /** Keeps the records of the last so many milliseconds of the log's own time. */
  readonly liveMs?: number
  /**
   * Deletes the archived records that are older than so many milliseconds, and that nobody needs. Default: nothing is ever
   * deleted.
   */
  readonly deleteAfterMs?: number
  /** Names of bookmarks. While one of them was never kept, nothing is deleted. */
  readonly waitsFor?: readonly string[]
}

/** Minimum number of records in a file of the archive. */
const RECORDS_MIN = 20_000

/** The part that deletes old records: see Deletion. */
export interface Deleting {
  run(): Promise<void>
  /** Lets it end soon. */
  stop(): void
}

/** Moves old records to the archive, behind checkpoints and beside the commits. */
export class Retention {
  readonly #store: Store<TransitionRecord>
  readonly #retention: RetentionOptions
  readonly #logger: Logger
  /** Set while old records are deleted. */
  #deletion: Deleting | undefined
  #running: Promise<void> | undefined

  constructor(store: Store<TransitionRecord>, retention: RetentionOptions, logger: Logger) {
    this.#store = store
    this.#retention = retention
    this.#logger = logger
  }

  /** True when all records stay in the database. */
  get keepsAll(): boolean {
    const { liveRecords, liveMs, deleteAfterMs } = this.#retention
    return liveRecords === undefined && liveMs === undefined && deleteAfterMs === undefined
  }

  /** Archives after a checkpoint. `at` is the log's time. A failed attempt is repeated after the next checkpoint. */
  consider(checkpointSeq: number, at: number): void {
    if (this.#running !== undefined || this.keepsAll) return
    this.#running = this.#archive(checkpointSeq, at)
      .catch((err) => this.#logger.error({ err }, 'old records could not be archived'))
      .then(() => this.#deletion?.run())
      .catch((err) => this.#logger.error({ err }, 'old records could not be deleted'))
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Sets what deletes old records. Until then none are deleted. */
  deleteBy(deletion: Deleting): void {
    this.#deletion = deletion
  }

  /** Lets the work under way end soon. */
  stop(): void {
    this.#deletion?.stop()
  }

  /** Resolves when no work is under way. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #archive(checkpointSeq: number, at: number): Promise<void> {
    const {
      liveRecords = 0,
      deleteAfterMs,
      liveMs = this.#retention.liveRecords === undefined ? deleteAfterMs : undefined,
    } = this.#retention
    const byCount = this.#store.head.seq - liveRecords
    const byTime = liveMs === undefined ? byCount : await this.#seqAt(at - liveMs)
    const toSeq = Math.min(byCount, byTime, checkpointSeq)
    const before = this.#store.hotFrom
    if (toSeq - before + 1 < RECORDS_MIN) return
    const hotFrom = await this.#store.archive(toSeq)
    if (hotFrom > before) this.#logger.info({ fromSeq: before, toSeq: hotFrom - 1 }, 'archived')
  }

  /** Returns the last seq at a time; 0 when the log begins later. */
  async #seqAt(at: number): Promise<number> {
    try {
      return await this.#store.seqAt(at)
    } catch (error) {
      if (isOutcryError(error, 'LOG_CUT')) return 0
      throw error
    }
  }
}
