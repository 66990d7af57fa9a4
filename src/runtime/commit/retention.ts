import type { Store } from '../../../store/store.ts'
import type { Logger } from '../logger.ts'
import type { TransitionRecord } from '../record/record.ts'

/** The records that stay in the database. Records that no limit keeps go to compressed files and are read there. */
export interface RetentionOptions {
  /** Keeps so many of the newest records. */
  readonly liveRecords?: number
  /** Keeps the records of the last so many milliseconds of the log's own time. */
  readonly liveMs?: number
}

/** Minimum number of records in a file of the archive. */
const RECORDS_MIN = 20_000

/** Moves old records to the archive, behind checkpoints and beside the commits. */
export class Retention {
  readonly #store: Store<TransitionRecord>
  readonly #retention: RetentionOptions
  readonly #logger: Logger
  #running: Promise<void> | undefined

  constructor(store: Store<TransitionRecord>, retention: RetentionOptions, logger: Logger) {
    this.#store = store
    this.#retention = retention
    this.#logger = logger
  }

  /** Archives after a checkpoint. `at` is the log's time. A failed attempt is repeated after the next checkpoint. */
  consider(checkpointSeq: number, at: number): void {
    const { liveRecords, liveMs } = this.#retention
    if (this.#running !== undefined || (liveRecords === undefined && liveMs === undefined)) return
    this.#running = this.#archive(checkpointSeq, at)
      .catch((err) => this.#logger.error({ err }, 'old records could not be archived'))
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Resolves when no work is under way. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #archive(checkpointSeq: number, at: number): Promise<void> {
    const { liveRecords = 0, liveMs } = this.#retention
    const byCount = this.#store.head.seq - liveRecords
    const byTime = liveMs === undefined ? byCount : await this.#store.seqAt(at - liveMs)
    const toSeq = Math.min(byCount, byTime, checkpointSeq)
    const before = this.#store.hotFrom
    if (toSeq - before + 1 < RECORDS_MIN) return
    const hotFrom = await this.#store.archive(toSeq)
    if (hotFrom > before) this.#logger.info({ fromSeq: before, toSeq: hotFrom - 1 }, 'archived')
  }
}
