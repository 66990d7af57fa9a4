/** The frames of @statelyai/inspect, with more fields for our own page. */
import { type Address, idOfChild, parentOf } from '../../runtime/record/address.ts'
import type { AnyStateMachine } from '../../runtime/xstate/types.ts'
import { definitionText } from './definition-text.ts'
import type { Protocol, Seen, Step } from './steps.ts'

/** Version of the @statelyai/inspect whose frames these are. */
const VERSION = '0.7.2'

export const stately: Protocol = {
  introduction: (seen) => [actorFrame(seen)],
  step: (step) => [takenFrame(step), snapshotFrame(step)],
}

function actorFrame({ address, kind, at, machine, condition, state: snapshot }: Seen): object {
  const parentId = parentOf(address)
  const name = parentId === undefined ? address : idOfChild(address as Address)
  const definition = machine && definitionOf(machine)
  return {
    type: '@xstate.actor',
    name,
    kind,
    parentId,
    definition,
    snapshot,
    condition,
    ...headOf(address, at),
  }
}

function takenFrame({ record: { actor, at, event }, sender: sourceId }: Step): object {
  return { type: '@xstate.event', event, sourceId, ...headOf(actor, at) }
}

function snapshotFrame({ record, after: { state: snapshot, condition, tags }, taken }: Step): object {
  const { actor, at, event, seq, rev, from, to, emitted, unhandled } = record
  return {
    type: '@xstate.snapshot',
    event,
    snapshot,
    condition,
    ...headOf(actor, at),
    seq,
    rev,
    at,
    from,
    to,
    tags,
    emitted,
    unhandled,
    _transitions: taken,
  }
}

function headOf(address: string, at: number) {
  const rootId = address.split('/').slice(0, 2).join('/')
  return { rootId, sessionId: address, createdAt: String(at), id: null, _version: VERSION }
}

const definitions = new WeakMap<AnyStateMachine, string>()

/** Returns the configuration of a machine as JSON. */
function definitionOf(machine: AnyStateMachine): string {
  let text = definitions.get(machine)
  if (text === undefined) {
    text = definitionText(machine.config)
    definitions.set(machine, text)
  }
  return text
}
