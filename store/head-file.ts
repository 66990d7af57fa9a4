import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The last acknowledged seq, in a small file beside LevelDB's own. LevelDB drops damaged records at the end of its
 * write-ahead log without a word; this file then is ahead of it. It is written after each commit without an fsync of
 * its own: after a power cut it may be behind, which proves nothing, but it is never ahead of what was synced.
 */
export class HeadFile {
  readonly #fd: number

  constructor(location: string) {
    this.#fd = openSync(HeadFile.path(location), 'a+')
    closeSync(this.#fd)
    this.#fd = openSync(HeadFile.path(location), 'r+')
  }

  static path(location: string): string {
    return join(location, 'HEAD')
  }

  /** 0 when there is none. */
  static read(location: string): number {
    try {
      const seq = Number(readFileSync(HeadFile.path(location), 'utf8').trim())
      return Number.isSafeInteger(seq) ? seq : 0
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
      throw error
    }
  }

  write(seq: number): void {
    writeSync(this.#fd, `${String(seq).padStart(16, '0')}\n`, 0)
  }

  /** For a store that was cut back on purpose. */
  clear(): void {
    ftruncateSync(this.#fd, 0)
  }

  close(): void {
    closeSync(this.#fd)
  }
}
