/**
 * Replays the log into actors. It sends no message and runs no effect (law 10). Each record is taken as in the live
 * run, and must lead to the state that it says (law 5).
 */

import { compact } from '../../../errors/compact.ts'
import { isOutcryError, OutcryError } from '../../../errors/outcry-error.ts'
import type { Interruptible, SnapshotEntry, Store } from '../../../store/store.ts'
import { carryOver } from '../actors/carry-over.ts'
import { Cell, stateValue, UNBORN } from '../actors/cell.ts'
import type { Kind } from '../actors/kind.ts'
import { NO_TIMERS } from '../actors/pending-timers.ts'
import { makeRef, type PersistedActor, restoreCell } from '../actors/persist.ts'
import { labelVersion, logicAt, type Registry, upgradePath } from '../actors/registry.ts'
import { isSignal } from '../actors/signals.ts'
import { stepsFor, upcastBy, upgradeFailed } from '../actors/upgrade.ts'
import { type Address, parentOf, portOf } from '../record/address.ts'
import { NO_REQUESTS } from '../record/intent-ids.ts'
import type { Place } from '../record/place.ts'
import type { AnyEvent, TransitionRecord } from '../record/record.ts'
import { decode, frozen, jsonEqual, plainError } from '../record/values.ts'
import { countIntents, evolve, type StepResult } from '../turn/evolve.ts'
import { INIT } from '../xstate/logic.ts'
import { Scope } from '../xstate/scope.ts'
import type { AnyActorLogic } from '../xstate/types.ts'
import { upcasting } from './upcasting-store.ts'

/** Returns a scope in which a send by hand throws. */
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
 * Replays one record. Without a cell the record must be the actor's first. `started` is the cell for that record when
 * it must have another version than the record's.
 * @throws LOG_GAP when the record does not follow the cell's last
 * @throws REPLAY_DIVERGED when it leads to another state than it says
 * @throws MACHINE_VERSION_UNKNOWN
 */
export function replayRecord(
  scope: Scope,
  registry: Registry,
  was: Cell | undefined,
  record: TransitionRecord,
  started?: Cell,
): { cell: Cell; result: StepResult } {
  const taken = frozen(decode(record.event, scope.refOf))
  const cell = started ?? (taken.type === INIT ? newCell(scope, registry, was, record) : was)
  if (cell === undefined || cell.state.rev + 1 !== record.rev) {
    throw new OutcryError(
      'LOG_GAP',
      `record ${record.seq} is rev ${record.rev} of ${record.actor}, but the one before is rev ${cell?.state.rev ?? 0}`,
      'Run `outcry verify` to see what the log has lost.',
    )
  }
  const version = labelVersion(record.machine)
  const sameVersion = version === cell.version || taken.type === 'outcry.migrated'
  const event = sameVersion ? taken : upcast(cell, version, taken)
  let result: StepResult
  try {
    result = evolve(scope, cell, { ...record, event, recorded: record.scheduled ?? NO_TIMERS })
  } catch (error) {
    throw diverged(record, `it throws: ${plainError(error).message}`, error)
  }
  if (record.intents !== undefined) countIntents(result.state, record.intents)
  cell.advance(result)
  const to = stateValue(cell.logic, cell.state.snapshot)
  if (sameVersion && !jsonEqual(to, record.to)) {
    throw diverged(record, `it leads to ${JSON.stringify(to)}, the log says ${JSON.stringify(record.to)}`)
  }
  return { cell, result }
}

/**
 * Returns a sentence when the replay of a record does other things than the record says, in spite of its state value.
 * Its context may be another one, too.
 */
export function differenceOf(
  { seq, event, emitted = [], sent = [], intents = [], scheduled = [] }: TransitionRecord,
  result: StepResult,
): string | undefined {
  const emits = result.effects.flatMap((e) => (e.type === 'emit' ? [e.event] : []))
  if (!jsonEqual(emits, emitted)) return `record ${seq} emits other events when replayed`
  const sends = result.effects.flatMap((e) => (e.type === 'send' ? [e.to as string] : []))
  if (!jsonEqual(sends, sent)) return `record ${seq} sends to others when replayed`
  // The request of a timer comes first, and no effect of the step is its origin.
  const asked = event.type === 'outcry.timer' ? [] : intents
  const requests = result.effects.flatMap((e) =>
    e.type === 'send' && asked.some(({ port }) => port === portOf(e.to)) ? [e.event] : [],
  )
  if (
    !jsonEqual(
      requests,
      asked.map((intent) => intent.event),
    )
  )
    return `record ${seq} asks ports for something else when replayed`
  if (!jsonEqual(result.scheduled, scheduled)) return `record ${seq} sets other timers when replayed`
  return undefined
}

function newCell(scope: Scope, registry: Registry, was: Cell | undefined, record: TransitionRecord): Cell {
  const kind = registry.kind(record.actor)
  const version = labelVersion(record.machine)
  return makeCell(scope, kind, version, logicAt(kind, version, record.child?.path ?? []), was, record)
}

