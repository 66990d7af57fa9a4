/**
 * One actor takes one event: from values to values, the same when it is lived and when it is replayed.
 */
import { OutcryError } from '../../store/outcry-error.ts'
import type { ActorState, Cell } from './cell.ts'
import type { Effect, TakenTransition } from './effect.ts'
import { plainError } from './json.ts'
import { INIT, isLifecycle, type LifecycleEvent, RESTART_TIMER, STOP } from './lifecycle.ts'
import { isMachine, logicKind } from './logic.ts'
import { restoreState } from './persist.ts'
import type { AnyEvent, ScheduledTimer } from './record.ts'
import { logicAt } from './registry.ts'
import type { AnySnapshot, Outcome, Scope } from './scope.ts'
import { NO_FAILURES } from './supervision.ts'

/** The event, and what its record says beside it that counts for the state. */
export interface Taking {
  readonly event: AnyEvent
  readonly seq: number
  readonly at: number
  readonly correlation: string
  readonly timer?: string | undefined
  readonly stashed?: boolean | undefined
}

export interface Evolution {
  readonly state: ActorState
  readonly effects: readonly Effect[]
  readonly taken: readonly TakenTransition[]
  readonly scheduled: readonly ScheduledTimer[]
  readonly cancelled: readonly string[]
}

/** Messages kept for an actor that is restarting; beyond that they become dead letters. */
export const STASH_MAX = 1_000

const NOTHING: Outcome['effects'] = []
const NO_IDS: readonly string[] = []
const NO_SCHEDULED: readonly ScheduledTimer[] = []

/** @throws whatever the machine throws */
export function evolve(scope: Scope, cell: Cell, taking: Taking): Evolution {
  const was = cell.state
  const { event, seq, at } = taking
  const rest = taking.timer === undefined ? was.timers : without(was.timers, taking.timer)
  const bornSeq = event.type === INIT || event.type === 'outcry.restarted' ? seq : was.bornSeq
  const next: ActorState = {
    snapshot: was.snapshot,
    rev: was.rev + 1,
    seq,
    at,
    bornSeq,
    timers: rest,
    condition: was.condition,
    failures: was.failures,
    stash: was.stash,
  }
  if (taking.stashed) return quiet({ ...next, stash: [...was.stash, { event, seq }] })
  if (isLifecycle(event)) return evolveLifecycle(scope, cell, event, next, taking)
  return settle(next, react(scope, cell, event), taking)
}

/** As in XState, several timers may have one id; the earliest due of them is the one that fires. */
function without(timers: readonly ScheduledTimer[], id: string): readonly ScheduledTimer[] {
  let fired: ScheduledTimer | undefined
  for (const timer of timers) {
    if (timer.id === id && (fired === undefined || timer.dueAt < fired.dueAt)) fired = timer
  }
  return timers.filter((t) => t !== fired)
}

/** The logic's own answer to an event. */
function react(scope: Scope, cell: Cell, event: AnyEvent): Outcome {
  const { logic, ref } = cell
  const was = cell.state.snapshot
  if (event.type === INIT) return begin(scope, cell, event.input)
  if (isMachine(logic)) return scope.transition(logic, ref, was, event)
  if (event.type === STOP) return { snapshot: { ...was, status: 'stopped' }, effects: NOTHING, taken: [] }
  // A callback's state never changes; its running part gets the event at release.
  if (logicKind(logic) === 'callback')
    return { snapshot: was, effects: [{ type: 'receive', event }], taken: [] }
  return scope.transition(logic, ref, was, event)
}

/** As in XState, a child that fails while it starts is there, with status `error`; a top actor is not. */
function begin(scope: Scope, cell: Cell, input: unknown): Outcome {
  const outcome = scope.initial(cell.logic, cell.ref, input)
  if (outcome.snapshot.status !== 'error') return outcome
  if (cell.path.length === 0) throw outcome.snapshot.error
  return { ...outcome, effects: NOTHING }
}

