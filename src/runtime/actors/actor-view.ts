import { compact } from '../../../errors/compact.ts'
import { isOutcryError } from '../../../errors/outcry-error.ts'
import { childOf, kindOf } from '../record/address.ts'
import type { ScheduledTimer, StateValue } from '../record/record.ts'
import type { AnySnapshot } from '../xstate/snapshot.ts'
import { type Cell, type Condition, stateValue } from './cell.ts'
import { listOf } from './pending-timers.ts'
import type { Failures } from './supervision.ts'

/** An actor in the form that the API and the command line show: plain JSON. */
export interface ActorView {
  readonly address: string
  readonly kind: string
  /** Kind and version: `order@1`. */
  readonly machine: string
  readonly version: string
  /** For a child, the `src` names from the root machine down. */
  readonly path: readonly string[]
  readonly status: AnySnapshot['status']
  /** Present when the actor is restarting or in quarantine, so that it takes no messages. */
  readonly condition?: Exclude<Condition, 'running'>
  /** Present when the actor has failed and has not been released since. */
  readonly failures?: Failures
  readonly value: StateValue
  readonly context: unknown
  readonly output?: unknown
  readonly error?: unknown
  /** Present when the actor cannot be restored: the reason. It is then as the log has it. */
  readonly unread?: Unread
  readonly tags: readonly string[]
  readonly rev: number
  readonly seq: number
  readonly at: number
  readonly children: readonly string[]
  readonly timers: readonly ScheduledTimer[]
}

/** Why an actor cannot be restored. */
export interface Unread {
  readonly code: string
  readonly message: string
}

export function unreadOf(error: unknown): Unread {
  if (isOutcryError(error)) return { code: error.code, message: error.message }
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) }
}

export function viewOf(cell: Cell): ActorView {
  const { state } = cell
  const snapshot = state.snapshot as AnySnapshot
  return {
    address: cell.address,
    kind: kindOf(cell.address),
    machine: cell.label,
    version: cell.version,
    path: Object.freeze(cell.path),
    status: snapshot.status,
    ...(state.condition !== 'running' && { condition: state.condition }),
    ...(state.failures.count > 0 && { failures: state.failures }),
    value: stateValue(cell.logic, snapshot),
    context: snapshot.context,
    ...compact({ output: snapshot.output, error: snapshot.error }),
    tags: tagsOf(snapshot),
    rev: state.rev,
    seq: state.seq,
    at: state.at,
    children: Object.keys(snapshot.children ?? {}).map((id) => childOf(cell.address, id)),
    timers: Object.freeze(listOf(state.timers)),
  }
}

export function tagsOf({ tags = [] }: AnySnapshot & { tags?: Iterable<string> }): readonly string[] {
  return [...tags]
}
