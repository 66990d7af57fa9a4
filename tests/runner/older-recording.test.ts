/** Positions in a recording count what a version makes of its lines: a log goes on at the right one, or it says that it cannot. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { lastValueFrom, toArray } from 'rxjs'
import { afterAll, describe, expect, it } from 'vitest'
import { machines, RUNNER } from '../../machines/index.ts'
import { runnerVersion4 } from '../../machines/runner/version-4.ts'
import { openRecording } from '../../src/adapters/recording/recording.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import { capture, existing } from '../data/data.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-older-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const FILE = capture('binance-spot-btcusdt')
const SYMBOL = 'symbol/binance:BTCUSDT' as Address

/** A log of a market that stopped at a position of this source. */
async function logOf(name: string, market: string, source = market): Promise<string> {
  const data = join(folder, name)
  const supervisor = await createSupervisor({
    store: await openLevelStore(join(data, 'log')),
    machines: { ...machines, runner: runnerVersion4 },
  })
  const at = 1_700_000_000_000
  await supervisor.spawn('runner', 'main', undefined, { at })
  const started = { type: 'STARTED', at, version: '0.1.0', market, venue: 'binance', strategies: [] }
  await supervisor.send(RUNNER, started, { at })
  const input = { venue: 'binance', symbol: 'BTCUSDT', intervals: ['1s'], staleAfterMs: 10_000 }
  await supervisor.spawn('symbol', 'binance:BTCUSDT', input, { at })
  const quote = { type: 'QUOTE', at, bid: '1', bidSize: '1', ask: '2', askSize: '1' }
  await supervisor.send(SYMBOL, quote, { at, origin: { source, position: 7 } })
  await supervisor.stop()
  return data
}

const headOf = async (data: string) => {
  const store = await openLevelStore(join(data, 'log'))
  const { seq } = store.head
  await store.close()
  return seq
}

const start = (data: string) =>
  startRunner(
    runnerConfig.parse({
      data,
      market: { source: 'recording', files: [FILE] },
      strategies: [],
      server: { enabled: false },
    }),
    silentLogger,
  )

describe('a log that stopped in the middle of a recording', () => {
  it.each([
    ['the first', 'recording'],
    ['the one before', 'recording/2'],
  ])('of an older version, %s, is refused, says why, and stays as it was', async (_, reading) => {
    const data = await logOf(basename(reading), `${reading}:${basename(FILE)}`)
    const seq = await headOf(data)
    await expect(start(data)).rejects.toMatchObject({
      code: 'RECORDING_OLDER',
      message: expect.stringContaining(`${reading}:${basename(FILE)} as an older version read it`),
      hint: expect.stringContaining('--data'),
    })
    expect(await headOf(data)).toBe(seq)
  })

  it('of another recording is of another market', async () => {
    const data = await logOf('other', 'recording:another.ws.gz')
    await expect(start(data)).rejects.toMatchObject({ code: 'OTHER_MARKET' })
  })

  it('of an older version plays it where nothing of it has been taken', async () => {
    const runner = await start(await logOf('begun', `recording:${basename(FILE)}`, 'another'))
    await runner.ended
    expect(runner.messages).toBeGreaterThan(1_000)
    await runner.stop('enough', 'test')
  })
})

describe('the positions of this version', () => {
  const READ: readonly (readonly [file: string, source: string, count: number, digest: string])[] = [
    ['src/adapters/recording/sample/binance-spot-btcusdt.ws.gz', 'recording/3', 7342, 'cc8620617d1be100'],
    ['tests/data/binance-usdm-btcusdt.ws.gz', 'recording/3', 3995, '37718309d7e097f7'],
    ['tests/data/cryptofeed-binance.ws.gz', 'recording/3', 57, '4e00746c60650d2b'],
    ['tests/data/cryptofeed-binance-futures.ws.gz', 'recording/3', 151, 'cf69c9f7c04811d6'],
  ]

  const positionsOf = async (file: string) => {
    const market = await openRecording({ files: [file] })
    const messages = await lastValueFrom(market.open().pipe(toArray()))
    const text = messages.map(
      ({ position, at, symbol, event }) => `${position} ${at} ${symbol} ${event.type}`,
    )
    const hash = createHash('sha256').update(text.join('\n')).digest('hex').slice(0, 16)
    return [market.name.split(':')[0], messages.length, hash]
  }

  it.each(READ)(
    'in %s are these; once they are others, raise READING in recording.ts',
    async (file, source, count, digest) => {
      expect(await positionsOf(existing(file))).toEqual([source, count, digest])
    },
  )

  /** Some lines have an update of too many ids, a time of seconds ahead, or one in microseconds. */
  const damaged = (line: string, n: number) => {
    if (n % 50 !== 1) return line
    const json = line.indexOf('{')
    const message = JSON.parse(line.slice(json))
    const { data } = message
    if (data?.u > data?.U) data.u += 20_000_000
    else if (data?.T !== undefined) data.T = n % 100 === 1 ? data.T + 5_000 : data.T * 1_000
    return `${line.slice(0, json)}${JSON.stringify(message)}`
  }

  it.each([
    ['binance-spot-btcusdt', 'recording/3', 6740, '25e177f12bc81d03'],
    ['binance-usdm-btcusdt', 'recording/3', 3636, 'ffd3ac6f37918df3'],
  ] as const)('in damaged lines of %s are these, too', async (name, source, count, digest) => {
    const lines = gunzipSync(readFileSync(capture(name)))
      .toString()
      .trimEnd()
      .split('\n')
    const file = join(folder, `${name}.ws`)
    writeFileSync(file, lines.map(damaged).join('\n'))
    expect(await positionsOf(file)).toEqual([source, count, digest])
  })
})
