/**
 * The log behind one interface. A store keeps commits of records, snapshots of actors and one checkpoint;
 * it knows nothing of machines. Whatever implements this must pass the tests in tck/tck.ts.
 *
 * All of `seq` and `rev` count from 1 and have no gaps: `seq` over the log, `rev` over each actor.
 */

import type { ErrorCode } from '../errors/codes.ts'

/** The unit of the log. The store reads these fields and keeps the others as they are (plain JSON). */
export interface LogRecord {
  /** Place in the log: contiguous, from 1. */
  readonly seq: number
  /** Place in the actor's own history: contiguous, from 1. */
  readonly rev: number
  /** The actor's address, e.g. `order/BTCUSDT-7f3a`. */
  readonly actor: string
  /** Epoch milliseconds, as the message said; need not grow with `seq`. */
  readonly at: number
}

/** How the records of a commit become text and back, exactly. */
export interface RecordCodec<R extends LogRecord> {
  /** Noted in the store, which is never read with another. */
  readonly name: string
  encode(records: readonly R[]): string
  /** `actor`: only its records are wanted. Others may come as well: it spares the work of making them. */
  decode(text: string, firstSeq: number, actor?: string): R[]
}

/** An actor's state as of `seq`; `state` is opaque JSON. */
export interface SnapshotEntry {
  readonly actor: string
  readonly seq: number
  readonly rev: number
  readonly state: unknown
  /**
   * Present while the actor wants to be found when the store is opened, though nobody sends to it:
   * `at` is the time of its earliest timer in epoch ms, or 0 when it has to be woken at once.
   */
  readonly wake?: { readonly at: number }
}

/** Everything a batch may carry. It is written whole or not at all. */
export interface Commit<R extends LogRecord = LogRecord> {
  /** At least one; the first has `seq` = head.seq + 1 and the others follow without a gap. */
  readonly records: readonly R[]
  readonly snapshots?: readonly SnapshotEntry[]
}

/**
 * A point from which the log need not be read to bring all actors back: every actor's latest snapshot covers
 * its records up to `seq`. `state` is opaque JSON (what the runtime keeps beside the actors, as of `seq`).
 */
export interface Checkpoint {
  readonly seq: number
  readonly state: unknown
}

export interface StoreHead {
  /** The last durable seq; 0 when empty. */
  readonly seq: number
  /** Hash of the last commit, hex; 64 zeros when empty. */
  readonly hash: string
}

/** Of whatever may read for long. It gives way to others of the same process between pieces of its work. */
export interface Interruptible {
  /** Ends the reading with READ_ABORTED: whoever asked has gone. */
  readonly signal?: AbortSignal | undefined
}

export interface Paced extends Interruptible {
  /** For what may read much, or has nobody waiting: while commits come it has the smaller share of the time. */
  readonly inBackground?: boolean | undefined
}

export interface ReadOptions extends Paced {
  /** Inclusive, default 1. */
  readonly fromSeq?: number
  /** Inclusive, default the head. */
  readonly toSeq?: number
  /** Newest first. */
  readonly reverse?: boolean
  readonly limit?: number
  /**
   * A string that is a value or a key somewhere in what is looked for, such as a type or an address. Commits without it are checked
   * but not decoded: their records are left out, and count towards `limit`.
   */
  readonly mentioning?: string | undefined
}

export interface ActorsOptions extends Interruptible {
  readonly prefix?: string
  /** An address: those behind it only. */
  readonly after?: string
  readonly limit?: number
}

export interface SnapshotsOptions extends Interruptible {
  readonly maxSeq?: number
}

export interface HistoryOptions extends Paced {
  readonly fromRev?: number
  readonly toRev?: number
  /** Inclusive place in the log, default the head. */
  readonly toSeq?: number
  readonly reverse?: boolean
  readonly limit?: number
}

export interface VerifyChainOptions<R extends LogRecord> extends Interruptible {
  readonly onProgress?: ((seq: number) => void) | undefined
  /** Each commit's records, in order, until the first damage: whoever looks at them need not read the log again. */
  readonly onRecords?: ((records: readonly R[]) => void | Promise<void>) | undefined
}

/** What `verifyChain` found: `damage` is empty when the log is whole. */
export interface ChainReport {
  readonly commits: number
  readonly records: number
  readonly damage: readonly ChainDamage[]
}

