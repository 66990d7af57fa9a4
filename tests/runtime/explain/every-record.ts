/** Checks the guards that are found for any record of any log. */

import type { Cell } from '../../../src/runtime/actors/cell.ts'
import { persistCell, restoreCell } from '../../../src/runtime/actors/persist.ts'
import type { Registry } from '../../../src/runtime/actors/registry.ts'
import { isSignal } from '../../../src/runtime/actors/signals.ts'
import { guardsAsked } from '../../../src/runtime/explain/guards-asked.ts'
import { Past } from '../../../src/runtime/explain/past.ts'
import type { TransitionRecord } from '../../../src/runtime/record/record.ts'
import { decode } from '../../../src/runtime/record/values.ts'
import { replayRecord, replayScope } from '../../../src/runtime/state/replay.ts'
import { upcasting } from '../../../src/runtime/state/upcasting-store.ts'
import { INIT, isMachine } from '../../../src/runtime/xstate/logic.ts'
import { type AskedTransition, RecordingMachine } from '../../../src/runtime/xstate/recording.ts'
import type { AnyStateMachine } from '../../../src/runtime/xstate/types.ts'
import type { Store } from '../../../store/index.ts'

export interface Found {
  records: number
  guards: number
  refused: number
  /** Paths that no guard read, whose value was changed. */
  changed: number
  /** Paths that a guard read, whose change changed a result. */
  flipped: number
  readonly problems: string[]
}

/**
 * Finds the guards of every record. They lead to the state of the record; those taken are the ones that XState takes;
 * and a change of what no guard read changes none of their results.
 */
export async function everyRecord(
  of: Store<TransitionRecord>,
  registry: Registry,
  random: () => number = () => 0,
): Promise<Found> {
  const found: Found = { records: 0, guards: 0, refused: 0, changed: 0, flipped: 0, problems: [] }
  const log = upcasting(of, registry)
  const past = new Past(log, registry)
  const before = new Past(log, registry)
  for await (const record of log.read()) {
    found.records++
    const { asked, problem, event } = await guardsAsked(past, registry, record)
    const say = (text: string) => found.problems.push(`${record.seq} ${record.actor} ${event}: ${text}`)
    if (problem !== undefined) say(problem)
    const guards = asked.flatMap((one) => one.guards)
    found.guards += guards.length
    found.refused += asked.filter(({ result }) => result === 'false').length
    for (const { guard, isUnsure } of guards) if (isUnsure) say(`${guard} is unsure`)
    if (isSignal(record.event)) continue
    const cell = (await before.before(record))?.cell
    if (record.event.type === INIT || cell === undefined || !isMachine(cell.logic)) continue
    const difference = differenceOfTaken(registry, cell, record, asked)
    if (difference !== undefined) say(difference)
    const disturbed = changedBy(cell, record, asked, random, false)
    if (disturbed !== undefined) found.changed++
    if (disturbed) say(disturbed)
    if (changedBy(cell, record, asked, random, true)) found.flipped++
  }
  return found
}

function differenceOfTaken(
  registry: Registry,
  cell: Cell,
  record: TransitionRecord,
  asked: readonly AskedTransition[],
): string | undefined {
  const scope = replayScope()
  scope.watching = true
  const { result } = replayRecord(
    scope,
    registry,
    undefined,
    record,
    restoreCell(scope, cell.kind, persistCell(cell), cell.logic),
  )
  const text = (t: { source: string; targets: readonly string[] }, on: string) =>
    `${t.source} ${on} ${t.targets.join()}`
  // XState tells of those that it would take, also of those that it then drops for another region's.
  const told = result.taken.map((t) => text(t, t.eventType))
  const enabled = asked.filter(({ result }) => result === 'true').map((t) => text(t, t.on))
  const taken = asked.filter(({ taken }) => taken).map((t) => text(t, t.on))
  const unknown = [...taken.filter((t) => !told.includes(t)), ...told.filter((t) => !enabled.includes(t))]
  return unknown.length === 0 ? undefined : `${unknown.join('; ')} is taken by one and not by the other`
}

interface Persisted {
  readonly snapshot: { readonly context: unknown }
}

/**
 * Changes one leaf of the context, which the guards before the first transition that was taken have read or not, and
 * asks again. Returns the difference, or an empty text; undefined when there is no such leaf.
 */
function changedBy(
  cell: Cell,
  record: TransitionRecord,
  asked: readonly AskedTransition[],
  random: () => number,
  wasRead: boolean,
): string | undefined {
  const first = asked.findIndex(({ taken }) => taken)
  const before = first < 0 ? asked : asked.slice(0, first + 1)
  const reads = before
    .flatMap(({ guards }) => guards.flatMap(({ reads }) => reads))
    .filter(({ from }) => from === 'context')
  if (reads.length === 0) return undefined
  const entry = persistCell(cell)
  const state = structuredClone(JSON.parse(JSON.stringify(entry.state))) as Persisted
  const isRead = (path: readonly string[]) =>
    reads.some((read) => read.path.every((key, i) => path[i] === key))
  const leaves = leavesOf(state.snapshot.context, []).filter((path) => isRead(path) === wasRead)
  const path = leaves[Math.floor(random() * leaves.length)]
  if (path === undefined) return undefined
  change(state.snapshot.context as Record<string, unknown>, path)
  const scope = replayScope()
  const recording = RecordingMachine.of(cell.logic as AnyStateMachine)
  const changed = restoreCell(scope, cell.kind, { ...entry, state }, recording.machine)
  const event = decode(record.event, scope.refOf)
  const again = recording.during(() =>
    scope.transition(recording.machine, changed.ref, changed.state.snapshot, event, true, record.found),
  )
  const results = (of: readonly AskedTransition[]) =>
    JSON.stringify(
      of.map(({ source, on, result, guards }) => [
        source,
        on,
        result,
        guards.map((g) => [g.guard.split('(')[0], g.result]),
      ]),
    )
  const now = again.asked.slice(0, before.length)
  return results(now) === results(before)
    ? ''
    : `the change of ${path.join('.')} gives ${results(now)} in place of ${results(before)}`
}

function leavesOf(value: unknown, path: readonly string[]): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  if ('xstate$$type' in value || '$outcry' in value) return []
  return Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, key]))
}

function change(value: Record<string, unknown>, [key = '', ...rest]: readonly string[]): void {
  const was = value[key]
  if (rest.length > 0) change(was as Record<string, unknown>, rest)
  else
    value[key] =
      typeof was === 'number'
        ? was + 1
        : typeof was === 'boolean'
          ? !was
          : typeof was === 'string'
            ? `${was}0`
            : 1
}
