/**
 * Computes one step: an actor takes an event. It maps values to values, and does the same in a live run and in a
 * replay.
 */
import { compact } from '../../../errors/compact.ts'
import { OutcryError } from '../../../errors/outcry-error.ts'
import { HELD_MAX } from '../actors/bounds.ts'
import type { ActorState, Cell, RunsOn, Stashed } from '../actors/cell.ts'
import { assertHolds, measured, sizeOfTimer } from '../actors/holding.ts'
import {
  countOf,
  firstOf,
  listOf,
  NO_TIMERS,
  pendingTimers,
  withoutAll,
  withoutFirst,
  withTimer,
} from '../actors/pending-timers.ts'
import { persistState, restoreState } from '../actors/persist.ts'
import { logicAt } from '../actors/registry.ts'
import { isSignal, RESTART_TIMER, type Signal, type TimerOnRecord, UNSTASH_TIMER } from '../actors/signals.ts'
import { NO_FAILURES } from '../actors/supervision.ts'
import { dueTime, isUsable, TIMER_ID_LENGTH_MAX, timerIdInvalid } from '../record/delays.ts'
import { counted, withIntents } from '../record/intent-ids.ts'
import type { AnyEvent, Intent, ScheduledTimer } from '../record/record.ts'
import { jsonEqual, plainError, sizeTaken } from '../record/values.ts'
import type { Effect, TakenTransition } from '../xstate/effect.ts'
import { goneLogic, INIT, isMachine, logicKind, STOP } from '../xstate/logic.ts'
import type { FoundIds, Outcome, Scope } from '../xstate/scope.ts'
import type { AnySnapshot } from '../xstate/snapshot.ts'

/** The event, and the other fields of its record that the state depends on. */
export interface StepInput {
  readonly event: AnyEvent
  readonly seq: number
  readonly at: number
  readonly correlation: string
  readonly timer?: string | undefined
  readonly timerSeq?: number | undefined
  readonly stashed?: boolean | undefined
  /** The timers that the record says the step set. Undefined in a live run. */
  readonly recorded?: readonly ScheduledTimer[] | undefined
  /** The system ids of the record, in a replay. See TransitionRecord. */
  readonly found?: FoundIds | undefined
}

export interface StepResult {
  readonly state: ActorState
  readonly effects: readonly Effect[]
  readonly taken: readonly TakenTransition[]
  readonly scheduled: readonly ScheduledTimer[]
  readonly canceled: readonly string[]
  readonly found: FoundIds | undefined
  /** The logic that the actor runs on from now on. Undefined when the step does not change it. */
  readonly runsOn: RunsOn | undefined
}

const NOTHING: Outcome['effects'] = []
const NO_IDS: readonly string[] = []
const NO_SCHEDULED = NO_TIMERS
const NO_STASH: readonly Stashed[] = []
const RESTARTED: AnyEvent = Object.freeze({ type: 'outcry.restarted' })
const UNSTASHED: AnyEvent = Object.freeze({ type: 'outcry.unstashed' })

/** The state after an event, while only this step holds it. Until the step returns it, it may be changed in place. */
type Fresh = { -readonly [K in keyof ActorState]: ActorState[K] }

/** Returns the state and effects after the event. @throws any error that the machine throws */
export function evolve(scope: Scope, cell: Cell, input: StepInput): StepResult {
  const was = cell.state
  const { event, seq, at, timer } = input
  const rest = timer === undefined ? was.timers : withoutFirst(was.timers, timer, input.timerSeq)
  const bornSeq = event.type === INIT || event.type === 'outcry.restarted' ? seq : was.bornSeq
  const next: Fresh = {
    snapshot: was.snapshot,
    rev: was.rev + 1,
    seq,
    at,
    bornSeq,
    timers: rest,
    condition: was.condition,
    failures: was.failures,
    stash: was.stash,
    held: was.held,
    measured: was.measured,
    requests: was.requests,
  }
  if (input.stashed) return quiet({ ...next, stash: [...was.stash, { event, seq }] })
  if (isSignal(event)) return evolveSignal(scope, cell, event, next, input)
  return reschedule(scope, cell, next, react(scope, cell, input), input)
}

