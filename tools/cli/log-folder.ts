/** Finds the log that a command reads. */
import { join } from 'node:path'
import { OutcryError, storeExists } from '../../store/index.ts'

/**
 * Returns the folder of the log in `data`: `data/log` of a run, or `data` itself when a user's own program opened it.
 * @throws STORE_NONE
 */
export function logFolder(data: string): string {
  const found = [join(data, 'log'), data].find(storeExists)
  if (found !== undefined) return found
  throw new OutcryError(
    'STORE_NONE',
    `there is no log in ${data}`,
    'With --data, name the folder of a run, or the one that your program gives to openLevelStore; `outcry run` makes one.',
  )
}
