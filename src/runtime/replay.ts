/**
 * The log read back into actors. Nothing is sent and nothing runs (law 10); each record is taken as it was taken
 * live, and must lead where it says it led (law 5).
 */
import type { AnyActorLogic } from 'xstate'
import { OutcryError } from '../../store/outcry-error.ts'
import type { SnapshotEntry, Store } from '../../store/store.ts'
import type { Address } from './address.ts'
import { Cell, stateValue, UNBORN } from './cell.ts'
import { type Evolution, evolve } from './evolve.ts'
import { INIT } from './lifecycle.ts'
import { NO_TIMERS } from './pending-timers.ts'
import { makeRef, restoreCell } from './persist.ts'
import type { AnyEvent, TransitionRecord } from './record.ts'
import { type Kind, labelVersion, logicAt, type Registry, upgradePath } from './registry.ts'
import { Scope } from './scope.ts'
import { decode, frozen, jsonEqual } from './values.ts'

/** A scope in which nothing can be sent by hand. */
export function replayScope(): Scope {
  return new Scope((_source, target, event) => {
    throw new OutcryError(
      'IMPURE_SEND',
      `${event.type} was sent to ${target.address} by hand during a replay`,
      'Send with sendTo or raise, not with ref.send() in a guard, an assign or an expression.',
    )
  })
}

/**
 * Takes one record. Without a cell the record must be the actor's first.
 * @throws LOG_GAP when the record does not follow the cell's last
 * @throws REPLAY_DIVERGED when it leads elsewhere than it says
 * @throws MACHINE_VERSION_UNKNOWN
 */
export function replayRecord(
  scope: Scope,
  registry: Registry,
  was: Cell | undefined,
  record: TransitionRecord,
): { cell: Cell; evolution: Evolution } {
  const taken = frozen(decode(record.event, scope.refOf))
  const cell = taken.type === INIT ? newCell(scope, registry, was, record, taken.input) : was
  if (cell === undefined || cell.state.rev + 1 !== record.rev) {
    throw new OutcryError(
      'LOG_GAP',
      `record ${record.seq} is rev ${record.rev} of ${record.actor}, but the one before is rev ${cell?.state.rev ?? 0}`,
      'Run `outcry verify` to see what the log has lost.',
    )
  }
  const version = labelVersion(record.machine)
  const sameVersion = version === cell.version || taken.type === 'outcry.migrated'
  const event = sameVersion ? taken : upcast(cell.kind, version, taken)
  let evolution: Evolution
  try {
    evolution = evolve(scope, cell, { ...record, event, recorded: record.scheduled ?? NO_TIMERS })
  } catch (error) {
    throw diverged(record, `it throws: ${error instanceof Error ? error.message : String(error)}`, error)
  }
  cell.state = evolution.state
  const to = stateValue(cell.logic, cell.state.snapshot)
  if (sameVersion && !jsonEqual(to, record.to)) {
    throw diverged(record, `it leads to ${JSON.stringify(to)}, the log says ${JSON.stringify(record.to)}`)
  }
  return { cell, evolution }
}

function newCell(
  scope: Scope,
  registry: Registry,
  was: Cell | undefined,
  record: TransitionRecord,
  input: unknown,
): Cell {
  const kind = registry.kind(record.actor)
  const version = labelVersion(record.machine)
  const path = record.child?.path ?? []
  const ref = makeRef(scope.system, record.actor as Address, path, record.child)
  const logic: AnyActorLogic = logicAt(kind, version, path)
  const state = { ...UNBORN, rev: was?.state.rev ?? 0 }
  const cell = new Cell({ ref, kind, version, logic, path, input, state })
  if (path.length > 0) cell.born = { seq: record.seq, rev: record.rev, cause: record.cause }
  return cell
}

function diverged(record: TransitionRecord, what: string, cause?: unknown): OutcryError {
  return new OutcryError(
    'REPLAY_DIVERGED',
    `record ${record.seq} (${record.actor} rev ${record.rev}, ${record.event.type}) does not replay: ${what}`,
    'The machine changed without a new version, or is not pure: it reads the clock, chance or something outside.',
    { cause },
  )
}

function upcast(kind: Kind, version: string, event: AnyEvent): AnyEvent {
  return upgradePath(kind, version).reduce((e, upgrade) => upgrade.upcast?.(e) ?? e, event)
}

/** An actor from its snapshot, carried over to the registered version of its machine if it is an older one. */
export function wakeCell(scope: Scope, registry: Registry, entry: SnapshotEntry): Cell {
  const kind = registry.kind(entry.actor)
  const persisted = entry.state as {
    version: string
    path?: string[]
    snapshot: { value: unknown; context: unknown }
  }
  const { version } = persisted
  if (version === kind.version) return restoreCell(scope, kind, entry)
  let state = persisted.snapshot
  for (const { migrate } of upgradePath(kind, version)) {
    state = { ...state, ...migrate({ value: state.value, context: state.context }) }
  }
  const cell = restoreCell(scope, kind, {
    ...entry,
    state: { ...persisted, version: kind.version, snapshot: state },
  })
  cell.migratedFrom = version
  return cell
}

/** The actor as it was after its last record at or before a place in the log; undefined if it was not there yet. */
export async function cellAt(
  store: Store<TransitionRecord>,
  registry: Registry,
  address: string,
  to: { seq?: number; rev?: number; at?: number },
): Promise<Cell | undefined> {
  const scope = replayScope()
  const maxSeq = to.rev === undefined ? to.seq : await seqOfRev(store, address, to.rev)
  // Time in the log need not grow with seq, so a time is looked up record by record.
  const entry =
    to.at === undefined ? store.snapshot(address, maxSeq === undefined ? {} : { maxSeq }) : undefined
  let cell = entry && restoreCell(scope, registry.kind(address), entry)
  for await (const record of store.history(address, { fromRev: (entry?.rev ?? 0) + 1 })) {
    if (maxSeq !== undefined && record.seq > maxSeq) break
    if (to.at !== undefined && record.at > to.at) break
    cell = replayRecord(scope, registry, cell, record).cell
  }
  return cell
}

async function seqOfRev(store: Store<TransitionRecord>, address: string, rev: number): Promise<number> {
  for await (const record of store.history(address, { fromRev: rev, toRev: rev, limit: 1 })) return record.seq
  throw new OutcryError(
    'REV_UNKNOWN',
    `${address} has no rev ${rev}`,
    `Look at its history: outcry replay ${address}.`,
  )
}
