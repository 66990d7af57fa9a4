import type { Address } from './record/address.ts'
import type { AnyEvent, Intent, Origin } from './record/record.ts'
import type { AnySnapshot } from './xstate/snapshot.ts'

/**
 * The runtime's side of something outside. Machines reach it as `port/<name>`. Their messages are recorded and fsynced
 * before the port gets them. They come again under the same id until the port completes them.
 */
export interface Port {
  start?(context: PortContext): void | Promise<void>
  /**
   * Is called after the intent's commit. The port must pass `intent.id` to the outside, so that the outside recognizes
   * a repetition. A rejection leaves the intent unsettled, and the next start recovers it.
   */
  deliver(intent: Intent): void | Promise<void>
  /**
   * Is called at a start for each intent that the last run left unsettled: it may have reached the outside or not. The
   * port must look it up there before it sends it again.
   */
  recover(intent: Intent): void | Promise<void>
  stop?(): void | Promise<void>
}

export interface PortReply {
  /** Epoch ms. Default: now. */
  readonly at?: number
  /** Id of the intent that this reply completes. */
  readonly completes?: string
  readonly origin?: Origin
  /** seq and correlation of the record that this reply answers. */
  readonly cause?: number
  readonly correlation?: string
}

export interface PortContext {
  /** Sends an event. Resolves when it is durable. */
  send(to: Address | string, event: AnyEvent, reply?: PortReply): Promise<void>
  /** Returns the unsettled intents of one actor to this port, oldest first. */
  unsettled(actor: string): readonly Intent[]
  /**
   * Returns an actor's present snapshot in memory, or undefined if the actor is unknown. It may be ahead of the log by
   * the commit under way. A message that is sent because of it goes into a later commit.
   */
  getSnapshot(address: string): AnySnapshot | undefined
  /** Returns the position of a source's last message in the log, or 0. */
  cursor(source: string): number
  /** Returns event time in a recording or a simulation, and the system's time otherwise. */
  now(): number
}
