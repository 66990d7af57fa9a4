/**
 * Asserts the laws of the log on every commit, before the write and after it, in production too. A breach is a defect
 * of the runtime: the store is fenced, and nothing of the commit is acknowledged or published. Values that are read
 * back are asserted at the read: store/leveldb/log-reader.ts (hashes, links, seq, rev, epoch), state/replay.ts (rev,
 * states), state/offsets.ts (turns, positions).
 *
 * Time is not asserted: a record has the time of its message, which may be earlier than that of the record before.
 */
import { OutcryError } from '../../../errors/outcry-error.ts'
import type { SnapshotEntry } from '../../../store/store.ts'
import type { TransitionRecord } from '../record/record.ts'
import type { PendingTurn } from './pending-turn.ts'

/** The part of a pending turn that becomes durable. */
type Written = Pick<PendingTurn, 'publications' | 'snapshots'>

/** The end of the log so far. */
interface Ends {
  readonly head: number
  /** Number of the last turn in the log. */
  readonly turn: number
  /** Returns the position of the source's last message in the log. */
  readonly cursor: (source: string) => number
}

/** Asserts before the write that a commit has whole turns that follow the log. @throws INVARIANT_BROKEN */
export function assertFollows(batch: readonly Written[], { head, turn, cursor }: Ends): void {
  let seq = head
  let number = turn
  let positions: Map<string, number> | undefined
  for (const { publications } of batch) {
    number++
    for (const { record, cell } of publications) {
      seq++
      if (record.seq !== seq) throw broken(4, record, `has seq ${record.seq} where ${seq} is due`)
      if (record.turn !== number) throw broken(2, record, `is of turn ${record.turn} where ${number} is due`)
      const { logged } = cell
      if (logged !== undefined && record.rev !== logged + 1)
        throw broken(4, record, `has rev ${record.rev} where ${logged + 1} is due`)
      cell.logged = record.rev
      if (record.origin === undefined) continue
      const { source, position } = record.origin
      positions ??= new Map()
      const last = positions.get(source) ?? cursor(source)
      if (position <= last)
        throw broken(6, record, `has position ${position} of ${source}, which is at ${last}`)
      positions.set(source, position)
    }
  }
}

/**
 * Asserts that each snapshot in a commit is of a record that its actor then has in the log.
 * @throws INVARIANT_BROKEN
 */
export function assertCovers(
  snapshots: readonly SnapshotEntry[],
  records: readonly TransitionRecord[],
  head: number,
): void {
  for (const { actor, seq, rev } of snapshots) {
    if (seq <= head) continue
    const record = records[seq - head - 1]
    if (record?.actor === actor && record.rev === rev) continue
    throw new OutcryError(
      'INVARIANT_BROKEN',
      `law 5: a snapshot of ${actor} is of rev ${rev} and seq ${seq}, where the log has ${record === undefined ? 'no record' : `rev ${record.rev} of ${record.actor}`}`,
      HINT,
    )
  }
}

/** Asserts after the write that the log ends where the commit ends. @throws INVARIANT_BROKEN */
export function assertWritten(records: readonly TransitionRecord[], head: number): void {
  const last = records.at(-1)
  if (last !== undefined && last.seq !== head)
    throw broken(3, last, `is written as the last one, and the log ends at ${head}`)
}

const HINT =
  'This is a defect of Outcry: report it with this message. The log has all that was acknowledged. `outcry verify` checks it.'

function broken(law: number, { seq, actor, event }: TransitionRecord, what: string): OutcryError {
  return new OutcryError(
    'INVARIANT_BROKEN',
    `law ${law}: record ${seq} (${actor}, ${event.type}) ${what}`,
    HINT,
  )
}
