/** The life of an actor: its records, each with the state before and after it. It is found by replaying them. */
import { compact } from '../../../errors/compact.ts'
import { isOutcryError } from '../../../errors/outcry-error.ts'
import type { Paced, Store } from '../../../store/store.ts'
import { type ActorView, viewOf } from '../actors/actor-view.ts'
import type { Cell } from '../actors/cell.ts'
import type { Kind } from '../actors/kind.ts'
import { restoreCell } from '../actors/persist.ts'
import type { Registry } from '../actors/registry.ts'
import type { TransitionRecord } from '../record/record.ts'
import { type PlainError, plainError } from '../record/values.ts'
import type { TakenTransition } from '../xstate/effect.ts'
import { type Reading, replayRecord, replayScope, snapshotAt } from './replay.ts'
import { upcasting } from './upcasting-store.ts'

/** One record of an actor's life. */
export interface LifeStep {
  readonly record: TransitionRecord
  /** The state before the record. Undefined in the actor's first record, and where `unread` is present. */
  readonly before?: ActorView
  /** The state after the record. Undefined where `unread` is present. */
  readonly after?: ActorView
  /** The transitions that XState took, in order, with the ids of their states. */
  readonly taken: readonly TakenTransition[]
  /**
   * The reason why the states are not known: the machine of that time is not registered, or leads elsewhere than the
   * log says. The life has states again behind the next snapshot that can be read.
   */
  readonly unread?: PlainError
}

export interface LifeRange extends Reading, Paced {
  /** First rev, inclusive. Default 1. */
  readonly fromRev?: number
  /** Last rev, inclusive. Default: the last one there is. */
  readonly toRev?: number
  /** Last seq, inclusive. Default: the head. */
  readonly toSeq?: number
  /** True when the newest records come first. */
  readonly reverse?: boolean
  readonly limit?: number
}

/** Most steps of a piece that is replayed when the newest come first. */
const PIECE_MAX = 500
/** Most that the steps of a piece may hold together beyond a single state, in characters, more or less. */
const PIECE_SIZE_MAX = 16 * 1_048_576

/**
 * Yields an actor's records in order of rev, with the states before and after each. It begins at the snapshot before
 * the range, so that its cost does not depend on the length of the life. Yields nothing when the actor is unknown.
 *
 * @example
 * for await (const { record, before, after } of lifeOf(log, registry, 'order/sim:o-1', {}))
 *   console.log(record.event.type, changesBetween(before?.context, after?.context))
 * @throws LOG_GAP, STORE_CORRUPT, READ_ABORTED
 */
export async function* lifeOf(
  log: Store<TransitionRecord>,
  registry: Registry,
  address: string,
  { fromRev: wanted, toRev, toSeq, reverse = false, limit, signal, inBackground, onRead }: LifeRange,
): AsyncGenerator<LifeStep> {
  const store = upcasting(log, registry)
  const fromRev = wanted ?? (await firstRev(store, address, signal))
  if (!reverse) {
    const last = limit === undefined ? toRev : Math.min(toRev ?? Number.MAX_SAFE_INTEGER, fromRev + limit - 1)
    const range = { fromRev, ...compact({ toRev: last, toSeq, signal, inBackground, onRead }) }
    for await (const { step } of forward(store, registry, address, range)) yield step
    return
  }
  let left = limit ?? Number.POSITIVE_INFINITY
  let to = (await lastRecord(store, address, compact({ toRev, toSeq, signal })))?.rev ?? 0
  while (left > 0 && to >= fromRev) {
    // A piece begins behind a snapshot where one is near. So the piece before it replays none of these records again.
    const least = Math.max(fromRev, to - Math.min(PIECE_MAX, left) + 1)
    const begin = (await entryBefore(store, address, to, { signal }))?.rev ?? 0
    const range = {
      fromRev: Math.max(least, begin + 1),
      toRev: to,
      ...compact({ signal, inBackground, onRead }),
    }
    const steps = await lastOf(forward(store, registry, address, range))
    const first = steps[0]?.record.rev ?? range.fromRev
    left -= to - first + 1
    to = first - 1
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) yield step
  }
}

/** Returns the last steps, as many as memory has room for, and one at least. */
async function lastOf(piece: AsyncIterable<SizedStep>): Promise<LifeStep[]> {
  const kept: SizedStep[] = []
  let size = 0
  for await (const sized of piece) {
    const whole = { ...sized, size: sized.size + JSON.stringify(sized.step.record).length }
    kept.push(whole)
    size += whole.size
    while (size > PIECE_SIZE_MAX && kept.length > 1) size -= kept.shift()?.size ?? 0
  }
  return kept.map(({ step }) => step)
}

