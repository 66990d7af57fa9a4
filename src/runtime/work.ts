import type { Address } from './record/address.ts'

/**
 * Is notified which actor's code is about to run, and when none runs any more. So a watchdog in another thread can name
 * the actor that blocks this one. It is called for every record: it must cost next to nothing, and must not throw.
 */
export interface WorkObserver {
  /** `what` is the type of the event, or another name for the code. */
  begin(actor: Address, what: string): void
  end(): void
}
