/** Tests that what `outcry record` wrote of a market plays back as that market. */
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { listingBeside } from '../../src/adapters/recording/listing-file.ts'
import { openRecording } from '../../src/adapters/recording/recording.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { record } from '../../tools/cli/command-record.ts'
import { FakeBinance } from '../adapters/fake-binance.ts'
import { differenceOfLogs } from '../equal-logs.ts'
import { outcry } from '../runner/runner-process.ts'
import { eventually } from '../runtime/harness.ts'
import { howMany } from '../seeded.ts'
import { linesOf } from './said.ts'

/** Length of the simulated market in ms. A day in the full form. */
const RECORDED_MS = howMany('RECORDED_MS', 60_000)

const folder = mkdtempSync(join(tmpdir(), 'outcry-record-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const REST = `strategies: [{ type: emaCross, id: ema, symbol: BTCUSDT, interval: 1s, orderQty: '0.01', fast: 3, slow: 8, trailingStopPct: 0.2 }]`

/** Returns the records of a run, without the name that its market has in them. */
async function recordsOf(data: string): Promise<TransitionRecord[]> {
  const store = await openLevelStore(join(data, 'log'))
  const records: TransitionRecord[] = []
  for await (const { origin, ...one } of store.read())
    records.push(origin === undefined ? one : { ...one, origin: { ...origin, source: 'the market' } })
  await store.close()
  return records
}

async function ran(name: string, market: string): Promise<TransitionRecord[]> {
  const config = join(folder, `${name}.yaml`)
  writeFileSync(config, `${market}\n${REST}\n`)
  const data = join(folder, name)
  const { code, stderr } = await outcry('run', '--config', config, '--data', data, '--no-server')
  expect(code, stderr).toBe(0)
  return recordsOf(data)
}

describe('a simulated market that was recorded', () => {
  it('replays to an equal log, out of several files', async () => {
    const market = `market: { speed: max, seed: 7, ratePerSecond: 20, startAt: 1700000000000, durationMs: ${RECORDED_MS} }`
    const config = join(folder, 'market.yaml')
    writeFileSync(config, `${market}\n`)
    const captures = join(folder, 'captures')
    const [line = ''] = await linesOf(() =>
      record(captures, { config, fileMb: 256, fileMinutes: RECORDED_MS / 4 / 60_000, json: true }),
    )
    expect(JSON.parse(line)).toEqual({ folder: captures, files: 4, messages: (RECORDED_MS / 1_000) * 40 })
    const files = readdirSync(captures).filter((name) => name.endsWith('.ws.gz'))
    expect(files).toHaveLength(4)
    expect(readdirSync(captures)).toHaveLength(5)

    const live = await ran('live', market)
    const paths = files.map((name) => `'${join(captures, name)}'`).sort()
    const played = await ran(
      'played',
      `market: { source: recording, speed: max, files: [${paths.join(', ')}] }`,
    )
    expect(live.some(({ event }) => event.type === 'FILL')).toBe(true)
    expect(differenceOfLogs(live, played)).toBeUndefined()
  })

  it('has its files by size, too, and refuses nothing when it is played', async () => {
    const config = join(folder, 'small.yaml')
    writeFileSync(
      config,
      'market: { speed: max, ratePerSecond: 100, startAt: 1700000000000, durationMs: 30000 }\n',
    )
    const captures = join(folder, 'small')
    await linesOf(() => record(captures, { config, fileMb: 0.05, fileMinutes: 60, json: true }))
    const files = readdirSync(captures).filter((name) => name.endsWith('.ws.gz'))
    expect(files.length).toBeGreaterThan(1)
    const source = await openRecording({ files: files.sort().map((name) => join(captures, name)) })
    const positions: number[] = []
    await source.open().forEach(({ position }) => void positions.push(position))
    expect([positions.length, source.refused]).toEqual([6_000, {}])
  })
})

describe('a folder that has a recording', () => {
  const namesIn = (path: string) => readdirSync(path).sort()
  const rotation = { fileMb: 256, fileMinutes: 60, json: true }

  it('is refused to a simulated market, which would be there twice, and stays as it is', async () => {
    const config = join(folder, 'twice.yaml')
    const market = 'speed: max, ratePerSecond: 20, startAt: 1700000000000, durationMs: 1000'
    writeFileSync(config, `market: { ${market} }\n`)
    const captures = join(folder, 'twice')
    const recorded = () => linesOf(() => record(captures, { config, ...rotation }))
    await recorded()
    const [capture = '', listing] = namesIn(captures)
    await expect(recorded()).rejects.toMatchObject({ code: 'RECORDING_EXISTS' })
    expect(namesIn(captures)).toEqual([capture, listing])
    // A recording that was cut off has messages, too.
    renameSync(join(captures, capture), join(captures, `${capture}.part`))
    await expect(recorded()).rejects.toMatchObject({ code: 'RECORDING_EXISTS' })
  })

  it('goes on with a live market of its venue, and keeps the rules of its symbols', async () => {
    const exchange = new FakeBinance()
    exchange.listed = ['BTCUSDT', 'ETHUSDT'].map((symbol) => ({ symbol, status: 'TRADING' }))
    const urls = await exchange.start()
    const captures = join(folder, 'live-twice')
    const begun = (symbol: string, signal: AbortSignal) => {
      const config = join(folder, `${symbol}.yaml`)
      writeFileSync(config, JSON.stringify({ market: { source: 'binance', symbols: [symbol], ...urls } }))
      return linesOf(() => record(captures, { config, ...rotation }, signal))
    }
    const recorded = async (symbol: string, client: number) => {
      const stop = new AbortController()
      const said = begun(symbol, stop.signal)
      const socket = await exchange.client(client)
      socket.send(
        JSON.stringify({ stream: `${symbol.toLowerCase()}@trade`, data: { s: symbol, e: 'trade' } }),
      )
      await eventually(() => expect(namesIn(captures).some((name) => name.endsWith('.part'))).toBe(true))
      stop.abort()
      await said
      return namesIn(captures).length
    }
    try {
      expect(await recorded('BTCUSDT', 0)).toBe(2)
      expect(await recorded('ETHUSDT', 1)).toBe(3)
      const listing = listingBeside([join(captures, 'any')])
      expect(listing?.instruments.map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'ETHUSDT'])
      writeFileSync(join(captures, 'listing.json'), JSON.stringify({ ...listing, venue: 'elsewhere' }))
      await expect(begun('BTCUSDT', AbortSignal.abort())).rejects.toMatchObject({ code: 'RECORDING_EXISTS' })
    } finally {
      await exchange.stop()
    }
  })
})
