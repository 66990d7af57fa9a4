/**
 * Makes a PNG of a browser smaller: it gets a palette of its most frequent colours, and others become the nearest of
 * these. A page has few colours besides those at the edges of its letters. These are many and alike, so they may not
 * push out the colour of a small mark.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib'

/** Bytes of a pixel: 8 bits of red, green and blue. */
const PIXEL = 3
const SIGNATURE = 8
const COLOURS_MAX = 256
/** Colours that are in the palette however alike they are: the most frequent ones. */
const FREQUENT = 64
/** Least distance of the others, as the sum of the squares of the differences. */
const APART = 100

/** @param png of 8-bit RGB, not interlaced, as Chromium makes them */
export function smaller(png: Buffer): Buffer {
  const header = png.subarray(SIGNATURE + 8, SIGNATURE + 21)
  if (header[8] !== 8 || header[9] !== 2 || header[12] !== 0) throw new Error('the PNG is of another form')
  const data: Buffer[] = []
  for (let at = SIGNATURE; at < png.length; at += 12 + png.readUInt32BE(at))
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)))
  const width = header.readUInt32BE(0)
  const rows = unfiltered(inflateSync(Buffer.concat(data)), 1 + PIXEL * width)
  const { palette, indexed } = withPalette(rows, width)
  const is = Buffer.from(header)
  // The type of a picture with a palette.
  is[9] = 3
  const chunks = [
    chunk('IHDR', is),
    chunk('PLTE', palette),
    chunk('IDAT', deflateSync(indexed, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]
  return Buffer.concat([png.subarray(0, SIGNATURE), ...chunks])
}

/** Returns the palette, and the rows with an index for each pixel. */
function withPalette(rows: Buffer, width: number): { readonly palette: Buffer; readonly indexed: Buffer } {
  const height = rows.length / (1 + PIXEL * width)
  const colours = Array.from({ length: width * height }, (_, i) =>
    rows.readUIntBE((1 + PIXEL * width) * Math.floor(i / width) + 1 + PIXEL * (i % width), PIXEL),
  )
  const counts = new Map<number, number>()
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1)
  const kept: number[] = []
  for (const [colour] of [...counts].sort(([, a], [, b]) => b - a))
    if (kept.length < FREQUENT || (kept.length < COLOURS_MAX && nearest(colour, kept).distance >= APART))
      kept.push(colour)
  const indexes = new Map(kept.map((colour, i) => [colour, i]))
  const indexed = Buffer.alloc((1 + width) * height)
  for (const [i, colour] of colours.entries()) {
    const index = indexes.get(colour) ?? nearest(colour, kept).index
    indexes.set(colour, index)
    indexed[(1 + width) * Math.floor(i / width) + 1 + (i % width)] = index
  }
  const palette = Buffer.alloc(PIXEL * kept.length)
  for (const [i, colour] of kept.entries()) palette.writeUIntBE(colour, PIXEL * i, PIXEL)
  return { palette, indexed }
}

function nearest(
  colour: number,
  kept: readonly number[],
): { readonly index: number; readonly distance: number } {
  const distances = kept.map((other) =>
    [0, 8, 16].reduce((sum, bits) => sum + (((colour >> bits) & 0xff) - ((other >> bits) & 0xff)) ** 2, 0),
  )
  const distance = Math.min(...distances)
  return { index: distances.indexOf(distance), distance }
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, sum])
}

/** Returns the rows of a picture, each with filter 0 (PNG, 9.2). */
function unfiltered(rows: Buffer, width: number): Buffer {
  const out = Buffer.alloc(rows.length)
  const of = (row: number, x: number) => (row < 0 || x < 1 ? 0 : (out[row * width + x] ?? 0))
  for (let row = 0; row < rows.length / width; row++) {
    const filter = rows[row * width] ?? 0
    for (let x = 1; x < width; x++) {
      const [left, up, corner] = [of(row, x - PIXEL), of(row - 1, x), of(row - 1, x - PIXEL)]
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0
      out[row * width + x] = ((rows[row * width + x] ?? 0) + guess) & 0xff
    }
  }
  return out
}

function paeth(left: number, up: number, corner: number): number {
  const [toLeft, toUp, toCorner] = [left, up, corner].map((one) => Math.abs(left + up - corner - one)) as [
    number,
    number,
    number,
  ]
  if (toLeft <= toUp && toLeft <= toCorner) return left
  return toUp <= toCorner ? up : corner
}
