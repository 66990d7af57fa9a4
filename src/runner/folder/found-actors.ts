/** Reads single actors of a log before the supervisor opens it. */
import { machines } from '../../../machines/index.ts'
import type { Store } from '../../../store/index.ts'
import type { PersistedActor } from '../../runtime/actors/persist.ts'
import { Registry } from '../../runtime/actors/registry.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import { cellAt } from '../../runtime/state/replay.ts'

/** The kinds that these reads need. */
const known = new Registry({
  runner: machines.runner,
  position: machines.position,
  account: machines.account,
})

/** Returns the context of the actor at the end of the log. Undefined when the log has no such actor. */
export async function contextIn<T>(store: Store<TransitionRecord>, address: string): Promise<T | undefined> {
  const cell = await cellAt(store, known, address, {})
  return (cell?.state.snapshot as { context?: T } | undefined)?.context
}

/**
 * Returns the first record of the actor that there is. Undefined when the log has no such actor, or when its records were
 * deleted.
 */
export async function firstRecord(
  store: Store<TransitionRecord>,
  address: string,
): Promise<TransitionRecord | undefined> {
  for await (const record of store.history(address, { limit: 1 })) return record
  return undefined
}

/** Returns what the actor was started with, also when the record of its start was deleted. */
export async function inputOf(store: Store<TransitionRecord>, address: string): Promise<unknown> {
  const first = await firstRecord(store, address)
  return first?.event.input ?? (store.snapshot(address)?.state as PersistedActor | undefined)?.input
}
