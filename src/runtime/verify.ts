import { isOutcryError } from '../../store/outcry-error.ts'
import type { SnapshotEntry, Store } from '../../store/store.ts'
import type { Cell } from './cell.ts'
import { jsonEqual } from './json.ts'
import { persistCell } from './persist.ts'
import type { TransitionRecord } from './record.ts'
import type { Registry } from './registry.ts'
import { replayRecord, replayScope } from './replay.ts'

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
 * Checks the chain of commits, then replays the whole log and compares every state value, what each record emitted, sent and scheduled, every snapshot
 * that the store keeps, and the states in memory (law 5).
 */
export async function verifyLog(
  store: Store<TransitionRecord>,
  registry: Registry,
  options: VerifyOptions = {},
): Promise<Verification> {
  const chain = await store.verifyChain()
  if (chain.damage.length > 0) {
    const damage = chain.damage.map(({ seq, code, message }) => ({ seq, actor: '-', code, message }))
    return {
      commits: chain.commits,
      records: chain.records,
      actors: 0,
      snapshots: 0,
      live: 0,
      problems: damage,
    }
  }
  const scope = replayScope()
  const cells = new Map<string, Cell>()
  const due = new Map<string, SnapshotEntry[]>()
  const broken = new Set<string>()
  const problems: Problem[] = []
  let records = 0
  let snapshots = 0
  let live = 0
  const compare = (entry: SnapshotEntry, cell: Cell, what: string): void => {
    const replayed = persistCell(cell)
    if (jsonEqual(comparable(entry), comparable(replayed))) return
    problems.push({
      seq: entry.seq,
      actor: entry.actor,
      code: 'STATE_DIFFERS',
      message: `${what} of ${entry.actor} at rev ${entry.rev} is not what the log leads to`,
    })
  }
  for await (const record of store.read(options.toSeq === undefined ? {} : { toSeq: options.toSeq })) {
    records++
    if (records % 10_000 === 0) options.onProgress?.(record.seq)
    if (broken.has(record.actor)) continue
    if (problems.length >= PROBLEMS_MAX) break
    try {
      const { cell, evolution } = replayRecord(scope, registry, cells.get(record.actor), record)
      cells.set(record.actor, cell)
      const difference = differs(record, evolution)
      if (difference)
        problems.push({ seq: record.seq, actor: record.actor, code: 'REPLAY_DIVERGED', message: difference })
      if (record.rev === 1) due.set(record.actor, kept(store, record.actor))
      const entry = due.get(record.actor)?.find((s) => s.rev === record.rev)
      if (entry === undefined) continue
      snapshots++
      compare(entry, cell, 'the snapshot')
    } catch (error) {
      broken.add(record.actor)
      problems.push(asProblem(error, record))
    }
  }
  for (const cell of cells.values()) {
    const entry = options.live?.(cell.address)
    if (entry === undefined || entry.rev !== cell.state.rev) continue
    live++
    compare(entry, cell, 'the state in memory')
  }
  return { commits: chain.commits, records, actors: cells.size, snapshots, live, problems }
}

function kept(store: Store<TransitionRecord>, actor: string): SnapshotEntry[] {
  const entries: SnapshotEntry[] = []
  for (let entry = store.snapshot(actor); entry; entry = store.snapshot(actor, { maxSeq: entry.seq - 1 })) {
    entries.push(entry)
  }
  return entries
}

/** What is compared of a snapshot. */
function comparable(entry: SnapshotEntry): unknown {
  return { rev: entry.rev, seq: entry.seq, wake: entry.wake, state: entry.state }
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
