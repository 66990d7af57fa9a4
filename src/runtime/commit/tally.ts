/** Counts the durable records since the start, for those who watch the process. It holds numbers alone. */
import { Distribution } from '../../../store/distribution.ts'
import { DEAD_LETTERS } from '../record/address.ts'
import type { PendingTurn } from './pending-turn.ts'

/** Most names that are told apart. A machine may emit events of any type, and those beyond the first count as `other`. */
const NAMES_MAX = 1_000
const OTHER = 'other'

/** The upper bounds of the classes of records in a commit: a commit has 2,000 at most, or one turn. */
const RECORDS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_000]
/** The upper bounds of the classes of the time of a commit, in seconds. */
const SECONDS = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/** The counts of durable records. All begin at 0 with the start of the runtime. */
export interface Counts {
  readonly turns: number
  /** Records by the kind of their actor. */
  readonly records: ReadonlyMap<string, number>
  /** Domain events by type. */
  readonly events: ReadonlyMap<string, number>
  /** Failures and restarts by the kind of the actor. */
  readonly failures: ReadonlyMap<string, number>
  readonly restarts: ReadonlyMap<string, number>
  /** The number of times that an actor of a kind went into quarantine. */
  readonly quarantines: ReadonlyMap<string, number>
  /** Dead letters by reason. */
  readonly deadLetters: ReadonlyMap<string, number>
  /** Records of each commit. */
  readonly commitRecords: Distribution
  /** Seconds from the write of each commit until it was durable. */
  readonly commitSeconds: Distribution
}

export class Tally implements Counts {
  turns = 0
  readonly records = new Map<string, number>()
  readonly events = new Map<string, number>()
  readonly failures = new Map<string, number>()
  readonly restarts = new Map<string, number>()
  readonly quarantines = new Map<string, number>()
  readonly deadLetters = new Map<string, number>()
  readonly commitRecords = new Distribution(RECORDS)
  readonly commitSeconds = new Distribution(SECONDS)

  /** Counts a commit that is durable, and took so many ms. */
  take(batch: readonly PendingTurn[], records: number, ms: number): void {
    this.turns += batch.length
    this.commitRecords.note(records)
    this.commitSeconds.note(ms / 1_000)
    for (const { publications } of batch)
      for (const { cell, record } of publications) {
        const kind = cell.kind.name
        add(this.records, kind)
        if (record.emitted !== undefined) for (const { type } of record.emitted) add(this.events, type)
        const { event } = record
        if (event.type === 'outcry.failed') {
          add(this.failures, kind)
          if (event.directive?.action === 'quarantine') add(this.quarantines, kind)
        } else if (event.type === 'outcry.restarted') add(this.restarts, kind)
        else if (event.type === 'DEAD_LETTER' && record.actor === DEAD_LETTERS)
          add(this.deadLetters, String(event.reason))
      }
  }
}

function add(counts: Map<string, number>, name: string): void {
  const count = counts.get(name)
  if (count !== undefined) counts.set(name, count + 1)
  else if (counts.size < NAMES_MAX || name === OTHER) counts.set(name, 1)
  else add(counts, OTHER)
}
