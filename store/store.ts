/**
 * The log behind one interface. A store keeps commits of records, snapshots of actors and one checkpoint. It knows
 * nothing of machines. Every implementation must pass the tests in tck/tck.ts.
 *
 * `seq` and `rev` count from 1 without gaps: `seq` over the log, `rev` over each actor.
 */

import type { ErrorCode } from '../errors/codes.ts'
import type { Distribution } from './distribution.ts'

/** The unit of the log. The store reads these fields and keeps the others as they are (plain JSON). */
export interface LogRecord {
  /** Place in the log: contiguous, from 1. */
  readonly seq: number
  /** Place in the actor's own history: contiguous, from 1. */
  readonly rev: number
  /** The actor's address, e.g. `order/BTCUSDT-7f3a`. */
  readonly actor: string
  /** Epoch milliseconds, as the message said. It need not grow with `seq`. */
  readonly at: number
  /** The events that the record emits. The store finds records by their types. */
  readonly emitted?: readonly { readonly type: string }[] | undefined
}

/** Turns the records of a commit into text and back, exactly. */
export interface RecordCodec<R extends LogRecord> {
  /** Name that the store keeps. A store is never read with a codec of another name. */
  readonly name: string
  encode(records: readonly R[]): string
  /** Returns the records. With `actor`, only that actor's are needed, and the codec need not make the others. */
  decode(text: string, firstSeq: number, actor?: string): R[]
  /** Returns the record of an entry of format 1, which was plain JSON. Default: the entry itself. */
  ofPlain?(entry: LogRecord): R
}

/** An actor's state as of `seq`. `state` is opaque JSON. */
export interface SnapshotEntry {
  readonly actor: string
  readonly seq: number
  readonly rev: number
  readonly state: unknown
  /**
   * Present while the actor must be found when the store is opened, although no message is sent to it. `at` is the time
   * of its earliest timer in epoch ms, or 0 when it must be woken at once.
   */
  readonly wake?: { readonly at: number }
}

/** The place up to which a durable subscription has handled the log. */
export interface PositionEntry {
  /** The name of the subscription: at most 128 characters. */
  readonly name: string
  /** All records up to this seq are handled; 0 when none is. */
  readonly seq: number
  /** Opaque JSON: how far the record behind `seq` is handled. */
  readonly state?: unknown
}

/** The beginning of a log whose older records were deleted. */
export interface LogCut {
  /** First seq that there is. */
  readonly firstSeq: number
  /** `at` of that record. */
  readonly firstAt: number
  /** `at` of the log's very first record, which is deleted. */
  readonly beganAt: number
  /** Hash of the commit before it, in hex. */
  readonly previous: string
  /** The log's time at the cut, in epoch ms: the greatest `at` of the deleted records. */
  readonly passedAt: number
}

/** A cut, with what follows from the records that it deletes. */
export interface CutCommit {
  /** The place that `nextCut` returned. */
  readonly at: LogCut
  /** The state that the runtime keeps beside the actors, as of the last record before the cut: see `Checkpoint`. */
  readonly state: unknown
}

/** All that a batch may carry. It is written whole or not at all. */
export interface Commit<R extends LogRecord = LogRecord> {
  /** At least one record. The first has `seq` = head.seq + 1, and the others follow without a gap. */
  readonly records: readonly R[]
  readonly snapshots?: readonly SnapshotEntry[]
  /** Positions of subscriptions. They are no part of the log, and its hash does not cover them. */
  readonly positions?: readonly PositionEntry[] | undefined
  /**
   * Ends the life of the records before it: from then on the log begins there. Before that, `putBases` must have kept a
   * snapshot of each of their actors.
   */
  readonly cut?: CutCommit | undefined
}

/**
 * A point before which no restart needs the log: every actor's latest snapshot covers its records up to `seq`. `state`
 * is opaque JSON: what the runtime keeps beside the actors, as of `seq`.
 */
export interface Checkpoint {
  readonly seq: number
  readonly state: unknown
}

export interface StoreHead {
  /** The last durable seq; 0 when empty. */
  readonly seq: number
  /** Hash of the last commit, in hex; 64 zeros when empty. */
  readonly hash: string
}

/** Options of a call that may read for long. It gives way to others of the same process between pieces of its work. */
export interface Interruptible {
  /** Ends the reading with READ_ABORTED, because the client has gone. */
  readonly signal?: AbortSignal | undefined
}

export interface Paced extends Interruptible {
  /**
   * Set for a call that may read much, or whose result is not awaited. While commits come, it gets the smaller share of
   * the time.
   */
  readonly inBackground?: boolean | undefined
}

