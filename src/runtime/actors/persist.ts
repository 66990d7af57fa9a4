/** Writes an actor's state as JSON and restores it (law 5: the restored state equals the lived one). */

import { compact } from '../../../errors/compact.ts'
import type { SnapshotEntry } from '../../../store/store.ts'
import { type Address, childOf, idOfChild, parentOf } from '../record/address.ts'
import { isUsable } from '../record/delays.ts'
import { NO_REQUESTS, type RequestCounts } from '../record/intent-ids.ts'
import type { ScheduledTimer } from '../record/record.ts'
import { Ref, type RefHost } from '../record/ref.ts'
import { decode, encodeState, frozen, frozenContext, sizeTaken } from '../record/values.ts'
import { goneLogic, isLive, isMachine } from '../xstate/logic.ts'
import type { Scope } from '../xstate/scope.ts'
import type { AnySnapshot } from '../xstate/snapshot.ts'
import type { AnyActorLogic, AnyStateMachine, Snapshot } from '../xstate/types.ts'
import { type ActorState, type Birth, Cell, type Condition, type Stashed } from './cell.ts'
import { measured } from './holding.ts'
import type { Kind } from './kind.ts'
import {
  countOf,
  earliestOf,
  listOf,
  NO_TIMERS,
  type PendingTimers,
  pendingTimers,
} from './pending-timers.ts'
import { logicAt } from './registry.ts'
import { type Failures, NO_FAILURES } from './supervision.ts'

/** The `state` of a SnapshotEntry. Usual values are left out. */
export interface PersistedActor {
  readonly version: string
  readonly path?: readonly string[]
  readonly systemId?: string
  readonly syncSnapshot?: true
  readonly input?: unknown
  readonly at: number
  /** Present for children. */
  readonly born?: Birth
  /** Present for actors with a running part. */
  readonly bornSeq?: number
  readonly snapshot: unknown
  readonly timers?: readonly ScheduledTimer[]
  readonly condition?: Condition
  readonly failures?: Failures
  readonly stash?: readonly Stashed[]
  /** See holding.ts. Earlier versions wrote neither field. */
  readonly held?: number
  readonly measured?: number
  readonly requests?: RequestCounts
}

export interface PersistedMachineState {
  status: string
  value: unknown
  context: unknown
  output?: unknown
  error?: unknown
  historyValue?: Record<string, { id: string }[]>
  children?: Record<string, { src?: string; systemId?: string; syncSnapshot?: true }>
  /** The `order` of the active states, when XState itself would put them into another order. */
  nodes?: number[]
}

const NO_CHILDREN: NonNullable<PersistedMachineState['children']> = Object.freeze({})

interface MachineState extends AnySnapshot {
  value: unknown
  context: unknown
  historyValue: Record<string, { id: string }[]>
  children: Record<string, Ref>
  _nodes: { order: number }[]
}

/** Returns the actor's snapshot entry. An actor with a pending migration is returned as the log has it. */
export function persistCell(cell: Cell): SnapshotEntry {
  if (cell.migration?.was !== undefined) return cell.migration.was
  const { state, ref } = cell
  const persisted: PersistedActor = {
    version: cell.version,
    ...(cell.path.length > 0 && { path: cell.path }),
    ...(ref.systemId !== undefined && { systemId: ref.systemId }),
    ...(ref._syncSnapshot && { syncSnapshot: true }),
    ...(cell.input !== undefined && { input: encodeState(cell.input) }),
    at: state.at,
    ...(cell.born !== undefined && { born: cell.born }),
    // A dropped actor has no `bornSeq`, whatever logic it was restored on.
    ...(state.bornSeq > 0 && (isLive(cell.logic) || cell.logic === goneLogic) && { bornSeq: state.bornSeq }),
    snapshot: encodeState(persistState(cell.logic, state.snapshot)),
    ...(countOf(state.timers) > 0 && { timers: encodeState(listOf(state.timers)) }),
    ...(state.condition !== 'running' && { condition: state.condition }),
    ...(state.failures.count > 0 && { failures: state.failures }),
    ...(state.stash.length > 0 && { stash: encodeState(state.stash) }),
    held: state.held,
    ...(state.measured > 0 && { measured: state.measured }),
    ...(state.requests !== NO_REQUESTS && { requests: state.requests }),
  }
  const wakeAt = wakeTime(cell)
  return {
    actor: cell.address,
    seq: state.seq,
    rev: state.rev,
    state: persisted,
    ...(wakeAt !== undefined && { wake: { at: wakeAt } }),
  }
}

