/** The end of a command by a signal. */
import { constants } from 'node:os'

let isSet = false

/**
 * Lets Ctrl-C end the process at once, with the exit code that a shell has for it. A process that dies of the signal
 * would leave its copy of the log behind. A command that has listeners of its own ends in its own way.
 */
export function endAtSignals(): void {
  if (isSet) return
  isSet = true
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(128 + constants.signals[signal])
    })
}
