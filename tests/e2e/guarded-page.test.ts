/** Tests a runner and the browser of a user who also visits other pages. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { OutcryProcess } from '../runner/runner-process.ts'
import { eventually } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf } from './complaints.ts'
import { SOON } from './opened.ts'

const TOKEN = 'correct.horse_battery~staple-7'
const folder = mkdtempSync(join(tmpdir(), 'outcry-guarded-'))
let browser: Browser
let elsewhere: Server
let runner: OutcryProcess
let url: string

const portOf = (server: Server) => (server.address() as AddressInfo).port
async function start(name: string, server: object): Promise<void> {
  const config = join(folder, `${name}.yaml`)
  writeFileSync(config, JSON.stringify({ server, market: { seed: 3 } }))
  runner = new OutcryProcess('run', '--config', config, '--data', join(folder, name), '--port', '0')
  url = (await runner.started()).url as string
}

beforeAll(async () => {
  elsewhere = createServer((_, response) =>
    response.setHeader('content-type', 'text/html').end('<p>elsewhere'),
  )
  await once(elsewhere.listen(0, '127.0.0.1'), 'listening')
  browser = await launchChromium('--host-resolver-rules=MAP *.example 127.0.0.1')
})
afterEach(async () => {
  runner.child.kill('SIGTERM')
  await runner.finished()
})
afterAll(async () => {
  await browser.close()
  elsewhere.close()
  rmSync(folder, { recursive: true, force: true })
})

/**
 * Returns what a page of another site gets when it requests a halt, reads the actors and opens the sockets: codes, or
 * `failed`.
 */
function attack(page: Page, runnerUrl: string): Promise<unknown[]> {
  return page.evaluate(async (runnerUrl) => {
    const halt = { type: 'SET_TRADING_STATE', tradingState: 'halted', by: 'eve', reason: 'evil' }
    const post = (mode: 'cors' | 'no-cors', type: string) => {
      const headers = { 'content-type': type }
      const init = { method: 'POST', mode, headers, body: JSON.stringify(halt) }
      return fetch(`${runnerUrl}/actors/account/sim/events`, init).then(({ status }) => status || 'opaque')
    }
    const open = (path: string) =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`${runnerUrl.replace('http', 'ws')}${path}`)
        socket.onmessage = () => resolve('open')
        socket.onclose = ({ code }) => reject(code)
        // A socket that the document's policy forbids is never closed.
        socket.onerror = () => reject(1006)
      })
    const attempts = [
      post('cors', 'application/json'),
      post('no-cors', 'text/plain'),
      fetch(`${runnerUrl}/actors`).then(({ status }) => status),
      open('/feed'),
      open('/inspect'),
    ]
    return (await Promise.allSettled(attempts)).map((one) =>
      one.status === 'fulfilled' ? one.value : typeof one.reason === 'number' ? one.reason : 'failed',
    )
  }, runnerUrl)
}

const account = async (headers = {}) => {
  const response = await fetch(`${url}/actors/account/sim`, { headers })
  return ((await response.json()) as { value: unknown }).value
}

describe('a runner without a token', () => {
  it('refuses commands of other origins', async () => {
    await start('open', {})
    const page = await browser.newPage()
    for (const host of ['evil.example', 'localhost', '127.0.0.1']) {
      await page.goto(`http://${host}:${portOf(elsewhere)}/`)
      expect(await attack(page, url)).toEqual(['failed', 'failed', 'failed', 1006, 1006])
    }
    // The name of a page, which leads to the runner by then.
    const rebound = url.replace('127.0.0.1', 'evil.example')
    expect((await page.goto(rebound))?.status()).toBe(403)
    // The page of the server's answer may not even send requests.
    expect(await attack(page, rebound)).toEqual(['failed', 'failed', 'failed', 1006, 1006])
    expect(await account()).toBe('active')
    await page.goto(url)
    expect(await attack(page, url)).toEqual([200, 415, 200, 'open', 'open'])
    expect(await account()).toBe('halted')
    await page.close()
  })

  it('answers a page whose origin it lists', async () => {
    await start('listed', { origins: [`http://inspector.example:${portOf(elsewhere)}`] })
    const page = await browser.newPage()
    await page.goto(`http://inspector.example:${portOf(elsewhere)}/`)
    expect(await attack(page, url)).toEqual([200, 'opaque', 200, 'open', 'open'])
    await page.close()
  })
})

describe('a runner with a token', () => {
  it('shows its page, live, to a browser that got the token once', async () => {
    await start('token', { token: TOKEN })
    const context = await browser.newContext()
    context.setDefaultTimeout(SOON.timeout)
    const page = await context.newPage()
    expect((await page.goto(url))?.status()).toBe(401)
    expect(await attack(page, url)).toEqual(['failed', 'failed', 'failed', 1006, 1006])
    const complaints = complaintsOf(page)
    await page.goto(`${url}/?token=${TOKEN}#actor/symbol/sim:BTCUSDT`)
    await page.waitForSelector('#moment .chip.good')
    expect(page.url()).not.toContain(TOKEN)
    await page.locator('.actor-head .chip', { hasText: 'fresh' }).waitFor()
    const before = await page.textContent('#moment .place')
    await eventually(async () => expect(await page.textContent('#moment .place')).not.toBe(before))
    expect(await page.evaluate('document.cookie')).toBe('')
    expect(complaints).toEqual([])
    const other = await context.newPage()
    await other.goto(url)
    await other.waitForSelector('#moment .chip.good')
    await other.goto(`http://localhost:${portOf(elsewhere)}/`)
    expect(await attack(other, url)).toEqual(['failed', 'failed', 'failed', 1006, 1006])
    expect(await account({ authorization: `Bearer ${TOKEN}` })).toBe('active')
    await context.close()
  })
})
