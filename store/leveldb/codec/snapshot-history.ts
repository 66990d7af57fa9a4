/**
 * Decides which of an actor's snapshots are kept for its history when newer ones replace them. Pure. A replay of any
 * past state from the snapshot before it reads a bounded number of records and of commits.
 */

/** The last snapshot kept for an actor's history; zeros when there is none. */
export interface HistoryEnd {
  readonly rev: number
  readonly seq: number
}

export const NO_HISTORY: HistoryEnd = { rev: 0, seq: 0 }

/** Records of the actor between two snapshots. A replay takes about as long as the actor took to live them. */
const REVS_APART = 1_000
/**
 * The distance for an actor whose records lie scattered over the log: each may be in a commit of its own, which is decoded
 * whole.
 */
const SCATTERED_REVS_APART = 64
/** Records of the log between two snapshots, from which on the actor's records count as scattered. */
const SCATTERED_SEQS_APART = 50_000
/** Size above which a snapshot is kept more rarely, in proportion. So the disk holds about as much for each record. */
const LARGE_BYTES = 65_536
/** Greatest factor for that, because the bound on what a replay reads comes first. */
const RARER_MAX = 4

/** Returns whether a snapshot of so many bytes is kept when `end` is the last one kept. */
export function belongsToHistory({ rev, seq }: HistoryEnd, bytes: number, end: HistoryEnd): boolean {
  const revs = (rev - end.rev) / Math.min(RARER_MAX, Math.max(1, bytes / LARGE_BYTES))
  return revs >= REVS_APART || (revs >= SCATTERED_REVS_APART && seq - end.seq >= SCATTERED_SEQS_APART)
}
