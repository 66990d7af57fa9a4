import type { AnyEvent } from '../record/record.ts'
import type { PlainError } from '../record/values.ts'

/** The reason why an actor is quarantined from outside: its error, and the event that it was taking. */
export interface Suspicion {
  readonly error: PlainError
  readonly event: AnyEvent
}
