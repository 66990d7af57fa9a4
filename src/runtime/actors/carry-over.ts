/**
 * Migrates an actor of an older version to the registered one, in memory. The cell gets a `migration`, and the turn of
 * the actor's next record puts it into the log (turn.ts). So an actor is migrated at the same place of its history
 * whether the runtime was stopped or killed, or the actor was passive.
 */

import { compact } from '../../../errors/compact.ts'
import type { OutcryError } from '../../../errors/outcry-error.ts'
import type { SnapshotEntry } from '../../../store/store.ts'
import { childOf, idOfChild } from '../record/address.ts'
import type { ScheduledTimer, StateValue } from '../record/record.ts'
import { Ref } from '../record/ref.ts'
import { admit, decode, jsonEqual, plainError } from '../record/values.ts'
import { childLogic, goneLogic, isMachine } from '../xstate/logic.ts'
import type { Scope } from '../xstate/scope.ts'
import { activeNodes, idsOfValue, resolveValue } from '../xstate/state-value.ts'
import type { AnyActorLogic, AnyStateMachine, AnyStateNode } from '../xstate/types.ts'
import type { Cell } from './cell.ts'
import type { Kind } from './kind.ts'
import type { Migration, PlannedTimer } from './migration.ts'
import { listOf } from './pending-timers.ts'
import { type PersistedActor, type PersistedMachineState, persistedChildren, restoreCell } from './persist.ts'
import { findLogic, logicAt, upgradePath } from './registry.ts'
import { waitsForRestart } from './restart.ts'
import { AFTER, checkMigrated, Names, plainCopy, stepsFor, upcastBy, upgradeFailed } from './upgrade.ts'

const NO_CHILDREN: NonNullable<PersistedMachineState['children']> = {}

/**
 * Returns the actor of a snapshot of another version. An actor that has ended stays unchanged. `parent` is the child's
 * migrated parent. A child that the parent's pending migration drops is stopped. Once that migration is on record,
 * every other child is migrated, whatever its parent has done since.
 * @throws MACHINE_VERSION_UNKNOWN, UPGRADE_FAILED
 */
export function carryOver(scope: Scope, kind: Kind, entry: SnapshotEntry, parent: Cell | undefined): Cell {
  const persisted = entry.state as PersistedActor
  const { version: from, path = [], snapshot } = persisted
  const state = decode(snapshot, scope.refOf) as PersistedMachineState
  const known = findLogic(kind, from, path)
  if (state.status !== 'active') return restoreCell(scope, kind, entry, goneLogic)
  if (parent !== undefined && isToDrop(parent, entry.actor)) return goneCell(scope, kind, entry)
  const names = new Names()
  const upgrades = upgradePath(kind, from)
  const logic = logicAt(kind, kind.version, path)
  try {
    const next = migrated(logic, plainCopy(state), stepsFor(upgrades, path), names)
    const cell = restoreCell(
      scope,
      kind,
      { ...entry, state: { ...persisted, version: kind.version, snapshot: next } },
      logic,
    )
    const old = known !== undefined && isMachine(known) ? known : undefined
    cell.migration = migrationOf(cell, from, entry, names, pastOf(logic, old, state, names), state.children)
    return cell
  } catch (error) {
    throw failed(error, entry.actor, from, kind.version)
  }
}

/**
 * Returns the migration of an actor that was replayed on the new machine because the old one is not registered.
 * `isThere` tells which children it has.
 */
export function carriedBlindly(
  cell: Cell,
  from: string,
  names: Names,
  isThere: (id: string) => boolean,
): Migration {
  const { snapshot } = cell.state
  const all = Object.entries((snapshot.children ?? {}) as Record<string, Ref>)
  const children = Object.fromEntries(all.filter(([id]) => isThere(id)))
  if (snapshot.children !== undefined) cell.state = { ...cell.state, snapshot: { ...snapshot, children } }
  try {
    return migrationOf(cell, from, undefined, names, NO_PAST, persistedChildren(children))
  } catch (error) {
    throw failed(error, cell.address, from, cell.kind.version)
  }
}

