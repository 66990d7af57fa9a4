import { setTimeout as sleep } from 'node:timers/promises'
import { compact } from '../../errors/compact.ts'
import { isOutcryError, OutcryError } from '../../errors/outcry-error.ts'
import type { Logger } from '../runtime/logger.ts'
import type { TransitionRecord } from '../runtime/record/record.ts'
import { type SinkEvent, sinkEventsOf } from './event.ts'
import type { Recent } from './recent.ts'
import type { Batch, Writer } from './sink.ts'
import { turn } from './turn.ts'

/** Most events of a batch, unless one record has more. */
const BATCH_MAX = 1_000
/** Characters of a batch's texts after which it takes no further record, so that no target is asked to take a gigabyte. */
const BATCH_CHARS = 4_000_000
/** Ms for which a batch waits for more events. */
const LINGER_MS = 50
/** Most records that are read for one batch. */
const RECORDS_MAX = 10_000
/** Ms that a write may take before the target counts as down. */
const WRITE_MS = 30_000
/** The wait before the first attempt after a failure, in ms. It doubles with each further one. */
const RETRY_MS_MIN = 250
const RETRY_MS_MAX = 30_000
/** Ms beyond its flush for which an event may wait before the sink counts as behind. */
const LATE_MS = 1_000

/** Errors after which no further attempt is made. */
const FOR_PEOPLE = ['SINK_FOREIGN', 'SINK_CLIENT_MISSING', 'SINK_SECRET_MISSING', 'LOG_CUT'] as const

/** The log, as sinks follow it. */
export interface FollowedLog {
  readonly logId: string
  /** First seq that the log has. */
  readonly firstSeq: number
  /** Time of the last record in epoch ms; undefined while there is none. */
  readonly lastAt: number | undefined
  read(options: {
    fromSeq: number
    toSeq: number
    inBackground: boolean
    signal: AbortSignal
  }): AsyncIterable<TransitionRecord>
}

/** The place that is kept for a sink. See Bookmark. */
export interface Mark {
  readonly seq: number | undefined
  moveTo(seq: number): void
  keep(): Promise<void>
}

export interface FollowerParts {
  /** The name of the sink. */
  readonly name: string
  readonly log: FollowedLog
  readonly recent: Recent
  readonly mark: Mark
  readonly logger: Logger
  /** Opens the target. See Sink.open. The signal is aborted when this attempt is over. */
  readonly open: (signal: AbortSignal) => Promise<Writer>
  readonly wants: (event: SinkEvent) => boolean
  /** The place where a sink begins that was never here, or whose target is empty. */
  readonly since: 'start' | 'now'
  readonly times?: Partial<FollowerTimes>
}

export interface FollowerTimes {
  readonly lingerMs: number
  readonly writeMs: number
  readonly retryMsMin: number
  readonly retryMsMax: number
  readonly lateMs: number
}

/** The figures of a sink since the start of the process. */
export interface SinkFigures {
  readonly name: string
  /** Events that its target has for good. */
  readonly events: number
  readonly batches: number
  readonly failures: number
  /** Seconds that writes took. */
  readonly writeSeconds: number
  /** Records that it has still to go through, with those that wait in vain for the target. */
  readonly behindRecords: number
  /** Seconds of the log's time between the last record that does not count as such and the end of the log. */
  readonly behindSeconds: number
  /** The reason why it does not write at present. */
  readonly failure?: string
}

/** A place in the log, and the time of its record in epoch ms, where that is known. */
interface Place {
  readonly seq: number
  readonly at: number | undefined
}

/**
 * Follows the log for one sink, from its own place, and at the sink's own pace. Nothing in the runner waits for it. After
 * a failure it opens the target anew and asks it how far it has come, so a batch whose fate is not known is not guessed.
 */
export class Follower {
  readonly #parts: FollowerParts
  readonly #times: FollowerTimes
  /** Aborted when the target is let go, whatever waits. */
  readonly #gone = new AbortController()
  /** Aborted when it goes through the rest of the log and ends. */
  readonly #ending = new AbortController()
  /** End of the log when the sink was made: a new one hears of the start that it is part of. */
  readonly #began: number
  #running: Promise<void> | undefined
  /** Place up to which everything is handed to the writer. */
  #handed: Place | undefined
  /** Place up to which the target has everything. */
  #kept: Place | undefined
  /** Batches that the writer has and its target does not. Each is late from `lateAt` on, a time of the process. */
  #unkept: (Place & { readonly events: number; readonly lateAt: number })[] = []
  #events = 0
  #batches = 0
  #failures = 0
  #failuresInRow = 0
  #writeMs = 0
  #failure: string | undefined

