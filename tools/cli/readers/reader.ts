/** The questions that read-only commands ask of a log. A closed store and a runner answer alike. */
import type { ActorFilter } from '../../../src/api/contract/actor-filter.ts'
import type { Failure, ActorView as PastActor, RecordInDetail } from '../../../src/api/contract/record.ts'
import type { StateDocument } from '../../../src/api/contract/state.ts'
import type { Explanation } from '../../../src/api/contract/why.ts'
import type { Moment } from '../../../src/api/state/state-document.ts'
import { asRecorded } from '../../../src/api/state/unread.ts'
import type { FolderVerification } from '../../../src/runner/folder/books.ts'
import type { ActorView, Unread } from '../../../src/runtime/actors/actor-view.ts'
import type { EventEnvelope } from '../../../src/runtime/events/envelope.ts'
import type { TransitionRecord } from '../../../src/runtime/record/record.ts'
import type { StoreEntry } from '../../../store/index.ts'
import type { WantedEvents } from '../wanted-events.ts'

export interface ActorSummary
  extends Pick<
    ActorView,
    'address' | 'machine' | 'value' | 'status' | 'condition' | 'failures' | 'rev' | 'seq' | 'at'
  > {
  /** The actor's last failure, if it is failing. */
  readonly failure?: Failure
  /** Set when its machine of that version is not known. The summary then comes from its last record. */
  readonly isUnread?: true
  /** The reason why it cannot be restored. The summary then comes from its last record, too. */
  readonly unread?: Unread | undefined
}

/** The records of an actor that are wanted: see LifeRange. */
export interface WantedLife {
  readonly fromRev?: number
  readonly toRev?: number
  readonly toSeq?: number
  readonly reverse?: boolean
  readonly limit?: number
  /** True when each record has what it changed, and the transitions taken. */
  readonly detail?: boolean
  /** The path and the value that a runner searches for. A closed log gives all records. */
  readonly changed?: string
  readonly is?: string
}

/** The actors that are wanted. */
export interface WantedActors extends ActorFilter {
  /** The beginning of their addresses. */
  readonly prefix?: string
}

/** The end of a log. */
export interface Head {
  readonly seq: number
  /** Time of the last record in epoch ms. Undefined for an empty log. */
  readonly at?: number
}

/** A part of an actor's life, as frames for one of Stately's tools. */
export interface PastFrames {
  /** True for the frames of `/inspect/legacy`, false for those of `/inspect`. */
  readonly isLegacy: boolean
  readonly address: string
  readonly fromRev: number
  readonly toRev: number
  /** The number of times that the life is sent faster than it went. Undefined for at once. */
  readonly speed?: number | undefined
}

/** A log, or events that were taken out of one. */
export type EventReader = Pick<Reader, 'source' | 'seq' | 'head' | 'events' | 'close'>

export interface Reader {
  /** The folder or URL that it reads. */
  readonly source: string
  /** Last seq of a closed log. Undefined for a running one, which goes on. */
  readonly seq: number | undefined
  /** Yields the wanted actors by address. `onLook` is called for each that is looked at. */
  actors(wanted: WantedActors, onLook?: () => void): AsyncIterable<ActorSummary>
  /** Resolves with the actor; undefined when it does not exist. */
  actor(address: string): Promise<ActorSummary | undefined>
  /** Resolves with the actor as it was at a seq or a rev, or as it is; undefined when it did not exist. @throws REV_UNKNOWN */
  actorAt(
    address: string,
    place: { readonly seq?: number; readonly rev?: number },
  ): Promise<PastActor | undefined>
  /** Yields records of an actor. */
  life(address: string, wanted?: WantedLife): AsyncIterable<RecordInDetail>
  /**
   * Yields the frames of a part of an actor's life, as the WebSockets of the inspection send them. They end with
   * `outcry.end`.
   */
  past(asked: PastFrames, signal: AbortSignal): AsyncIterable<string>
  /** The number of records that were read for `life` and `actorAt` so far. */
  readonly read: number
  head(): Promise<Head>
  /** Resolves with the last seq before the log's time first passes `at`; 0 when the log begins later. */
  seqAt(at: number): Promise<number>
  /**
   * Yields events in order. With `isFollowed`, those of a running runner have no end. `onLook` is called for each event
   * that is looked at; a runner looks at them itself.
   * @throws SUBSCRIPTION_UNMATCHED
   */
  events(wanted: WantedEvents, isFollowed: boolean, onLook?: () => void): AsyncIterable<EventEnvelope>
  /**
   * Yields events of the past in order, each of them. A feed may leave out prices for a client that takes long with what
   * it gets.
   * @throws SUBSCRIPTION_UNMATCHED
   */
  everyEvent(wanted: WantedEvents, onLook?: () => void): AsyncIterable<EventEnvelope>
  /** Resolves with accounts and strategies as one document. */
  state(moment: Moment): Promise<StateDocument>
  /**
   * Resolves with the explanation of a record, by its seq, or of an actor's last decision, by the actor's address.
   * @throws RECORD_UNKNOWN, ACTOR_UNKNOWN
   */
  why(of: number | string, depth?: number): Promise<Explanation>
  /** Checks the log and the venues' books beside it. */
  verify(onProgress: (seq: number) => void): Promise<FolderVerification>
  /** Yields the whole data folder as one consistent copy: see `folderEntries`. */
  entries(): AsyncIterable<StoreEntry>
  close(): Promise<void>
}

/** Returns the beginning of the addresses of the wanted kind. */
export function kindPrefix({ kind }: ActorFilter): string {
  return kind === undefined ? '' : `${kind}/`
}

/** Returns what an actor's last record says of it. */
export function asUnread(record: TransitionRecord): ActorSummary {
  return { ...asRecorded(record), isUnread: true }
}
