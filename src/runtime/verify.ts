import { isOutcryError } from '../../store/outcry-error.ts'
import type { SnapshotEntry, Store } from '../../store/store.ts'
import type { Cell } from './cell.ts'
import { isUsable } from './delays.ts'
import { type PersistedActor, persistCell } from './persist.ts'
import type { TransitionRecord } from './record.ts'
import type { Registry } from './registry.ts'
import { replayRecord, replayScope } from './replay.ts'
import { SystemIds } from './system-ids.ts'
import { jsonEqual } from './values.ts'

export interface VerifyOptions {
  /** Where to end; default the head of the log. */
  readonly toSeq?: number
  /** The actor as a running supervisor has it in memory, durable records only; undefined when it is passive. */
  readonly live?: (address: string) => SnapshotEntry | undefined
  readonly onProgress?: (seq: number) => void
}

export interface Verification {
  readonly commits: number
  readonly records: number
  readonly actors: number
  /** Stored snapshots that were compared. */
  readonly snapshots: number
  /** Actors compared with memory. */
  readonly live: number
  readonly problems: readonly Problem[]
}

export interface Problem {
  readonly seq: number
  readonly actor: string
  readonly code: string
  readonly message: string
}

/** Problems after which looking further would only repeat them. */
const PROBLEMS_MAX = 100

/**
 * Checks the chain of commits and replays the log: compares every state value, what each record emitted, sent and
 * scheduled, every snapshot that the store keeps, and the states in memory (law 5).
 */
export async function verifyLog(
  store: Store<TransitionRecord>,
  registry: Registry,
  { toSeq = Number.POSITIVE_INFINITY, live, onProgress }: VerifyOptions = {},
): Promise<Verification> {
  const replay = new ReplayCheck(store, registry)
  const onRecords = (records: readonly TransitionRecord[]) => {
    for (const record of records) if (record.seq <= toSeq) replay.take(record)
  }
  const { commits, records, damage } = await store.verifyChain({ onProgress, onRecords })
  if (damage.length > 0) {
    const problems = damage.map(({ seq, code, message }) => ({ seq, actor: '-', code, message }))
    return { commits, records, actors: 0, snapshots: 0, live: 0, problems }
  }
  return { commits, ...replay.finish(live) }
}

/** Takes the records of a log one by one, and compares what they say with what they lead to. */
class ReplayCheck {
  readonly #store: Store<TransitionRecord>
  readonly #registry: Registry
  readonly #scope = replayScope()
  readonly #systemIds = new SystemIds([], this.#scope)
  readonly #cells = new Map<string, Cell>()
  /** Snapshots still to come of each actor. */
  readonly #due = new Map<string, SnapshotEntry[]>()
  readonly #broken = new Set<string>()
  readonly #problems: Problem[] = []
  #records = 0
  #snapshots = 0

  constructor(store: Store<TransitionRecord>, registry: Registry) {
    this.#store = store
    this.#registry = registry
  }

  take(record: TransitionRecord): void {
    this.#systemIds.before(record)
    this.#replay(record)
    this.#systemIds.after(record)
  }

  #replay(record: TransitionRecord): void {
    const { seq, actor, rev } = record
    this.#records++
    if (this.#problems.length >= PROBLEMS_MAX || this.#broken.has(actor)) return
    try {
      const was = this.#cells.get(actor)
      const { cell, evolution } = replayRecord(this.#scope, this.#registry, was, record)
      if (cell !== was) this.#cells.set(actor, cell)
      if (rev === 1) this.#due.set(actor, kept(this.#store, actor))
      const difference = differs(record, evolution)
      if (difference) this.#problems.push({ seq, actor, code: 'REPLAY_DIVERGED', message: difference })
      const entry = this.#due.get(actor)?.find((s) => s.rev === rev)
      if (entry === undefined) return
      this.#snapshots++
      this.#compare(entry, cell, 'the snapshot')
    } catch (error) {
      this.#broken.add(actor)
      this.#problems.push(asProblem(error, record))
    }
  }

  finish(live: VerifyOptions['live']): Omit<Verification, 'commits'> {
    let compared = 0
    for (const cell of this.#cells.values()) {
      const entry = live?.(cell.address)
      if (entry === undefined || entry.rev !== cell.state.rev) continue
      compared++
      this.#compare(entry, cell, 'the state in memory')
    }
    return {
      records: this.#records,
      actors: this.#cells.size,
      snapshots: this.#snapshots,
      live: compared,
      problems: this.#problems,
    }
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

function kept(store: Store<TransitionRecord>, actor: string): SnapshotEntry[] {
  const entries: SnapshotEntry[] = []
  for (let entry = store.snapshot(actor); entry; entry = store.snapshot(actor, { maxSeq: entry.seq - 1 })) {
    entries.push(entry)
  }
  return entries
}

/**
 * What is compared of a snapshot: not what earlier versions did not keep, nor the timers that they kept and that are
 * dropped as it is read.
 */
function comparable(entry: SnapshotEntry, kept: SnapshotEntry): unknown {
  const { timers = [], born, ...state } = entry.state as PersistedActor
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

function differs(
  record: TransitionRecord,
  { effects, scheduled }: ReturnType<typeof replayRecord>['evolution'],
): string | undefined {
  const emitted = effects.flatMap((e) => (e.type === 'emit' ? [e.event] : []))
  if (!jsonEqual(emitted, record.emitted ?? []))
    return `record ${record.seq} emits other events when replayed`
  const sent = effects.flatMap((e) => (e.type === 'send' ? [e.to as string] : []))
  if (!jsonEqual(sent, record.sent ?? [])) return `record ${record.seq} sends to others when replayed`
  if (!jsonEqual(scheduled, record.scheduled ?? []))
    return `record ${record.seq} sets other timers when replayed`
  return undefined
}

function asProblem(error: unknown, record: TransitionRecord): Problem {
  return {
    seq: record.seq,
    actor: record.actor,
    code: isOutcryError(error) ? error.code : 'INTERNAL',
    message: error instanceof Error ? error.message : String(error),
  }
}
