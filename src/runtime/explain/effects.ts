/**
 * Follows a record forward to all that it caused. What it causes at once follows in its own turn. What comes later, such
 * as the answer of a port, a timer or the end of a child, is in the history of the actor that waits for it. So no search
 * goes through the log.
 */
import type { Interruptible, Store } from '../../../store/store.ts'
import { findLogic, labelVersion, type Registry } from '../actors/registry.ts'
import { parentOf } from '../record/address.ts'
import type { TransitionRecord } from '../record/record.ts'
import { INIT, isLive } from '../xstate/logic.ts'
import { PartSize } from './bounds.ts'
import { isSameTimer } from './causes.ts'

/** Maximum number of records in an answer. */
export const EFFECTS_MAX = 200
/** Maximum number of records of one actor's history that are searched for what comes later. */
export const HISTORY_MAX = 1_000
/** Records of a history that are still searched when nothing is awaited: a port may report more than one answer. */
export const REPORTS_MAX = 100
/** Maximum number of times that a timer fires again within its own effects. A heartbeat would never end. */
export const REPEATS_MAX = 5
/** Maximum number of records that are read for one answer. */
const READ_MAX = 20_000

export interface Effect {
  readonly record: TransitionRecord
  /** 1 for what the record caused itself. */
  readonly depth: number
}

export interface Effects {
  /** A tree in its order: each record is followed by what it caused, one deeper. */
  readonly effects: readonly Effect[]
  /** The number of further effects that were found and left out, because of the depth, the number, their size or REPEATS_MAX. */
  readonly leftOut: number
  /** Addresses of actors whose later records were searched in part only. Effects there may be missing. */
  readonly partly: readonly string[]
}

export interface EffectsOptions extends Interruptible {
  /** Maximum depth of the tree. Default: no limit. */
  readonly depth?: number | undefined
}

/**
 * Returns what the record caused. `log` has today's names. A message that a program sends to yet another actor, with
 * the record as its cause, is not found.
 * @throws READ_ABORTED, STORE_CORRUPT
 */
export async function effectsOf(
  log: Store<TransitionRecord>,
  registry: Registry,
  record: TransitionRecord,
  { depth: depthMax = Number.POSITIVE_INFINITY, signal }: EffectsOptions = {},
): Promise<Effects> {
  const known = new Map<number, Effect>([[record.seq, { record, depth: 0 }]])
  const partly = new Set<string>()
  const turnsRead = new Set<number>()
  const size = new PartSize()
  let leftOut = 0
  let read = 0

  /** Takes the record in when its cause is known. Returns whether it is new. */
  const take = (found: TransitionRecord): boolean => {
    const cause = found.cause === null ? undefined : known.get(found.cause)
    if (cause === undefined || known.has(found.seq)) return false
    const isFull = known.size > EFFECTS_MAX || size.isFull
    if (cause.depth >= depthMax || isFull || firesAgain(found, known)) leftOut++
    else {
      known.set(found.seq, { record: found, depth: cause.depth + 1 })
      size.add(found)
    }
    return known.has(found.seq)
  }

  /** Reads on in the turn of a record. Returns the new effects. */
  const readTurn = async ({ seq, turn }: TransitionRecord): Promise<TransitionRecord[]> => {
    const taken: TransitionRecord[] = []
    if (turnsRead.has(turn)) return taken
    turnsRead.add(turn)
    for await (const next of log.read({ fromSeq: seq + 1, signal })) {
      read++
      if (next.turn !== turn) break
      if (take(next)) taken.push(next)
    }
    return taken
  }

  /** Searches an actor's history behind `after` for what was awaited. Returns the new effects. */
  const search = async (actor: string, after: number, awaited: Awaited): Promise<TransitionRecord[]> => {
    const taken: TransitionRecord[] = []
    let left = HISTORY_MAX
    for await (const next of log.history(actor, { ...(after > 0 && { fromRev: after + 1 }), signal })) {
      read++
      if (left-- === 0 || read > READ_MAX) {
        partly.add(actor)
        break
      }
      if (take(next)) taken.push(next)
      awaited.note(next)
      if (awaited.isOver) break
      if (!awaited.isOpen) left = Math.min(left, REPORTS_MAX)
    }
    return taken
  }

  let at: readonly TransitionRecord[] = [record]
  while (at.length > 0) {
    const now: TransitionRecord[] = [...at]
    for (const one of at) now.push(...(await readTurn(one)))
    const later: TransitionRecord[] = []
    for (const [actor, { rev, awaited }] of await awaitedBy(log, registry, now, signal))
      later.push(...(await search(actor, rev, awaited)))
    at = later.sort((a, b) => a.seq - b.seq)
  }
  known.delete(record.seq)
  return { effects: inTreeOrder(record.seq, [...known.values()]), leftOut, partly: [...partly].sort() }
}

