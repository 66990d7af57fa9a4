/** Events that are derived as a record is published. They are in no log, so they are live only. */
import type { ZodType } from 'zod'
import { typesOf } from '../../runtime/actors/declared.ts'
import type { Topic } from '../../runtime/events/patterns.ts'
import { typeToken } from '../../runtime/events/topic.ts'
import type { AnyEvent, TransitionRecord } from '../../runtime/record/record.ts'

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
