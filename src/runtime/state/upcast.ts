/** Gives stored values of earlier builds today's names: see actors/upcasters.ts. It is pure. */
import { OutcryError } from '../../../errors/outcry-error.ts'
import type { SnapshotEntry } from '../../../store/store.ts'
import type { PersistedActor, PersistedMachineState } from '../actors/persist.ts'
import type { Registry } from '../actors/registry.ts'
import type { Upcasters } from '../actors/upcasters.ts'
import { type Address, DEAD_LETTERS, parentOf } from '../record/address.ts'
import type { AnyEvent, Intent, TransitionRecord } from '../record/record.ts'
import { Ref, type RefHost } from '../record/ref.ts'
import { decode, encodeDecoded, frozen, frozenContext, plainError } from '../record/values.ts'
import { INIT } from '../xstate/logic.ts'

/** Returns the record with today's names, or the record itself if it has them. @throws UPGRADE_FAILED */
export function upcastRecord(registry: Registry, record: TransitionRecord): TransitionRecord {
  const { actor, event, emitted, scheduled, intents } = record
  if (actor === DEAD_LETTERS) {
    const now = upcastLetter(registry, event)
    return now === event ? record : { ...record, event: now }
  }
  const upcasters = registry.find(actor)?.upcasters
  if (upcasters === undefined) return record
  const now = upcastTaken(upcasters, event, actor)
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
  const { path = [], input, snapshot, timers, stash } = state
  const isRoot = path.length === 0
  const inputNow =
    isRoot && input !== undefined && upcasters.input !== undefined
      ? asDecoded(input, (it) => upcastInput(upcasters, it, entry.actor))
      : input
  const snapshotNow =
    isRoot && upcasters.context !== undefined
      ? asDecoded(snapshot, (it) => upcastState(upcasters, it as PersistedMachineState, entry.actor))
      : snapshot
  const timersNow = timers && asDecoded(timers, (those) => upcastWithin(upcasters, those, entry.actor))
  const stashNow = stash && asDecoded(stash, (those) => upcastWithin(upcasters, those, entry.actor))
  const isSame = inputNow === input && snapshotNow === snapshot && timersNow === timers && stashNow === stash
  if (isSame) return entry
  const now: PersistedActor = {
    ...state,
    ...(inputNow !== undefined && { input: inputNow }),
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
  const now = upcastTaken(upcasters, event, to)
  return now === event ? letter : { ...letter, event: now }
}

/** Returns an event that the actor takes: its start, a signal, or an event of its own. */
function upcastTaken(upcasters: Upcasters, event: AnyEvent, actor: string): AnyEvent {
  if (event.type.startsWith('outcry.')) return upcastSignal(upcasters, event, actor)
  if (event.type !== INIT) return upcastEvent(upcasters, event, actor)
  if (event.input === undefined || upcasters.input === undefined || isChild(actor)) return event
  const input = upcastInput(upcasters, event.input, actor)
  return input === event.input ? event : { ...event, input }
}

/** Returns a signal whose event, state, timers and stashed events have today's names. */
function upcastSignal(upcasters: Upcasters, signal: AnyEvent, actor: string): AnyEvent {
  const { event, state, timers, stash, input } = signal
  const now = {
    ...(typeof event?.type === 'string' && { event: upcastTaken(upcasters, event, actor) }),
    ...(state !== undefined && !isChild(actor) && { state: upcastState(upcasters, state, actor) }),
    ...(input !== undefined && !isChild(actor) && { input: upcastInput(upcasters, input, actor) }),
    ...(Array.isArray(timers) && { timers: upcastWithin(upcasters, timers, actor) }),
    ...(Array.isArray(stash) && { stash: same(stash, (one) => upcastEvent(upcasters, one, actor)) }),
  }
  const isSame = Object.entries(now).every(([key, value]) => value === signal[key])
  return isSame ? signal : { ...signal, ...now }
}

function isChild(actor: string): boolean {
  return parentOf(actor as Address) !== undefined
}

function upcastInput<T>({ input: upcast }: Upcasters, input: T, actor: string): T {
  return upcast === undefined ? input : (upcastValue(upcast, input, 'the input', actor) as T)
}

function upcastState(
  { context: upcast }: Upcasters,
  state: PersistedMachineState,
  actor: string,
): PersistedMachineState {
  if (upcast === undefined || typeof state?.context !== 'object' || state.context === null) return state
  const context = upcastValue(upcast, state.context, 'the context', actor)
  return context === state.context ? state : { ...state, context }
}

/** Returns an input or a context under today's names. An object must stay one. */
function upcastValue(upcast: (was: unknown) => unknown, was: unknown, what: string, actor: string): unknown {
  try {
    const now = upcast(unchangeable(was))
    if (now === was) return was
    const isObject = typeof now === 'object' && now !== null
    if (now === undefined || (typeof was === 'object' && !isObject))
      throw new Error(`it returns ${String(now)}`)
    frozenContext(decode(now, detached))
    return now
  } catch (error) {
    throw failed(error, what, actor)
  }
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
  try {
    const now = events[type]?.(unchangeable(event))
    if (now === event) return event
    if (now?.type !== type) throw new Error(`it returns no ${type}`)
    frozen(decode(now, detached))
    return now
  } catch (error) {
    throw failed(error, type, actor)
  }
}

/**
 * Freezes a stored value, so that an upcaster that changes it in place throws. Otherwise the change would count where
 * the value is read as it was stored, and be lost where it is decoded first.
 */
function unchangeable<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const item of Object.values(value)) unchangeable(item)
  return Object.freeze(value)
}

/** Returns a reference to check a value with. It is never sent to. */
function detached(address: string, id: string): Ref {
  return new Ref(NO_HOST, address as Address, id)
}
const NO_HOST: RefHost = { relay() {} }

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
