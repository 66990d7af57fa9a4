import type { ActorState, Cell, Condition } from '../actors/cell.ts'
import type { TransitionRecord } from '../record/record.ts'
import type { Effect, TakenTransition } from '../xstate/effect.ts'
import { INIT, isLive } from '../xstate/logic.ts'
import type { AnySnapshot } from '../xstate/snapshot.ts'
import type { Step } from './turn-record.ts'

/** The part of a step that the publisher lets out once its record is durable. A feed makes publications of its own. */
export interface Publication {
  readonly record: TransitionRecord
  readonly cell: Cell
  readonly snapshot: AnySnapshot
  readonly condition: Condition
  readonly taken: readonly TakenTransition[]
  /** Custom actions, logs and messages to running parts, in order. Most records have none. */
  readonly effects: readonly Effect[]
  /** `start` or `halt` when the actor's running part starts or ends with this record. */
  readonly live: 'start' | 'halt' | undefined
}

export function publicationOf(record: TransitionRecord, { cell, was, result }: Step): Publication {
  const { effects, taken, state } = result
  return {
    record,
    cell,
    snapshot: state.snapshot,
    condition: state.condition,
    taken,
    effects: effects.length === 0 ? effects : effects.filter(isForRelease),
    live: isLive(cell.logic) ? liveness(record, was, state) : undefined,
  }
}

function isForRelease({ type }: Effect): boolean {
  return type === 'custom' || type === 'log' || type === 'receive'
}

function liveness({ event }: TransitionRecord, was: ActorState, state: ActorState): Publication['live'] {
  if (event.type === INIT || event.type === 'outcry.restarted') return 'start'
  return was.snapshot.status === 'active' && state.snapshot.status !== 'active' ? 'halt' : undefined
}
