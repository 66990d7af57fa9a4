/**
 * Which of an actor's snapshots are kept for its history when newer ones take their place. Pure. From one of them to the next a
 * replay of any past state reads a bounded number of records, and a bounded number of commits.
 */

/** Where the snapshots kept for an actor's history end; zeros when there are none. */
export interface HistoryEnd {
  readonly rev: number
  readonly seq: number
}

export const NO_HISTORY: HistoryEnd = { rev: 0, seq: 0 }

/** Records of the actor between two: what a replay takes at about the speed that it lives. */
const REVS_APART = 1_000
/** Where the actor's records lie scattered over the log, fewer of them: each may be in a commit of its own, which is decoded whole. */
const SCATTERED_REVS_APART = 64
/** Records of the log between two snapshots from which its actor's records are taken to lie scattered. */
const SCATTERED_SEQS_APART = 50_000
/** A larger snapshot is kept more rarely, in proportion, so that the disk holds about as much for a record. */
const LARGE_BYTES = 65_536
/** But not beyond this: the bound on what is read comes first. */
const RARER_MAX = 4

/** Whether a snapshot of so many bytes is kept, when the last one that was kept is `end`. */
export function belongsToHistory({ rev, seq }: HistoryEnd, bytes: number, end: HistoryEnd): boolean {
  const revs = (rev - end.rev) / Math.min(RARER_MAX, Math.max(1, bytes / LARGE_BYTES))
  return revs >= REVS_APART || (revs >= SCATTERED_REVS_APART && seq - end.seq >= SCATTERED_SEQS_APART)
}
