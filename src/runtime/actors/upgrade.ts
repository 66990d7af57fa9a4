/** New versions of a machine: what a program says of them, and what is checked of what it says. */
import { OutcryError } from '../../../errors/outcry-error.ts'
import type { AnyEvent } from '../record/record.ts'
import { Ref } from '../record/ref.ts'
import { EVENT, takeIn } from '../record/values.ts'
import { HELD_AT_MOST } from './bounds.ts'

/** The state of an actor of the older version: a copy, which `migrate` may change. */
export interface PastState {
  /** As in XState, e.g. `'waiting'` or `{ execution: 'new' }`; undefined for a child that is no machine. */
  readonly value: unknown
  readonly context: unknown
  /** Ids of its children. */
  readonly children: readonly string[]
}

/** What `migrate` gives; `value` and `context` must be ones of the newer version, and plain JSON. */
export interface MigratedState {
  /** May leave out what the initial states below it say. */
  readonly value: unknown
  readonly context: unknown
  /** Ids of children to stop. Those whose logic the new machine does not name are stopped anyhow. */
  readonly drop?: readonly string[]
  /** New ids of states by old ones, as XState has them: `{ 'order.wait': 'order.waiting' }`. Timers and history follow. */
  readonly states?: Readonly<Record<string, string>>
  /**
   * Old ids of timers by new ones: `{ 'xstate.after.2000.order.wait': 'xstate.after.1000.order.wait' }`. The new timer is
   * due when the old one was.
   */
  readonly timers?: Readonly<Record<string, string>>
}

/** What becomes of actors of one sort, of the root machine or of a child. */
interface StateUpgrade {
  readonly migrate?: (state: PastState) => MigratedState
  /** Turns an event that `from` took, or that waits for the actor, into one for `to`. Gets every event: return the others as they are. */
  readonly upcast?: (event: AnyEvent) => AnyEvent
}

/**
 * The step from one version of a machine to the next one. Each actor takes it as it comes back, and has it on record
 * (`outcry.migrated`) before it takes its next message; its parent comes first.
 *
 * - **Children** have the version of their root. They keep their state if the new machine still has logic under their
 *   `src`; `children` says otherwise. Children that the new machine does not name, that `drop` names, or whose invoking
 *   state is not active any more, are stopped: that is on record as `outcry.dropped`. Children that a newly active state
 *   invokes are started.
 * - **Timers** of `after` belong to their state. Those of states that are not active in the new value are cancelled.
 *   Those of active states keep the time they had left, under a new name where `states` or `timers` gives one.
 *   Where the new version adds an `after` to an active state, or changes its delay, the timer is set anew with its full
 *   delay. A timer that has fired in the old version is not set again; only with the old machine under `previous` can that be told.
 * - **After a crash** the records behind the last snapshot are replayed on the old machine, if it is under `previous`, and
 *   then migrated. If it is not, they are replayed on the new machine, after `upcast`.
 * - **A wrong result** (a value that the new machine does not have, a context that is no JSON, a throw) harms nobody else:
 *   the actor stays as it is in the log, every message to it is refused with ACTOR_UNREADABLE, and the next start tries again.
 */
export interface Upgrade extends StateUpgrade {
  readonly from: string
  readonly to: string
  /** Turns a persisted state of `from` into one of `to`. Is called for actors of this machine itself, not for their children. */
  readonly migrate: (state: PastState) => MigratedState
  /** The same for children, by their `src` names from the root machine down: `{ feed: {...}, 'list/item': {...} }`. */
  readonly children?: Readonly<Record<string, StateUpgrade>>
}

/** What the steps of a path say for an actor whose `src` names from the root down are `path`. */
export function stepsFor(upgrades: readonly Upgrade[], path: readonly string[]): readonly StateUpgrade[] {
  if (path.length === 0) return upgrades
  const name = path.join('/')
  return upgrades.map(
    ({ children }) => (children && Object.hasOwn(children, name) ? children[name] : undefined) ?? {},
  )
}

/** Follows the names of states and timers over several steps. */
export class Names {
  readonly #steps: Pick<MigratedState, 'states' | 'timers'>[] = []

  add({ states, timers }: MigratedState): void {
    this.#steps.push({ states: texts(states, 'states'), timers: texts(timers, 'timers') })
  }

  /** Old and new ids of states that the last step renames. */
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

/** The result of `migrate`, as far as it can be checked without the machine. @throws with what is wrong */
export function checkMigrated(result: unknown): MigratedState {
  if (typeof result !== 'object' || result === null)
    throw new Error(`migrate gives ${String(result)}, and no state`)
  if ('then' in result) throw new Error('migrate gives a promise; it must be synchronous')
  const { value, context, drop } = result as MigratedState
  if (drop !== undefined && !(Array.isArray(drop) && drop.every((id) => typeof id === 'string')))
    throw new Error('drop is no list of ids of children')
  return {
    ...result,
    value: takeIn(value, 'value'),
    context: takeIn(context, 'context', HELD_AT_MOST),
  } as MigratedState
}

/** @throws with what is wrong */
export function upcastBy(steps: readonly StateUpgrade[], event: AnyEvent): AnyEvent {
  let is = event
  for (const { upcast } of steps) {
    if (upcast === undefined) continue
    const next: unknown = upcast(plainCopy(is))
    if (typeof next !== 'object' || next === null || typeof (next as AnyEvent).type !== 'string')
      throw new Error(`upcast gives no event for ${is.type}`)
    is = takeIn(next as AnyEvent, EVENT)
  }
  return is
}

/** A copy that whoever gets it may change. */
export function plainCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Ref) return value
  if (Array.isArray(value)) return value.map((item) => plainCopy(item)) as T
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainCopy(item)])) as T
}

/** Why an actor cannot be carried over. */
export function upgradeFailed(
  actor: string,
  from: string,
  to: string,
  what: string,
  cause?: unknown,
): OutcryError {
  return new OutcryError(
    'UPGRADE_FAILED',
    `${actor} cannot be carried over from version ${from} to ${to}: ${what}`,
    'Mend the upgrade and start again: the actor stays as the log has it, and the others run.',
    { cause },
  )
}