/** Does the same for an entry that is written with the commit under way. */
export function persistWithTurn(cell: Cell): SnapshotEntry {
  cell.persisted = { rev: cell.state.rev, seq: cell.state.seq }
  return persistCell(cell)
}

/**
 * Returns whether the actor must stay in memory: promises, callbacks and subscriptions live only there, and actors in
 * quarantine stay visible.
 */
export function staysResident({ logic, state }: Cell): boolean {
  if (state.snapshot.status !== 'active') return false
  return isLive(logic) || state.condition === 'quarantined'
}

/** Returns when the actor must be in memory even without a message: 0 for at once, undefined for never. */
export function wakeTime(cell: Cell): number | undefined {
  if (staysResident(cell)) return 0
  return earliestOf(cell.state.timers)
}

/**
 * Restores the actor of a snapshot, on the logic of its own version unless another is given.
 * @throws MACHINE_VERSION_UNKNOWN, CHILD_UNKNOWN
 */
export function restoreCell(scope: Scope, kind: Kind, entry: SnapshotEntry, given?: AnyActorLogic): Cell {
  const persisted = entry.state as PersistedActor
  const path = persisted.path ?? []
  const ref = makeRef(scope.system, entry.actor as Address, path, persisted)
  const logic = given ?? logicAt(kind, persisted.version, path)
  const snapshot = restoreState(scope, ref, logic, persisted.snapshot)
  const contextSize = sizeTaken()
  const timers = restoreTimers(scope, ref.address, frozen(decode(persisted.timers, scope.refOf)))
  const held = persisted.held ?? measured({ snapshot, timers }, contextSize)
  const state: ActorState = {
    snapshot,
    rev: entry.rev,
    seq: entry.seq,
    at: persisted.at,
    bornSeq: persisted.bornSeq ?? 0,
    timers,
    condition: persisted.condition ?? 'running',
    failures: frozen(persisted.failures ?? NO_FAILURES),
    stash: frozen(decode(persisted.stash ?? [], scope.refOf)),
    held,
    measured: persisted.held === undefined ? held : (persisted.measured ?? 0),
    requests: persisted.requests ?? NO_REQUESTS,
  }
  const input = frozen(decode(persisted.input, scope.refOf))
  const cell = new Cell({ ref, kind, version: persisted.version, logic, path, input, state })
  cell.born = persisted.born
  cell.persisted = { rev: entry.rev, seq: entry.seq }
  return cell
}

function restoreTimers(
  scope: Scope,
  actor: Address,
  timers: readonly ScheduledTimer[] = NO_TIMERS,
): PendingTimers {
  if (timers.every(isUsable)) return pendingTimers(timers)
  for (const timer of timers) if (!isUsable(timer)) scope.onUnusable(actor, timer)
  return pendingTimers(timers.filter(isUsable))
}

/** Returns an actor's reference to itself, with those of its parents inside. */
export function makeRef(
  host: RefHost,
  address: Address,
  path: readonly string[],
  child: { systemId?: string; syncSnapshot?: boolean } = {},
): Ref {
  const parentAddress = parentOf(address)
  if (parentAddress === undefined) return new Ref(host, address, address)
  const parent = makeRef(host, parentAddress, path.slice(0, -1))
  return new Ref(host, address, idOfChild(address), parent, {
    ...child,
    src: path.at(-1),
  })
}