/** Returns whether the parent's pending migration drops the child of this address. */
function isToDrop({ logic, migration }: Cell, address: string): boolean {
  if (migration === undefined) return false
  return logic === goneLogic || migration.dropped.includes(idOfChild(address as Cell['address']))
}

/** Returns a cell for an actor that its parent's new version lacks. Such an actor can only be stopped. */
export function goneCell(scope: Scope, kind: Kind, entry: SnapshotEntry): Cell {
  const cell = restoreCell(scope, kind, entry, goneLogic)
  const { version: from } = entry.state as PersistedActor
  cell.migration = goneMigration(from, entry)
  return cell
}

export function goneMigration(from: string, was: SnapshotEntry | undefined): Migration {
  return { from, was, dropped: [], started: [], timers: undefined, stash: undefined, names: new Names() }
}

function failed(error: unknown, actor: string, from: string, to: string): OutcryError {
  return upgradeFailed(actor, from, to, plainError(error).message, error)
}

/** Returns whether the parent has the child of this address, with the logic that `path` names. */
export function hasChild({ logic, state }: Cell, address: string, path: readonly string[]): boolean {
  if (logic === goneLogic || state.snapshot.status !== 'active') return false
  const children = (state.snapshot.children ?? {}) as Record<string, Ref>
  const id = idOfChild(address as Cell['address'])
  return Object.hasOwn(children, id) && children[id]?.src === path.at(-1)
}

/** Returns the persisted state in the new version. Its children are the ones that stay. */
function migrated(
  logic: AnyActorLogic,
  state: PersistedMachineState,
  steps: ReturnType<typeof stepsFor>,
  names: Names,
): PersistedMachineState {
  const wasMachine = state.value !== undefined
  if (wasMachine !== isMachine(logic))
    throw new Error(
      `it was ${wasMachine ? 'a' : 'no'} machine and is ${wasMachine ? 'none' : 'one'} now; give the new logic another name`,
    )
  let { value, context } = state
  let children = Object.keys(state.children ?? NO_CHILDREN)
  for (const { migrate } of steps) {
    if (migrate === undefined) continue
    const result = checkMigrated(migrate(plainCopy({ value, context, children })))
    names.add(result)
    value = plainCopy(result.value)
    context = plainCopy(result.context)
    children = children.filter((id) => !result.drop?.includes(id))
  }
  if (!isMachine(logic)) return { ...state, ...compact({ context }) }
  for (const [old, now] of names.lastStates)
    if (!hasState(logic, now)) throw new Error(`states["${old}"] is "${now}", which is no state`)
  const resolved = resolveValue(logic, value)
  const { nodes: _, historyValue, ...rest } = state
  const history = historyOf(logic, historyValue, names)
  return {
    ...rest,
    // The order of parallel regions counts.
    value: jsonEqual(resolved, value) ? value : resolved,
    context,
    ...compact({ historyValue: history }),
    children: staying(logic, state, children, resolved),
  }
}

function historyOf(
  machine: AnyStateMachine,
  history: PersistedMachineState['historyValue'],
  names: Names,
): PersistedMachineState['historyValue'] {
  if (history === undefined) return undefined
  const next: NonNullable<typeof history> = {}
  for (const [old, states] of Object.entries(history)) {
    const id = names.state(old)
    if (!hasState(machine, id)) continue
    next[id] = states.map((state) => {
      const now = names.state(state.id)
      if (hasState(machine, now)) return { id: now }
      throw new Error(`the history of "${id}" names "${now}", which is no state; give its new id in states`)
    })
  }
  return next
}

function hasState(machine: AnyStateMachine, id: string): boolean {
  try {
    return machine.getStateNodeById(id).id === id
  } catch {
    return false
  }
}

/**
 * Returns the children that stay: `migrate` keeps them, the machine names their logic, and no inactive state invokes
 * them.
 */