export interface ReadOptions extends Paced {
  /** First seq, inclusive. Default: the first that there is. */
  readonly fromSeq?: number
  /** Last seq, inclusive. Default: the head. */
  readonly toSeq?: number
  /** True when the newest records come first. */
  readonly reverse?: boolean
  readonly limit?: number
  /**
   * A string that is a value or a key somewhere in the wanted records, such as a type or an address; or several, of
   * which one must be there. Commits without it are checked but not decoded. Their records are left out, and count
   * towards `limit`.
   */
  readonly mentioning?: string | readonly string[] | undefined
  /**
   * Types of events. Only records that emit one of them are read, and count towards `limit`. They are found through an
   * index.
   */
  readonly emitting?: readonly string[] | undefined
}

export interface ActorsOptions extends Interruptible {
  readonly prefix?: string
  /** An address. Only the addresses behind it are listed. */
  readonly after?: string
  readonly limit?: number
}

/** A time in which the log has no commit: the log's time at the commits before and behind it, in epoch ms. */
export interface Quiet {
  readonly from: number
  readonly to: number
}

export interface SeqAtOptions {
  /**
   * True for a quick answer that reads no commit: the last seq of the commit in which the log's time first passes the
   * time. So it may be later by the records of one commit.
   */
  readonly isRough?: boolean | undefined
}

export interface SnapshotsOptions extends Interruptible {
  readonly maxSeq?: number
}

export interface HistoryOptions extends Paced {
  readonly fromRev?: number
  readonly toRev?: number
  /** Last seq, inclusive. Default: the head. */
  readonly toSeq?: number
  readonly reverse?: boolean
  readonly limit?: number
}

export interface VerifyChainOptions<R extends LogRecord> extends Interruptible {
  readonly onProgress?: ((seq: number) => void) | undefined
  /**
   * Called with each commit's records, in order, until the first damage. So a caller that needs them need not read the
   * log again.
   */
  readonly onRecords?: ((records: readonly R[]) => void | Promise<void>) | undefined
}

/** The result of `verifyChain`. `damage` is empty when the log is whole. */
export interface ChainReport {
  readonly commits: number
  readonly records: number
  readonly damage: readonly ChainDamage[]
}

/** Damage of a file that LevelDB would ignore, or that it could not read at all. */
export interface FileDamage {
  readonly code: ErrorCode
  readonly message: string
}

export interface ChainDamage {
  /** First seq that the damage touches. */
  readonly seq: number
  /**
   * In this order: bytes changed; commits exchanged; records missing; LevelDB cannot read on; records not found through
   * an index; a snapshot that cannot be read (these two can be made anew from the records); the position of a
   * subscription that cannot be read or is beyond the log; a file of the archive that is missing or damaged.
   */
  readonly code:
    | 'STORE_CHECKSUM'
    | 'STORE_CHAIN'
    | 'STORE_GAP'
    | 'STORE_UNREADABLE'
    | 'STORE_INDEX'
    | 'STORE_SNAPSHOT'
    | 'STORE_POSITION'
    | 'STORE_ARCHIVE'
  readonly message: string
}

/** A piece of a store, opaque: an entry of the database, or a file of the archive. */
export type StoreEntry = readonly [key: string, value: Uint8Array]

/** The measures of a store since it was opened. */
export interface StoreFigures {
  /** Bytes of each commit, without the indexes, snapshots and positions that are written with it. */
  readonly commitBytes: Distribution
  /** Seconds of each synced write: the batch goes to the database, and what it needs to survive a power cut to the disk. */
  readonly syncSeconds: Distribution
}

export interface Store<R extends LogRecord = LogRecord> {
  /** Number that grows by one each time the store is opened for writing (law 9). */
  readonly epoch: number
  readonly head: StoreHead
  /**
   * 4 characters of 0-9 and a-z, made with the store and kept by its copies. A venue tells the orders of two stores
   * apart by them.
   */
  readonly shortId: string
  /** The measures, for those who watch the process. A store may have none. */
  readonly figures?: StoreFigures | undefined

  /**
   * Appends a commit. It is durable (fsynced) when this resolves, and `head` is then the commit's last seq. Writes take
   * effect one after the other, in the order of the calls.
   * @throws STORE_FENCED when another writer has opened the store since, or an earlier write failed (laws 9, 11)
   * @throws STORE_GAP when the commit does not follow the head
   * @throws STORE_WRITE_FAILED when the disk refused (full, I/O error); the store is fenced from then on
   */
  append(commit: Commit<R>): Promise<void>

