/**
 * Keeps a note of the failure that ended a run from within, for the next start. It lies beside the log and is no part
 * of it.
 */

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { ErrorCode } from '../../../../errors/codes.ts'
import type { Suspicion } from '../../../runtime/turn/suspicion.ts'

/** The note's name in a run's folder. */
export const NOTE_FILE = 'ended-by.json'
/** The name of a note of a failure that may end the run at any moment. It exists only as long as the risk. */
export const RISK_FILE = 'may-end-by.json'

const note = z.object({
  /** Epoch ms of the system. */
  at: z.number(),
  /** The failure, as it was printed on stderr. */
  text: z.string(),
  /** Address of the actor at work, and the type of its event. */
  actor: z.string().optional(),
  event: z.string().optional(),
  stack: z.string().optional(),
  /** The error code of the actor's failure. */
  code: z.string().optional(),
})
export type Note = z.infer<typeof note>

/** Writes the note as a whole or not at all. Returns false when there is no folder. */
export function writeNote(folder: string, note: Note, name = NOTE_FILE): boolean {
  const file = join(folder, name)
  try {
    const part = openSync(`${file}.part`, 'w', 0o600)
    writeSync(part, `${JSON.stringify(note)}\n`)
    fsyncSync(part)
    closeSync(part)
    renameSync(`${file}.part`, file)
    return true
  } catch {
    // A run that has not made its folder yet has nothing to lose.
    return false
  }
}

/** Returns the note, or undefined when there is none that can be read. A real end comes before a risk. */
export function readNote(folder: string): Note | undefined {
  return readFrom(folder, NOTE_FILE) ?? readFrom(folder, RISK_FILE)
}

function readFrom(folder: string, name: string): Note | undefined {
  try {
    return note.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')))
  } catch {
    return undefined
  }
}

export function removeNote(folder: string): void {
  rmSync(join(folder, NOTE_FILE), { force: true })
  removeRisk(folder)
}

export function removeRisk(folder: string): void {
  try {
    rmSync(join(folder, RISK_FILE), { force: true })
  } catch {
    // A folder that is missing or not writable has no note either.
  }
}

/** The code for a note without one. */
const HUNG: ErrorCode = 'RUN_HUNG'

/** Returns the actors that a start quarantines because of the note. */
export function suspectsOf(of: Note | undefined): Readonly<Record<string, Suspicion>> {
  if (of?.actor === undefined) return {}
  const error = { name: 'Error', code: of.code ?? HUNG, message: of.text }
  return { [of.actor]: { error, event: { type: of.event ?? 'unknown' } } }
}
