/**
 * Covers the part of a log that the index by type lacks, because an older Outcry wrote it. It begins when somebody reads
 * by type in that part, and goes from the newest records to the oldest, in steps that are each durable.
 */
import type { LogRecord } from '../store.ts'
import type { Batch } from './codec/database.ts'
import type { LogReader } from './log-reader.ts'
import { Pace } from './pace.ts'
import { entriesOf, firstOfWindow, noteIn, type TypeIndex, type Window, windowOf } from './type-index.ts'

/** Windows that are covered in one step. */
const WINDOWS_AT_ONCE = 4

export class TypeCover<R extends LogRecord> {
  readonly #reader: LogReader<R>
  readonly #types: TypeIndex
  /** Writes these entries, and notes that the index begins at `from`. */
  readonly #write: (entries: Batch, from: number) => Promise<void>
  readonly #stopped = new AbortController()
  readonly #firstSeq: () => number
  #running: Promise<void> | undefined

  constructor(
    reader: LogReader<R>,
    types: TypeIndex,
    write: (entries: Batch, from: number) => Promise<void>,
    firstSeq: () => number,
  ) {
    this.#reader = reader
    this.#types = types
    this.#write = write
    this.#firstSeq = firstSeq
  }

  start(): void {
    // The next read tries again after a failure, and finds its records all the same.
    this.#running ??= this.#run()
      .catch(() => {})
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Resolves when no step is under way. None begins any more. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    while (this.#types.from > this.#firstSeq() && !signal.aborted) {
      const to = this.#types.from - 1
      const from = Math.max(this.#firstSeq(), firstOfWindow(windowOf(to) - WINDOWS_AT_ONCE + 1))
      const windows = new Map<number, Window>()
      const pace = new Pace({ signal, inBackground: true })
      for await (const { records } of this.#reader.commits(from, to, false, pace))
        for (const record of records) if (record.seq >= from && record.seq <= to) noteIn(windows, record)
      await this.#write(entriesOf(windows), from)
      this.#types.from = from
    }
  }
}
