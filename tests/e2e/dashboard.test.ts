/** The dashboard of docs/dashboard.md: built with Vite, served elsewhere, and shown by Chromium while a runner trades. */
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, expect, it } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf } from './complaints.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' }

const folder = mkdtempSync(join(tmpdir(), 'outcry-dashboard-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Writes the files of the guide, and returns the page that Vite makes of them. */
async function built(): Promise<string> {
  const guide = readFileSync(join(ROOT, 'docs/dashboard.md'), 'utf8')
  const source = join(folder, 'source')
  mkdirSync(source)
  for (const [, name = '', text = ''] of guide.matchAll(/^```\w+ (index\.html|main\.js)\n(.*?)^```/gms))
    writeFileSync(join(source, name), text)
  const outDir = join(folder, 'page')
  const alias = { 'outcry/client': join(ROOT, 'src/client/index.ts') }
  await build({ root: source, configFile: false, logLevel: 'error', resolve: { alias }, build: { outDir } })
  return outDir
}

it('shows the account, the open position at each tick, and its fills', async () => {
  const files = await built()
  const page = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://page')
    const file = pathname === '/' ? '/index.html' : pathname
    // A browser asks for an icon, too.
    const isThere = existsSync(join(files, file))
    response.statusCode = isThere ? 200 : 204
    response.setHeader('content-type', TYPES[extname(file)] ?? 'text/plain')
    response.end(isThere ? readFileSync(join(files, file)) : undefined)
  }).listen(0, '127.0.0.1')
  await once(page, 'listening')
  const origin = `http://127.0.0.1:${(page.address() as AddressInfo).port}`
  const flags = {
    data: join(folder, 'data'),
    market: { source: 'sim', seed: 6 },
    server: { port: 0, origins: [origin] },
    strategies: [],
  }
  const runner = await startRunner(loadConfig({ flags }), silentLogger)
  const browser = await launchChromium()
  try {
    const client = createClient({ url: runner.url as string })
    const buy = (n: number) =>
      client.send('account/sim', {
        type: 'ORDER_REQUEST',
        clOrdId: `sim:mine-${n}`,
        venue: 'sim',
        symbol: 'BTCUSDT',
        side: 'BUY',
        ordType: 'MARKET',
        orderQty: '0.01',
        timeInForce: 'GTC',
        refPx: '61000',
      })
    await eventually(async () => {
      await buy(1)
    })
    const tab = await browser.newPage({ viewport: { width: 800, height: 500 } })
    const complaints = complaintsOf(tab)
    await tab.goto(`${origin}/?runner=${runner.url}`)
    const fills = tab.locator('#fills tr')
    const positions = tab.locator('#positions tr')
    const texts = (rows: typeof fills) => rows.allTextContents()
    await eventually(async () => expect(await texts(fills)).toHaveLength(1))
    await eventually(async () => expect(await texts(positions)).toHaveLength(1))
    expect(await tab.textContent('h1')).toMatch(/^Equity \d+\.\d\d USDT, active$/)
    await buy(2)
    await eventually(async () => expect(await texts(fills)).toHaveLength(2))
    await eventually(async () =>
      expect(await texts(positions)).toEqual([expect.stringMatching(/^BTCUSDT0\.02/)]),
    )
    const told: string[] = []
    for await (const { symbol, event } of runner.supervisor.history({ type: 'ORDER_FILLED' }))
      told.push(`${symbol}${event.side}${event.lastQty}${event.lastPx}`)
    // The latest is on top. Each row begins with a time, as this browser writes it.
    expect((await texts(fills)).map((row) => row.replace(/^.*[AP]M/, ''))).toEqual(told.reverse())
    if (process.env.SCREENSHOT) await tab.screenshot({ path: process.env.SCREENSHOT })
    expect(complaints).toEqual([])
  } finally {
    await browser.close()
    await runner.stop('the end', 'test')
    page.close()
  }
})
