import type { AnyEvent } from '../record/record.ts'

/**
 * Give what earlier builds stored under other names today's. A field that gets another name changes nothing that a machine does, so it
 * needs no new version of the machine: what is read from the log is converted, and what is written has today's names.
 *
 * Each function is pure. It gets what any earlier build may have stored, and returns it with today's names: the very value that it was
 * given where that has them already, as most do. It changes nothing in place.
 *
 * @example { events: { EXECUTION_REPORT: (event) => 'orderId' in event ? renamed(event) : event } }
 */
export interface Upcasters {
  /** By type: events that actors of the kind, or their children, have taken, emitted, scheduled, or sent to a port. */
  readonly events?: Readonly<Record<string, (event: AnyEvent) => AnyEvent>>
  /** The context of an actor of the kind, of whatever version its machine was. Children have none. */
  readonly context?: (context: unknown) => unknown
}
