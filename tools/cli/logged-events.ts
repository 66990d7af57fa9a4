/** Reads the events of a closed log as a runner's feed would give them. */
import { knownOf } from '../../src/api/feed/known.ts'
import type { Registry } from '../../src/runtime/actors/registry.ts'
import type { EventEnvelope } from '../../src/runtime/events/envelope.ts'
import { eventHistory } from '../../src/runtime/events/event-history.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { OutcryError, type Store } from '../../store/index.ts'
import { eventTest, type WantedEvents } from './wanted-events.ts'

/** Calls `onLook` for each event that it looks at. @throws SUBSCRIPTION_UNMATCHED, STORE_CORRUPT */
export async function* loggedEvents(
  store: Store<TransitionRecord>,
  registry: Registry,
  { topics, filter, tail, since, toSeq }: WantedEvents,
  onLook: () => void,
): AsyncGenerator<EventEnvelope> {
  const known = await knownOf({
    registry,
    addresses: (options) => store.actors(options),
    emittedTypes: () => store.emittedTypes(),
  })
  const frame = { op: 'subscribe' as const, id: 'events', topics: [...topics], filter }
  const fault = known.fault(frame)
  if (fault !== undefined)
    throw new OutcryError('SUBSCRIPTION_UNMATCHED', fault, 'See `outcry events --help`.')
  const isWanted = eventTest({ topics, filter })
  const { from, to } = filter
  const reverse = tail !== undefined
  const last: EventEnvelope[] = []
  if (tail === 0) return
  for await (const envelope of eventHistory(store, {
    types: known.typesIn(frame),
    from,
    to,
    fromSeq: since === undefined ? undefined : since + 1,
    toSeq,
    reverse,
  })) {
    onLook()
    if (!isWanted(envelope)) continue
    if (tail === undefined) yield envelope
    else if (last.push(envelope) >= tail) break
  }
  yield* last.reverse()
}
