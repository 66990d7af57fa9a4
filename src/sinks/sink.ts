/**
 * A sink writes the domain events of the log elsewhere: each once, and in order. Adding one is a folder here and a line in
 * registry.ts.
 */
import type { z } from 'zod'
import type { Logger } from '../runtime/logger.ts'
import type { SinkEvent } from './event.ts'

/** A kind of sink, as a configuration names it. */
export interface Sink<Config = never> {
  /** The value of `type` in the configuration. */
  readonly name: string
  /** A sentence for the documentation. */
  readonly about: string
  /** The keys of its section, besides those that every sink has. */
  readonly config: z.ZodObject
  /**
   * Opens the target. Called again after each failure, so it makes no attempts of its own.
   * @throws SINK_FOREIGN, SINK_CLIENT_MISSING, SINK_SECRET_MISSING, which nobody but a person can mend, and any other
   * error, after which the follower tries again
   */
  open(config: Config, at: SinkPlace): Promise<Writer>
}

/** The facts that a sink opens with. */
export interface SinkPlace {
  /** The name of this sink in the configuration. */
  readonly name: string
  /** Id of the log. A target that has events of another log is refused. */
  readonly logId: string
  /** Number of the start of the log. A copy of the log has the same id, and counts its own starts. See claim.ts. */
  readonly epoch: number
  /** Id of this run, which no other has. */
  readonly run: string
  /** Last seq of the log. A target that has more is refused. */
  readonly seq: number
  readonly logger: Logger
  /** Aborted when the target is to be let go at once, and when this attempt is over. */
  readonly signal: AbortSignal
}

/** The events of the records from `from` to `to`, of which the sink wants these. A record's events are never parted. */
export interface Batch {
  readonly events: readonly SinkEvent[]
  readonly from: number
  readonly to: number
}

/** An open target. */
export interface Writer {
  /**
   * The seq up to which the target has everything, where the target itself keeps it: what it says counts. Undefined when
   * it has nothing. A writer without this relies on the position in the log, and after a kill may get events again.
   */
  position?(): Promise<number | undefined>
  /**
   * Writes a batch. Resolves with the seq up to which the target has everything for good: `batch.to`, or less when the
   * rest waits for `flush`. A batch without events says that there are none up to `to`.
   */
  write(batch: Batch): Promise<number>
  /** Writes what waits. Resolves with the seq up to which the target has everything. */
  flush?(): Promise<number>
  /** Most ms between two calls of `flush`. */
  readonly flushMs?: number
  /** Lets the target go. What waits for `flush` is dropped. Called once, and after a failure, too. */
  close(): Promise<void>
}
