/** Says which records of an actor's life a person looks for. Pure. */
import type { AnyEvent, TransitionRecord } from '../record/record.ts'
import type { Change } from './changes.ts'

/** All that is given must hold. */
export interface RecordSearch {
  /** Types of events: the record took or emitted one of them. */
  readonly types?: readonly string[] | undefined
  /** A text, in any case, in the type or in a value of an event that the record took or emitted. */
  readonly text?: string | undefined
}

export function isSought({ event, emitted = [] }: TransitionRecord, { types, text }: RecordSearch): boolean {
  const events: readonly AnyEvent[] = [event, ...emitted]
  if (types !== undefined && !events.some(({ type }) => types.includes(type))) return false
  const part = text?.toLowerCase()
  return part === undefined || events.some((one) => hasText(one, part))
}

function hasText(value: unknown, part: string): boolean {
  if (typeof value === 'object' && value !== null)
    return Object.values(value).some((below) => hasText(below, part))
  return String(value).toLowerCase().includes(part)
}

/**
 * Returns the changes at a path of the state. The path may be a part of the whole one, and may leave out indexes of
 * arrays: `['legs', 'stopPx']` is found at `['context', 'legs', '0', 'stopPx']`. What was added or removed whole is
 * looked through. `is` is the value after the change, as text.
 *
 * @example
 * changesAt(stateChanges(before, after), ['cumQty'], '0.03') // [{ path: ['context', 'cumQty'], was: '0', is: '0.03' }]
 */
export function changesAt(changes: readonly Change[], path: readonly string[], is?: string): Change[] {
  const found = changes.flatMap((change) => [...changesBelow(change, path)])
  return is === undefined
    ? found
    : found.filter((change) => change.is !== undefined && textOf(change.is) === is)
}

function* changesBelow(change: Change, wanted: readonly string[]): Generator<Change> {
  if (isAt(change.path, wanted)) {
    yield change
    return
  }
  for (const side of ['was', 'is'] as const) {
    const value = change[side]
    if (typeof value !== 'object' || value === null) continue
    for (const [key, below] of Object.entries(value))
      yield* changesBelow({ path: [...change.path, key], [side]: below }, wanted)
  }
}

/** Returns whether the wanted keys follow one another in a path. */
function isAt(path: readonly string[], wanted: readonly string[]): boolean {
  return (
    contains(path, wanted) ||
    contains(
      path.filter((key) => !/^\d+$/.test(key)),
      wanted,
    )
  )
}

function contains(path: readonly string[], wanted: readonly string[]): boolean {
  return path.some((_, from) => wanted.every((key, i) => path[from + i] === key))
}

/** Returns a value as a person writes it: a text without quotes, and all else as JSON. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