export function persistState(logic: AnyActorLogic, snapshot: AnySnapshot): unknown {
  if (!isMachine(logic)) return logic.getPersistedSnapshot(snapshot as Snapshot<unknown>)
  const state = snapshot as MachineState
  const children = persistedChildren(state.children)
  const historyValue: PersistedMachineState['historyValue'] = {}
  for (const [id, nodes] of Object.entries(state.historyValue))
    historyValue[id] = nodes.map((n) => ({ id: n.id }))
  const nodes = state._nodes.map((n) => n.order)
  const persisted: PersistedMachineState = {
    status: state.status,
    value: state.value,
    context: state.context,
    ...compact({ output: state.output, error: state.error }),
    ...(Object.keys(historyValue).length > 0 && { historyValue }),
    ...(Object.keys(children).length > 0 && { children }),
    ...(nodes.some((order, i) => i > 0 && order < nodes[i - 1]!) && { nodes }),
  }
  return persisted
}

export function persistedChildren(
  children: Readonly<Record<string, Ref>>,
): NonNullable<PersistedMachineState['children']> {
  const entries = Object.entries(children)
  // Object.fromEntries keeps an id that is `__proto__`.
  return entries.length === 0
    ? NO_CHILDREN
    : Object.fromEntries(entries.map(([id, ref]) => [id, onRecord(ref)]))
}

function onRecord(ref: Ref): { src?: string; systemId?: string; syncSnapshot?: true } {
  const { src, systemId, _syncSnapshot } = ref
  return compact({ src, systemId, syncSnapshot: _syncSnapshot || undefined })
}

/**
 * Restores a state from the store or from `persistState`, without changing `json`. It checks the context last, so that
 * `sizeTaken` returns the context's size.
 */
export function restoreState(scope: Scope, self: Ref, logic: AnyActorLogic, json: unknown): AnySnapshot {
  if (!isMachine(logic)) return scope.restore(logic, self, frozen(decode(json, scope.refOf)) as AnySnapshot)
  const persisted = decode(json) as PersistedMachineState
  const bare = { ...persisted, historyValue: {}, children: {}, context: {} }
  const snapshot = scope.restore(logic, self, bare as unknown as AnySnapshot) as MachineState
  if (persisted.historyValue !== undefined)
    snapshot.historyValue = restoreHistory(logic, persisted.historyValue)
  const children = Object.fromEntries(
    Object.entries(persisted.children ?? NO_CHILDREN).map(([id, child]) => [
      id,
      new Ref(scope.system, childOf(self.address, id), id, self, child),
    ]),
  )
  snapshot.children = children
  // A parent may have the same id as one of its grandchildren.
  const refOf = (address: string, id: string) =>
    children[id]?.address === address ? children[id] : scope.refOf(address, id)
  snapshot.context = frozenContext(decode(persisted.context, refOf))
  // XState takes parallel regions in the order of these two, so both keep their order.
  snapshot.value = persisted.value
  const rank = new Map(persisted.nodes?.map((order, i) => [order, i]))
  const place = (order: number) => rank.get(order) ?? order
  snapshot._nodes.sort((a, b) => place(a.order) - place(b.order))
  return snapshot
}

/**
 * Returns the states of each history. Leaves out states that the machine no longer has. XState itself splits an id at
 * its dots, so it does not find an id with dots of its own.
 */
function restoreHistory(
  machine: AnyStateMachine,
  persisted: NonNullable<PersistedMachineState['historyValue']>,
): MachineState['historyValue'] {
  const history: MachineState['historyValue'] = {}
  for (const [past, nodes] of Object.entries(persisted)) {
    const known = nodes.flatMap(({ id }) => {
      try {
        return [machine.getStateNodeById(`#${id.replace(/[.\\]/g, '\\$&')}`)]
      } catch {
        return []
      }
    })
    if (known.length > 0) history[past] = known
  }
  return history
}
