/**
 * Counts how often actors of a kind took each transition of their machine, by a replay of what they did lately. It looks
 * at a bounded number of actors and records, gives way to trading, and says how much it looked at.
 */
import type { ErrorCode } from '../../../errors/codes.ts'
import { compact } from '../../../errors/compact.ts'
import { isOutcryError } from '../../../errors/outcry-error.ts'
import { Pace } from '../../../store/leveldb/pace.ts'
import type { SnapshotEntry, Store } from '../../../store/store.ts'
import type { ActorView } from '../actors/actor-view.ts'
import type { Cell } from '../actors/cell.ts'
import { restoreCell } from '../actors/persist.ts'
import { labelVersion, type Registry } from '../actors/registry.ts'
import { type Address, kindOf, parentOf } from '../record/address.ts'
import type { StateValue, TransitionRecord } from '../record/record.ts'
import { type TakenTransition, transitionKey } from '../xstate/effect.ts'
import { replayRecord, replayScope, snapshotAt } from './replay.ts'
import { upcasting } from './upcasting-store.ts'

export interface TransitionCount extends TakenTransition {
  /** The number of times that it was taken. */
  readonly count: number
  /** The number of actors that took it. */
  readonly actors: number
}

export interface Coverage {
  /** seq of the last record when the count began. */
  readonly seq: number
  /** The number of actors whose records were replayed, and of these records. */
  readonly actors: number
  readonly records: number
  /** All actors of the kind. The number of their records is absent when there are too many actors to ask each. */
  readonly of: { readonly actors: number; readonly records?: number }
  /** True when all of these records were replayed, so that what is not here never was. */
  readonly isWhole: boolean
  /** The states, in XState's own form, in which an actor was, or is: each once. */
  readonly values: readonly StateValue[]
  /** The transitions that were taken. Two that differ in their actions alone are one. */
  readonly taken: readonly TransitionCount[]
}

export interface CoverageBounds {
  /** Most actors: those with the latest records. */
  readonly actorsMax?: number
  /** Most records that are replayed, of all actors together. */
  readonly recordsMax?: number
  /** Most actors that are asked for their present state and the number of their records. */
  readonly presentMax?: number
}

/** The log, and the present of its actors. */
export interface CoverageSource {
  readonly log: Store<TransitionRecord>
  readonly registry: Registry
  /** Returns an actor as it is; undefined when that is not known. */
  present(address: string): Pick<ActorView, 'version' | 'value' | 'rev'> | undefined
}

const ACTORS_MAX = 100
const RECORDS_MAX = 3_000
const PRESENT_MAX = 1_000
/** Most records of one actor at its beginning and at its end. So one long life leaves room for others. */
const FIRST_MAX = 250
const LAST_MAX = 500
/** Records of the log in which the latest actors are looked for, before the others are taken by their address. */
const SEARCHED_MAX = 10_000

/** Codes of errors that mean that the states of an actor cannot be known. */
const UNREADABLE = [
  'MACHINE_VERSION_UNKNOWN',
  'CHILD_UNKNOWN',
  'UPGRADE_FAILED',
  'REPLAY_DIVERGED',
] as const satisfies readonly ErrorCode[]

/** @throws STORE_CORRUPT, KIND_UNKNOWN */
export async function coverageOf(
  { log, registry, present }: CoverageSource,
  kind: string,
  version: string,
  { actorsMax = ACTORS_MAX, recordsMax = RECORDS_MAX, presentMax = PRESENT_MAX }: CoverageBounds = {},
): Promise<Coverage> {
  const store = upcasting(log, registry)
  const counting = new Counting(store, registry, version, recordsMax)
  const { seq } = store.head
  const all: string[] = []
  for await (const address of store.actors({ prefix: `${kind}/` }))
    if (isOwn(address, kind)) all.push(address)
  const seen = new Set<string>()
  for await (const address of latestFirst(all, store, kind, version)) {
    if (seen.has(address)) continue
    if (seen.size >= actorsMax || counting.isFull) break
    seen.add(address)
    await counting.add(address)
  }
  let records: number | undefined = all.length > presentMax ? undefined : 0
  for (const address of all.slice(0, presentMax)) {
    await counting.pace.step()
    const actor = present(address)
    if (actor?.version === version) counting.enter(actor.value)
    if (records !== undefined) records = actor && records + actor.rev
  }
  const isWhole = !counting.hasGaps && all.every((address) => seen.has(address))
  return { seq, ...counting.result, of: { actors: all.length, ...compact({ records }) }, isWhole }
}

/** Yields these actors of the kind: those that did something lately first. Some come more than once. */
async function* latestFirst(
  all: readonly string[],
  store: Store<TransitionRecord>,
  kind: string,
  version: string,
): AsyncGenerator<string> {
  const label = `${kind}@${version}`
  const lately = { reverse: true, limit: SEARCHED_MAX, mentioning: label }
  for await (const { actor, machine } of store.read(lately))
    if (machine === label && isOwn(actor, kind)) yield actor
  yield* all
}

