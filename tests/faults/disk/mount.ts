/** Makes a small disk that is soon full. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmdirSync } from 'node:fs'

/**
 * The reason for skipping a test of a full disk. The shim for power cuts makes writes and fsyncs fail without such a
 * disk.
 */
export const NO_MOUNT = 'needs Linux and a user who may mount a tmpfs (root)'

/** Mounts a disk of the size, such as `2m`, on a new folder. Returns false, with a message, if this user may not. */
export function mountDisk(folder: string, size: string): boolean {
  mkdirSync(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    rmdirSync(folder)
    console.warn(`a full disk is left out: this ${NO_MOUNT}`)
    return false
  }
}