/** Counts a request of a step and returns its id. Call it before anybody else gets the step's state. */
export function countRequest(actor: string, state: ActorState, type: string): string {
  const { id, counts } = counted(actor, state.requests, type)
  ;(state as Fresh).requests = counts
  return id
}

/** Counts the intents in the record of a step. Call it before anybody else gets the step's state. */
export function countIntents(state: ActorState, intents: readonly Intent[]): void {
  ;(state as Fresh).requests = withIntents(state.requests, intents)
}

/** Returns the logic's own answer to an event. */
function react(scope: Scope, cell: Cell, input: StepInput): Outcome {
  const { logic, ref } = cell
  const was = cell.state.snapshot
  const { event, recorded, found } = input
  if (event.type === INIT) return begin(scope, cell, event.input, input)
  if (isMachine(logic)) return scope.transition(logic, ref, was, event, recorded !== undefined, found)
  if (event.type === STOP) return unseen({ ...was, status: 'stopped' }, NOTHING)
  // A callback's state never changes. Its running part gets the event when the record is published.
  if (logicKind(logic) === 'callback') return unseen(was, [{ type: 'receive', event }])
  return scope.transition(logic, ref, was, event, recorded !== undefined, found)
}

/** Returns the outcome of an event that no machine sees. */
function unseen(snapshot: AnySnapshot, effects: Outcome['effects']): Outcome {
  return { snapshot, effects, taken: [], found: undefined, added: 0 }
}

/**
 * Starts the logic. As in XState, a child that fails while it starts exists, with status `error`. A top actor does not.
 */
function begin(scope: Scope, cell: Cell, input: unknown, { recorded, found }: StepInput): Outcome {
  const outcome = scope.initial(cell.logic, cell.ref, input, recorded !== undefined, found)
  if (outcome.snapshot.status !== 'error') return outcome
  if (cell.path.length === 0) throw outcome.snapshot.error
  return { ...outcome, effects: NOTHING }
}

/** Starts the logic again. The failure before any other restart has stopped the children already. */
function startOver(
  scope: Scope,
  cell: Cell,
  { byHand, input: given }: Signal & { type: 'outcry.restarted' },
  input: StepInput,
): Outcome {
  const outcome = begin(scope, cell, given === undefined ? cell.input : given, input)
  const stops = byHand ? stopChildren(cell.state.snapshot) : []
  return stops.length === 0 ? outcome : { ...outcome, effects: [...stops, ...outcome.effects] }
}

/**
 * Returns the state with the timers that the transition sets and cancels. An actor that has ended has none.
 * @throws HOLDS_TOO_MUCH, but not in a replay
 */
function reschedule(scope: Scope, cell: Cell, next: Fresh, outcome: Outcome, input: StepInput): StepResult {
  const { snapshot, effects, taken, found } = outcome
  if (snapshot.status !== 'active') {
    const canceled = countOf(next.timers) === 0 ? NO_IDS : listOf(next.timers).map((t) => t.id)
    next.snapshot = snapshot
    next.timers = NO_TIMERS
    next.stash = NO_STASH
    return { state: next, effects, taken, scheduled: NO_SCHEDULED, canceled, found, runsOn: undefined }
  }
  let timers = next.timers
  let scheduled: ScheduledTimer[] | undefined
  let canceled: string[] | undefined
  /** The timers that this transition both set and canceled. */
  let revoked: Set<ScheduledTimer> | undefined
  for (const effect of effects) {
    if (effect.type === 'cancel') {
      const kept = withoutAll(timers, effect.id)
      if (kept === timers) continue
      if (scheduled !== undefined && firstOf(timers, effect.id, input.seq) !== undefined) {
        revoked ??= new Set()
        for (const timer of scheduled) if (timer.id === effect.id) revoked.add(timer)
      } else {
        canceled ??= []
        canceled.push(effect.id)
      }
      timers = kept
    } else if (effect.type === 'schedule') {
      scheduled ??= []
      const timer = timerOf(cell, next.rev, effect, scheduled.length - (revoked?.size ?? 0), input)
      scheduled.push(timer)
      if (isUsable(timer)) timers = withTimer(timers, timer)
      else scope.onUnusable(cell.address, timer)
    }
  }
  if (revoked !== undefined) scheduled = scheduled?.filter((timer) => !revoked.has(timer))
  next.snapshot = snapshot
  next.timers = timers
  next.held += outcome.added
  if (scheduled !== undefined) for (const timer of scheduled) next.held += sizeOfTimer(timer)
  if (next.held > HELD_MAX) assertHolds(cell.address, next, cell.state, input.recorded !== undefined)
  return {
    state: next,
    effects,
    taken,
    scheduled: scheduled ?? NO_SCHEDULED,
    canceled: canceled ?? NO_IDS,
    found,
    runsOn: undefined,
  }
}

