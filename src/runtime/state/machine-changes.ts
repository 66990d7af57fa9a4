import { OutcryError } from '../../../errors/outcry-error.ts'
import type { Store } from '../../../store/store.ts'
import { type Registry, versionOf } from '../actors/registry.ts'
import type { Logger } from '../logger.ts'
import type { TransitionRecord } from '../record/record.ts'
import { differences, type Structures, structureOf } from '../xstate/structure.ts'
import { Offsets, type OffsetsState } from './offsets.ts'

/** Differences that an error names; how many more there are it says. */
const NAMED_MAX = 3

/**
 * Holds the registered machines against those that wrote the log: a machine whose structure is another needs another
 * version. A kind that has no actors may change. Returns all structures where there is something to note, once the start
 * has succeeded: they are in the log's checkpoint, so no record comes of them.
 *
 * @throws MACHINE_CHANGED unless `accept` is set; then the logger is told, and the new structure is the right one
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
    const what = `what is registered as ${changes.join(', ')} is not the machine that wrote the log`
    const hint =
      'Raise its `version` and register an upgrade. If the change leads to the same states, say `--accept-changes` (acceptChanges: true) once.'
    if (!accept) throw new OutcryError('MACHINE_CHANGED', what, hint)
    logger.warn({ changes }, `${what}; the change is accepted`)
  }
  return isNew ? Object.fromEntries(known) : undefined
}

/** Notes structures beside the log. */
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
