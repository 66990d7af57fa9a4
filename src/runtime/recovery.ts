import type { Store } from '../../store/store.ts'
import type { ActorTable } from './actor-table.ts'
import type { Address } from './address.ts'
import { Journal, type JournalState } from './journal.ts'
import type { TransitionRecord } from './record.ts'
import type { Registry } from './registry.ts'
import { replayRecord } from './replay.ts'
import type { Scope } from './scope.ts'
import { SystemIds } from './system-ids.ts'

export interface Recovered {
  readonly journal: Journal
  /** Records that were read back. */
  readonly records: number
}

/**
 * Brings the runtime back to where the log ends: the last checkpoint, and what was committed after it. Actors that
 * did not change since the checkpoint stay passive.
 *
 * @throws REPLAY_DIVERGED, LOG_GAP, MACHINE_VERSION_UNKNOWN, KIND_UNKNOWN, STORE_CORRUPT
 */
export async function recover(
  store: Store<TransitionRecord>,
  table: ActorTable,
  registry: Registry,
  scope: Scope,
): Promise<Recovered> {
  const checkpoint = store.checkpoint()
  const journal = new Journal(checkpoint?.state as JournalState | undefined)
  const systemIds = new SystemIds((checkpoint?.state as JournalState | undefined)?.systemIds, scope)
  let records = 0
  for await (const record of store.read({ fromSeq: (checkpoint?.seq ?? 0) + 1 })) {
    journal.apply(record)
    records++
    systemIds.before(record)
    const was = table.find(record.actor as Address)
    // A snapshot taken after the record has it already.
    if (was === undefined || was.state.rev < record.rev) {
      const { cell } = replayRecord(scope, registry, was, record)
      if (cell !== was) table.add(cell)
    }
    systemIds.after(record)
  }
  journal.revive(scope.refOf)
  return { journal, records }
}
