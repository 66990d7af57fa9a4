/** Turns the note of a cut into bytes and back, and the state that goes with it. Each has a checksum: neither can be made anew. */
import { crc32 } from 'node:zlib'
import type { Checkpoint, LogCut } from '../../store.ts'
import { corruptMeta } from './damage.ts'
import { json } from './database.ts'

export function encodeCut({ firstSeq, firstAt, beganAt, previous, passedAt }: LogCut): Buffer {
  return checked({ firstSeq, firstAt, beganAt, previous, passedAt })
}

/** @throws STORE_CORRUPT, also when there is no note */
export function decodeCut(bytes: Buffer | undefined): LogCut {
  return ofChecked<LogCut>(bytes, 'beginning')
}

export function encodeBase(base: Checkpoint): Buffer {
  return checked(base)
}

/** @throws STORE_CORRUPT, also when there is none */
export function decodeBase(bytes: Buffer | undefined): Checkpoint {
  return ofChecked<Checkpoint>(bytes, 'state at its beginning')
}

function checked(value: unknown): Buffer {
  const text = JSON.stringify(value)
  return json([crc32(text), text])
}

function ofChecked<T>(bytes: Buffer | undefined, what: string): T {
  try {
    const [sum, text] = JSON.parse(String(bytes)) as [number, string]
    if (crc32(text) === sum) return JSON.parse(text) as T
  } catch {
    // Told below.
  }
  throw corruptMeta(what)
}
