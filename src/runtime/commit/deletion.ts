/**
 * Deletes the oldest records of the log, one file of the archive at a time. Before that it keeps what they led to: a
 * snapshot of each of their actors, and the state beside the actors. So a restart, a past state and a history from
 * there on need none of them.
 */
import { isOutcryError } from '../../../errors/outcry-error.ts'
import type { LogCut, Paced, SnapshotEntry, Store } from '../../../store/store.ts'
import { persistCell } from '../actors/persist.ts'
import type { Registry } from '../actors/registry.ts'
import type { Logger } from '../logger.ts'
import { RETENTION } from '../record/address.ts'
import type { TransitionRecord } from '../record/record.ts'
import { Offsets, type OffsetsState } from '../state/offsets.ts'
import { cellAt, replayScope, snapshotAt } from '../state/replay.ts'
import type { Clock } from '../time/clock.ts'
import { messageOf } from './intake.ts'
import type { Loop } from './loop.ts'
import type { Deleting } from './retention.ts'
import { SeenTime } from './seen-time.ts'

/** Snapshots that are written at once. */
const BASES_AT_ONCE = 100

export interface DeletionParts {
  readonly store: Store<TransitionRecord>
  readonly registry: Registry
  readonly offsets: Offsets
  readonly clock: Clock
  readonly loop: Pick<Loop, 'enqueue' | 'pump'>
  readonly logger: Logger
  /** Deletes records that are older by the log's own time: see SeenTime. */
  readonly afterMs: number
  /** Names of positions of which each must have been kept once. */
  readonly waitsFor: readonly string[]
}

/** The reason why records stay that are old enough. */
interface Hold {
  readonly seq: number
  readonly by: string
}

export class Deletion implements Deleting {
  readonly #parts: DeletionParts
  readonly #seen: SeenTime
  readonly #stop = new AbortController()
  /** The last message about records that are kept. */
  #told: string | undefined

  constructor(parts: DeletionParts) {
    this.#parts = parts
    this.#seen = new SeenTime(parts.store)
  }

