import type { ErrorCode } from '../../../errors/codes.ts'
import {
  type Interruptible,
  isOutcryError,
  type LogCut,
  Pace,
  type SnapshotEntry,
  type Store,
} from '../../../store/index.ts'
import type { Cell } from '../actors/cell.ts'
import { type PersistedActor, persistCell, restoreCell } from '../actors/persist.ts'
import type { Registry } from '../actors/registry.ts'
import { isUsable } from '../record/delays.ts'
import type { TransitionRecord } from '../record/record.ts'
import { jsonEqual, plainError } from '../record/values.ts'
import type { OffsetsState } from './offsets.ts'
import { differenceOf, replayRecord, replayScope, snapshotAt } from './replay.ts'
import { SpillingMap } from './spilling-map.ts'
import { SystemIds } from './system-ids.ts'
import { upcastRecord } from './upcast.ts'
import { asStored, upcasting } from './upcasting-store.ts'

export interface VerifyOptions extends Interruptible {
  /** The actors in the memory of a running supervisor, durable records only. They are read before the log. */
  readonly live?: AsyncIterable<SnapshotEntry>
  readonly onProgress?: (seq: number) => void
  /** Maximum number of actors kept in memory. The others wait on the disk. */
  readonly actorsMax?: number
}

export interface Verification {
  readonly commits: number
  readonly records: number
  readonly actors: number
  /** The number of stored snapshots that were compared. */
  readonly snapshots: number
  /** The number of actors that were compared with memory. */
  readonly live: number
  readonly problems: readonly Problem[]
}

export interface Problem {
  readonly seq: number
  readonly actor: string
  readonly code: ErrorCode
  readonly message: string
}

const ACTORS_MAX = 10_000
/** Maximum number of problems. More would only repeat them. */
const PROBLEMS_MAX = 100

/**
 * Checks the chain of commits and replays the log. Compares every state value, the events, sends, requests and timers of
 * each record, every snapshot in the store, and the states in memory (law 5). Its use of memory does not grow with the
 * number of actors.
 * @throws READ_ABORTED, SCRATCH_FAILED
 */
export async function verifyLog(
  store: Store<TransitionRecord>,
  registry: Registry,
  { live, onProgress, signal, actorsMax = ACTORS_MAX }: VerifyOptions = {},
): Promise<Verification> {
  const log = upcasting(store, registry)
  const replay = new ReplayCheck(log, registry, actorsMax, signal)
  try {
    if (live !== undefined) await replay.expect(live)
    const onRecords = (records: readonly TransitionRecord[]) => replay.take(records)
    const chain = asStored(log).verifyChain({ onProgress, onRecords, signal })
    const { commits, records, damage } = await chain
    if (damage.length === 0) return { commits, ...replay.found }
    const problems = damage.map(({ seq, code, message }) => ({ seq, actor: '-', code, message }))
    return { commits, records, actors: 0, snapshots: 0, live: 0, problems }
  } finally {
    await replay.close()
  }
}

/** An actor after the records replayed so far. */
interface Replayed {
  cell: Cell
  /** Revs of the snapshots that are not compared yet, the next one last. */
  readonly due: number[]
}

interface PersistedReplay {
  readonly entry: SnapshotEntry
  readonly due: number[]
}

/** Replays the records of a log one by one, and compares their contents with the result. */
class ReplayCheck {
  readonly #store: Store<TransitionRecord>
  readonly #registry: Registry
  readonly #scope = replayScope()
  /** The beginning of the log when the check began. */
  readonly #cut: LogCut | undefined
  readonly #systemIds: SystemIds
  readonly #pace: Pace
  readonly #actors: SpillingMap<Replayed>
  readonly #memory: SpillingMap<SnapshotEntry>
  readonly #broken = new Set<string>()
  readonly #problems: Problem[] = []
  #records = 0
  #born = 0
  #snapshots = 0
  #live = 0

