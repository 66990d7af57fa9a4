/** The things that the protocols of the inspection tell of: actors in a state, and the records that they take. */
import { type ActorView, tagsOf } from '../../runtime/actors/actor-view.ts'
import { persistState } from '../../runtime/actors/persist.ts'
import { findLogic, labelVersion, type Registry } from '../../runtime/actors/registry.ts'
import type { AnyEvent, TransitionRecord } from '../../runtime/record/record.ts'
import type { LifeStep } from '../../runtime/state/life.ts'
import type { Publication } from '../../runtime/turn/publication.ts'
import type { TakenTransition } from '../../runtime/xstate/effect.ts'
import { isMachine } from '../../runtime/xstate/logic.ts'
import type { AnyActorLogic, AnyStateMachine } from '../../runtime/xstate/types.ts'

/** An actor in a state. */
export interface Seen {
  readonly address: string
  readonly kind: string
  readonly at: number
  /** Undefined for an actor that is no machine, or whose machine is not known. */
  readonly machine: AnyStateMachine | undefined
  /** The actor's condition, as in its view: undefined while it takes messages. */
  readonly condition: string | undefined
  readonly tags: readonly string[]
  /** The snapshot, as XState persists it. */
  readonly state: SeenState
}

export interface SeenState {
  readonly status?: string
  readonly value?: unknown
  readonly context?: unknown
  readonly output?: unknown
  readonly error?: unknown
}

/** A record, with the state after it. */
export interface Step {
  readonly record: TransitionRecord
  readonly after: Seen
  readonly taken: readonly TakenTransition[]
  /** Address of the actor that sent the event; undefined when it came from outside. */
  readonly sender: string | undefined
}

/** The form in which one of Stately's tools reads a life. The frames are made for all clients alike. */
export interface Protocol {
  /** Returns the frames that introduce an actor. They come before any other about it. */
  introduction(seen: Seen): readonly object[]
  /** Returns the frames of a record. */
  step(step: Step): readonly object[]
}

export function seenIn({ address, kind, at, condition, tags, ...view }: ActorView, registry: Registry): Seen {
  const { value, context, status, output, error } = view
  const logic = findLogic(registry.kind(address), view.version, view.path)
  const state = { value, context, status, output, error }
  return { address, kind, at, machine: machineOf(logic), condition, tags, state }
}

export function stepOf(release: Publication, sender: string | undefined): Step {
  const { record, cell, snapshot, taken, condition } = release
  const after: Seen = {
    address: record.actor,
    kind: cell.kind.name,
    at: record.at,
    machine: machineOf(cell.logic),
    condition: condition === 'running' ? undefined : condition,
    tags: tagsOf(snapshot),
    state: persistState(cell.logic, snapshot) as SeenState,
  }
  return { record, after, taken, sender }
}

/** Returns the step of a past life. Where its machine is not known, the state is what the record says of it. */
export function pastStep(
  { record, after, taken }: LifeStep,
  registry: Registry,
  sender: string | undefined,
): Step {
  const { actor: address, at, to: value, status = 'active', machine } = record
  if (after !== undefined) return { record, after: seenIn(after, registry), taken, sender }
  const kind = machine.slice(0, -labelVersion(machine).length - 1)
  const state = { value, status }
  const seen = { address, kind, at, machine: undefined, condition: undefined, tags: [], state }
  return { record, after: seen, taken, sender }
}

function machineOf(logic: AnyActorLogic | undefined): AnyStateMachine | undefined {
  return logic !== undefined && isMachine(logic) ? logic : undefined
}

/** Returns whether an event begins an actor, so that its introduction follows from it. */
export function begins({ type }: AnyEvent): boolean {
  return type === 'xstate.init'
}