/** Of a file that LevelDB would read as if nothing were wrong, or not at all. */
export interface FileDamage {
  readonly code: ErrorCode
  readonly message: string
}

export interface ChainDamage {
  /** First seq that the damage touches. */
  readonly seq: number
  /**
   * Bytes changed; commits exchanged; records missing; LevelDB cannot read on; records not found through an index; a
   * snapshot that cannot be read (these two can be made anew from the records); a file of the archive that is missing or
   * damaged.
   */
  readonly code:
    | 'STORE_CHECKSUM'
    | 'STORE_CHAIN'
    | 'STORE_GAP'
    | 'STORE_UNREADABLE'
    | 'STORE_INDEX'
    | 'STORE_SNAPSHOT'
    | 'STORE_ARCHIVE'
  readonly message: string
}

/** A piece of a store, opaque: an entry of the database, or a file of the archive. */
export type StoreEntry = readonly [key: string, value: Uint8Array]

export interface Store<R extends LogRecord = LogRecord> {
  /** Grows by one each time the store is opened for writing (law 9). */
  readonly epoch: number
  readonly head: StoreHead
  /** 4 characters of 0-9 and a-z, made with the store and kept by its copies: a venue tells the orders of two stores apart by them. */
  readonly shortId: string

  /**
   * Durable (fsynced) once it resolves, and then `head` is the commit's last seq. Writes take effect one after the
   * other, in the order of the calls.
   * @throws STORE_FENCED when another writer has opened the store since, or an earlier write failed (laws 9, 11)
   * @throws STORE_GAP when the commit does not follow the head
   * @throws STORE_WRITE_FAILED when the disk refused (full, I/O error); the store is fenced from then on
   */
  append(commit: Commit<R>): Promise<void>

  /**
   * Records in seq order, each commit's checksum and link to the one before checked on the way (law 4).
   * @throws STORE_CORRUPT when one that should be there is missing or damaged
   */
  read(options?: ReadOptions): AsyncIterable<R>
  /** One actor's records in rev order, found through an index. @throws STORE_CORRUPT */
  history(actor: string, options?: HistoryOptions): AsyncIterable<R>
  /** The last seq before the log's time first passes `at`, found through an index; 0 when it begins later. */
  seqAt(at: number): Promise<number>

  /** The actor's latest snapshot, or the latest at or before `maxSeq`. Synchronous: an actor wakes inside a turn. */
  snapshot(actor: string, options?: { maxSeq?: number }): SnapshotEntry | undefined
  /**
   * The actor's snapshots at or before `maxSeq`, newest first: the latest `snapshotsKept`, and behind them what is kept for its
   * history, one in about a thousand of its records. @throws STORE_CORRUPT
   */
  snapshots(actor: string, options?: SnapshotsOptions): AsyncIterable<SnapshotEntry>
  /** Snapshots without records (passivation, checkpoints): atomic and fsynced, older ones kept `snapshotsKept` deep. */
  putSnapshots(snapshots: readonly SnapshotEntry[], checkpoint?: Checkpoint): Promise<void>
  checkpoint(): Checkpoint | undefined

  /** Addresses that have a history, in key order, those that start with `prefix` only. */
  actors(options?: ActorsOptions): AsyncIterable<string>
  /** Actors whose latest snapshot has `wake`. */
  wakes(): AsyncIterable<{ actor: string; at: number }>

  /** First seq that is not in the archive; 1 while there is none. */
  readonly liveFrom: number
  /**
   * Moves records up to `toSeq` into compressed files, as far as no restart needs them: whole commits, before the last
   * checkpoint. Everything reads them there as before. Resolves with the new `liveFrom`.
   * @throws STORE_NO_ARCHIVE where a store has no place for files
   */
  archive(toSeq: number): Promise<number>

  /** All that it holds at the moment at which the first entry is asked for, as one consistent copy: for `writeBackup`. */
  entries(options?: Interruptible): AsyncIterable<StoreEntry>

  /** Reads the whole log and says what is damaged instead of throwing. */
  verifyChain(options?: VerifyChainOptions<R>): Promise<ChainReport>
  /** After the writes that were asked for before it. */
  close(): Promise<void>
}
