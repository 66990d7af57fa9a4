/** Reads from the system whether the main thread of this process sleeps. */
import { readFileSync } from 'node:fs'

/** The state is the first word after the program's name, which stands in parentheses. S: sleeping, see proc(5). */
const STATE = /^.*\) (\w)/s

/**
 * Returns whether the main thread waits in a call of the system for something that may never come. Undefined: this
 * system does not tell.
 */
export function mainSleeps(): boolean | undefined {
  try {
    // The main thread has the number of the process.
    const state = STATE.exec(readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8'))?.[1]
    return state === undefined ? undefined : state === 'S'
  } catch {
    return undefined
  }
}
