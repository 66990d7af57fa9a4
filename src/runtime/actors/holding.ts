/**
 * Bounds the size of one actor: the sum of its context, its timers with their events, and its children. An actor must
 * stay so small that it can be written: a snapshot is one text, and a text has at most 2^29 characters. A size is at
 * least a sixth of the written bytes, so (64 + 4 of slack + 8 of stashed messages + 4 of input + 4 of output) MiB * 6 =
 * 504 MiB fit.
 *
 * The sum is not computed at each step. A state carries an upper bound: the last measured size plus all sizes added
 * since. The state is measured when this passes the maximum, and again only after another slack is added. The snapshot
 * has both numbers, so that a restart does not change which steps are refused.
 */

import { OutcryError } from '../../../errors/outcry-error.ts'
import type { ScheduledTimer } from '../record/record.ts'
import { type Ref, sizeOfChild } from '../record/ref.ts'
import { sizeOf } from '../record/values.ts'
import { HELD_MAX, HELD_SLACK, STASH_MAX, STASH_SIZE_MAX } from './bounds.ts'
import type { ActorState } from './cell.ts'
import { listOf, type PendingTimers } from './pending-timers.ts'

/** A sixth of the bytes that JSON adds to the contents of a timer, and of an actor. */
const TIMER_SIZE = 20
const ACTOR_SIZE = 100

type Held = Pick<ActorState, 'snapshot' | 'timers' | 'held' | 'measured'>

/** Returns the size of a timer without its event. */
export function sizeOfTimer({ id, target = '', correlation }: ScheduledTimer): number {
  return TIMER_SIZE + id.length + target.length + correlation.length
}

/** Returns the size of an actor whose context has the given size. */
export function measured(
  { snapshot, timers }: Pick<ActorState, 'snapshot' | 'timers'>,
  context: number,
): number {
  return context + sizeOfTimers(timers) + sizeOfChildren(snapshot)
}

/**
 * Measures the state when its upper bound passes the maximum. A state that was too large before, by the rules of an
 * earlier version, may stay so as long as it does not grow. A replay measures at the same steps as the live run, and
 * refuses nothing.
 * @throws HOLDS_TOO_MUCH
 */
export function assertHolds(
  address: string,
  next: { -readonly [K in keyof Held]: Held[K] },
  was: Held,
  replays: boolean,
): void {
  if (next.held <= HELD_MAX || next.held <= next.measured + HELD_SLACK) return
  const { snapshot, timers } = next
  const context = sizeOf(snapshot.context)
  const held = measured(next, context)
  if (held > HELD_MAX && held > was.measured && !replays)
    throw tooMuch(address, context, sizeOfTimers(timers))
  next.held = held
  next.measured = held
}

/** Returns the approximate size of the actor's snapshot. */
export function sizeOfActor({ held, stash }: ActorState): number {
  return ACTOR_SIZE + held + (stash.length > 0 ? sizeOfStash(stash) : 0)
}

/** Returns whether one more message can be stashed for the actor. */
export function hasRoom(stash: ActorState['stash'], event: object): boolean {
  return stash.length < STASH_MAX && sizeOfStash(stash) + sizeKept(event) <= STASH_SIZE_MAX
}

/** The sizes of stashed messages. A restarting actor stashes and takes many. */
const sizesKept = new WeakMap<object, number>()

function sizeKept(event: object): number {
  const known = sizesKept.get(event) ?? sizeOf(event)
  sizesKept.set(event, known)
  return known
}

function sizeOfStash(stash: ActorState['stash']): number {
  let size = 0
  for (const { event } of stash) size += sizeKept(event)
  return size
}

function sizeOfTimers(timers: PendingTimers): number {
  let size = 0
  for (const timer of listOf(timers)) size += sizeOfTimer(timer) + sizeOf(timer.event)
  return size
}

function sizeOfChildren({ children }: ActorState['snapshot']): number {
  let size = 0
  for (const id in children) size += sizeOfChild(children[id] as Ref)
  return size
}

function tooMuch(address: string, context: number, timers: number): OutcryError {
  const mib = (size: number) => `${Math.ceil(size / 2 ** 20)} MiB`
  return new OutcryError(
    'HOLDS_TOO_MUCH',
    `${address} would hold more than ${mib(HELD_MAX)}: its context ${mib(context)}, its timers ${mib(timers)}`,
    'Drop what is no longer needed, spread it over several actors, or keep it in a file and hold where it is.',
  )
}