  /**
   * Yields records in seq order, and checks each commit's checksum and its link to the one before (law 4).
   * @throws STORE_CORRUPT when a record is missing or damaged
   * @throws LOG_CUT when `fromSeq`, or the place behind `toSeq`, lies before the cut
   */
  read(options?: ReadOptions): AsyncIterable<R>
  /**
   * Yields one actor's records in rev order, from the first that there is. Finds them through an index.
   * @throws STORE_CORRUPT
   * @throws LOG_CUT when the record of `fromRev` was deleted
   */
  history(actor: string, options?: HistoryOptions): AsyncIterable<R>
  /**
   * Returns the last seq before the log's time first passes `at`, found through an index; 0 when the log begins later.
   * @throws LOG_CUT when that is before the cut
   */
  seqAt(at: number, options?: SeqAtOptions): Promise<number>
  /**
   * Returns the first time from the commit at or behind `at` on in which the log has no commit for longer than `ms`, found
   * through an index without reading a commit; undefined when there is none. What lies before a cut may be found or not.
   */
  nextQuiet(at: number, ms: number, options?: Paced): Promise<Quiet | undefined>
  /**
   * Resolves with the types of the events that the log's records emit, in no order; undefined when the store cannot list
   * all of them without reading the log.
   */
  emittedTypes(): Promise<readonly string[] | undefined>

  /**
   * Returns the actor's latest snapshot, or the latest at or before `maxSeq`. Synchronous, because an actor wakes
   * inside a turn.
   */
  snapshot(actor: string, options?: { maxSeq?: number }): SnapshotEntry | undefined
  /**
   * Yields the actor's snapshots at or before `maxSeq`, newest first: the latest `snapshotsKept`, then those kept for
   * its history, one in about a thousand of its records.
   * @throws STORE_CORRUPT
   */
  snapshots(actor: string, options?: SnapshotsOptions): AsyncIterable<SnapshotEntry>
  /**
   * Writes snapshots without records (passivation, checkpoints): atomic and fsynced. The store keeps `snapshotsKept` of
   * each actor.
   */
  putSnapshots(snapshots: readonly SnapshotEntry[], checkpoint?: Checkpoint): Promise<void>
  checkpoint(): Checkpoint | undefined

  /**
   * Returns the position that is kept under the name. It is never moved by a writer of an older epoch.
   * @throws STORE_CORRUPT
   */
  position(name: string): PositionEntry | undefined
  /** Yields all positions, in order of name. */
  positions(): AsyncIterable<PositionEntry>
  /**
   * Keeps positions without records: atomic and fsynced. Removes the positions of the names in `forgotten`.
   * @throws as `append`
   */
  putPositions(positions: readonly PositionEntry[], forgotten?: readonly string[]): Promise<void>

  /** Yields the addresses that have a history and start with `prefix`, in key order. */
  actors(options?: ActorsOptions): AsyncIterable<string>
  /** Yields the actors whose latest snapshot has `wake`. */
  wakes(): AsyncIterable<{ actor: string; at: number }>

  /** First seq that is not in the archive; 1 while there is no archive. */
  readonly hotFrom: number
  /**
   * Moves records up to `toSeq` into compressed files: whole commits before the last checkpoint, which no restart
   * needs. All reads find them there as before. Resolves with the new `hotFrom`.
   * @throws STORE_NO_ARCHIVE when a store has no place for files
   */
  archive(toSeq: number): Promise<number>

  /** The beginning of the log, once records were deleted. Until then it begins at seq 1. */
  readonly cut: LogCut | undefined
  /** Returns what the runtime keeps beside the actors as of the last deleted record. @throws STORE_CORRUPT */
  base(): Checkpoint | undefined
  /**
   * Resolves with the next place at which the log may be cut, behind its oldest file of the archive. Undefined when that
   * file reaches beyond `toSeq`.
   * @throws STORE_ARCHIVE
   */
  nextCut(toSeq: number): Promise<LogCut | undefined>
  /**
   * Keeps snapshots for good that stand in the place of deleted records: of each actor that has records before a cut, as
   * of its last one. Atomic and fsynced.
   */
  putBases(snapshots: readonly SnapshotEntry[]): Promise<void>
  /**
   * Removes what lies before the cut, such as files. It gives way to others, and goes on where an earlier call was
   * interrupted.
   */
  sweep(): Promise<void>

  /** Yields all that the store holds when the first entry is requested, as one consistent copy: for `writeBackup`. */
  entries(options?: Interruptible): AsyncIterable<StoreEntry>

  /** Reads the whole log and returns its damage instead of throwing. An error of the options' functions is thrown. */
  verifyChain(options?: VerifyChainOptions<R>): Promise<ChainReport>
  /** Closes the store after the writes requested before. */
  close(): Promise<void>
}
