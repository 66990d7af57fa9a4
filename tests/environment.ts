/** The environment that all tests run in, whatever the machine sets: where they keep their logs, and no colors. */
import { readFileSync, statfsSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'

const IN_MEMORY = '/dev/shm'
/** The logs of all test files that run at once need a twentieth of it. */
const NEEDED_BYTES = 2 ** 30

export function environment(): Record<string, string> {
  // A developer may force colors, and tests read what programs print.
  return { TMPDIR: scratch(), FORCE_COLOR: '0' }
}

/**
 * Returns a folder in memory where there is room, and the folder of the system otherwise. `TMPDIR` decides when it is set.
 * A sync waits for all that other programs write to the same disk, and these tests sync ten thousand times. What a sync
 * is for, tests/faults/power-loss shows with a disk of its own.
 */
function scratch(): string {
  return process.env.TMPDIR === undefined && hasRoom() ? IN_MEMORY : tmpdir()
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY)
    const mount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .find((line) => line.includes(` ${IN_MEMORY} `))
    // Tests compile a library and load it.
    return Math.min(bavail * bsize, freemem()) >= NEEDED_BYTES && mount?.includes('noexec') === false
  } catch {
    return false
  }
}