function staying(
  machine: AnyStateMachine,
  { children = NO_CHILDREN }: PersistedMachineState,
  ids: readonly string[],
  value: StateValue,
): NonNullable<PersistedMachineState['children']> {
  const invoked = new Map(activeNodes(machine, value).flatMap((n) => n.invoke.map((i) => [i.id, i.src])))
  const others = new Set([...statesOf(machine.root)].flatMap((n) => n.invoke.map((i) => i.id)))
  const stays = (id: string, src: string | undefined) => {
    if (src === undefined || childLogic(machine, src) === undefined) return false
    if (invoked.has(id)) return invoked.get(id) === src
    return !others.has(id) && !isNamedAfterState(machine, id)
  }
  return Object.fromEntries(
    Object.entries(children).filter(([id, { src }]) => ids.includes(id) && stays(id, src)),
  )
}

/** Returns whether the id is one that XState makes of a state's id, for an invoked child without an id. */
function isNamedAfterState({ id: machineId }: AnyStateMachine, id: string): boolean {
  const state = /^\d+\.(.*)$/s.exec(id)?.[1]
  return state !== undefined && (state === machineId || state.startsWith(`${machineId}.`))
}

function* statesOf(node: AnyStateNode): Iterable<AnyStateNode> {
  yield node
  for (const child of Object.values(node.states)) yield* statesOf(child)
}

/** The states, timers and children of the old version, in the names of the new one. */
interface Past {
  readonly states: ReadonlySet<string>
  /** The timers and invoked children of its active states. Undefined when the old machine is unknown. */
  readonly timers: ReadonlySet<string> | undefined
  readonly invoked: ReadonlySet<string> | undefined
}

const NO_PAST: Past = { states: new Set(), timers: undefined, invoked: undefined }

function pastOf(
  logic: AnyActorLogic,
  old: AnyStateMachine | undefined,
  { value }: PersistedMachineState,
  names: Names,
): Past {
  if (!isMachine(logic)) return NO_PAST
  if (old === undefined)
    return {
      states: new Set(idsOfValue(logic.id, value).map((id) => names.state(id))),
      timers: undefined,
      invoked: undefined,
    }
  const nodes = activeNodes(old, value)
  return {
    states: new Set(nodes.map((n) => names.state(n.id))),
    timers: new Set(nodes.flatMap(aftersOf).map(({ id }) => names.timer(id))),
    invoked: new Set(nodes.flatMap((n) => n.invoke.map(({ id }) => id))),
  }
}

function migrationOf(
  cell: Cell,
  from: string,
  was: SnapshotEntry | undefined,
  names: Names,
  past: Past,
  children: PersistedMachineState['children'] = NO_CHILDREN,
): Migration {
  const { snapshot, stash, timers } = cell.state
  // The actor starts over from its input, without children and timers.
  const isOver = waitsForRestart(cell.state)
  const steps = stepsFor(upgradePath(cell.kind, from), cell.path)
  const kept = (snapshot.children ?? {}) as Record<string, Ref>
  const dropped = Object.keys(children).filter((id) => !Object.hasOwn(kept, id))
  const started = isMachine(cell.logic) && !isOver ? startedBy(cell, cell.logic, past, children, dropped) : []
  const events = stash.map(({ event }) => upcastBy(steps, event))
  return {
    from,
    was,
    dropped,
    started,
    timers: isOver ? undefined : plannedTimers(cell, past, names, steps, dropped, listOf(timers)),
    stash: events.every((event, i) => jsonEqual(event, stash[i]?.event)) ? undefined : events,
    names,
  }
}

/**
 * Returns the children that the new version invokes and the old one did not, in newly active states and in others. Adds
 * them to the snapshot at once.
 */
