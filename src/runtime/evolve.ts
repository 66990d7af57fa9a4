/**
 * One actor takes one event: from values to values, the same when it is lived and when it is replayed.
 */
import { OutcryError } from '../../store/outcry-error.ts'
import type { ActorState, Cell, Stashed } from './cell.ts'
import type { Effect, TakenTransition } from './effect.ts'
import { INIT, isLifecycle, type LifecycleEvent, RESTART_TIMER, STOP, UNSTASH_TIMER } from './lifecycle.ts'
import { isMachine, logicKind } from './logic.ts'
import { restoreState } from './persist.ts'
import type { AnyEvent, ScheduledTimer } from './record.ts'
import { logicAt } from './registry.ts'
import type { AnySnapshot, Outcome, Scope } from './scope.ts'
import { NO_FAILURES } from './supervision.ts'
import { plainError } from './values.ts'

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
const NO_STASH: readonly Stashed[] = []

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
    const state = { ...next, snapshot, timers: [], stash: NO_STASH }
    return { state, effects, taken, scheduled: NO_SCHEDULED, cancelled }
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
      const fresh = { ...next, timers: [], condition: 'running', stash: NO_STASH } as const
      return unstashing(settle(fresh, outcome, taking), event.keeps ? next.stash : NO_STASH, taking)
    }
    case 'outcry.unstashed': {
      const timers = next.timers.filter(({ id }) => id !== UNSTASH_TIMER)
      const emptied: ActorState = { ...next, timers, condition: 'running', stash: NO_STASH }
      return unstashing(quiet(emptied), next.stash.slice(1), taking)
    }
    case 'outcry.released': {
      const released: ActorState = { ...next, condition: 'running', failures: NO_FAILURES }
      if (!event.keeps) return quiet(released)
      const timers = next.timers.filter(({ id }) => id !== RESTART_TIMER && id !== UNSTASH_TIMER)
      return unstashing(quiet({ ...released, timers, stash: NO_STASH }), next.stash, taking)
    }
    case 'outcry.threw':
      return quiet({ ...next, snapshot: { ...next.snapshot, status: 'error', error: event.error } })
    case 'outcry.emitted':
      return { ...quiet(next), effects: [{ type: 'emit', event: event.event }] }
    case 'outcry.migrated': {
      const logic = logicAt(cell.kind, event.to, cell.path)
      const snapshot = restoreState(scope, cell.ref, logic, event.state)
      cell.version = event.to
      cell.logic = logic
      return quiet({ ...next, snapshot })
    }
  }
}

/** What was kept comes before what comes now; a timer has it taken, message by message. */
function unstashing(
  evolution: Evolution,
  stash: readonly Stashed[],
  { at, seq, correlation }: Taking,
): Evolution {
  const { state } = evolution
  if (stash.length === 0 || state.snapshot.status !== 'active') return evolution
  const timer: ScheduledTimer = {
    id: UNSTASH_TIMER,
    dueAt: at,
    event: { type: 'outcry.unstashed' },
    seq,
    correlation,
  }
  return {
    ...evolution,
    state: { ...state, condition: 'restarting', stash, timers: [...state.timers, timer] },
    scheduled: [...evolution.scheduled, timer],
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
      const state = { ...failed, snapshot, timers: [], stash: NO_STASH }
      return { ...quiet(state), effects: stopChildren(next.snapshot) }
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
