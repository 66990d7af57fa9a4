/** Identifies a large file without reading all of it, even after it has grown. */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'

export interface FileFacts {
  readonly name: string
  readonly bytes: number
  /** SHA-256, hex, of the first and of the last 64 KiB. */
  readonly start: string
  readonly end: string
}

const PIECE = 65_536

/**
 * Returns the facts of the first `bytes` of a file. Default: all of it. A shorter file has the facts of its own length.
 */
export async function fileFacts(path: string, bytes?: number): Promise<FileFacts> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const length = Math.min(bytes ?? size, size)
    const hash = async (from: number, to: number) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from)
      return createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex')
    }
    const start = await hash(0, Math.min(PIECE, length))
    return {
      name: basename(path),
      bytes: length,
      start,
      end: await hash(Math.max(0, length - PIECE), length),
    }
  } finally {
    await file.close()
  }
}
