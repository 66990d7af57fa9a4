/** One wrong time stamp neither blinds a symbol nor stops its candles: it is counted, and told. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { lastValueFrom, toArray } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DomainEvent, SymbolContext } from '../../machines/index.ts'
import { openRecording } from '../../src/adapters/recording/recording.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { Exchange } from './exchange/exchange.ts'
import { Bot } from './kit.ts'

const HOUR_MS = 3_600_000

describe('a symbol that hears of a trade each second, of one of them at a time an hour ahead', () => {
  /** What it knows, and has told, after a minute of lower and lower prices; `ahead` is the trade with the wrong time. */
  const minute = async (ahead?: number) => {
    const bot = await Bot.open(new Exchange())
    const start = bot.now
    let refusal: unknown
    for (let i = 1; i <= 60; i++) {
      await bot.pass(1_000)
      const px = String(100 - i / 10)
      if (i === ahead)
        await bot.price(px, bot.now + HOUR_MS).catch((error) => {
          refusal = error
        })
      else await bot.price(px)
    }
    const candles = await bot.emitted('CANDLE_CLOSE')
    const { trade } = bot.harness.context('symbol/binance:BTCUSDT') as SymbolContext
    return {
      closes: candles.filter(({ interval, at }) => interval === '1s' && at > start).length,
      px: trade?.px,
      mark: bot.account.marks.BTCUSDT,
      refusal,
    }
  }
  let of: Record<'right' | 'wrong', Awaited<ReturnType<typeof minute>>>

  beforeAll(async () => {
    of = { right: await minute(), wrong: await minute(2) }
    expect(of.right).toEqual({ closes: 60, px: '94', mark: '94.1', refusal: undefined })
  })

  it('knows the last trade', () => {
    expect(of.wrong.px).toBe(of.right.px)
  })

  it('goes on to close a candle each second', () => {
    expect(of.wrong.closes).toBeGreaterThanOrEqual(of.right.closes - 2)
  })

  it('tells the account of the price', () => {
    expect(of.wrong.mark).toBe(of.right.mark)
  })

  it('is not told of it: the sender is told of the wrong time', () => {
    expect(of.wrong.refusal).toMatchObject({
      code: 'EVENT_INVALID',
      issues: [{ field: 'at', rule: expect.stringMatching(/^at most \d+, for it is \d+ now$/) }],
    })
  })
})

describe('a recording with one line that is stamped an hour ahead', () => {
  const folder = mkdtempSync(join(tmpdir(), 'outcry-clock-'))
  const sample = new URL('../../src/adapters/recording/sample/binance-spot-btcusdt.ws.gz', import.meta.url)
  const lines = gunzipSync(readFileSync(sample)).toString().split('\n').slice(0, 3_000)
  const WRONG = 1_000
  const STRATEGY = { id: 't', type: 'emaCross', symbol: 'BTCUSDT', interval: '1s', orderQty: '0.01' }

  const written = (name: string, text: readonly string[]) => {
    const file = join(folder, `binance-spot-${name}.ws`)
    writeFileSync(file, `${text.join('\n')}\n`)
    return file
  }
  const right = written('right', lines)
  const wrong = written('wrong', lines.with(WRONG, anHourAhead(lines[WRONG] as string)))

  /** What a run on the file comes to, and what it tells. */
  const run = async (file: string) => {
    const warnings: string[] = []
    const warn = (_: object, message: string) => void warnings.push(message)
    const logger = { debug() {}, info() {}, warn, error: warn }
    const config = runnerConfig.parse({
      data: mkdtempSync(join(folder, 'run-')),
      market: { source: 'recording', files: [file] },
      strategies: [{ ...STRATEGY, fast: 3, slow: 9, trailingStopPct: 0.02 }],
      server: { enabled: false },
    })
    const runner = await startRunner(config, logger)
    await runner.ended
    const told: DomainEvent[] = []
    for await (const { emitted = [] } of runner.supervisor.read()) told.push(...(emitted as DomainEvent[]))
    await runner.stop('enough', 'test')
    const count = (type: DomainEvent['type']) => told.filter((event) => event.type === type).length
    const { refused } = runner.market
    return { refused, warnings, closes: count('CANDLE_CLOSE'), orders: count('ORDER_SUBMITTED') }
  }
  let of: Record<'right' | 'wrong', Awaited<ReturnType<typeof run>>>

  beforeAll(async () => {
    of = { right: await run(right), wrong: await run(wrong) }
    expect(of.right.orders).toBeGreaterThan(3)
    expect(of.right.warnings).toEqual([])
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is played to its end at the times that it has', async () => {
    const market = await openRecording({ files: [wrong] })
    const messages = await lastValueFrom(market.open().pipe(toArray()))
    expect(new Date(messages.at(-1)?.at ?? 0)).toEqual(new Date(timeOf(lines.at(-1) as string)))
  })

  it('closes as many candles as one without it', () => {
    expect(of.wrong.closes).toBe(of.right.closes)
  })

  it('trades as much as one without it', () => {
    expect(of.wrong.orders).toBe(of.right.orders)
  })

  it('counts the line', () => {
    expect([of.right.refused, of.wrong.refused]).toEqual([{}, { RECEIVED: 1 }])
  })

  it('tells of the line', () => {
    expect(of.wrong.warnings).toEqual([expect.stringMatching(/:1001: it is stamped 3600 s off/)])
  })
})

/** A line is nanoseconds and JSON. */
function timeOf(line: string): number {
  return Math.floor(Number(line.slice(0, 19)) / 1e6)
}

function anHourAhead(line: string): string {
  const seconds = Number(line.slice(0, 10)) + HOUR_MS / 1_000
  return `${seconds}${line.slice(10)}`
}
