import { OutcryError } from '../../../errors/outcry-error.ts'
import type { Store } from '../../../store/store.ts'
import { type Registry, versionOf } from '../actors/registry.ts'
import type { Logger } from '../logger.ts'
import type { TransitionRecord } from '../record/record.ts'
import { differences, type Structures, structureOf } from '../xstate/structure.ts'
import { Offsets, type OffsetsState } from './offsets.ts'

/** Maximum number of differences that an error names. It gives the number of the others. */
const NAMED_MAX = 3

/**
 * Compares the registered machines with the machines that wrote the log. A machine with another structure needs another
 * version. A kind without actors may change. Returns all structures if there is a new one, to be noted once the start
 * has succeeded. They are in the log's checkpoint, so they make no record.
 *
 * @throws MACHINE_CHANGED unless `accept` is set; then it warns through the logger, and the new structure counts
 */
export async function checkMachines(
  store: Store<TransitionRecord>,
  registry: Registry,
  logger: Logger,
  accept: boolean,
): Promise<Structures | undefined> {
  const state = store.checkpoint()?.state as OffsetsState | undefined
  const known = new Map(Object.entries(state?.machines ?? {}))
  const changes: string[] = []
  let isNew = false
  for (const { name, machine, previous = [] } of registry.kinds) {
    for (const one of [machine, ...previous]) {
      const label = `${name}@${versionOf(one)}`
      const is = structureOf(one)
      const was = known.get(label)
      const different = was === undefined ? [] : differences(was, is)
      if (was !== undefined && different.length === 0) continue
      if (different.length > 0 && (await hasActors(store, name)))
        changes.push(`${label} (${text(different)})`)
      known.set(label, is)
      isNew = true
    }
  }
  if (changes.length > 0) {
    const what = `the registered ${changes.join(', ')} differs from the machine that wrote the log`
    const hint =
      'Raise its `version` and register an upgrade. If the change leads to the same states, use `--accept-changes` (acceptChanges: true) once.'
    if (!accept) throw new OutcryError('MACHINE_CHANGED', what, hint)
    logger.warn({ changes }, `${what}; the change is accepted`)
  }
  return isNew ? Object.fromEntries(known) : undefined
}

/** Writes the structures into the checkpoint. */
export async function noteMachines(store: Store<TransitionRecord>, machines: Structures): Promise<void> {
  const { seq, state } = store.checkpoint() ?? { seq: 0, state: new Offsets().state() }
  await store.putSnapshots([], { seq, state: { ...(state as OffsetsState), machines } })
}

async function hasActors(store: Store<TransitionRecord>, kind: string): Promise<boolean> {
  for await (const _ of store.actors({ prefix: `${kind}/`, limit: 1 })) return true
  return false
}

function text(different: readonly string[]): string {
  const more = different.length - NAMED_MAX
  return different.slice(0, NAMED_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
