import type { Explanation } from '../../../src/api/contract/why.ts'
import { lastDecision } from '../../../src/runtime/explain/why.ts'
import type { TransitionRecord } from '../../../src/runtime/record/record.ts'

/**
 * Returns the explanation of a record, by its seq, or of an actor's last decision, by the actor's address. It counts what
 * was read to find that decision, too. `reversed` yields the actor's records, the newest first.
 */
export async function explained(
  of: number | string,
  reversed: (address: string) => AsyncIterable<TransitionRecord>,
  explain: (seq: number) => Promise<Explanation>,
): Promise<Explanation> {
  if (typeof of === 'number') return explain(of)
  let read = 0
  const counted = async function* () {
    for await (const record of reversed(of)) {
      read++
      yield record
    }
  }
  const explanation = await explain((await lastDecision(of, counted())).seq)
  return { ...explanation, read: explanation.read + read }
}
