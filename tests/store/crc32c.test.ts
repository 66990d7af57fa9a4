import { expect, it } from 'vitest'
import { crc32c } from '../../store/leveldb/format/crc32c.ts'

/** Bit by bit, as the polynomial is defined. */
function bitwise(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

it('is CRC-32C for texts of any length', () => {
  // The check value of the catalogue of CRCs.
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  for (let length = 0; length <= 40; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 151 + length * 37) & 0xff)
    expect(crc32c(bytes), `${length} bytes`).toBe(bitwise(bytes))
  }
})
