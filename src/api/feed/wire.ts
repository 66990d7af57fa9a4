import { SharedBytes } from './shared-bytes.ts'

/** The connection below a WebSocket. */
export interface Wire {
  /** Keeps writes back, so that `uncork` sends them as one. */
  cork(): void
  uncork(): void
  write(bytes: Buffer, onGone: () => void): unknown
}

/** First byte of a text frame that is not in parts (RFC 6455, 5.2). */
const WHOLE_TEXT = 0x81
/** Second byte of a frame whose length follows in 16 bits. A shorter frame has its length here. */
const LENGTH_16 = 126
const LENGTH_64 = 127

const runs = new SharedBytes((texts: readonly Buffer[]) =>
  Buffer.concat(texts.flatMap((text) => [headOf(text.length), text])),
)

/**
 * Returns several text frames as the bytes on the wire. Frames of a server are not masked, so that clients that get the same
 * frames share these bytes: a WebSocket would make and write each frame of each client by itself.
 */
export function runOf(texts: readonly Buffer[]): Buffer {
  return runs.of(texts)
}

function headOf(length: number): Buffer {
  if (length < LENGTH_16) return Buffer.of(WHOLE_TEXT, length)
  if (length <= 0xffff) return Buffer.of(WHOLE_TEXT, LENGTH_16, length >> 8, length & 0xff)
  const head = Buffer.alloc(10)
  head[0] = WHOLE_TEXT
  head[1] = LENGTH_64
  head.writeBigUInt64BE(BigInt(length), 2)
  return head
}
