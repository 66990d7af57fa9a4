/** Tells how actors stand, which is what lists show and count. Most actors of a log are passive, and need no restore for it. */
import type { SnapshotEntry } from '../../../store/store.ts'
import type { ActorView } from '../actors/actor-view.ts'
import type { Kind } from '../actors/kind.ts'
import type { PersistedActor, PersistedMachineState } from '../actors/persist.ts'
import { logicAt } from '../actors/registry.ts'
import { isMachine } from '../xstate/logic.ts'

/** An actor as it stands. The context and the error of a passive one are as the log has them. */
export type ActorStanding = Pick<ActorView, 'address' | 'status' | 'value' | 'tags' | 'seq' | 'context'> &
  Partial<Pick<ActorView, 'condition' | 'error'>>

type Known = Pick<ActorView, 'value' | 'tags'>

/**
 * The states in which machines were restored. Of a machine the value alone decides about the tags, so those that were
 * found once are those of every actor on the same machine with the same value.
 */
export class Standings {
  readonly #known = new Map<string, Known>()

  /**
   * Returns how the actor of a snapshot stands; undefined when `restored` gives nothing. That restores the actor, and is
   * called once for each state of a machine, and each time for what is no machine of today.
   */
  of(kind: Kind, entry: SnapshotEntry, restored: () => ActorView | undefined): ActorStanding | undefined {
    const { actor: address, seq } = entry
    const { version, path = [], snapshot, condition = 'running' } = entry.state as PersistedActor
    if (version !== kind.version || !isMachine(logicAt(kind, version, path))) return restored()
    const { status, value, context, error } = snapshot as PersistedMachineState
    const key = JSON.stringify([kind.name, path, value])
    const known = this.#known.get(key)
    if (known === undefined) {
      const view = restored()
      if (view !== undefined && view.unread === undefined)
        this.#known.set(key, { value: view.value, tags: view.tags })
      return view
    }
    return {
      address,
      status: status as ActorView['status'],
      ...(condition !== 'running' && { condition }),
      ...(error !== undefined && { error }),
      ...known,
      context,
      seq,
    }
  }
}
