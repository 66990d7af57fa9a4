/** Turns the positions of durable subscriptions into bytes and back. */
import type { PositionEntry } from '../../store.ts'
import { corruptMeta } from './damage.ts'
import { json } from './database.ts'

export function encodePosition({ seq, state }: PositionEntry): Buffer {
  return json({ seq, state })
}

/** @throws STORE_CORRUPT */
export function decodePosition(name: string, bytes: Buffer): PositionEntry {
  let seq: unknown
  let state: unknown
  try {
    const parsed = JSON.parse(bytes.toString()) as Partial<PositionEntry>
    seq = parsed.seq
    state = parsed.state
  } catch {
    throw corruptMeta(`position of the subscription "${name}"`)
  }
  if (!Number.isSafeInteger(seq) || (seq as number) < 0)
    throw corruptMeta(`position of the subscription "${name}"`)
  return { name, seq: seq as number, ...(state !== undefined && { state }) }
}
