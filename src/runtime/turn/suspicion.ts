import type { AnyEvent } from '../record/record.ts'
import type { PlainError } from '../record/values.ts'

/** Why an actor is put into quarantine from outside: what it did, and on which event. */
export interface Suspicion {
  readonly error: PlainError
  readonly event: AnyEvent
}
