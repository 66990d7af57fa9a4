/** Gives stored values of earlier builds today's names: see actors/upcasters.ts. It is pure. */
import { OutcryError } from '../../../errors/outcry-error.ts'
import type { SnapshotEntry } from '../../../store/store.ts'
import type { PersistedActor, PersistedMachineState } from '../actors/persist.ts'
import type { Registry } from '../actors/registry.ts'
import type { Upcasters } from '../actors/upcasters.ts'
import { DEAD_LETTERS } from '../record/address.ts'
import type { AnyEvent, Intent, TransitionRecord } from '../record/record.ts'
import { decode, encodeDecoded, plainError } from '../record/values.ts'

/** Returns the record with today's names, or the record itself if it has them. @throws UPGRADE_FAILED */
export function upcastRecord(registry: Registry, record: TransitionRecord): TransitionRecord {
  const { actor, event, emitted, scheduled, intents } = record
  if (actor === DEAD_LETTERS) {
    const now = upcastLetter(registry, event)
    return now === event ? record : { ...record, event: now }
  }
  const upcasters = registry.find(actor)?.upcasters
  if (upcasters === undefined) return record
  const isChild = actor.indexOf('/') !== actor.lastIndexOf('/')
  const now = event.type.startsWith('outcry.')
    ? upcastSignal(upcasters, event, actor, isChild)
    : upcastEvent(upcasters, event, actor)
  const emittedNow = emitted && same(emitted, (one) => upcastEvent(upcasters, one, actor))
  const scheduledNow = scheduled && upcastWithin(upcasters, scheduled, actor)
  const intentsNow = intents && upcastWithin(upcasters, intents, actor)
  if (now === event && emittedNow === emitted && scheduledNow === scheduled && intentsNow === intents)
    return record
  return {
    ...record,
    event: now,
    ...(emittedNow && { emitted: emittedNow }),
    ...(scheduledNow && { scheduled: scheduledNow }),
    ...(intentsNow && { intents: intentsNow }),
  }
}

/** Returns the snapshot with today's names, or the snapshot itself if it has them. @throws UPGRADE_FAILED */
export function upcastEntry(registry: Registry, entry: SnapshotEntry): SnapshotEntry {
  const upcasters = registry.find(entry.actor)?.upcasters
  if (upcasters === undefined) return entry
  const state = entry.state as PersistedActor
  const { path = [], snapshot, timers, stash } = state
  const ofRoot = path.length === 0 && upcasters.context !== undefined
  const snapshotNow = ofRoot
    ? asDecoded(snapshot, (it) => upcastState(upcasters, it as PersistedMachineState, entry.actor))
    : snapshot
  const timersNow = timers && asDecoded(timers, (those) => upcastWithin(upcasters, those, entry.actor))
  const stashNow = stash && asDecoded(stash, (those) => upcastWithin(upcasters, those, entry.actor))
  if (snapshotNow === snapshot && timersNow === timers && stashNow === stash) return entry
  const now: PersistedActor = {
    ...state,
    snapshot: snapshotNow,
    ...(timersNow && { timers: timersNow }),
    ...(stashNow && { stash: stashNow }),
  }
  return { ...entry, state: now }
}

/** Returns the intents with today's names. @throws UPGRADE_FAILED */
export function upcastIntents(registry: Registry, intents: readonly Intent[]): readonly Intent[] {
  const upcast = (intent: Intent) => {
    const upcasters = registry.find(intent.actor)?.upcasters
    return upcasters === undefined ? intent : upcastIn(upcasters, intent, intent.actor)
  }
  return asDecoded(intents, (those) => same(those, upcast))
}

/** Changes a value of a snapshot, decoded first, because upcasters must not see the marks that `encode` writes. */
function asDecoded<T>(stored: T, change: (value: T) => T): T {
  const was = decode(stored)
  const now = change(was)
  return now === was ? stored : encodeDecoded(now)
}

/** Returns a dead letter whose event has today's names. The kind of its receiver has the upcasters. */
function upcastLetter(registry: Registry, letter: AnyEvent): AnyEvent {
  const { to, event } = letter
  const upcasters = typeof to === 'string' ? registry.find(to)?.upcasters : undefined
  if (upcasters === undefined || typeof event?.type !== 'string') return letter
  const now = upcastEvent(upcasters, event, to)
  return now === event ? letter : { ...letter, event: now }
}

/** Returns a signal whose event, state, timers and stashed events have today's names. */
function upcastSignal(upcasters: Upcasters, signal: AnyEvent, actor: string, isChild: boolean): AnyEvent {
  const { event, state, timers, stash } = signal
  const now = {
    ...(typeof event?.type === 'string' && { event: upcastEvent(upcasters, event, actor) }),
    ...(state !== undefined && !isChild && { state: upcastState(upcasters, state, actor) }),
    ...(Array.isArray(timers) && { timers: upcastWithin(upcasters, timers, actor) }),
    ...(Array.isArray(stash) && { stash: same(stash, (one) => upcastEvent(upcasters, one, actor)) }),
  }
  const isSame = Object.entries(now).every(([key, value]) => value === signal[key])
  return isSame ? signal : { ...signal, ...now }
}

function upcastState(
  { context: upcast }: Upcasters,
  state: PersistedMachineState,
  actor: string,
): PersistedMachineState {
  if (upcast === undefined || typeof state?.context !== 'object' || state.context === null) return state
  let context: unknown
  try {
    context = upcast(state.context)
  } catch (error) {
    throw failed(error, 'the context', actor)
  }
  return context === state.context ? state : { ...state, context }
}

function upcastWithin<T extends { readonly event: AnyEvent }>(
  upcasters: Upcasters,
  those: readonly T[],
  actor: string,
): readonly T[] {
  return same(those, (one) => upcastIn(upcasters, one, actor))
}

function upcastIn<T extends { readonly event: AnyEvent }>(upcasters: Upcasters, one: T, actor: string): T {
  const event = upcastEvent(upcasters, one.event, actor)
  return event === one.event ? one : { ...one, event }
}

function upcastEvent({ events }: Upcasters, event: AnyEvent, actor: string): AnyEvent {
  const { type } = event
  if (events === undefined || !Object.hasOwn(events, type)) return event
  let now: AnyEvent | undefined
  try {
    now = events[type]?.(event)
  } catch (error) {
    throw failed(error, type, actor)
  }
  if (now?.type === type) return now
  throw failed(new Error(`it returns no ${type}`), type, actor)
}

function failed(error: unknown, what: string, actor: string): OutcryError {
  return new OutcryError(
    'UPGRADE_FAILED',
    `the upcaster for ${what} fails on what the log has of ${actor}: ${plainError(error).message}`,
    'Correct the upcaster and start again: the log is as it was.',
    { cause: error },
  )
}

/** Returns a list with each item changed, or the list itself if no item changes. */
function same<T>(items: readonly T[], change: (item: T) => T): readonly T[] {
  let changed: T[] | undefined
  for (const [i, item] of items.entries()) {
    const now = change(item)
    if (now === item) continue
    changed ??= [...items]
    changed[i] = now
  }
  return changed ?? items
}
