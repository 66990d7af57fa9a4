/**
 * permessage-deflate (RFC 7692), as the WebSockets offer it. A frame that is compressed takes about 40 microseconds of a
 * thread of the pool for each client, whatever its size, and commits need that pool. So short frames go as they are, and
 * no text is compressed against the one before: that would compress every frame.
 */
import type { PerMessageDeflateOptions } from 'ws'

/** Bytes of the shortest frame that is compressed. */
export const COMPRESSED_BYTES_MIN = 1_024
/**
 * Frames of all clients that are compressed at once. Two leave half of the pool to commits. ws has one limit for the
 * whole process, which its first compressed connection sets.
 */
const COMPRESSED_AT_ONCE = 2
/** With the next one: 64 KiB for the text before, in place of 256, for a few bytes more. */
const WINDOW_BITS = 13
const MEMORY_LEVEL = 6
/** The fastest. The best one halves the speed for a fifth fewer bytes. */
const LEVEL = 1

export const COMPRESSION: PerMessageDeflateOptions = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: WINDOW_BITS,
  threshold: COMPRESSED_BYTES_MIN,
  concurrencyLimit: COMPRESSED_AT_ONCE,
  zlibDeflateOptions: { level: LEVEL, memLevel: MEMORY_LEVEL },
}
