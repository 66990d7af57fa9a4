import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { FakeBinance } from '../adapters/fake-binance.ts'
import { eventually } from '../runtime/harness.ts'
import { OutcryProcess, outcry } from './runner-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-live-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a run on a live market', () => {
  it('trades on the paper venue, and after a kill -9 knows its position and places nothing twice', async () => {
    const exchange = new FakeBinance()
    const urls = await exchange.start()
    const config = join(folder, 'live.yaml')
    const strategy = { id: 'cross', symbol: 'XUSDT', interval: '1s', fast: 1, slow: 2, orderQty: '2' }
    writeFileSync(
      config,
      stringify({ market: { source: 'binance', symbols: ['XUSDT'], ...urls }, strategies: [strategy] }),
    )
    const args = ['run', '--config', config, '--data', join(folder, 'data'), '--port', '0'] as const

    // A price that goes up and down within seconds, with trades and quotes.
    let t = 0
    const ticking = setInterval(() => {
      const px = (100 + 10 * Math.sin(++t / 20)).toFixed(2)
      const quote = { u: t, s: 'XUSDT', b: px, B: '5', a: (Number(px) + 0.01).toFixed(2), A: '5' }
      const trade = { e: 'trade', E: Date.now(), s: 'XUSDT', t, p: px, q: '1', T: Date.now(), m: false }
      for (const client of exchange.clients) {
        client.send(JSON.stringify({ stream: 'xusdt@bookTicker', data: quote }))
        client.send(JSON.stringify({ stream: 'xusdt@trade', data: trade }))
      }
    }, 50)

    const filled = async (url: string) => {
      const { events } = (await (await fetch(`${url}/events?type=ORDER_FILLED&tail=100`)).json()) as {
        events: unknown[]
      }
      return events.length
    }
    const first = new OutcryProcess(...args)
    const url = (await first.started()).url as string
    await eventually(async () => expect(await filled(url)).toBeGreaterThan(1))
    first.child.kill('SIGKILL')
    await first.finished()

    const second = new OutcryProcess(...args)
    const started = await second.started()
    expect(started.seq).toBeGreaterThan(100)
    const before = await filled(started.url as string)
    expect(before).toBeGreaterThan(1)
    await eventually(async () => expect(await filled(started.url as string)).toBeGreaterThan(before))
    clearInterval(ticking)
    second.child.kill('SIGTERM')
    expect((await second.finished()).code, second.stderr).toBe(0)
    await exchange.stop()

    const verify = await outcry('verify', '--data', join(folder, 'data'), '--json')
    expect(JSON.parse(verify.stdout).problems).toEqual([])
    const orders = (await outcry('actors', 'order/', '--data', join(folder, 'data'), '--json')).stdout
      .trim()
      .split('\n')
    const states = orders.map((line) => JSON.parse(line).value.execution)
    // On a slow machine an averages' cross may take back what is not filled yet. Nothing is rejected, denied or unknown.
    const sound = ['filled', 'accepted', 'submitted', 'partiallyFilled', 'canceled']
    expect(states.filter((state) => !sound.includes(state))).toEqual([])
  })
})
