/** The note beside the log of what ended a run from within, for the next start. It is no part of the log. */

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { ErrorCode } from '../../../../errors/codes.ts'
import type { Suspicion } from '../../../runtime/turn/suspicion.ts'

/** Within a run's folder. */
export const NOTE_FILE = 'ended-by.json'
/** The same of what may end the run at any moment; it is there as long as that lasts. */
export const RISK_FILE = 'may-end-by.json'

const note = z.object({
  /** Epoch ms, of the system. */
  at: z.number(),
  /** What happened, as it was told on stderr. */
  text: z.string(),
  /** Address of the actor that was at work, and the type of the event that it had. */
  actor: z.string().optional(),
  event: z.string().optional(),
  stack: z.string().optional(),
  /** What the failure of the actor is called. */
  code: z.string().optional(),
})
export type Note = z.infer<typeof note>

/** Writes it so that it is whole or not there. Returns whether there is a folder to write it to. */
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

/** Returns undefined where there is none, or none that can be read. What did end a run goes before what might have. */
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
    // Where there is no folder, or none that can be written to, there is no note either.
  }
}

/** The code of a note that has none. */
const HUNG: ErrorCode = 'RUN_HUNG'

/** Returns the actors that a start puts into quarantine because of the note. */
export function suspectsOf(of: Note | undefined): Readonly<Record<string, Suspicion>> {
  if (of?.actor === undefined) return {}
  const error = { name: 'Error', code: of.code ?? HUNG, message: of.text }
  return { [of.actor]: { error, event: { type: of.event ?? 'unknown' } } }
}
