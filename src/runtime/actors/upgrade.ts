/** Defines the upgrades between versions of a machine, and checks their results. */
import { OutcryError } from '../../../errors/outcry-error.ts'
import type { AnyEvent } from '../record/record.ts'
import { Ref } from '../record/ref.ts'
import { EVENT, takeIn } from '../record/values.ts'
import { HELD_AT_MOST } from './bounds.ts'

/** The state of an actor of the older version. It is a copy, which `migrate` may change. */
export interface PastState {
  /** The value as XState has it: `'waiting'` or `{ execution: 'new' }`. Undefined for a child that is no machine. */
  readonly value: unknown
  readonly context: unknown
  /** Ids of the actor's children. */
  readonly children: readonly string[]
}

/** The result of `migrate`. `value` and `context` must belong to the newer version, and be plain JSON. */
export interface MigratedState {
  /** May leave out the initial states below it. */
  readonly value: unknown
  readonly context: unknown
  /** Ids of children to stop. Children whose logic the new machine does not name are stopped in any case. */
  readonly drop?: readonly string[]
  /**
   * New ids of states by their old ids, in XState's form: `{ 'order.wait': 'order.waiting' }`. Timers and history
   * follow.
   */
  readonly states?: Readonly<Record<string, string>>
  /**
   * Old ids of timers by their new ids: `{ 'xstate.after.2000.order.wait': 'xstate.after.1000.order.wait' }`. The new
   * timer has the old one's due time.
   */
  readonly timers?: Readonly<Record<string, string>>
}

/** The upgrade of the actors of one logic, of the root machine or of a child. */
interface StateUpgrade {
  readonly migrate?: (state: PastState) => MigratedState
  /**
   * Turns an event that `from` took, or that waits for the actor, into one for `to`. It gets every event, and must
   * return the others unchanged.
   */
  readonly upcast?: (event: AnyEvent) => AnyEvent
}

/**
 * An upgrade from one version of a machine to the next one. Each actor is migrated when it is restored. The migration
 * is on record (`outcry.migrated`) before the actor takes its next message, and after its parent's.
 *
 * - **Children** have the version of their root. They keep their state if the new machine still has logic under their
 *   `src`, unless `children` changes it. A child is stopped when the new machine does not name it, when `drop` names
 *   it, or when its invoking state is no longer active. Its record is `outcry.dropped`. Children that a newly active
 *   state invokes are started.
 * - **Timers** of `after` belong to their state. The timers of states that are not active in the new value are
 *   canceled. The timers of active states keep the time they have left, under a new name if `states` or `timers` gives
 *   one. When the new version adds an `after` to an active state, or changes its delay, the timer is set with its full
 *   delay. A timer that has fired in the old version is not set again. The runtime knows this only with the old machine
 *   under `previous`.
 * - **After a crash** the records after the last snapshot are replayed on the old machine, if it is under `previous`,
 *   and the actor is then migrated. Otherwise they are replayed on the new machine, after `upcast`.
 * - **A wrong result** (a value that the new machine does not have, a context that is no JSON, a throw) affects no
 *   other actor. The actor stays as the log has it, every message to it is refused with ACTOR_UNREADABLE, and the next
 *   start tries again.
 */
export interface Upgrade extends StateUpgrade {
  readonly from: string
  readonly to: string
  /**
   * Turns a persisted state of `from` into one of `to`, for actors of this machine itself. Their children have their
   * own.
   */
  readonly migrate: (state: PastState) => MigratedState
  /**
   * The upgrades of children, by their `src` names from the root machine down: `{ feed: {...}, 'list/item': {...} }`.
   */
  readonly children?: Readonly<Record<string, StateUpgrade>>
}

/** Returns the upgrades for an actor whose `src` names from the root down are `path`. */
export function stepsFor(upgrades: readonly Upgrade[], path: readonly string[]): readonly StateUpgrade[] {
  if (path.length === 0) return upgrades
  const name = path.join('/')
  return upgrades.map(
    ({ children }) => (children && Object.hasOwn(children, name) ? children[name] : undefined) ?? {},
  )
}

/** Follows the names of states and timers over several upgrades. */
export class Names {
  readonly #steps: Pick<MigratedState, 'states' | 'timers'>[] = []

  add({ states, timers }: MigratedState): void {
    this.#steps.push({ states: texts(states, 'states'), timers: texts(timers, 'timers') })
  }

  /** Old and new ids of the states that the last upgrade renames. */
  get lastStates(): readonly (readonly [string, string])[] {
    return Object.entries(this.#steps.at(-1)?.states ?? {})
  }

  state(id: string): string {
    return this.#steps.reduce(
      (name, { states = {} }) => (Object.hasOwn(states, name) ? (states[name] as string) : name),
      id,
    )
  }

  timer(id: string): string {
    return this.#steps.reduce((name, { states, timers }) => {
      const given = Object.entries(timers ?? {}).find(([, old]) => old === name)
      return given?.[0] ?? afterRenamed(name, states ?? {})
    }, id)
  }
}

export const AFTER = 'xstate.after.'

function afterRenamed(timer: string, states: Readonly<Record<string, string>>): string {
  if (!timer.startsWith(AFTER)) return timer
  const found = Object.entries(states).find(([old]) => timer.endsWith(`.${old}`))
  return found === undefined ? timer : timer.slice(0, -found[0].length) + found[1]
}

function texts(map: unknown, path: string): Readonly<Record<string, string>> {
  if (map === undefined) return {}
  if (typeof map !== 'object' || map === null) throw new Error(`${path} is no object`)
  for (const [key, value] of Object.entries(map))
    if (typeof value !== 'string') throw new Error(`${path}[${JSON.stringify(key)}] is no text`)
  return map as Record<string, string>
}

/** Checks the result of `migrate`, as far as this is possible without the machine. @throws with the fault */
export function checkMigrated(result: unknown): MigratedState {
  if (typeof result !== 'object' || result === null)
    throw new Error(`migrate returns ${String(result)}, which is no state`)
  if ('then' in result) throw new Error('migrate returns a promise; it must be synchronous')
  const { value, context, drop } = result as MigratedState
  if (drop !== undefined && !(Array.isArray(drop) && drop.every((id) => typeof id === 'string')))
    throw new Error('drop is no list of ids of children')
  return {
    ...result,
    value: takeIn(value, 'value'),
    context: takeIn(context, 'context', HELD_AT_MOST),
  } as MigratedState
}

/** Returns the event after the upcasts of all steps. @throws with the fault */
export function upcastBy(steps: readonly StateUpgrade[], event: AnyEvent): AnyEvent {
  let is = event
  for (const { upcast } of steps) {
    if (upcast === undefined) continue
    const next: unknown = upcast(plainCopy(is))
    if (typeof next !== 'object' || next === null || typeof (next as AnyEvent).type !== 'string')
      throw new Error(`upcast returns no event for ${is.type}`)
    is = takeIn(next as AnyEvent, EVENT)
  }
  return is
}

/** Returns a copy that its receiver may change. */
export function plainCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Ref) return value
  if (Array.isArray(value)) return value.map((item) => plainCopy(item)) as T
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainCopy(item)])) as T
}

/** Returns the error for an actor that cannot be migrated. */
export function upgradeFailed(
  actor: string,
  from: string,
  to: string,
  what: string,
  cause?: unknown,
): OutcryError {
  return new OutcryError(
    'UPGRADE_FAILED',
    `${actor} cannot be migrated from version ${from} to ${to}: ${what}`,
    'Fix the upgrade and start again. The actor stays as the log has it, and the others run.',
    { cause },
  )
}