  constructor(parts: FollowerParts) {
    this.#parts = parts
    this.#began = parts.recent.seq
    this.#times = {
      lingerMs: LINGER_MS,
      writeMs: WRITE_MS,
      retryMsMin: RETRY_MS_MIN,
      retryMsMax: RETRY_MS_MAX,
      lateMs: LATE_MS,
      ...parts.times,
    }
  }

  get figures(): SinkFigures {
    const { log, recent, name, mark } = this.#parts
    const { seq, at } = (this.#isLate ? this.#kept : this.#handed) ?? { seq: mark.seq ?? 0, at: undefined }
    const behindRecords = Math.max(0, recent.seq - seq)
    const { lastAt } = log
    const behindMs = behindRecords === 0 || lastAt === undefined || at === undefined ? 0 : lastAt - at
    return {
      name,
      events: this.#events,
      batches: this.#batches,
      failures: this.#failures,
      writeSeconds: this.#writeMs / 1_000,
      behindRecords,
      behindSeconds: Math.max(0, behindMs) / 1_000,
      ...compact({ failure: this.#failure }),
    }
  }

  /** True when what the writer has does not get to the target. It then counts as waiting. */
  get #isLate(): boolean {
    if (this.#failure !== undefined) return true
    const [oldest] = this.#unkept
    return oldest !== undefined && performance.now() > oldest.lateAt
  }

  /** Returns the sink's problem as a sentence, or undefined. */
  get health(): string | undefined {
    if (this.#failure === undefined) return undefined
    const { behindRecords } = this.figures
    return `it does not write, and ${behindRecords} records wait: ${this.#failure}`
  }

  /**
   * Follows the log until `stop`. Called once.
   * @throws SINK_FOREIGN, SINK_CLIENT_MISSING, LOG_CUT
   */
  run(): Promise<void> {
    this.#running ??= this.#run()
    return this.#running
  }

  /** Goes through the rest of the log, for at most `ms`, and lets the target go. Never rejects. */
  async stop(ms: number): Promise<void> {
    this.#ending.abort()
    const limit = setTimeout(() => this.#gone.abort(), ms)
    await this.#running?.catch(() => {})
    clearTimeout(limit)
    this.#gone.abort()
  }

  async #run(): Promise<void> {
    await this.#begin()
    while (!this.#gone.signal.aborted) {
      const attempt = new AbortController()
      const { signal } = attempt
      this.#gone.signal.addEventListener('abort', () => attempt.abort(), { signal })
      let writer: Writer | undefined
      try {
        writer = await this.#open(signal)
        await this.#follow(writer)
        return
      } catch (error) {
        if (this.#gone.signal.aborted) return
        this.#onFailure(error)
        if (isForPeople(error)) throw error
      } finally {
        this.#unkept = []
        await this.#letGo(writer)
        attempt.abort()
      }
      // A stop makes one more attempt to write the rest, and waits no longer.
      if (this.#ending.signal.aborted) return
      await this.#rest()
    }
  }

  /** Finds the place from which it is behind, before the target can be asked. */
  async #begin(): Promise<void> {
    const { log, mark, recent, since } = this.#parts
    if (mark.seq === undefined && since === 'now') {
      // Events that come while the target cannot be opened yet are still to come.
      mark.moveTo(this.#began)
      await mark.keep().catch(() => {})
    }
    const seq = mark.seq ?? 0
    if (seq >= recent.seq) return
    try {
      for await (const { at } of log.read({
        fromSeq: Math.max(seq, 1),
        toSeq: Math.max(seq, 1),
        inBackground: true,
        signal: this.#gone.signal,
      }))
        this.#handed = this.#kept = { seq, at }
    } catch {
      // Only the age of what waits is unknown then. Who reads on gets the error.
    }
  }

  /** Opens the target. One that opens when nobody waits for it any more is let go. */
  async #open(signal: AbortSignal): Promise<Writer> {
    const opening = this.#parts.open(signal)
    let isAwaited = true
    void opening.then(
      (writer) => (isAwaited ? undefined : this.#letGo(writer)),
      () => {},
    )
    return this.#within(opening).catch((error) => {
      isAwaited = false
      throw error
    })
  }

  async #follow(writer: Writer): Promise<void> {
    const { recent } = this.#parts
    let seq = await this.#placeOf(writer)
    let flushedAt = performance.now()
    for (;;) {
      this.#gone.signal.throwIfAborted()
      const dueMs =
        this.#unkept.length === 0 ? undefined : flushedAt + this.#flushMs(writer) - performance.now()
      if (dueMs !== undefined && dueMs <= 0) {
        await this.#flush(writer)
        flushedAt = performance.now()
      } else if (seq < recent.seq) {
        if (this.#unkept.length === 0) flushedAt = performance.now()
        seq = await this.#handOver(writer, seq)
      } else if (this.#ending.signal.aborted) break
      else await this.#news(seq, dueMs)
    }
    await this.#flush(writer)
    await this.#parts.mark.keep()
  }

  /** After a failure only a flush shows that the target takes events again, so it comes soon. */
  #flushMs({ flushMs = 0 }: Writer): number {
    return this.#failure === undefined ? flushMs : Math.min(flushMs, this.#times.retryMsMin)
  }

  /** Returns the seq behind which the target wants to go on. */
  async #placeOf(writer: Writer): Promise<number> {
    const { log, mark, recent, since, logger, name } = this.#parts
    const own = writer.position && (await this.#within(writer.position()))
    const kept = writer.position === undefined ? mark.seq : own
    let seq = kept ?? (since === 'start' ? log.firstSeq - 1 : (mark.seq ?? 0))
    if (own !== undefined && own > recent.seq) throw ahead(name, own, recent.seq)
    if (seq < log.firstSeq - 1) throw behindCut(name, seq, log.firstSeq)
    if (seq > recent.seq) {
      logger.warn(
        { sink: name, seq },
        `the sink ${name} was at seq ${seq}, and the log ends at ${recent.seq}: it goes on from there`,
      )
      seq = recent.seq
    }
    this.#handed = this.#kept = [this.#kept, this.#handed].find((one) => one?.seq === seq) ?? {
      seq,
      at: undefined,
    }
    mark.moveTo(seq)
    if (seq === recent.seq) this.#onSuccess()
    return seq
  }

  /** Writes what comes next. Returns the seq up to which the writer has everything. */
  async #handOver(writer: Writer, seq: number): Promise<number> {
    if (this.#parts.recent.seq - seq < BATCH_MAX && !this.#ending.signal.aborted)
      await sleep(this.#times.lingerMs, undefined, { signal: this.#ending.signal }).catch(() => {})
    await turn()
    const batch = await this.#next(seq)
    const began = performance.now()
    const handed = { seq: batch.to, at: batch.at ?? this.#handed?.at }
    const lateAt = began + (writer.flushMs ?? 0) + this.#times.lateMs
    this.#unkept.push({ ...handed, events: batch.events.length, lateAt })
    const kept = await this.#within(writer.write(batch))
    this.#writeMs += performance.now() - began
    this.#batches++
    this.#handed = handed
    this.#onKept(kept)
    return batch.to
  }

  async #flush(writer: Writer): Promise<void> {
    if (writer.flush === undefined || this.#unkept.length === 0) return
    const began = performance.now()
    const kept = await this.#within(writer.flush())
    this.#writeMs += performance.now() - began
    this.#onKept(kept)
  }

  #onKept(seq: number): void {
    const { mark } = this.#parts
    let { at } = this.#kept ?? {}
    while (this.#unkept[0] !== undefined && this.#unkept[0].seq <= seq) {
      at = this.#unkept[0].at
      this.#events += this.#unkept.shift()?.events ?? 0
    }
    const hasTaken = seq > (this.#kept?.seq ?? -1)
    if (hasTaken) this.#kept = { seq, at }
    if (seq > (mark.seq ?? -1)) mark.moveTo(seq)
    // A writer that only gathers says nothing of its target.
    if (hasTaken || this.#unkept.length === 0) this.#onSuccess()
  }

  #onSuccess(): void {
    const { logger, name } = this.#parts
    if (this.#failure !== undefined) logger.info({ sink: name }, `the sink ${name} writes again`)
    this.#failure = undefined
    this.#failuresInRow = 0
  }

  /** Returns the next batch behind `seq`: of what is known still, or of the log. `at` is the time of its last record. */
  async #next(seq: number): Promise<Batch & { readonly at: number | undefined }> {
    const { recent, wants } = this.#parts
    const end = recent.seq
    const known = recent.after(seq)
    if (known === undefined) return this.#read(seq, end)
    const gathered = new Gathered()
    for (const entry of known) {
      if (!gathered.take(entry.events.filter(wants)))
        return { events: gathered.events, from: seq + 1, to: entry.seq - 1, at: gathered.at }
    }
    return { events: gathered.events, from: seq + 1, to: end, at: this.#parts.log.lastAt }
  }

  async #read(seq: number, end: number): Promise<Batch & { readonly at: number | undefined }> {
    const { log, wants } = this.#parts
    const toSeq = Math.min(end, seq + RECORDS_MAX)
    const gathered = new Gathered()
    let at: number | undefined
    for await (const record of log.read({
      fromSeq: seq + 1,
      toSeq,
      inBackground: true,
      signal: this.#gone.signal,
    })) {
      if (!gathered.take(sinkEventsOf(record).filter(wants)))
        return { events: gathered.events, from: seq + 1, to: record.seq - 1, at }
      at = record.at
    }
    return { events: gathered.events, from: seq + 1, to: toSeq, at }
  }

  /** Waits for more of the log, for the next flush, or for the end. */
  async #news(seq: number, dueMs: number | undefined): Promise<void> {
    const done = new AbortController()
    const wake = () => done.abort()
    const timer = dueMs === undefined ? undefined : setTimeout(wake, dueMs)
    this.#ending.signal.addEventListener('abort', wake)
    if (this.#ending.signal.aborted) wake()
    await this.#parts.recent.beyond(seq, done.signal)
    this.#ending.signal.removeEventListener('abort', wake)
    clearTimeout(timer)
  }

  #onFailure(error: unknown): void {
    const { logger, name } = this.#parts
    const isNew = this.#failure === undefined
    this.#failure = (error as Error).message
    this.#failures++
    this.#failuresInRow++
    // The component tells of one that is for people: it fails.
    if (isNew && !isForPeople(error))
      logger.warn(
        { err: error, sink: name, seq: this.#handed?.seq },
        `the sink ${name} does not write: ${this.#failure}`,
      )
  }

  /** Waits before the next attempt. A stop ends the wait. */
  async #rest(): Promise<void> {
    const { retryMsMin, retryMsMax } = this.#times
    const ms = Math.min(retryMsMin * 2 ** (this.#failuresInRow - 1), retryMsMax)
    await sleep(ms, undefined, { signal: this.#ending.signal }).catch(() => {})
  }

  async #letGo(writer: Writer | undefined): Promise<void> {
    if (writer === undefined) return
    await this.#within(writer.close()).catch((err: Error) =>
      this.#parts.logger.debug(
        { err, sink: this.#parts.name },
        `the target could not be closed: ${err.message}`,
      ),
    )
  }

  /** Resolves with the work; rejects when it takes too long, or when the target is let go. */
  async #within<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#gone
    let onAbort = () => {}
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason)
      if (signal.aborted) onAbort()
      signal.addEventListener('abort', onAbort)
      const ms = this.#times.writeMs
      timer = setTimeout(() => reject(new Error(`the target has not answered for ${ms / 1_000} s`)), ms)
    })
    // The work may end after the wait for it.
    work.catch(() => {})
    return Promise.race([work, limit]).finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    })
  }
}