  constructor(
    store: Store<TransitionRecord>,
    registry: Registry,
    actorsMax: number,
    signal: AbortSignal | undefined,
  ) {
    this.#store = store
    this.#registry = registry
    this.#cut = store.cut
    const base = store.base()?.state as OffsetsState | undefined
    this.#systemIds = new SystemIds(base?.systemIds ?? [], this.#scope)
    this.#pace = new Pace({ signal })
    this.#actors = new SpillingMap<Replayed>({
      max: actorsMax,
      encode: ({ cell, due }): PersistedReplay => ({ entry: persistCell(cell), due }),
      decode: (json) => {
        const { entry, due } = json as PersistedReplay
        return { cell: restoreCell(this.#scope, registry.kind(entry.actor), entry), due }
      },
    })
    this.#memory = new SpillingMap<SnapshotEntry>({
      max: actorsMax,
      encode: (entry) => entry,
      decode: (json) => json as SnapshotEntry,
    })
  }

  async expect(live: AsyncIterable<SnapshotEntry>): Promise<void> {
    for await (const entry of live) {
      this.#memory.set(entry.actor, entry)
      await this.#memory.spill()
    }
  }

  /** Takes records as they are stored. A record whose upcaster fails is a problem of its actor. */
  async take(records: readonly TransitionRecord[]): Promise<void> {
    for (const record of records) {
      const wait = this.#pace.step() ?? this.#actors.spill() ?? this.#memory.spill()
      if (wait !== undefined) await wait
      this.#systemIds.before(record)
      await this.#replay(record)
      this.#systemIds.after(record)
    }
  }

  async #replay(stored: TransitionRecord): Promise<void> {
    const { seq, actor, rev } = stored
    this.#records++
    if (this.#problems.length >= PROBLEMS_MAX || this.#broken.has(actor)) return
    try {
      const record = upcastRecord(this.#registry, stored)
      const was = rev === 1 ? undefined : (this.#actors.get(actor) ?? (await this.#atCut(actor)))
      const { cell, result } = replayRecord(this.#scope, this.#registry, was?.cell, record)
      if (was === undefined) this.#born++
      const due = was?.due ?? (await this.#dueOf(actor))
      if (was === undefined) this.#actors.set(actor, { cell, due })
      else was.cell = cell
      const difference = differenceOf(record, result)
      if (difference) this.#problems.push({ seq, actor, code: 'REPLAY_DIVERGED', message: difference })
      if (due.at(-1) !== rev) return
      while (due.at(-1) === rev) due.pop()
      await this.#compareKept(cell, record)
    } catch (error) {
      if (isOutcryError(error, 'READ_ABORTED') || isOutcryError(error, 'SCRATCH_FAILED')) throw error
      this.#broken.add(actor)
      this.#problems.push(asProblem(error, stored))
    }
  }

  /** Returns the actor as it was when its records before the cut were deleted. */
  async #atCut(actor: string): Promise<Replayed | undefined> {
    if (this.#cut === undefined) return undefined
    const entry = await snapshotAt(this.#store, actor, this.#cut.firstSeq - 1, undefined)
    if (entry === undefined) return undefined
    this.#born++
    const replayed = {
      cell: restoreCell(this.#scope, this.#registry.kind(actor), entry),
      due: (await this.#dueOf(actor)).filter((rev) => rev > entry.rev),
    }
    this.#actors.set(actor, replayed)
    return replayed
  }

  /** Returns the revs at which the actor can be compared, the latest first. */
  async #dueOf(actor: string): Promise<number[]> {
    const revs: number[] = []
    for await (const { rev } of this.#store.snapshots(actor)) revs.push(rev)
    const live = this.#memory.get(actor)
    if (live !== undefined) revs.push(live.rev)
    return revs.sort((a, b) => b - a)
  }

  async #compareKept(cell: Cell, { seq, actor, rev }: TransitionRecord): Promise<void> {
    for await (const entry of this.#store.snapshots(actor, { maxSeq: seq })) {
      // A store at work may have deleted the snapshot by now.
      if (entry.rev === rev) {
        this.#snapshots++
        this.#compare(entry, cell, 'the snapshot')
      }
      break
    }
    const live = this.#memory.get(actor)
    if (live?.rev !== rev) return
    this.#live++
    this.#compare(live, cell, 'the state in memory')
  }

  get found(): Omit<Verification, 'commits'> {
    return {
      records: this.#records,
      actors: this.#born,
      snapshots: this.#snapshots,
      live: this.#live,
      problems: this.#problems,
    }
  }

  async close(): Promise<void> {
    await this.#actors.close()
    await this.#memory.close()
  }

  #compare(entry: SnapshotEntry, cell: Cell, what: string): void {
    const replayed = persistCell(cell)
    if (jsonEqual(comparable(entry, entry), comparable(replayed, entry))) return
    this.#problems.push({
      seq: entry.seq,
      actor: entry.actor,
      code: 'STATE_DIFFERS',
      message: `${what} of ${entry.actor} at rev ${entry.rev} is not what the log leads to`,
    })
  }
}

/**
 * Returns the part of a snapshot that is compared. It lacks the fields that earlier versions did not write, the
 * unusable timers that they wrote and a restore drops, and the sizes, which are no part of the state.
 */
function comparable(entry: SnapshotEntry, kept: SnapshotEntry): unknown {
  const { timers = [], born, held: _held, measured: _measured, ...state } = entry.state as PersistedActor
  const usable = timers.filter(isUsable)
  return {
    rev: entry.rev,
    seq: entry.seq,
    wake: usable.length === timers.length ? entry.wake : undefined,
    state: {
      ...state,
      ...(usable.length > 0 && { timers: usable }),
      ...((kept.state as PersistedActor).born !== undefined && { born }),
    },
  }
}

function asProblem(error: unknown, record: TransitionRecord): Problem {
  return {
    seq: record.seq,
    actor: record.actor,
    code: isOutcryError(error) ? error.code : 'INTERNAL',
    message: plainError(error).message,
  }
}
