import { cpSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What LevelDB only appends to: a crash may leave any beginning of what was being written. */
const APPENDED = /\.log$|^LOG/

/**
 * Copies a folder that LevelDB has open, as a crash at this moment would leave it. Files that came, went or grew
 * while they were copied (it compacts in the background) make a mixture that no crash leaves: then it is done again.
 */
export function leaveCrashImage(location: string, image: string): void {
  for (;;) {
    const before = listing(location)
    try {
      cpSync(location, image, { recursive: true })
      if (before !== undefined && before === listing(location)) return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    rmSync(image, { recursive: true, force: true })
  }
}

/** Undefined when a file went while it was looked at. */
function listing(location: string): string | undefined {
  const files = readdirSync(location).sort()
  const sizes = files.map((name) => {
    const size = statSync(join(location, name), { throwIfNoEntry: false })?.size
    return size === undefined ? undefined : `${name} ${APPENDED.test(name) ? '' : size}`
  })
  return sizes.includes(undefined) ? undefined : sizes.join('\n')
}
