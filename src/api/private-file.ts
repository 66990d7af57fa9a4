/** Reads a file with a secret, which nobody but the user of this process may read or write. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { OutcryError } from '../../errors/outcry-error.ts'

/** Permissions of others than the owner. */
const OTHERS = 0o077

/** Returns the error for a file that breaks a rule: what is wrong with it, and what to do. */
export type Refuse = (what: string, hint: string, cause?: unknown) => OutcryError

/** @throws the error that `refuse` returns */
export function privateText(path: string, bytesMax: number, refuse: Refuse): string {
  try {
    // To open something else than a file may block, or do something.
    checkFile(path, statSync(path), refuse)
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      checkFile(path, fstatSync(file), refuse)
      const bytes = Buffer.alloc(bytesMax + 1)
      const count = readSync(file, bytes, 0, bytes.length, 0)
      if (count > bytesMax) throw refuse(`is larger than ${bytesMax} bytes`, 'Write one line for each.')
      return bytes.toString('utf8', 0, count)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (error instanceof OutcryError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw refuse(`cannot be read (${code})`, 'Check the path and its permissions.', error)
  }
}

function checkFile(path: string, stats: Stats, refuse: Refuse): void {
  if (!stats.isFile()) throw refuse('is not a file', 'Name a file.')
  // Windows has no such owners and modes.
  const user = process.getuid?.()
  if (user === undefined) return
  if (stats.uid !== user) throw refuse('belongs to another user', `Run: chown ${user} ${quoted(path)}`)
  if ((stats.mode & OTHERS) === 0) return
  throw refuse('may be read or written by other users', `Run: chmod 600 ${quoted(path)}`)
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
