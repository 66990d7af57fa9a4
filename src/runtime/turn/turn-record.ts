/** Makes the record of a step from the actor's state before and after it. Counts the intents of the step, too. */

import { compact } from '../../../errors/compact.ts'
import { type ActorState, type Cell, stateValue, UNBORN } from '../actors/cell.ts'
import { firstOf } from '../actors/pending-timers.ts'
import { isSignal } from '../actors/signals.ts'
import { type Address, portOf } from '../record/address.ts'
import type { AnyEvent, Intent, ScheduledTimer, TransitionRecord } from '../record/record.ts'
import { INIT, isMachine } from '../xstate/logic.ts'
import { countRequest, type StepResult } from './evolve.ts'
import type { Message } from './message.ts'

/** The fields that the records of one turn share. */
export interface TurnFacts {
  readonly number: number
  readonly at: number
  readonly correlation: string
  readonly ports: { has(name: string): boolean }
}

/** One actor took one event. */
export interface Step {
  readonly cell: Cell
  readonly event: AnyEvent
  readonly seq: number
  readonly cause: number | null
  readonly was: ActorState
  readonly result: StepResult
  /** The timer of the actor that the step consumes. */
  readonly timer: ScheduledTimer | undefined
  /** True when the event is kept until the actor has restarted or is released. */
  readonly stashed: boolean
  /** The message that started the turn. Only the turn's first record has it. */
  readonly message: Message | undefined
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

export function recordOf(turn: TurnFacts, step: Step): TransitionRecord {
  const { cell, event, seq, cause, was, timer, message } = step
  const { state, effects, scheduled, canceled, found } = step.result
  const { at, correlation } = turn
  const emitted: AnyEvent[] = []
  const sent: string[] = []
  const intents: Intent[] = []
  // The timer's event becomes an intent when its target is a port.
  if (timer?.target !== undefined && event.type === 'outcry.timer')
    intend(turn, step, timer.target, timer.event, intents)
  for (const effect of effects) {
    if (effect.type === 'emit') emitted.push(effect.event)
    else if (effect.type === 'send') {
      sent.push(effect.to)
      intend(turn, step, effect.to, effect.event, intents)
    }
  }
  const record: Writable<TransitionRecord> = {
    seq,
    rev: state.rev,
    actor: cell.address,
    at,
    event,
    from: was.snapshot === UNBORN.snapshot ? null : stateValue(cell.logic, was.snapshot),
    to: stateValue(cell.logic, state.snapshot),
    cause,
    correlation,
    machine: cell.label,
    turn: turn.number,
  }
  // All observers get the same record, so none of them may change it.
  if (emitted.length > 0) record.emitted = Object.freeze(emitted)
  if (sent.length > 0) record.sent = Object.freeze(sent)
  if (intents.length > 0) record.intents = Object.freeze(intents)
  if (scheduled.length > 0) record.scheduled = Object.freeze(scheduled)
  if (canceled.length > 0) record.canceled = Object.freeze(canceled)
  if (timer !== undefined) {
    record.timer = timer.id
    const timerSeq = seqUnlessFirst(timer, was)
    if (timerSeq !== undefined) record.timerSeq = timerSeq
  }
  if (found !== undefined) record.found = Object.freeze(found)
  if (event.type === INIT && cell.path.length > 0) record.child = childOfRecord(cell)
  const { status } = state.snapshot
  if (status !== 'active' && status !== was.snapshot.status) record.status = status
  if (step.stashed) record.stashed = true
  else if (isUnhandled(step)) record.unhandled = true
  if (message?.origin !== undefined) record.origin = message.origin
  if (message?.completes !== undefined) record.completes = message.completes
  if (message?.key !== undefined) record.key = message.key
  if (message?.request !== undefined) record.request = message.request
  return Object.freeze(record)
}

/** Adds an intent when the receiver is a port. */
function intend(turn: TurnFacts, step: Step, to: string, event: AnyEvent, intents: Intent[]): void {
  const port = portOf(to as Address)
  if (port === undefined || !turn.ports.has(port)) return
  const { at, correlation } = turn
  const { seq, cell, result } = step
  const id = countRequest(cell.address, result.state, event.type)
  intents.push(Object.freeze({ id, port, actor: cell.address, event, at, seq, correlation }))
}

/**
 * Returns the timer's seq unless the timer is the first of its id. After a jump of the clock, a timer may fire before
 * one whose due time is earlier.
 */
export function seqUnlessFirst(timer: ScheduledTimer, { timers }: ActorState): number | undefined {
  return firstOf(timers, timer.id) === timer ? undefined : timer.seq
}

function isUnhandled({ cell, event, was, result: { state, effects } }: Step): boolean {
  return state.snapshot === was.snapshot && effects.length === 0 && isMachine(cell.logic) && !isSignal(event)
}

function childOfRecord(cell: Cell): NonNullable<TransitionRecord['child']> {
  const { systemId, _syncSnapshot } = cell.ref
  return Object.freeze(
    compact({ path: Object.freeze(cell.path), systemId, syncSnapshot: _syncSnapshot || undefined }),
  )
}
