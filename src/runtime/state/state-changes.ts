import { compact } from '../../../errors/compact.ts'
import type { ActorView } from '../actors/actor-view.ts'
import { type Address, idOfChild } from '../record/address.ts'
import type { ScheduledTimer } from '../record/record.ts'
import { type Change, changesBetween } from './changes.ts'

/** The parts of an actor that are its state. */
export type ViewedState = Pick<
  ActorView,
  | 'status'
  | 'condition'
  | 'failures'
  | 'value'
  | 'tags'
  | 'context'
  | 'output'
  | 'error'
  | 'children'
  | 'timers'
>

/**
 * Returns the changes of an actor's state from one view of it to another. The first key of each path is the part: `value`,
 * `tags`, `context`, `children` by their ids, `timers` by theirs, `status`, `condition`, `failures`, `output`, `error`. A
 * view that is undefined is one of an actor that does not exist: it has nothing.
 *
 * @example
 * [{ path: ['context', 'filledQty'], was: '0', is: '0.1' }, { path: ['timers', 'grace'], was: { dueAt: 1723161255343, ... } }]
 */
export function stateChanges(was: ViewedState | undefined, is: ViewedState | undefined): Change[] {
  return changesBetween(comparable(was), comparable(is))
}

const NOTHING = { tags: [], context: {}, children: {}, timers: {} }

function comparable(view: ViewedState | undefined): object {
  if (view === undefined) return NOTHING
  const { status, condition, failures, value, tags, context, output, error, children, timers } = view
  return compact({
    value,
    status,
    condition,
    failures,
    tags,
    context,
    output,
    error,
    children: Object.fromEntries(children.map((address) => [idOfChild(address as Address), address])),
    timers: byId(timers),
  })
}

/** Returns timers by id: when they are due, and what for. Of those with one id, later ones have a number. */
function byId(timers: readonly ScheduledTimer[]): Record<string, object> {
  const found: Record<string, object> = {}
  for (const { id, dueAt, target, event } of timers) {
    let name = id
    for (let n = 2; Object.hasOwn(found, name); n++) name = `${id} ${n}`
    found[name] = compact({ dueAt, target, event })
  }
  return found
}
