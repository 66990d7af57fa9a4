/** Events that are derived as a record is published. They are in no log, so they are live only. */
import type { ZodType } from 'zod'
import { typesOf } from '../../runtime/actors/declared.ts'
import { envelopesOf } from '../../runtime/events/envelope.ts'
import type { Topic } from '../../runtime/events/patterns.ts'
import { eventTopic, typeToken } from '../../runtime/events/topic.ts'
import type { AnyEvent, TransitionRecord } from '../../runtime/record/record.ts'
import { Publication } from './publication.ts'

export interface Derived {
  /** Address of the actor that the event is about. */
  readonly actor: string
  /** `kind@version` of that actor. */
  readonly source: string
  readonly event: AnyEvent
}

/** Returns the state of an actor as of the record; undefined when there is no actor, or a later record changed it. */
export type ReadSnapshot = (address: string) => { readonly context?: unknown } | undefined

/**
 * Makes high-frequency events of records. `derive` must be pure. It runs only while a client may want one of its events.
 *
 * @example
 * { emits: [positionMarked], derive: (record, read) => [{ actor: 'position/sim:BTCUSDT', source: 'position@3', event }] }
 */
export interface Derivation {
  /** Schemas of the events that it makes. */
  readonly emits: readonly ZodType[]
  derive(record: TransitionRecord, read: ReadSnapshot): readonly Derived[]
}

/** Returns the beginnings of the topics that the events have. */
export function startsOf({ emits }: Derivation): readonly Topic[] {
  const types = typesOf(emits)
  return types === undefined ? [['events']] : [...types].map((type) => ['events', typeToken(type)])
}

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
