/** Records an event that a handler could not take, beside the runtime's other dead letters. */
import { messageOf } from '../commit/intake.ts'
import type { Receipt } from '../commit/job.ts'
import type { Loop } from '../commit/loop.ts'
import type { EventEnvelope } from '../events/envelope.ts'
import { DEAD_LETTERS } from '../record/address.ts'
import type { AnyEvent } from '../record/record.ts'
import { EVENT, plainError, sizeTaken, takeIn } from '../record/values.ts'
import type { Clock } from '../time/clock.ts'

/** The `reason` of such a dead letter. */
export const HANDLER_FAILED = 'handlerFailed'

/** Resolves when the dead letter is durable. Its cause is the record that emitted the event. */
export async function recordDeadLetter(
  { loop, clock }: { readonly loop: Loop; readonly clock: Clock },
  to: string,
  { seq, correlation, event }: EventEnvelope,
  thrown: unknown,
): Promise<void> {
  const at = clock.now()
  const failure = { reason: HANDLER_FAILED, error: plainError(thrown) }
  const letter = letterOf({ type: 'DEAD_LETTER', at, to, ...failure }, event)
  const message = messageOf(DEAD_LETTERS, letter, at, sizeTaken(), { cause: seq, correlation })
  await new Promise<Receipt>((resolve, reject) => {
    loop.enqueue({ message, waiting: { resolve, reject } }, 'command', true)
  })
}

/** Returns the letter with the event. It omits an event that is too large for it, or that has references to actors. */
function letterOf(letter: AnyEvent, event: AnyEvent): AnyEvent {
  try {
    return takeIn({ ...letter, event }, EVENT)
  } catch {
    return takeIn({ ...letter, event: { type: event.type }, omitted: true }, EVENT)
  }
}
