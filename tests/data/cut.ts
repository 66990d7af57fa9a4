/** `npx tsx tests/data/cut.ts <folder>`: cuts the captures in this folder from the whole captures in that folder. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'

/** Name of the file here, name of the whole capture, number of first lines that are kept. */
const CUTS: readonly (readonly [string, string, number])[] = [
  ['binance-usdm-btcusdt.ws.gz', 'binance-usdm-btcusdt-20240808.ws.gz', 4_000],
  ['cryptofeed-binance.ws.gz', 'cryptofeed-binance.ws.gz', 160],
  ['cryptofeed-binance-futures.ws.gz', 'cryptofeed-binance-futures.ws.gz', 400],
  ['cryptofeed-coinbase.ws.gz', 'cryptofeed-coinbase.ws.gz', 1_000],
]

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('name the folder of the whole captures')
for (const [to, from, lines] of CUTS) {
  const whole = gunzipSync(readFileSync(join(folder, from))).toString()
  const kept = whole.split('\n').slice(0, lines).join('\n')
  writeFileSync(new URL(to, import.meta.url), gzipSync(`${kept}\n`, { level: 9 }))
}