  /** Deletes what is due, file by file, then removes what is left of it in the indexes. */
  async run(): Promise<void> {
    try {
      while (!this.#isStopped && (await this.#deleteNext()));
      if (!this.#isStopped) await this.#parts.store.sweep()
    } catch (error) {
      if (!this.#isStopped || !isOutcryError(error, 'READ_ABORTED')) throw error
    }
  }

  /** No further file is deleted. */
  stop(): void {
    this.#stop.abort()
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  get #paced(): Paced {
    return { signal: this.#stop.signal, inBackground: true }
  }

  async #deleteNext(): Promise<boolean> {
    const { store, logger } = this.#parts
    const passed = await this.#passed()
    const due = passed > 0 ? await store.nextCut(passed) : undefined
    if (due === undefined || (await this.#isHeld(due))) return false
    const fromSeq = store.cut?.firstSeq ?? 1
    const state = await this.#keepBases(fromSeq, due)
    if (state === undefined || this.#isStopped || (await this.#isHeld(due))) return false
    const began = store.cut?.firstAt ?? (await this.#beganAt())
    await this.#cut(due, state)
    this.#told = undefined
    logger.info(
      { fromSeq, toSeq: due.firstSeq - 1, from: timeOf(began), to: timeOf(due.passedAt) },
      `deleted ${due.firstSeq - fromSeq} records: the log begins at seq ${due.firstSeq} now`,
    )
    return true
  }

  /** Returns the last seq that is old enough; 0 when none is. */
  async #passed(): Promise<number> {
    const { store, offsets, afterMs } = this.#parts
    const { at } = offsets
    if (at === undefined) return 0
    const before = await this.#seen.before(at, afterMs, this.#paced)
    const passed = await this.#seqAt(before)
    const firstSeq = store.cut?.firstSeq ?? 1
    const isDue = passed >= firstSeq || store.hotFrom === firstSeq
    const quiet = isDue ? undefined : this.#seen.longestBetween(before, at)
    if (quiet !== undefined && (await this.#seqAt(at - afterMs)) >= firstSeq)
      this.#tell(
        `records are kept that look old enough: none is of the time from ${timeOf(quiet.from)} to ${timeOf(quiet.to)}, of which only an hour counts`,
        'info',
      )
    return passed
  }

  async #seqAt(at: number): Promise<number> {
    try {
      return await this.#parts.store.seqAt(at)
    } catch (error) {
      if (isOutcryError(error, 'LOG_CUT')) return 0
      throw error
    }
  }

  /** Returns whether somebody still needs a record before the cut, and tells who, once. */
  async #isHeld({ firstSeq }: LogCut): Promise<boolean> {
    let first: Hold | undefined
    for await (const hold of this.#holds()) if (first === undefined || hold.seq < first.seq) first = hold
    if (first === undefined || first.seq >= firstSeq) return false
    this.#tell(
      `records from seq ${first.seq} on are kept, though they are old enough: ${first.by} needs them`,
    )
    return true
  }

  /** Yields the first seq that each one needs. */
  async *#holds(): AsyncGenerator<Hold> {
    const { store, offsets, waitsFor } = this.#parts
    for (const name of waitsFor)
      if (store.position(name) === undefined) yield { seq: 1, by: `"${name}", which has no place yet,` }
    for await (const { name, seq } of store.positions()) yield { seq: seq + 1, by: `"${name}"` }
    for (const { id, seq } of offsets.outbox.unsettled.values())
      yield { seq, by: `the unsettled intent ${id}` }
  }

  #tell(what: string, level: 'info' | 'warn' = 'warn'): void {
    if (what === this.#told) return
    this.#told = what
    this.#parts.logger[level]({}, what)
  }

  /**
   * Keeps a snapshot of each actor as of its last record before the cut. Returns the state beside the actors at that
   * place, or undefined when the records must stay.
   */
  async #keepBases(fromSeq: number, { firstSeq }: LogCut): Promise<OffsetsState | undefined> {
    const { store, offsets } = this.#parts
    const scope = replayScope()
    const beside = new Offsets(store.base()?.state as OffsetsState | undefined)
    const last = new Map<string, { seq: number; rev: number }>()
    for await (const record of store.read({ fromSeq, toSeq: firstSeq - 1, ...this.#paced })) {
      beside.apply(record)
      last.set(record.actor, { seq: record.seq, rev: record.rev })
    }
    let bases: SnapshotEntry[] = []
    for (const [actor, { seq, rev }] of last) {
      if (this.#isStopped) return undefined
      bases.push(await this.#baseOf(actor, seq, rev))
      if (bases.length < BASES_AT_ONCE) continue
      await store.putBases(bases)
      bases = []
    }
    await store.putBases(bases)
    beside.outbox.revive(scope.refOf)
    beside.machines = offsets.machines
    const state = beside.state()
    if (state.unsettledInLog === undefined) return state
    // They are named by their places in the log, which would be gone.
    this.#tell(`records before seq ${firstSeq} are kept: too much was unsettled there`)
    return undefined
  }

  async #baseOf(actor: string, seq: number, rev: number): Promise<SnapshotEntry> {
    const { store, registry } = this.#parts
    const kept = await snapshotAt(store, actor, seq, undefined)
    if (kept?.rev === rev) return kept
    const cell = await cellAt(store, registry, actor, { seq })
    if (cell?.state.rev !== rev || cell.state.seq !== seq)
      throw new Error(`${actor} does not come to rev ${rev} in a replay`)
    return persistCell(cell)
  }

  async #beganAt(): Promise<number> {
    for await (const { at } of this.#parts.store.read({ limit: 1 })) return at
    return 0
  }

  /** Resolves when the record of the cut is durable. */
  #cut(cut: LogCut, state: OffsetsState): Promise<unknown> {
    const { clock, loop } = this.#parts
    const at = clock.now()
    const event = Object.freeze({ type: 'outcry.cut', at, ...cut })
    return new Promise((resolve, reject) => {
      const message = messageOf(RETENTION, event, at, 0)
      loop.enqueue({ message, cut: { at: cut, state }, waiting: { resolve, reject } }, 'control')
      loop.pump()
    })
  }
}

function timeOf(at: number): string {
  return new Date(at).toISOString()
}
