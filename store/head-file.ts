import { closeSync, constants, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The last acknowledged seq, in a small file beside LevelDB's own. LevelDB drops damaged records at the end of its
 * write-ahead log without a word; this file then is ahead of it. It is written after each commit without an fsync of
 * its own: after a power cut it may be behind, which proves nothing, but it is never ahead of what was synced.
 */
export class HeadFile {
  readonly #fd: number

  constructor(location: string) {
    this.#fd = openSync(HeadFile.path(location), constants.O_RDWR | constants.O_CREAT)
  }

  static path(location: string): string {
    return join(location, 'HEAD')
  }

  /** 0 when there is none, and when a power cut left it empty or torn: then it proves nothing. */
  static read(location: string): number {
    try {
      const text = readFileSync(HeadFile.path(location), 'utf8')
      return /^\d{16}\n$/.test(text) ? Number(text) : 0
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
      throw error
    }
  }

  write(seq: number): void {
    writeSync(this.#fd, `${String(seq).padStart(16, '0')}\n`, 0)
  }

  close(): void {
    try {
      fsyncSync(this.#fd)
    } finally {
      closeSync(this.#fd)
    }
  }
}
