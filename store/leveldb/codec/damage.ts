/** The errors for a log that is damaged or cannot be read. Nothing is skipped (law 4). */
import { OutcryError } from '../../../errors/outcry-error.ts'
import type { LogCut } from '../../store.ts'

const RESTORE = 'Run `outcry doctor` to see the extent; do not trade on this store.'

export function corruptCommit(seq: number, what: string): OutcryError {
  return new OutcryError('STORE_CORRUPT', `the commit at seq ${seq} is damaged: ${what}`, RESTORE)
}

export function recordsMissing(seq: number): OutcryError {
  return new OutcryError('STORE_CORRUPT', `the record of seq ${seq} is missing from the log`, RESTORE)
}

export function linkBroken(seq: number): OutcryError {
  return new OutcryError(
    'STORE_CORRUPT',
    `the commit at seq ${seq} does not follow its neighbour: one of them was exchanged`,
    RESTORE,
  )
}

export function historyBroken(actor: string, rev: number, seq: number): OutcryError {
  return new OutcryError(
    'STORE_CORRUPT',
    `rev ${rev} of ${actor} is missing from its history, near seq ${seq}`,
    RESTORE,
  )
}

export function corruptSnapshot(actor: string): OutcryError {
  return new OutcryError(
    'STORE_CORRUPT',
    `a snapshot of ${actor} is damaged`,
    'Run `outcry doctor`: the log itself may be whole, and snapshots can be made anew from it.',
  )
}

/** The error for a place before the first record that the log has. */
export function logCut({ firstSeq, firstAt }: LogCut): OutcryError {
  return new OutcryError(
    'LOG_CUT',
    `the log begins at seq ${firstSeq} (${new Date(firstAt).toISOString()}): the records before it were deleted`,
    `Ask from seq ${firstSeq} on, or ask a backup from before the cut.`,
  )
}

export function corruptMeta(name: string): OutcryError {
  return new OutcryError('STORE_CORRUPT', `the store's note of its ${name} is damaged`, RESTORE)
}

export function storeClosed(): OutcryError {
  return new OutcryError('STORE_CLOSED', 'the store is closed', 'Open it again.')
}

export function readAborted(): OutcryError {
  return new OutcryError('READ_ABORTED', 'the client that asked for this has gone', 'Ask again.')
}

/** Maps an error of LevelDB: it finds damage of its own while it reads, and it may be closed meanwhile. */
export function unreadable(error: unknown): OutcryError {
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (code === 'LEVEL_DATABASE_NOT_OPEN' || code === 'LEVEL_ITERATOR_NOT_OPEN') return storeClosed()
  return new OutcryError(
    'STORE_CORRUPT',
    `LevelDB cannot read the log any further: ${String(message)}`,
    RESTORE,
    {
      cause: error,
    },
  )
}

/** Runs a synchronous read and maps LevelDB's errors to the store's own. */
export function readSync<T>(get: () => T): T {
  try {
    return get()
  } catch (error) {
    throw unreadable(error)
  }
}
