/** The frames of @xstate/inspect 0.8: machines and states in the form of xstate 4. */
import { parentOf } from '../../runtime/record/address.ts'
import type { AnyEvent } from '../../runtime/record/record.ts'
import { INIT } from '../../runtime/xstate/logic.ts'
import type { AnyStateMachine } from '../../runtime/xstate/types.ts'
import { definitionText } from './definition-text.ts'
import { legacyMachine } from './legacy-machine.ts'
import type { Protocol, Seen, Step } from './steps.ts'

/** The protocol knows machines alone, and of them those that can be drawn. */
export const legacy: Protocol = {
  introduction: (seen) => (seen.machine === undefined ? [] : [registerFrame(seen, seen.machine)]),
  step: (step) => (step.after.machine === undefined || isUndrawn(step.after.machine) ? [] : stepFrames(step)),
}

function registerFrame(seen: Seen, machine: AnyStateMachine): object {
  const { address } = seen
  return {
    type: 'service.register',
    machine: textOf(machine),
    state: stateText(seen, { type: INIT }, undefined),
    id: address,
    sessionId: address,
    parent: parentOf(address),
  }
}

function stepFrames({ record: { actor: sessionId, event }, after, sender }: Step): object[] {
  const frames: object[] = [
    { type: 'service.event', event: JSON.stringify(scxmlEvent(event, sender)), sessionId },
    { type: 'service.state', state: stateText(after, event, sender), sessionId },
  ]
  if (after.state.status !== 'active') frames.push({ type: 'service.stop', sessionId })
  return frames
}

/** Returns an event as xstate 4 keeps it, with its sender as the `origin`. */
function scxmlEvent(event: AnyEvent, origin: string | undefined): object {
  return { name: event.type, data: event, $$type: 'scxml', type: 'external', origin }
}

/** Returns a state with all fields that xstate 4 has in one. */
function stateText({ address, state, tags }: Seen, event: AnyEvent, sender: string | undefined): string {
  const { value, context, status } = state
  return JSON.stringify({
    value,
    context,
    event,
    _event: scxmlEvent(event, sender),
    _sessionid: address,
    actions: [],
    activities: {},
    meta: {},
    events: [],
    configuration: [],
    transitions: [],
    children: {},
    done: status === 'done',
    changed: true,
    tags,
  })
}

/** The text of each machine, or why there is none. */
const drawings = new WeakMap<AnyStateMachine, { readonly text: string } | { readonly error: unknown }>()

function drawingOf(machine: AnyStateMachine): { readonly text: string } | { readonly error: unknown } {
  let drawing = drawings.get(machine)
  if (drawing === undefined) {
    try {
      drawing = { text: definitionText(legacyMachine(machine)) }
    } catch (error) {
      drawing = { error }
    }
    drawings.set(machine, drawing)
  }
  return drawing
}

function isUndrawn(machine: AnyStateMachine): boolean {
  return 'error' in drawingOf(machine)
}

/** @throws what keeps the machine from being drawn */
function textOf(machine: AnyStateMachine): string {
  const drawing = drawingOf(machine)
  if ('error' in drawing) throw drawing.error
  return drawing.text
}
