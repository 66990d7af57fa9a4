/** A symbol in another script, or one whose asset is called as what every object has, trades as any other: in the log, over HTTP, on the feed and on the command line. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startRunner } from '../../src/runner/assemble.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { capture } from '../data/data.ts'
import { outcry } from './runner-process.ts'

const SYMBOLS = ['币安人生USDT', 'constructorUSDT']
const LINES = 3_000
const folder = mkdtempSync(join(tmpdir(), 'outcry-unicode-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(SYMBOLS)('a run with %s', (SYMBOL) => {
  const data = join(folder, `data-${SYMBOL}`)
  let status: number
  let actor: { address: string; context: { symbol: string } }
  let orders: readonly { actor: string; symbol: string }[]
  let topics: Set<string>

  beforeAll(async () => {
    const text = gunzipSync(readFileSync(capture('binance-spot-btcusdt'))).toString()
    const lines = text.split('\n').slice(0, LINES)
    const file = join(folder, `${SYMBOL}.ws`)
    writeFileSync(
      file,
      `${lines.join('\n').replaceAll('BTCUSDT', SYMBOL).replaceAll('btcusdt', SYMBOL.toLowerCase())}\n`,
    )
    const config = runnerConfig.parse({
      data,
      market: { source: 'recording', files: [file], venue: 'binance' },
      universe: {},
      strategies: [
        { id: 't', type: 'emaCross', symbol: 'universe', interval: '1s', orderQty: '0.01', fast: 3, slow: 9 },
      ],
      server: { port: 0 },
    })
    const runner = await startRunner(config, silentLogger)
    await runner.ended
    const url = runner.url as string
    const answer = await fetch(`${url}/actors/${encodeURIComponent(`symbol/binance:${SYMBOL}`)}`)
    status = answer.status
    actor = (await answer.json()) as typeof actor
    const { events } = (await (await fetch(`${url}/events?type=ORDER_SUBMITTED&tail=100`)).json()) as {
      events: typeof orders
    }
    orders = events
    topics = await topicsOf(url, [
      `events.order_submitted.binance.${SYMBOL}`,
      `transitions.position.binance:${SYMBOL}`,
    ])
    await runner.stop('enough', 'test')
  })

  it('answers for the symbol under its own name', () => {
    expect([status, actor]).toMatchObject([
      200,
      { address: `symbol/binance:${SYMBOL}`, context: { symbol: SYMBOL } },
    ])
  })

  it('trades it', () => {
    expect(orders.length).toBeGreaterThan(3)
    expect(new Set(orders.map(({ symbol }) => symbol))).toEqual(new Set([SYMBOL]))
  })

  it('has its topics on the feed', () => {
    expect([...topics].sort()).toEqual([
      `events.order_submitted.binance.${SYMBOL}`,
      `transitions.position.binance:${SYMBOL}`,
    ])
  })

  it('is read and verified on the command line', async () => {
    const verify = await outcry('verify', '--data', data, '--json')
    expect([verify.code, JSON.parse(verify.stdout).problems]).toEqual([0, []])
    const replay = await outcry('replay', `position/binance:${SYMBOL}`, '--data', data, '--json')
    const [first] = replay.stdout.split('\n')
    expect(JSON.parse(first as string)).toMatchObject({ actor: `position/binance:${SYMBOL}`, rev: 1 })
    expect((await outcry('actors', '--data', data)).stdout).toContain(`emaCross/t-${SYMBOL}`)
  })
})

/** The topics of what a client is told that asks for these from the start. */
function topicsOf(url: string, topics: readonly string[]): Promise<Set<string>> {
  const told = new Set<string>()
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/feed`)
    socket.on('error', reject)
    socket.on('open', () => socket.send(JSON.stringify({ op: 'subscribe', id: 's', topics, since: 0 })))
    socket.on('message', (raw) => {
      const frame = JSON.parse(raw.toString()) as Frame
      for (const { topic } of [frame, ...(frame.events ?? [])]) if (topic !== undefined) told.add(topic)
      if (frame.op === 'error') reject(new Error(raw.toString()))
      if (frame.op !== 'caughtUp') return
      socket.close()
      resolve(told)
    })
  })
}

interface Frame {
  readonly op: string
  readonly topic?: string
  readonly events?: readonly { readonly topic: string }[]
}
