/**
 * Finds the guards that an actor's machine asked when it took a record's event, and what they read. It replays that one
 * record on a recording copy of the machine.
 */

import { compact } from '../../../errors/compact.ts'
import type { Cell } from '../actors/cell.ts'
import { NO_TIMERS } from '../actors/pending-timers.ts'
import { persistCell, restoreCell } from '../actors/persist.ts'
import { labelVersion, logicAt, type Registry } from '../actors/registry.ts'
import type { NotesLeft } from '../record/reading.ts'
import type { AnyEvent, TransitionRecord } from '../record/record.ts'
import { decode, frozen, type PlainError, plainError } from '../record/values.ts'
import { differenceOf, makeCell, replayRecord, replayScope } from '../state/replay.ts'
import { evolve } from '../turn/evolve.ts'
import { INIT, isMachine } from '../xstate/logic.ts'
import { type AskedTransition, isSameError, RecordingMachine } from '../xstate/recording.ts'
import type { Scope } from '../xstate/scope.ts'
import type { AnyActorLogic, AnyStateMachine } from '../xstate/types.ts'
import { isOfReading, type Past } from './past.ts'

export interface GuardsAsked {
  /** Type of the event that the states were asked about. In the record of a failure, the event that failed. */
  readonly event: string
  /** Ids of the active states before the event, outermost first. Empty before an actor's first record. */
  readonly states: readonly string[]
  /** The transitions that were asked about, in order. Empty when no state has one for the event. */
  readonly asked: readonly AskedTransition[]
  /** Why the list is empty or may be wrong, as a sentence. Absent when it is right. */
  readonly problem?: string
}

/**
 * Returns the transitions that XState asked about when the actor took the record's event. `left` is how much of what
 * guards read may be noted, for several records together.
 *
 * @example
 * const { asked } = await guardsAsked(new Past(log, registry), registry, record)
 * asked[0] // { source: 'order.execution.accepted', event: 'EXECUTION_REPORT', on: 'EXECUTION_REPORT',
 *          //   targets: ['order.execution.filled'], result: 'true', taken: true, guards: [{ guard: 'leads(...)', ... }] }
 * @throws READ_ABORTED, STORE_CORRUPT
 */
export async function guardsAsked(
  past: Past,
  registry: Registry,
  record: TransitionRecord,
  left?: NotesLeft,
): Promise<GuardsAsked> {
  const { actor, event } = record
  const failed = event.type === 'outcry.failed' ? (event.event as AnyEvent) : undefined
  const nothing = { event: (failed ?? event).type, states: [], asked: [] }
  if (registry.find(actor) === undefined)
    return { ...nothing, problem: `the machine of ${actor} is not registered` }
  const scope = replayScope()
  try {
    const before = await past.before(record)
    const logic = event.type === INIT ? firstLogic(registry, record) : before?.cell.logic
    // An actor that is no machine has no guards.
    if (logic === undefined || !isMachine(logic)) return nothing
    const recording = RecordingMachine.of(logic)
    const cell = copyOn(scope, registry, recording.machine, before?.cell, record)
    const states = event.type === INIT ? [] : activeStates(cell)
    const answer =
      failed === undefined
        ? taken(scope, registry, recording, cell, record, left)
        : threw(scope, recording, cell, record, left)
    const problem = answer.problem ?? before?.doubt
    return compact({ ...nothing, states, asked: answer.asked, problem })
  } catch (error) {
    if (isOfReading(error)) throw error
    return { ...nothing, problem: plainError(error).message }
  }
}

function firstLogic(registry: Registry, { actor, machine, child }: TransitionRecord): AnyActorLogic {
  return logicAt(registry.kind(actor), labelVersion(machine), child?.path ?? [])
}

/** Returns the actor as it was before the record, on the recording copy of its machine. */
function copyOn(
  scope: Scope,
  registry: Registry,
  machine: AnyStateMachine,
  before: Cell | undefined,
  record: TransitionRecord,
): Cell {
  const kind = registry.kind(record.actor)
  if (record.event.type === INIT || before === undefined)
    return makeCell(scope, kind, labelVersion(record.machine), machine, before, record)
  return restoreCell(scope, kind, persistCell(before), machine)
}

function activeStates({ state }: Cell): readonly string[] {
  const { _nodes: nodes = [] } = state.snapshot as { readonly _nodes?: readonly { readonly id: string }[] }
  return nodes.map(({ id }) => id)
}

interface Answer {
  readonly asked: GuardsAsked['asked']
  readonly problem?: string | undefined
}

function taken(
  scope: Scope,
  registry: Registry,
  recording: RecordingMachine,
  cell: Cell,
  record: TransitionRecord,
  left: NotesLeft | undefined,
): Answer {
  let problem: string | undefined
  const { asked, error } = recording.during(() => {
    problem = differenceOf(record, replayRecord(scope, registry, undefined, record, cell).result)
  }, left)
  return { asked, problem: error === undefined ? problem : plainError(error).message }
}

/** Replays the event that failed. Its turn was undone, so what it had taken before in that turn is unknown. */
function threw(
  scope: Scope,
  recording: RecordingMachine,
  cell: Cell,
  record: TransitionRecord,
  left: NotesLeft | undefined,
): Answer {
  const event = frozen(decode(record.event.event, scope.refOf))
  const { asked, error } = recording.during(
    () => evolve(scope, cell, { ...record, event, timer: undefined, recorded: NO_TIMERS }),
    left,
  )
  const { message } = record.event.error as PlainError
  if (error !== undefined && isSameError(plainError(error).message, message)) return { asked }
  return { asked, problem: `the machine does not throw the same again: ${message}` }
}
