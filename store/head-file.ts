import { closeSync, constants, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

/**
 * The last acknowledged seq in a side file, written after each commit. LevelDB skips the damaged end of its write-ahead
 * log without a word when it opens; with this the store knows that something is gone. It is not fsynced: it may be
 * behind the log after a power cut, never ahead of it.
 */
export class HeadFile {
  readonly #fd: number

  constructor(location: string) {
    this.#fd = openSync(HeadFile.path(location), constants.O_RDWR | constants.O_CREAT)
  }

  static path(location: string): string {
    return join(location, 'HEAD')
  }

  /** 0 when there is none, and when a power cut left it empty, torn or mixed: then it proves nothing. */
  static read(location: string): number {
    try {
      return parse(readFileSync(HeadFile.path(location), 'utf8'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
      throw error
    }
  }

  write(seq: number): void {
    const digits = String(seq).padStart(16, '0')
    writeSync(this.#fd, `${digits} ${checksum(digits)}\n`, 0)
  }

  close(): void {
    try {
      fsyncSync(this.#fd)
    } finally {
      closeSync(this.#fd)
    }
  }
}

/** Format 1 had no checksum. */
function parse(text: string): number {
  const [, digits, sum] = /^(\d{16})(?: ([0-9a-f]{8}))?\n$/.exec(text) ?? []
  if (digits === undefined || (sum !== undefined && sum !== checksum(digits))) return 0
  return Number(digits)
}

function checksum(digits: string): string {
  return crc32(digits).toString(16).padStart(8, '0')
}
