/** What a transition wants done, made of the actions that XState collects. */

import { OutcryError } from '../../../errors/outcry-error.ts'
import { type Address, childOf, reserved } from '../record/address.ts'
import { delayInvalid } from '../record/delays.ts'
import type { AnyEvent } from '../record/record.ts'
import { Ref, type RefHost, sizeOfChild } from '../record/ref.ts'
import { EVENT, sizeTaken } from '../record/values.ts'
import { checkChild, childRef, type XStateChild } from './child.ts'
import type { Effect } from './effect.ts'
import { INIT } from './logic.ts'
import type { AnySnapshot } from './snapshot.ts'

/** What XState hands to `actionExecutor`; `params` depends on `type`. */
export interface CollectedAction {
  type: string
  // biome-ignore lint/suspicious/noExplicitAny: each action type has its own params
  params: any
  // biome-ignore lint/suspicious/noExplicitAny: what a custom action is called with
  info: any
  // biome-ignore lint/suspicious/noExplicitAny: as above
  exec?: (info: any, params: any) => unknown
}

/** The step whose actions these are. */
export interface StepAtWork {
  readonly self: Ref
  readonly system: RefHost
  /** What was taken once is taken again, though it would be refused today. */
  readonly replays: boolean
  /** Size of all that machines have made, see Scope. */
  made: number
  /** Takes in a value that the machine made. @throws NOT_JSON, VALUE_TOO_LARGE */
  admitMade(value: unknown, path: string): void
  /** The actor holds so much more. */
  hold(size: number): void
}

/** Returns what the actions of a step want done, in XState's order. @throws what the doors of values throw, TARGET_UNKNOWN, CHILD_... */
export function effectsOf(
  step: StepAtWork,
  actions: readonly CollectedAction[],
  snapshot: AnySnapshot,
  was: AnySnapshot | undefined,
): Effect[] {
  const { self, replays } = step
  // A child stopped in the very step that made it never starts.
  const stopped = new Set(actions.filter((a) => a.type === 'xstate.stopChild').map((a) => a.params))
  const started: Effect[] = []
  const effects: Effect[] = []
  for (const { type, params, info, exec } of actions) {
    switch (type) {
      case 'xstate.sendTo': {
        const to = addressOf(self, params.to)
        // A log of an earlier version may hold it.
        if (to.startsWith('system/') && !replays) throw reserved(to)
        if (typeof params.delay === 'number') {
          const { id } = params
          const event = asTimed(step, params.event, id)
          const gone = stopped.has(params.to) || isReplaced(params.to, was, actions)
          effects.push({ type: 'schedule', id, delayMs: params.delay, to, stopped: gone, event })
        } else {
          if (params.delay !== undefined && !replays) throw notADelay(self, params)
          effects.push({ type: 'send', to, event: asEvent(step, params.event) })
        }
        break
      }
      case 'xstate.raise':
        // Without a delay the machine has taken the event itself already.
        if (typeof params.delay === 'number') {
          effects.push({
            type: 'schedule',
            id: params.id,
            delayMs: params.delay,
            event: asTimed(step, params.event, params.id),
          })
        } else if (params.delay !== undefined && !replays) throw notADelay(self, params)
        break
      case 'xstate.cancel':
        effects.push({ type: 'cancel', id: params.sendId })
        break
      case 'xstate.spawnChild': {
        if (stopped.has(params.actorRef)) break
        const child = checkChild(self, params.actorRef, params.src, replays)
        if (params.input !== undefined) step.admitMade(params.input, `input of ${child.id}`)
        const ref = childRef(step.system, self, child)
        step.hold(sizeOfChild(ref))
        const effect: Effect = { type: 'spawn', ref, input: params.input }
        // At its own start an actor starts the children it already has before anything else.
        if (was === undefined && child.getSnapshot().status === 'active') started.push(effect)
        else effects.push(effect)
        break
      }
      case 'xstate.stopChild':
        if (params instanceof Ref) effects.push({ type: 'stop', to: params.address })
        break
      case 'xstate.emit': {
        effects.push({ type: 'emit', event: asEvent(step, params.event) })
        break
      }
      case 'xstate.log':
        effects.push({ type: 'log', label: params.label, value: params.value })
        break
      default:
        if (exec) effects.push({ type: 'custom', name: type, run: () => exec(info, params) })
        else throw unknownAction(type, (snapshot as { machine?: { id: string } }).machine?.id)
    }
  }
  return started.length > 0 ? [...started, ...effects] : effects
}

function asEvent(step: StepAtWork, event: AnyEvent): AnyEvent {
  const type: unknown = event?.type
  if (typeof type !== 'string' || type === INIT || type.startsWith('outcry.'))
    throw notSent(step.self.address, type)
  step.admitMade(event, EVENT)
  return event
}

/** An event that waits with its timer. */
function asTimed(step: StepAtWork, event: AnyEvent, id: unknown): AnyEvent {
  const timed = asEvent(step, event)
  step.hold(sizeTaken())
  if (typeof id === 'string') step.made += id.length
  return timed
}

/** Live XState takes whatever is no number for no delay: the event would come at once, which nobody meant. */
function notADelay(self: Ref, { id, delay }: { id: string | undefined; delay: unknown }): OutcryError {
  return delayInvalid(self.address, id, typeof delay === 'string' ? `"${delay}"` : String(delay))
}

function addressOf(self: Ref, target: unknown): Address {
  if (target instanceof Ref) return target.address
  const child = target as XStateChild | undefined
  if (child?._parent === self) return childOf(self.address, child.id)
  throw new OutcryError(
    'TARGET_UNKNOWN',
    `${self.address} sent to something that is no actor of this runtime`,
    "Send to an address, sendTo(({ system }) => system.get('kind/id'), ...), to a child's id, or to the parent.",
  )
}

/** Whether it is a child that the transition began with, and that another one takes the place of. */
function isReplaced(
  child: unknown,
  was: AnySnapshot | undefined,
  actions: readonly CollectedAction[],
): boolean {
  if (!(child instanceof Ref) || was?.children?.[child.id] !== child) return false
  return actions.some(({ type, params }) => type === 'xstate.spawnChild' && params.actorRef?.id === child.id)
}

function notSent(from: Address, type: unknown): OutcryError {
  return new OutcryError(
    'EVENT_INVALID',
    `${from} sends an event of type ${typeof type === 'string' ? `"${type}"` : String(type)}`,
    "Send an object with a type of your own: { type: 'DONE' }. The runtime keeps outcry.* and xstate.init for itself.",
  )
}

function unknownAction(type: string, machineId: string | undefined): OutcryError {
  return new OutcryError(
    'ACTION_UNKNOWN',
    `machine "${machineId}" calls the action "${type}", which it does not define`,
    `Define it: setup({ actions: { ${type}: ... } }) or machine.provide({ actions: { ... } }).`,
  )
}
