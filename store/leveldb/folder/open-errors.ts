/** The reasons why a store cannot be opened. A refused folder is unchanged. */

import { isOutcryError, OutcryError } from '../../../errors/outcry-error.ts'
import { codeOf } from './folder.ts'

const DOCTOR = 'Run `outcry doctor` to see what is lost; do not trade on this store.'

export function storeLocked(location: string, holder: string, cause?: unknown): OutcryError {
  return new OutcryError(
    'STORE_LOCKED',
    `${holder} has the store in ${location}`,
    'Stop it first, or take another folder.',
    { cause },
  )
}

/** Returns the error for a process that has files of the store open for writing but holds no lock. */
export function storeWritten(location: string, pid: number, command: string | undefined): OutcryError {
  const who = command === undefined ? `process ${pid}` : `process ${pid} (${command})`
  return new OutcryError(
    'STORE_LOCKED',
    `${who} has files of the store in ${location} open for writing, though it does not hold the lock`,
    `It is a runner whose lock was removed, or a program that a runner has started and left behind. End it: kill ${pid}. Or take another folder.`,
  )
}

/** Returns the error for files of the store that are missing, damaged or of another store. */
export function filesDamaged(what: string, cause?: unknown): OutcryError {
  return new OutcryError('STORE_CORRUPT', what, DOCTOR, { cause })
}

export function headDiffers(location: string, found: number, noted: number): OutcryError {
  return filesDamaged(`the log in ${location} ends at seq ${found}, but it should end at ${noted}`)
}

export function lostTail(location: string, found: number, acknowledged: number): OutcryError {
  return new OutcryError(
    'STORE_LOST_TAIL',
    `the log in ${location} ends at seq ${found}, but ${acknowledged} was acknowledged: the end of it is lost`,
    'Run `outcry doctor` to see what is lost. Restore from a backup, or cut the log back and reconcile with the venue.',
  )
}

export function formatUnknown(location: string, found: string, present: number): OutcryError {
  return new OutcryError(
    'STORE_FORMAT',
    `${location} holds data of format ${found}; this Outcry reads format ${present}`,
    'Open it with the version that wrote it, or choose another folder.',
  )
}

export function codecDiffers(location: string, found: string | undefined, codec: string): OutcryError {
  return new OutcryError(
    'STORE_FORMAT',
    `the records in ${location} are written by the codec ${found ?? 'unknown'}, not by "${codec}"`,
    'Open it with the codec that wrote it.',
  )
}

/** Maps an error of the system or of LevelDB to one of the store's own. */
export function openFailure(location: string, error: unknown): OutcryError {
  if (isOutcryError(error)) return error
  const reason = (error as { cause?: unknown }).cause ?? error
  const { code, message } = reason as { code?: string; message: string }
  if (code === 'LEVEL_LOCKED') return storeLocked(location, 'another process', error)
  if (code === 'LEVEL_CORRUPTION') {
    return new OutcryError(
      'STORE_CORRUPT',
      `LevelDB cannot open ${location}: ${message}`,
      'Run `outcry doctor` to see what is lost.',
      { cause: error },
    )
  }
  if (isReadOnly(reason)) {
    return new OutcryError(
      'STORE_OPEN_FAILED',
      `${location} is read-only: ${message}`,
      'Mount it for writing, or correct its permissions; or open a copy of the folder elsewhere.',
      { cause: error },
    )
  }
  return new OutcryError(
    'STORE_OPEN_FAILED',
    `${location} cannot be opened: ${message}`,
    'Check path and permissions; if there was a log, run `outcry doctor`.',
    { cause: error },
  )
}

/** Returns whether an error means a read-only place. LevelDB gives the system's errors in words. */
function isReadOnly(error: unknown): boolean {
  const code = codeOf(error) ?? ''
  return (
    ['EROFS', 'EACCES', 'EPERM'].includes(code) ||
    /Read-only file system|Permission denied/.test((error as Error).message)
  )
}
