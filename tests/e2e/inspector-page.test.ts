import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OutcryProcess } from '../runner/runner-process.ts'
import { eventually } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf } from './complaints.ts'

describe('the inspector page of a running runner', () => {
  const data = mkdtempSync(join(tmpdir(), 'outcry-page-'))
  let runner: OutcryProcess
  let browser: Browser
  let page: Page
  let url: string
  let complaints: string[]
  const foreign: string[] = []

  beforeAll(async () => {
    runner = new OutcryProcess('run', '--data', data, '--port', '0', '--seed', '3')
    url = (await runner.started()).url as string
    browser = await launchChromium()
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    complaints = complaintsOf(page)
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:')) foreign.push(request.url())
    })
    await page.goto(`${url}/#${encodeURIComponent('symbol/sim:BTCUSDT')}`)
  })
  afterAll(async () => {
    await browser?.close()
    runner?.child.kill('SIGTERM')
    await runner?.finished()
    rmSync(data, { recursive: true, force: true })
  })

  it('lists the actors by kind and says that it is connected', async () => {
    await page.waitForSelector('[data-address="emaCross/ema-BTCUSDT"]')
    expect(await page.textContent('#connection')).toBe('connected')
    expect(await page.$$eval('.kind .name', (nodes) => nodes.map((n) => n.textContent))).toEqual(
      expect.arrayContaining(['account', 'emaCross', 'runner', 'symbol']),
    )
  })

  it('draws the statechart of the chosen actor and highlights its active states', async () => {
    await page.waitForSelector('.state.active[data-state="symbol.freshness.fresh"]')
    await page.waitForSelector('.state.active[data-state="symbol.connection"]')
    expect(await page.$$('.state')).toHaveLength(11)
    const boxes = await page.$$eval('.state.atomic > rect', (rects) =>
      rects.map((r) => r.getBoundingClientRect().toJSON()),
    )
    for (const [i, a] of boxes.entries()) {
      for (const b of boxes.slice(i + 1)) {
        const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top
        expect(apart, 'two states overlap').toBe(true)
      }
    }
  })

  it('animates transitions, highlights changed context fields, and lists the records, live', async () => {
    await page.waitForSelector('.row.taken')
    await page.waitForSelector('#context .changed')
    const before = await page.textContent('#history li:first-child .rev')
    await eventually(async () =>
      expect(await page.textContent('#history li:first-child .rev')).not.toBe(before),
    )
    await page.screenshot({ path: join(tmpdir(), 'outcry-page-symbol.png') })
  })

  it('moves the highlight along an edge when the actor takes the transition', async () => {
    await page.click('[data-address="emaCross/ema-BTCUSDT"]')
    await page.waitForSelector('.state[data-state="emaCross.trade.flat"]')
    await page.waitForSelector('.edge.taken', { timeout: 60_000, state: 'attached' })
    await page.screenshot({ path: join(tmpdir(), 'outcry-page-strategy.png') })
    expect(await page.$('.state.active[data-state="emaCross.mode"]')).not.toBeNull()
  })

  it('filters the list', async () => {
    await page.keyboard.press('/')
    await page.keyboard.type('runner/main')
    await eventually(async () => expect(await page.$$('.actor')).toHaveLength(1))
    await page.fill('#filter', '')
  })

  it('says that the runner is gone, and has requested nothing from other hosts', async () => {
    expect(complaints).toEqual([])
    expect(foreign).toEqual([])
    runner.child.kill('SIGTERM')
    await runner.finished()
    await page.waitForSelector('#connection[data-state="disconnected"]')
    await page.waitForSelector('#lost:has-text("No connection to the runner since")')
  })
})
