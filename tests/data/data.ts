/** Recorded data that tests read. README.md has the source of each file. */
import { createReadStream, createWriteStream, existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGunzip } from 'node:zlib'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Short pieces of captures, by the beginning of a whole capture's name. */
const CAPTURES = {
  'binance-spot-btcusdt': 'src/adapters/recording/sample/binance-spot-btcusdt.ws.gz',
  'binance-spot-ethusdt': 'src/adapters/recording/sample/binance-spot-ethusdt.ws.gz',
  'binance-usdm-btcusdt': 'tests/data/binance-usdm-btcusdt.ws.gz',
  'cryptofeed-binance': 'tests/data/cryptofeed-binance.ws.gz',
  'cryptofeed-binance-futures': 'tests/data/cryptofeed-binance-futures.ws.gz',
  'cryptofeed-coinbase': 'tests/data/cryptofeed-coinbase.ws.gz',
} as const
export type Capture = keyof typeof CAPTURES

/**
 * Returns the file of a capture of a market socket: a short piece, or the whole one where RECORDINGS names a folder of them.
 * @throws Error with the file's name where it is missing
 */
export function capture(name: Capture, folder = process.env.RECORDINGS): string {
  if (folder === undefined) return existing(CAPTURES[name])
  const whole = new RegExp(`^${name}(-\\d+)?\\.ws\\.gz$`)
  const found = existsSync(folder) ? readdirSync(folder).find((file) => whole.test(file)) : undefined
  if (found === undefined) throw new Error(`${folder} has no ${name}.ws.gz or ${name}-<date>.ws.gz`)
  return join(folder, found)
}

/**
 * Returns a path below the repository's root as an absolute one.
 * @throws Error with the file's name where it is missing
 */
export function existing(path: string): string {
  const file = join(ROOT, path)
  if (!existsSync(file))
    throw new Error(`${relative(ROOT, file)} is missing: tests/data/README.md says what it is`)
  return file
}

/** Writes the first lines of a capture to a file. */
export async function writeFirstLines(name: Capture, lines: number, to: string): Promise<void> {
  const out = createWriteStream(to)
  let count = 0
  for await (const line of createInterface({
    input: createReadStream(capture(name)).pipe(createGunzip()),
  })) {
    out.write(`${line}\n`)
    if (++count >= lines) break
  }
  out.end()
  await finished(out)
}
