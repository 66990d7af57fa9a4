/** Turns the actions that XState collects into effects. */

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

/** The argument of `actionExecutor`. `params` depends on `type`. */
export interface CollectedAction {
  type: string
  // biome-ignore lint/suspicious/noExplicitAny: each action type has its own params
  params: any
  // biome-ignore lint/suspicious/noExplicitAny: what a custom action is called with
  info: any
  // biome-ignore lint/suspicious/noExplicitAny: as above
  exec?: (info: any, params: any) => unknown
}

/** The step that the actions belong to. */
export interface StepAtWork {
  readonly self: Ref
  readonly system: RefHost
  /** True in a replay: a step that was accepted once is accepted again, even if today's rules refuse it. */
  readonly replays: boolean
  /** Size of all values that machines have made. See Scope. */
  made: number
  /** Checks a value that the machine made. @throws NOT_JSON, VALUE_TOO_LARGE */
  admitMade(value: unknown, path: string): void
  /** Adds to the size that the actor holds. */
  hold(size: number): void
}

/**
 * Returns the effects of a step's actions, in XState's order.
 * @throws errors of the checked values, TARGET_UNKNOWN, CHILD_...
 */
export function effectsOf(
  step: StepAtWork,
  actions: readonly CollectedAction[],
  snapshot: AnySnapshot,
  was: AnySnapshot | undefined,
): Effect[] {
  const { self, replays } = step
  // A child that the same step makes and stops never starts.
  const stopped = new Set(actions.filter((a) => a.type === 'xstate.stopChild').map((a) => a.params))
  const started: Effect[] = []
  const effects: Effect[] = []
  for (const { type, params, info, exec } of actions) {
    switch (type) {
      case 'xstate.sendTo': {
        const to = addressOf(self, params.to)
        // A log of an earlier version may contain such a send.
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
        // Without a delay the machine itself has taken the event already.
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
        // At its own start an actor first starts the children that it already has.
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

/** Checks an event that waits with its timer. */
function asTimed(step: StepAtWork, event: AnyEvent, id: unknown): AnyEvent {
  const timed = asEvent(step, event)
  step.hold(sizeTaken())
  if (typeof id === 'string') step.made += id.length
  return timed
}

/** Returns the error for a wrong delay. Live XState would send the event at once, which no author intends. */
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

/** Returns whether the child existed before the transition and another child replaces it. */
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
