import type { Store } from '../../store/store.ts'
import type { ActorTable } from './actor-table.ts'
import type { Address } from './address.ts'
import { Journal, type JournalState } from './journal.ts'
import { STOP } from './lifecycle.ts'
import type { TransitionRecord } from './record.ts'
import type { Registry } from './registry.ts'
import { replayRecord } from './replay.ts'
import type { Scope } from './scope.ts'

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
  /** System ids by who has them. */
  const named = new Map<string, string>()
  const name = (systemId: string, address: string) => {
    named.set(address, systemId)
    scope.setSystemId(systemId, address as Address)
  }
  for (const [id, address] of (checkpoint?.state as JournalState | undefined)?.systemIds ?? [])
    name(id, address)
  let records = 0
  for await (const record of store.read({ fromSeq: (checkpoint?.seq ?? 0) + 1 })) {
    journal.apply(record)
    records++
    const address = record.actor as Address
    if (record.child?.systemId !== undefined) name(record.child.systemId, address)
    const ended = record.event.type === STOP || record.status !== undefined
    const systemId = named.get(address)
    if (ended && systemId !== undefined) scope.dropSystemId(systemId, address)
    const was = table.find(address)
    // A snapshot taken after the record has it already.
    if (was !== undefined && was.state.rev >= record.rev) continue
    const { cell } = replayRecord(scope, registry, was, record)
    if (cell !== was) table.add(cell)
  }
  return { journal, records }
}