interface SizedStep {
  readonly step: LifeStep
  /** About the size of what the state after the record does not share with the one before. */
  readonly size: number
}

async function* forward(
  store: Store<TransitionRecord>,
  registry: Registry,
  address: string,
  { fromRev = 1, toRev, toSeq, signal, inBackground, onRead = () => {} }: LifeRange,
): AsyncGenerator<SizedStep> {
  const scope = replayScope()
  scope.watching = true
  let unread: PlainError | undefined
  let cell: Cell | undefined
  let begin = fromRev
  let kind: Kind | undefined
  let ahead: ReadonlyMap<number, number> | undefined
  const read = async (work: () => Promise<void> | void) => {
    try {
      if (unread === undefined) await work()
    } catch (error) {
      if (!isUnreadable(error)) throw error
      unread = plainError(error)
      cell = undefined
    }
  }
  await read(async () => {
    kind = registry.kind(address)
    if (fromRev <= 1) return
    const entry = await entryBefore(store, address, fromRev, { signal, onRead })
    if (entry !== undefined) cell = restoreCell(scope, kind, entry)
    begin = (entry?.rev ?? 0) + 1
  })
  let before: ActorView | undefined
  for await (const record of store.history(address, {
    fromRev: begin,
    ...compact({ toRev, toSeq, signal, inBackground }),
  })) {
    onRead()
    const isWanted = record.rev >= fromRev
    if (isWanted && before === undefined && cell !== undefined) before = viewOf(cell)
    let taken: readonly TakenTransition[] = []
    const held = cell?.state.held ?? 0
    await read(() => {
      const replayed = replayRecord(scope, registry, cell, record)
      cell = replayed.cell
      taken = replayed.result.taken
    })
    const size = added(held, cell?.state.held ?? 0)
    if (unread === undefined) {
      if (!isWanted) continue
      const after = cell && viewOf(cell)
      yield { step: { record, ...compact({ before, after }), taken }, size }
      before = after
      continue
    }
    if (isWanted) yield { step: { record, taken, unread }, size }
    before = undefined
    if (kind === undefined) continue
    // A life that begins here would begin with this snapshot: its states do not depend on where it begins.
    ahead ??= await snapshotsFrom(store, address, record.rev, compact({ toRev, toSeq, signal }))
    const seq = ahead.get(record.rev)
    const entry = seq === undefined ? undefined : await snapshotAt(store, address, seq, signal)
    if (entry === undefined) continue
    unread = undefined
    await read(() => {
      cell = restoreCell(scope, kind as Kind, entry)
    })
  }
}

/** Returns the seqs of the snapshots in the range, from a rev on, by their revs. */
async function snapshotsFrom(
  store: Store<TransitionRecord>,
  address: string,
  rev: number,
  range: Pick<LifeRange, 'toRev' | 'toSeq' | 'signal'>,
): Promise<ReadonlyMap<number, number>> {
  const found = new Map<number, number>()
  const maxSeq = (await lastRecord(store, address, range))?.seq
  for await (const entry of store.snapshots(address, compact({ maxSeq, signal: range.signal }))) {
    if (entry.rev < rev) break
    found.set(entry.rev, entry.seq)
  }
  return found
}

/** Returns what a step adds. `held` is an upper bound that each step raises; it falls where it is measured again. */
function added(was: number, is: number): number {
  return is < was ? is : is - was
}

/** Returns whether the error means that a state cannot be known, while the records can still be read. */
export function isUnreadable(error: unknown): boolean {
  return [
    'KIND_UNKNOWN',
    'MACHINE_VERSION_UNKNOWN',
    'CHILD_UNKNOWN',
    'UPGRADE_FAILED',
    'REPLAY_DIVERGED',
  ].some((code) => isOutcryError(error, code as 'KIND_UNKNOWN'))
}

/** Returns the latest snapshot before the record with this rev. */
async function entryBefore(
  store: Store<TransitionRecord>,
  address: string,
  rev: number,
  { signal, onRead }: LifeRange,
): ReturnType<typeof snapshotAt> {
  for await (const { seq } of store.history(address, { fromRev: rev, limit: 1, signal })) {
    onRead?.()
    return snapshotAt(store, address, seq - 1, signal)
  }
  return undefined
}

/** Returns the first rev of the actor that there is. */
async function firstRev(
  store: Store<TransitionRecord>,
  address: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (store.cut === undefined) return 1
  for await (const { rev } of store.history(address, { limit: 1, signal })) return rev
  return 1
}

async function lastRecord(
  store: Store<TransitionRecord>,
  address: string,
  range: Pick<LifeRange, 'toRev' | 'toSeq' | 'signal'>,
): Promise<TransitionRecord | undefined> {
  for await (const record of store.history(address, { ...range, reverse: true, limit: 1 })) return record
  return undefined
}