/** Returns whether the record's timer has led to itself too often. */
function firesAgain(record: TransitionRecord, known: ReadonlyMap<number, Effect>): boolean {
  let times = 0
  let above = record.timer === undefined || record.cause === null ? undefined : known.get(record.cause)
  while (above !== undefined) {
    if (isSameTimer(above.record, record) && ++times > REPEATS_MAX) return true
    above = above.depth === 0 || above.record.cause === null ? undefined : known.get(above.record.cause)
  }
  return false
}

/** The answers, timers and messages that records wait for in an actor's history. */
class Awaited {
  /** Ids of the intents that have no final answer. */
  readonly intents = new Set<string>()
  /** Ids of the timers that are not due. */
  readonly timers = new Set<string>()
  /** True when more may come at any time: a stashed message, or messages of a running part. */
  isEndless = false
  hasIntents = false

  note({ completes, timer, canceled = [], status }: TransitionRecord): void {
    if (completes !== undefined) this.intents.delete(completes)
    if (timer !== undefined) this.timers.delete(timer)
    for (const id of canceled) this.timers.delete(id)
    if (status !== undefined) this.timers.clear()
  }

  get isOpen(): boolean {
    return this.isEndless || this.intents.size > 0 || this.timers.size > 0
  }

  /** True when nothing more can come. A port may report more after its final answer. */
  get isOver(): boolean {
    return !this.isOpen && !this.hasIntents
  }
}

interface Place {
  readonly rev: number
  readonly awaited: Awaited
}

/** Returns what the records wait for, by the actor in whose history it comes, with the rev behind which it comes. */
async function awaitedBy(
  log: Store<TransitionRecord>,
  registry: Registry,
  records: readonly TransitionRecord[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Place>> {
  const places = new Map<string, Place>()
  const placeOf = (actor: string, rev: number): Awaited => {
    const was = places.get(actor)
    const awaited = was?.awaited ?? new Awaited()
    places.set(actor, { rev: Math.min(rev, was?.rev ?? rev), awaited })
    return awaited
  }
  for (const { actor, rev, seq, event, intents = [], scheduled = [], stashed, child, machine } of records) {
    if (intents.length > 0 || scheduled.length > 0 || stashed) {
      const awaited = placeOf(actor, rev)
      for (const { id } of intents) awaited.intents.add(id)
      for (const { id } of scheduled) awaited.timers.add(id)
      awaited.hasIntents ||= intents.length > 0
      awaited.isEndless ||= stashed === true
    }
    if (event.type !== INIT || child === undefined) continue
    const kind = registry.find(actor)
    const logic = kind && findLogic(kind, labelVersion(machine), child.path)
    if (logic !== undefined && !isLive(logic)) continue
    // The running part sends to itself and to its parent.
    placeOf(actor, rev).isEndless = true
    const parent = parentOf(actor)
    const last = parent === undefined ? undefined : await revAt(log, parent, seq, signal)
    if (parent !== undefined && last !== undefined) placeOf(parent, last).isEndless = true
  }
  return places
}

/** Returns the rev of an actor's last record up to a seq. */
async function revAt(
  log: Store<TransitionRecord>,
  actor: string,
  toSeq: number,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  for await (const { rev } of log.history(actor, { toSeq, reverse: true, limit: 1, signal })) return rev
  // Its records up to there may be deleted. Then all that it has are behind.
  return log.cut && 0
}

function inTreeOrder(root: number, effects: readonly Effect[]): Effect[] {
  const byCause = new Map<number, Effect[]>()
  for (const effect of effects) {
    const cause = effect.record.cause as number
    byCause.set(cause, [...(byCause.get(cause) ?? []), effect])
  }
  const ordered: Effect[] = []
  const below = (cause: number) => {
    const found = byCause.get(cause) ?? []
    for (const effect of found.sort((a, b) => a.record.seq - b.record.seq)) {
      ordered.push(effect)
      below(effect.record.seq)
    }
  }
  below(root)
  return ordered
}