/** Returns the cell of the actor that the record starts, in its state before the record. */
export function makeCell(
  scope: Scope,
  kind: Kind,
  version: string,
  logic: AnyActorLogic,
  was: Cell | undefined,
  record: TransitionRecord,
): Cell {
  const path = record.child?.path ?? []
  const ref = makeRef(scope.system, record.actor as Address, path, record.child)
  const input = frozen(decode(record.event.input, scope.refOf))
  const state = { ...UNBORN, rev: was?.state.rev ?? 0, requests: was?.state.requests ?? NO_REQUESTS }
  const cell = new Cell({ ref, kind, version, logic, path, input, state })
  if (path.length > 0) cell.born = { seq: record.seq, rev: record.rev, cause: record.cause }
  return cell
}

function diverged(record: TransitionRecord, what: string, cause?: unknown): OutcryError {
  return new OutcryError(
    'REPLAY_DIVERGED',
    `record ${record.seq} (${record.actor} rev ${record.rev}, ${record.event.type}) does not replay: ${what}`,
    'The machine changed without a new version, or is not pure: it reads the clock, random numbers or something outside.',
    { cause },
  )
}

/** Returns the event in the form of the cell's version. @throws MACHINE_VERSION_UNKNOWN, UPGRADE_FAILED */
function upcast({ address, kind, path, migration }: Cell, version: string, event: AnyEvent): AnyEvent {
  if (isSignal(event)) return event
  try {
    const name = migration?.names.timer(event.type) ?? event.type
    const renamed = name === event.type ? event : { ...event, type: name }
    return upcastBy(stepsFor(upgradePath(kind, version), path), renamed)
  } catch (error) {
    if (isOutcryError(error, 'MACHINE_VERSION_UNKNOWN')) throw error
    throw upgradeFailed(address, version, kind.version, plainError(error).message, error)
  }
}

/**
 * Restores an actor from its snapshot, migrated to the registered version of its machine if it has another one. `find`
 * returns other actors, such as a child's parent.
 * @throws MACHINE_VERSION_UNKNOWN, CHILD_UNKNOWN, UPGRADE_FAILED
 */
export function wakeCell(
  scope: Scope,
  registry: Registry,
  entry: SnapshotEntry,
  find: (address: Address) => Cell | undefined,
): Cell {
  const kind = registry.kind(entry.actor)
  const { version } = entry.state as PersistedActor
  if (version === kind.version) return restoreCell(scope, kind, entry)
  const parent = parentOf(entry.actor)
  return carryOver(scope, kind, entry, parent === undefined ? undefined : find(parent))
}

/** Options of a question about the past. */
export interface Reading extends Interruptible {
  /** Is called for each record that is read for the answer, also for those since the snapshot before the place. */
  readonly onRead?: (() => void) | undefined
  /** Is called with each record that was replayed, and what it did. */
  readonly onReplayed?: ((record: TransitionRecord, result: StepResult) => void) | undefined
}

/**
 * Returns the actor after its last record at or before the place, or its present without a place. Undefined when the
 * actor did not exist yet. It replays from the snapshot before the place, and the store keeps enough of them that this
 * is never long.
 * @throws REV_UNKNOWN, REPLAY_DIVERGED, READ_ABORTED
 */
export async function cellAt(
  log: Store<TransitionRecord>,
  registry: Registry,
  address: string,
  { seq, rev, at }: Place,
  { signal, onRead, onReplayed }: Reading = {},
): Promise<Cell | undefined> {
  const scope = replayScope()
  const store = upcasting(log, registry)
  const toSeq =
    rev !== undefined ? await seqOfRev(store, address, rev) : at !== undefined ? await store.seqAt(at) : seq
  const entry =
    toSeq === undefined ? store.snapshot(address) : await snapshotAt(store, address, toSeq, signal)
  let cell = entry && restoreCell(scope, registry.kind(address), entry)
  const range = { fromRev: (entry?.rev ?? 0) + 1, ...compact({ toSeq }), signal }
  for await (const record of store.history(address, range)) {
    onRead?.()
    const replayed = replayRecord(scope, registry, cell, record)
    onReplayed?.(record, replayed.result)
    cell = replayed.cell
  }
  return cell
}

/** Returns the latest snapshot at or before `maxSeq`. */
export async function snapshotAt(
  store: Store<TransitionRecord>,
  address: string,
  maxSeq: number,
  signal: AbortSignal | undefined,
): Promise<SnapshotEntry | undefined> {
  for await (const entry of store.snapshots(address, { maxSeq, signal })) return entry
  return undefined
}

async function seqOfRev(store: Store<TransitionRecord>, address: string, rev: number): Promise<number> {
  for await (const record of store.history(address, { fromRev: rev, toRev: rev, limit: 1 })) return record.seq
  throw new OutcryError(
    'REV_UNKNOWN',
    `${address} has no rev ${rev}`,
    `Look at its history: outcry replay ${address}.`,
  )
}
