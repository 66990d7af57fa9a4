import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { capture, existing } from './data.ts'

const MAX_BYTES = 3_000_000

describe('a data file', () => {
  it('that is missing fails a test at once, by its name', () => {
    expect(() => existing('tests/data/none.jsonl')).toThrow('tests/data/none.jsonl is missing')
  })

  it('is the whole capture where a folder of them is named, and one that is missing there is named, too', () => {
    const folder = mkdtempSync(join(tmpdir(), 'outcry-captures-'))
    const whole = join(folder, 'binance-spot-btcusdt-20240808.ws.gz')
    writeFileSync(whole, '')
    expect(capture('binance-spot-btcusdt', folder)).toBe(whole)
    expect(() => capture('cryptofeed-binance', folder)).toThrow(`${folder} has no cryptofeed-binance.ws.gz`)
    rmSync(folder, { recursive: true })
    expect(() => capture('cryptofeed-binance', folder)).toThrow(`${folder} has no cryptofeed-binance.ws.gz`)
  })

  it('stands in the README, with all others of the folder, which is small', () => {
    const readme = readFileSync(existing('tests/data/README.md'), 'utf8')
    const files = readdirSync(new URL('.', import.meta.url)).filter((name) => /\.(gz|jsonl)$/.test(name))
    const described = [...readme.matchAll(/^\| `([^`/]+)`.*(?:hftbacktest|cryptofeed|below)/gm)]
    expect(described.map(([, name]) => name).sort()).toEqual(files.sort())
    expect(readFileSync(existing('tests/data/cryptofeed.LICENSE'), 'utf8')).toContain('Bryant Moscon')
    const bytes = files.reduce((sum, name) => sum + statSync(existing(`tests/data/${name}`)).size, 0)
    expect(bytes).toBeLessThan(MAX_BYTES)
  })
})
