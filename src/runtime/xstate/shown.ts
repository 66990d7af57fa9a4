/** Freezes snapshots before others get them. Their state nodes belong to the program's machine and stay as they are. */
import type { AnySnapshot } from './snapshot.ts'
import { frozenStateValue } from './state-value.ts'

interface Shown {
  readonly value?: unknown
  readonly children?: object
  readonly historyValue?: Readonly<Record<string, object>>
  readonly _nodes?: object
  tags?: ReadonlySet<string>
}

/**
 * Returns the snapshot, frozen so that its receiver cannot change the actor. Only snapshots that others get are frozen,
 * because most never leave.
 */
export function shown(snapshot: AnySnapshot): AnySnapshot {
  if (Object.isFrozen(snapshot)) return snapshot
  const state = snapshot as Shown
  const { value, children, historyValue, _nodes, tags } = state
  frozenStateValue(value)
  for (const states of Object.values(historyValue ?? {})) Object.freeze(states)
  Object.freeze(historyValue)
  Object.freeze(children)
  Object.freeze(_nodes)
  if (tags instanceof Set) state.tags = tags.size === 0 ? NO_TAGS : new FixedSet(tags)
  return Object.freeze(snapshot)
}

/** A set that cannot change. A frozen ordinary set could still change its items. */
class FixedSet<T> extends Set<T> {
  constructor(items: Iterable<T>) {
    super()
    for (const item of items) super.add(item)
    Object.freeze(this)
  }

  override add(): never {
    throw fixed()
  }

  override delete(): never {
    throw fixed()
  }

  override clear(): never {
    throw fixed()
  }
}

const NO_TAGS: ReadonlySet<string> = new FixedSet<string>([])

function fixed(): TypeError {
  return new TypeError('a snapshot that is given away cannot be changed: take a copy, new Set(snapshot.tags)')
}