/** The events of a batch while it grows. */
class Gathered {
  readonly events: SinkEvent[] = []
  #chars = 0

  /** Time of the last event. */
  get at(): number | undefined {
    return this.events.at(-1)?.envelope.at
  }

  /** Takes the events of a record. Returns false, and takes none, when the batch has enough without them. */
  take(events: readonly SinkEvent[]): boolean {
    if (events.length === 0) return true
    const isFull = this.events.length + events.length > BATCH_MAX || this.#chars >= BATCH_CHARS
    if (this.events.length > 0 && isFull) return false
    for (const event of events) {
      this.events.push(event)
      this.#chars += event.text.length
    }
    return true
  }
}

/** Returns whether further attempts are of no use until a person has done something. */
function isForPeople(error: unknown): boolean {
  return FOR_PEOPLE.some((code) => isOutcryError(error, code))
}

function ahead(name: string, seq: number, end: number): OutcryError {
  return new OutcryError(
    'SINK_FOREIGN',
    `the target of the sink ${name} has everything up to seq ${seq}, and the log ends at ${end}`,
    'It was written from another log, or from a later state of this one. Give the sink an empty target, or take back the log that belongs to it.',
  )
}

/** Refuses a place before the log's first record. A sink that went on behind the gap would leave out events without a word. */
function behindCut(name: string, seq: number, firstSeq: number): OutcryError {
  return new OutcryError(
    'LOG_CUT',
    `the sink ${name} has everything up to seq ${seq}, and the log begins at seq ${firstSeq}: the records between were deleted`,
    `Take back a backup of the log that has them, or give the sink an empty target and another name: it then begins at seq ${firstSeq}.`,
  )
}
