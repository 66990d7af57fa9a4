import { envelopesOf } from '../../runtime/events/envelope.ts'
import { eventTopic } from '../../runtime/events/topic.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { Derivation, ReadSnapshot } from './derivation.ts'
import { Publication } from './publication.ts'

/** Returns the derived events of a record as publications. Their index goes on after the events that it emitted. */
export function derivedOf(
  record: TransitionRecord,
  { derive }: Derivation,
  read: ReadSnapshot,
): Publication[] {
  const { actor: of, rev, emitted = [] } = record
  return derive(record, read).flatMap(({ actor, source, event }, i) => {
    const index = emitted.length + i
    const [envelope] = envelopesOf({ ...record, actor, machine: source, emitted: [event] })
    if (envelope === undefined) return []
    const content = { ...envelope, index, eventId: `${of}/${rev}/${index}` }
    return [new Publication(eventTopic(content), content, 'high-frequency', true)]
  })
}
