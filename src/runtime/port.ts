import type { Address } from './record/address.ts'
import type { AnyEvent, Intent, Origin } from './record/record.ts'
import type { AnySnapshot } from './xstate/snapshot.ts'

/**
 * An actor at the edge that talks to the outside. Machines reach it as `port/<name>`; what they send is recorded
 * and fsynced before the port sees it, and comes again under the same id until the port says that it is settled.
 */
export interface Port {
  start?(context: PortContext): void | Promise<void>
  /**
   * Called after the intent's commit. The outside must be told `intent.id`, so that it knows a repetition.
   * A rejection leaves the intent unsettled: it will be recovered at the next start.
   */
  deliver(intent: Intent): void | Promise<void>
  /**
   * Called at start for each intent that the last run left unsettled: it may or may not have reached the outside.
   * The port must look it up there before it sends it again.
   */
  recover(intent: Intent): void | Promise<void>
  stop?(): void | Promise<void>
}

export interface PortReply {
  /** Epoch ms; default now. */
  readonly at?: number
  /** The intent that this answers for good. */
  readonly settles?: string
  readonly origin?: Origin
  /** seq and correlation of what it answers. */
  readonly cause?: number
  readonly correlation?: string
}

export interface PortContext {
  /** Resolves when the event is durable. */
  send(to: Address | string, event: AnyEvent, reply?: PortReply): Promise<void>
  /** Intents of this port, of one actor, that have no outcome yet, the oldest first. */
  unsettled(actor: string): readonly Intent[]
  /**
   * An actor's present in memory; undefined if it is unknown. It may be ahead of the log by the commit under way: what is
   * sent on its account goes into a later one.
   */
  getSnapshot(address: string): AnySnapshot | undefined
  /** Position of the last message of a source that is in the log; 0 if none is. */
  cursor(source: string): number
  /** Event time in a recording or simulation, else the system's. */
  now(): number
}