/**
 * Returns the timer that an effect sets. A log of an earlier version may hold a timer that is refused today. A replay
 * takes such a timer from its record unchanged.
 * @throws DELAY_INVALID, TIMER_ID_INVALID
 */
function timerOf(
  { address }: Cell,
  rev: number,
  { id: given, delayMs, to, stopped, event }: Effect & { type: 'schedule' },
  index: number,
  { at, seq, correlation, recorded }: StepInput,
): ScheduledTimer {
  const id = given ?? `${rev}.${index}`
  const was = recorded?.[index]
  if (was !== undefined && typeof was.id !== 'string') return was
  if (was?.id === id && (!isUsable(was) || delayMs < 0 || (stopped && !was.stopped))) return was
  if (typeof id !== 'string' || id.startsWith('outcry.') || (!recorded && id.length > TIMER_ID_LENGTH_MAX))
    throw timerIdInvalid(address, id)
  const dueAt = dueTime(address, id, at, delayMs)
  if (to === undefined) return Object.freeze({ id, dueAt, event, seq, correlation })
  const timer = { id, dueAt, target: to, event, seq, correlation }
  return Object.freeze(stopped ? { ...timer, stopped: true } : timer)
}

function evolveSignal(
  scope: Scope,
  cell: Cell,
  event: Signal,
  next: ActorState,
  input: StepInput,
): StepResult {
  switch (event.type) {
    case 'outcry.timer':
    case 'outcry.clockSet':
    case 'outcry.cut':
    case 'outcry.letterDropped':
    case 'outcry.letterRedelivered':
      return quiet(next)
    case 'outcry.failed':
      return fail(cell, event, next, input)
    case 'outcry.restarted': {
      const outcome = startOver(scope, cell, event, input)
      const begun = { timers: NO_TIMERS, held: 0, measured: 0 }
      const failures = event.byHand ? NO_FAILURES : next.failures
      const anew: Fresh = { ...next, ...begun, failures, condition: 'running', stash: NO_STASH }
      const result = reschedule(scope, cell, anew, outcome, input)
      return unstashing(result, event.keeps ? next.stash : NO_STASH, input)
    }
    case 'outcry.unstashed': {
      const timers = withoutAll(next.timers, UNSTASH_TIMER)
      const emptied: ActorState = { ...next, timers, condition: 'running', stash: NO_STASH }
      return unstashing(quiet(emptied), next.stash.slice(1), input)
    }
    case 'outcry.released': {
      const released: ActorState = { ...next, condition: 'running', failures: NO_FAILURES }
      if (event.restarts) return restarting({ ...released, condition: 'restarting' }, 0, input)
      if (!event.keeps) return quiet(released)
      const timers = withoutAll(withoutAll(next.timers, RESTART_TIMER), UNSTASH_TIMER)
      return unstashing(quiet({ ...released, timers, stash: NO_STASH }), next.stash, input)
    }
    case 'outcry.threw':
      return quiet({ ...next, snapshot: { ...next.snapshot, status: 'error', error: event.error } })
    case 'outcry.emitted':
      return { ...quiet(next), effects: [{ type: 'emit', event: event.event }] }
    case 'outcry.migrated':
      return migrate(scope, cell, event, next, input)
    case 'outcry.dropped':
      return drop(cell, next)
  }
}

/** Sets a timer for the stashed messages. The actor takes them one by one, before messages that come now. */
function unstashing(
  result: StepResult,
  stash: readonly Stashed[],
  { at, seq, correlation }: StepInput,
): StepResult {
  const { state } = result
  if (stash.length === 0 || state.snapshot.status !== 'active') return result
  const timer: ScheduledTimer = Object.freeze({
    id: UNSTASH_TIMER,
    dueAt: Math.ceil(at),
    event: UNSTASHED,
    seq,
    correlation,
  })
  return {
    ...result,
    state: { ...state, condition: 'restarting', stash, timers: withTimer(state.timers, timer) },
    scheduled: [...result.scheduled, timer],
  }
}

