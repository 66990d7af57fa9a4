import type { AnyEvent } from '../record/record.ts'

/**
 * Functions that give values of earlier builds today's names. Another name for a field does not change what a machine
 * does, so it needs no new version of the machine: values are converted when they are read from the log, and are written
 * with today's names.
 *
 * Each function is pure. It gets a value of any earlier build and returns it with today's names. If the value has them
 * already, as most have, it returns the same value. It changes nothing in place: the value is frozen. A result that the
 * log could not keep is refused with UPGRADE_FAILED, as is a throw.
 *
 * Upcasters come first. Machines under `previous` and upgrades get values with today's names, too, so one function serves
 * all versions.
 *
 * @example { events: { EXECUTION_REPORT: (event) => 'orderId' in event ? renamed(event) : event } }
 */
export interface Upcasters {
  /**
   * Upcasters by type, for events that actors of the kind, or their children, have taken, emitted, scheduled or sent to
   * a port.
   */
  readonly events?: Readonly<Record<string, (event: AnyEvent) => AnyEvent>>
  /** The upcaster for the input that an actor of the kind starts and restarts with. Children have none. */
  readonly input?: (input: unknown) => unknown
  /** The upcaster for the context of an actor of the kind, of any version of its machine. Children have none. */
  readonly context?: (context: unknown) => unknown
}
