/** The polynomial of CRC-32C (Castagnoli), which LevelDB's files use. The one of zlib differs. */
const POLYNOMIAL = 0x82f63b78
const MASK_DELTA = 0xa282ead8
/** Bytes that one step takes: an opening checks megabytes, and a step for each byte would take most of its time. */
const SLICE = 8

/**
 * For each byte, its checksum when 0, 1, ... 7 bytes follow it: 256 entries for each of these numbers. See Intel's
 * slicing-by-8.
 */
const TABLES = new Uint32Array(SLICE * 256)
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
  TABLES[byte] = crc
}
for (let i = 256; i < TABLES.length; i++) {
  const before = TABLES[i - 256] as number
  TABLES[i] = (before >>> 8) ^ (TABLES[before & 0xff] as number)
}

export function crc32c(bytes: Uint8Array): number {
  const t = TABLES
  const { length } = bytes
  let crc = 0xffffffff
  let i = 0
  for (const end = length - SLICE; i <= end; i += SLICE) {
    crc =
      t[1792 + ((crc ^ bytes[i]!) & 0xff)]! ^
      t[1536 + (((crc >>> 8) ^ bytes[i + 1]!) & 0xff)]! ^
      t[1280 + (((crc >>> 16) ^ bytes[i + 2]!) & 0xff)]! ^
      t[1024 + ((crc >>> 24) ^ bytes[i + 3]!)]! ^
      t[768 + bytes[i + 4]!]! ^
      t[512 + bytes[i + 5]!]! ^
      t[256 + bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!
  }
  for (; i < length; i++) crc = t[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** Returns a checksum as LevelDB writes it: rotated and shifted. A plain CRC over data that contains CRCs is weak. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0
}