/** Stops an actor whose logic the new version lacks. Its state stays in its persisted form. */
function drop(cell: Cell, next: ActorState): StepResult {
  const persisted = persistState(cell.logic, next.snapshot) as AnySnapshot
  const snapshot: AnySnapshot = { ...persisted, status: 'stopped' }
  const state: ActorState = { ...next, snapshot, bornSeq: 0, timers: NO_TIMERS, stash: NO_STASH }
  const canceled = listOf(next.timers).map((t) => t.id)
  return { ...quiet(state), canceled, runsOn: { version: cell.version, logic: goneLogic } }
}

function migrate(
  scope: Scope,
  cell: Cell,
  event: Signal & { type: 'outcry.migrated' },
  next: ActorState,
  input: StepInput,
): StepResult {
  const logic = logicAt(cell.kind, event.to, cell.path)
  const snapshot = restoreState(scope, cell.ref, logic, event.state)
  const contextSize = sizeTaken()
  const runsOn = { version: event.to, logic }
  const stash =
    event.stash === undefined
      ? next.stash
      : next.stash.map((stashed, i) => ({ ...stashed, event: event.stash?.[i] ?? stashed.event }))
  if (event.timers === undefined)
    return { ...quiet(holding({ ...next, snapshot, stash }, contextSize)), runsOn }
  const left = [...listOf(next.timers)]
  const scheduled: ScheduledTimer[] = []
  const timers = event.timers.map((timer): ScheduledTimer => {
    const same = left.findIndex((t) => jsonEqual(onRecord(t), timer))
    if (same >= 0) return left.splice(same, 1)[0] as ScheduledTimer
    const added = Object.freeze({ ...timer, seq: input.seq, correlation: input.correlation })
    scheduled.push(added)
    return added
  })
  const canceled = left.map((t) => t.id)
  const migrated = holding({ ...next, snapshot, stash, timers: pendingTimers(timers) }, contextSize)
  return { ...quiet(migrated), scheduled, canceled, runsOn }
}

function holding(state: ActorState, contextSize: number): ActorState {
  const held = measured(state, contextSize)
  return { ...state, held, measured: held }
}

export function onRecord({ id, dueAt, target, event }: ScheduledTimer): TimerOnRecord {
  return compact({ id, dueAt, target, event })
}

function fail(
  cell: Cell,
  event: Signal & { type: 'outcry.failed' },
  next: ActorState,
  input: StepInput,
): StepResult {
  const { directive, failures, error } = event
  const failed = { ...next, failures }
  switch (directive.action) {
    case 'resume':
      return quiet(failed)
    case 'quarantine':
      return quiet({ ...failed, condition: 'quarantined' })
    case 'restart': {
      const state: ActorState = { ...failed, condition: 'restarting' }
      return {
        ...restarting(state, directive.delayMs, input),
        effects: stopChildren(next.snapshot),
      }
    }
    case 'stop':
    case 'escalate': {
      const status = directive.action === 'stop' ? 'stopped' : 'error'
      const snapshot = { ...next.snapshot, status, error: plainError(error) } as const
      const state = { ...failed, snapshot, timers: NO_TIMERS, stash: NO_STASH }
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

/** Lets the actor start over after a wait. Until then it has no other timer. */
function restarting(state: ActorState, delayMs: number, { at, seq, correlation }: StepInput): StepResult {
  const dueAt = Math.ceil(at + delayMs)
  const timer: ScheduledTimer = Object.freeze({
    id: RESTART_TIMER,
    dueAt,
    event: RESTARTED,
    seq,
    correlation,
  })
  return { ...quiet({ ...state, timers: [timer] }), scheduled: [timer] }
}

function stopChildren(snapshot: AnySnapshot): Effect[] {
  return Object.values(snapshot.children ?? {}).map((ref) => ({
    type: 'stop',
    to: (ref as Cell['ref']).address,
  }))
}

function quiet(state: ActorState): StepResult {
  return {
    state,
    effects: NOTHING,
    taken: [],
    scheduled: NO_SCHEDULED,
    canceled: NO_IDS,
    found: undefined,
    runsOn: undefined,
  }
}