/** Returns whether the actor runs on the machine of the kind, and is no child with a machine of its own. */
function isOwn(address: string, kind: string): boolean {
  return kindOf(address) === kind && parentOf(address as Address) === undefined
}

class Counting {
  readonly #store: Store<TransitionRecord>
  readonly #registry: Registry
  readonly #version: string
  readonly #recordsMax: number
  readonly #scope = watchingScope()
  readonly pace = new Pace()
  readonly #counts = new Map<string, { transition: TakenTransition; count: number; actors: number }>()
  readonly #values = new Map<string, StateValue>()
  #actors = 0
  #records = 0
  /** The number of records that are of the version. */
  #counted = 0
  /** True once records of an actor were left out. */
  hasGaps = false

  constructor(store: Store<TransitionRecord>, registry: Registry, version: string, recordsMax: number) {
    this.#store = store
    this.#registry = registry
    this.#version = version
    this.#recordsMax = recordsMax
  }

  get isFull(): boolean {
    return this.#counted >= this.#recordsMax
  }

  get result(): Pick<Coverage, 'actors' | 'records' | 'values' | 'taken'> {
    const taken = [...this.#counts.values()].map(({ transition, count, actors }) => ({
      ...transition,
      count,
      actors,
    }))
    return { actors: this.#actors, records: this.#records, values: [...this.#values.values()], taken }
  }

  async add(address: string): Promise<void> {
    const lasting = await this.#lasting(address)
    const own = new Set<string>()
    const before = this.#records
    const begin = await this.#atCut(address)
    if (begin !== undefined) this.hasGaps = true
    if (lasting === undefined || lasting.rev <= (begin?.rev ?? 0)) await this.#replay(address, begin, own)
    else {
      const first = Math.min((begin?.rev ?? 0) + FIRST_MAX, lasting.rev)
      await this.#replay(address, begin, own, first)
      await this.#replay(address, lasting, own)
      if (first < lasting.rev) this.hasGaps = true
    }
    if (this.#records > before) this.#actors++
  }

  /** Returns the actor as it was when its first records were deleted. Undefined when it has all. */
  async #atCut(address: string): Promise<SnapshotEntry | undefined> {
    const { cut } = this.#store
    return cut && snapshotAt(this.#store, address, cut.firstSeq - 1, undefined)
  }

  /** Counts from a snapshot on, or from the first record, to `toRev` or the last one. */
  async #replay(
    address: string,
    entry: SnapshotEntry | undefined,
    own: Set<string>,
    toRev?: number,
  ): Promise<void> {
    try {
      let cell: Cell | undefined = entry && restoreCell(this.#scope, this.#registry.kind(address), entry)
      const range = { fromRev: (entry?.rev ?? 0) + 1, ...compact({ toRev }) }
      for await (const record of this.#store.history(address, range)) {
        if (this.isFull) {
          this.hasGaps = true
          break
        }
        await this.pace.step()
        const { cell: next, result } = replayRecord(this.#scope, this.#registry, cell, record)
        cell = next
        this.#records++
        if (labelVersion(record.machine) !== this.#version) continue
        this.#counted++
        for (const value of [record.from, record.to]) if (value !== null) this.enter(value)
        for (const transition of result.taken) this.#count(transition, own)
      }
    } catch (error) {
      // The counts so far are true. The actor's other records are of a machine that is not here.
      if (!UNREADABLE.some((code) => isOutcryError(error, code))) throw error
      this.hasGaps = true
    }
  }

  /** Adds a state in which an actor was, or is. */
  enter(value: StateValue): void {
    this.#values.set(JSON.stringify(value), value)
  }

  #count(transition: TakenTransition, own: Set<string>): void {
    const key = transitionKey(transition)
    const known = this.#counts.get(key) ?? { transition, count: 0, actors: 0 }
    known.count++
    if (!own.has(key)) known.actors++
    own.add(key)
    this.#counts.set(key, known)
  }

  /** Returns the snapshot before the last records of a long life. None for a life that is replayed as a whole. */
  async #lasting(address: string): Promise<SnapshotEntry | undefined> {
    for await (const { rev } of this.#store.history(address, { reverse: true, limit: 1 })) {
      if (rev <= FIRST_MAX + LAST_MAX) return undefined
      const last = { toRev: rev - LAST_MAX, reverse: true, limit: 1 }
      for await (const { seq } of this.#store.history(address, last))
        for await (const entry of this.#store.snapshots(address, { maxSeq: seq })) return entry
    }
    return undefined
  }
}

function watchingScope() {
  const scope = replayScope()
  scope.watching = true
  return scope
}