function startedBy(
  cell: Cell,
  machine: AnyStateMachine,
  past: Past,
  children: NonNullable<PersistedMachineState['children']>,
  dropped: readonly string[],
): Migration['started'] {
  const snapshot = cell.state.snapshot as unknown as {
    value: StateValue
    context: unknown
    children: Record<string, Ref>
  }
  const isThere = (id: string) => Object.hasOwn(children, id) && !dropped.includes(id)
  return activeNodes(machine, snapshot.value).flatMap((node) =>
    node.invoke
      .filter(({ id }) => !isThere(id) && (!past.states.has(node.id) || past.invoked?.has(id) === false))
      .map(({ id, src, input, systemId, onSnapshot }) => {
        const event = { type: 'outcry.migrated', at: cell.state.at }
        const given: unknown =
          typeof input === 'function'
            ? input({ context: snapshot.context as never, event, self: cell.ref as never })
            : input
        admit(given, `input of ${id}`)
        const ref = new Ref(
          cell.ref.system,
          childOf(cell.address, id),
          id,
          cell.ref,
          compact({ src: src as string, systemId, syncSnapshot: onSnapshot !== undefined }),
        )
        snapshot.children[id] = ref
        return { ref, input: given }
      }),
  )
}

interface After {
  readonly id: string
  readonly delay: unknown
  readonly state: string
}

function aftersOf(node: AnyStateNode): After[] {
  return node.after.map(({ eventType, delay }) => ({ id: eventType, delay, state: node.id }))
}

function plannedTimers(
  cell: Cell,
  past: Past,
  names: Names,
  steps: ReturnType<typeof stepsFor>,
  dropped: readonly string[],
  pending: readonly ScheduledTimer[],
): readonly PlannedTimer[] | undefined {
  const { logic, state } = cell
  const value = (state.snapshot as unknown as { value?: unknown }).value
  const afters = new Map(
    isMachine(logic) ? activeNodes(logic, value).flatMap((n) => aftersOf(n).map((a) => [a.id, a])) : [],
  )
  const isDropped = (target: string | undefined) =>
    dropped.some((id) => {
      const address = childOf(cell.address, id)
      return target === address || target?.startsWith(`${address}/`)
    })
  const planned: PlannedTimer[] = []
  let isSame = true
  for (const timer of pending) {
    const next = isDropped(timer.target) ? undefined : plannedTimer(timer, names, steps, afters)
    if (next !== timer) isSame = false
    if (next !== undefined) planned.push(next)
    if (next !== undefined) afters.delete(next.id)
  }
  for (const after of afters.values()) {
    const hasFired = past.states.has(after.state) && past.timers?.has(after.id) === true
    if (hasFired) continue
    isSame = false
    planned.push({ id: after.id, delayMs: delayOf(cell, after), event: { type: after.id } })
  }
  return isSame ? undefined : planned
}

/** Returns the timer under its new name, or undefined when its state is no longer active. */
function plannedTimer(
  timer: ScheduledTimer,
  names: Names,
  steps: ReturnType<typeof stepsFor>,
  afters: ReadonlyMap<string, After>,
): PlannedTimer | undefined {
  if (timer.target !== undefined) return timer
  const id = names.timer(timer.id)
  if (afters.has(id))
    return id === timer.id ? timer : { id, dueAt: timer.dueAt, event: { ...timer.event, type: id } }
  if (timer.id.startsWith(AFTER) || id.startsWith(AFTER)) return undefined
  if (timer.event.type.startsWith('outcry.')) return timer
  const event = upcastBy(steps, timer.event)
  return id === timer.id && jsonEqual(event, timer.event) ? timer : { id, dueAt: timer.dueAt, event }
}

function delayOf({ logic, state, ref }: Cell, { id, delay }: After): number {
  const named = typeof delay === 'string' ? (logic as AnyStateMachine).implementations.delays[delay] : delay
  const given: unknown =
    typeof named === 'function'
      ? named(
          {
            context: state.snapshot.context as never,
            event: { type: 'outcry.migrated', at: state.at },
            self: ref as never,
            system: ref.system as never,
          },
          undefined as never,
        )
      : named
  if (typeof given === 'number' && Number.isFinite(given)) return Math.max(0, given)
  throw new Error(`the delay of ${id} is ${String(given)}, which is no number of milliseconds`)
}