/** Timers follow from what the transition wants; an actor that has ended has none. */
function settle(next: ActorState, outcome: Outcome, taking: Taking): Evolution {
  const { snapshot, effects, taken } = outcome
  if (snapshot.status !== 'active') {
    const cancelled = next.timers.length === 0 ? NO_IDS : next.timers.map((t) => t.id)
    return { state: { ...next, snapshot, timers: [] }, effects, taken, scheduled: NO_SCHEDULED, cancelled }
  }
  let timers = next.timers
  let scheduled: ScheduledTimer[] | undefined
  let cancelled: string[] | undefined
  for (const effect of effects) {
    if (effect.type === 'cancel') {
      const kept = timers.filter((t) => t.id !== effect.id)
      if (kept.length === timers.length) continue
      timers = kept
      if (scheduled?.some((t) => t.id === effect.id)) scheduled = scheduled.filter((t) => t.id !== effect.id)
      else cancelled = [...(cancelled ?? []), effect.id]
    } else if (effect.type === 'schedule') {
      scheduled ??= []
      const timer: ScheduledTimer = {
        id: effect.id ?? `${next.rev}.${scheduled.length}`,
        // Times are whole milliseconds; a timer is never early.
        dueAt: Math.ceil(taking.at + effect.delayMs),
        ...(effect.to === undefined ? {} : { target: effect.to }),
        event: effect.event,
        seq: taking.seq,
        correlation: taking.correlation,
      }
      timers = [...timers, timer]
      scheduled.push(timer)
    }
  }
  return {
    state: stateWith(next, snapshot, timers),
    effects,
    taken,
    scheduled: scheduled ?? NO_SCHEDULED,
    cancelled: cancelled ?? NO_IDS,
  }
}

/** Written out: a copy by spreading costs more than the transition's own bookkeeping. */
function stateWith(next: ActorState, snapshot: AnySnapshot, timers: readonly ScheduledTimer[]): ActorState {
  const { rev, seq, at, bornSeq, condition, failures, stash } = next
  return { snapshot, rev, seq, at, bornSeq, timers, condition, failures, stash }
}

function evolveLifecycle(
  scope: Scope,
  cell: Cell,
  event: LifecycleEvent,
  next: ActorState,
  taking: Taking,
): Evolution {
  switch (event.type) {
    case 'outcry.timer':
      return quiet(next)
    case 'outcry.failed':
      return fail(cell, event, next, taking)
    case 'outcry.restarted': {
      const outcome = begin(scope, cell, cell.input)
      return settle({ ...next, timers: [], condition: 'running', stash: [] }, outcome, taking)
    }
    case 'outcry.released':
      return quiet({ ...next, condition: 'running', failures: NO_FAILURES })
    case 'outcry.migrated': {
      const logic = logicAt(cell.kind, event.to, cell.path)
      const snapshot = restoreState(scope, cell.ref, logic, event.state)
      cell.version = event.to
      cell.logic = logic
      return quiet({ ...next, snapshot })
    }
  }
}

function fail(
  cell: Cell,
  event: LifecycleEvent & { type: 'outcry.failed' },
  next: ActorState,
  taking: Taking,
): Evolution {
  const { directive, failures, error } = event
  const failed = { ...next, failures }
  switch (directive.action) {
    case 'resume':
      return quiet(failed)
    case 'quarantine':
      return quiet({ ...failed, condition: 'quarantined' })
    case 'restart': {
      const timer: ScheduledTimer = {
        id: RESTART_TIMER,
        dueAt: taking.at + directive.delayMs,
        event: { type: 'outcry.restarted' },
        seq: taking.seq,
        correlation: taking.correlation,
      }
      const state: ActorState = { ...failed, condition: 'restarting', timers: [timer] }
      return { ...quiet(state), effects: stopChildren(next.snapshot), scheduled: [timer] }
    }
    case 'stop':
    case 'escalate': {
      const status = directive.action === 'stop' ? 'stopped' : 'error'
      const snapshot = { ...next.snapshot, status, error: plainError(error) } as const
      return { ...quiet({ ...failed, snapshot, timers: [] }), effects: stopChildren(next.snapshot) }
    }
    default:
      throw new OutcryError(
        'LOG_UNKNOWN',
        `${cell.address} failed with the unknown directive "${(directive as { action: string }).action}"`,
        'The log was written by a newer Outcry; use that one.',
      )
  }
}

function stopChildren(snapshot: AnySnapshot): Effect[] {
  return Object.values(snapshot.children ?? {}).map((ref) => ({
    type: 'stop',
    to: (ref as Cell['ref']).address,
  }))
}

function quiet(state: ActorState): Evolution {
  return { state, effects: NOTHING, taken: [], scheduled: NO_SCHEDULED, cancelled: NO_IDS }
}
