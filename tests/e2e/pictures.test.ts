/**
 * Makes the pictures of docs/inspector.md and of the README, of the run that the document tells of. Each is of a place with its `seq`, so
 * it is the same whenever it is made. `npm run docs:pictures` puts them into docs/pictures. A test run makes them
 * elsewhere, and compares their sizes and the texts on them with what is there: pixels differ with fonts.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf } from './complaints.ts'
import { smaller } from './small-png.ts'

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url))
const COMMITTED = join(DOCS, 'pictures')
const TEXTS = join(COMMITTED, 'texts.json')
const BYTES_MAX = 100_000
const isRenewed = process.env.RENEW_PICTURES === 'yes'
const folder = mkdtempSync(join(tmpdir(), 'outcry-pictures-'))
const made = isRenewed ? COMMITTED : join(folder, 'pictures')

interface Picture {
  readonly name: string
  /** The address of the page. */
  readonly place: string
  /** The parts and texts that the page has to show before the picture is made. */
  readonly ready: readonly (readonly [selector: string, text: string])[]
  /** The part of the page that the picture has, in px. */
  readonly cut: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  /** The elements whose texts are compared. */
  readonly texts: string
}

/** The middle of the page, without the list, the top and the time line. */
const MIDDLE = { x: 240, y: 48, width: 1200, height: 478 }
const WINDOW = { width: 1440, height: 660 }
const WHOLE = { x: 0, y: 0, ...WINDOW }

const PICTURES: readonly Picture[] = [
  {
    name: 'overview',
    place: 'overview@12050',
    ready: [
      ['.need', '3 orders were denied'],
      ['.equity', '99,994.94'],
    ],
    cut: { ...MIDDLE, height: 400 },
    texts: '.need h3, .need .what',
  },
  {
    name: 'denied-order',
    place: 'actor/order/binance:ema-3-entry@4880',
    ready: [
      ['.chart-surface', 'denied'],
      ['#record .because', 'ORDER_REQUEST'],
      ['#record .followed', 'list/binance:ema-3'],
    ],
    cut: WHOLE,
    texts: '.who, .tools, #record .part:first-child, .when, #beads .what',
  },
  {
    name: 'page',
    place: 'actor/order/binance:ema-2-stop@3843',
    ready: [
      ['.chart-surface', 'triggered'],
      ['#record .part .type', 'EXECUTION_REPORT'],
    ],
    cut: { ...WHOLE, height: 960 },
    texts: '.who, .tools, #record .part:first-child, .when, #beads .what',
  },
  {
    name: 'why',
    place: 'why/order/binance:ema-3-entry@4880',
    ready: [
      ['.why-note', 'Go to the'],
      ['.why-picture', 'denied'],
    ],
    cut: WHOLE,
    texts: '.why-note, .why-picture',
  },
  {
    name: 'market',
    place: 'market/order/binance:ema-2-stop@3843',
    ready: [
      ['.trades', 'ema-2'],
      ['#market .note', 'BTCUSDT 1s candles'],
    ],
    cut: MIDDLE,
    texts: '.trades, #market .note',
  },
  {
    name: 'account-reducing',
    place: 'actor/account/binance@3846',
    ready: [
      ['.chart-surface', 'reducing'],
      ['#record .because', 'FILL'],
    ],
    cut: WHOLE,
    texts: '.who, .tools, #record .part:first-child, #record .change, .when, #beads .what',
  },
  {
    name: 'where-it-changed',
    place: 'actor/account/binance@3846?history&changed=consecutiveLosses',
    ready: [
      ['.chart-surface', 'reducing'],
      ['#history .bar', '0 newer: all'],
      ['#history .bar', '3 older: all'],
    ],
    cut: { ...MIDDLE, height: 420 },
    texts: '#history .entry, #history .bar',
  },
]

let runner: Awaited<ReturnType<typeof startRunner>>
let api: ApiServer
let browser: Browser
let page: Page

beforeAll(async () => {
  mkdirSync(made, { recursive: true })
  const flags = { data: join(folder, 'story'), server: { enabled: false } }
  runner = await startRunner(loadConfig({ file: join(DOCS, 'story.yaml'), flags }), silentLogger)
  await runner.ended
  api = await startApi(runner.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await api?.close()
  await runner?.stop('the test has ended', 'test')
  rmSync(folder, { recursive: true, force: true })
})

const texts: Record<string, string> = isRenewed ? {} : JSON.parse(readFileSync(TEXTS, 'utf8'))
const shown = async (selector: string) =>
  (await page.locator(selector).allTextContents()).map((text) => text.replace(/\s+/g, ' ').trim()).join('\n')

/** Returns the width and the height of a PNG. */
function sizeOf(png: Buffer): readonly [number, number] {
  return [png.readUInt32BE(16), png.readUInt32BE(20)]
}

describe('the pictures of the story', () => {
  it.each(PICTURES)('$name', async ({ name, place, ready, cut, texts: selector }) => {
    const viewport = { ...WINDOW, height: Math.max(WINDOW.height, cut.y + cut.height) }
    page = await browser.newPage({ viewport, reducedMotion: 'reduce' })
    const complaints = complaintsOf(page)
    try {
      await page.goto(`${api.url}/#${place}`)
      for (const [where, text] of ready)
        await page.locator(where, { hasText: text }).first().waitFor({ timeout: 120_000 })
      // The counts of the chart come a little later, and so does what else the server searches for.
      await page.waitForLoadState('networkidle')
      if (isRenewed) texts[name] = await shown(selector)
      else await eventually(async () => expect(await shown(selector)).toBe(texts[name]))
      const png = smaller(await page.screenshot({ clip: cut, caret: 'hide' }))
      writeFileSync(join(made, `${name}.png`), png)
      expect(png.length).toBeLessThan(BYTES_MAX)
      expect(sizeOf(png)).toEqual([cut.width, cut.height])
      expect(sizeOf(readFileSync(join(COMMITTED, `${name}.png`)))).toEqual(sizeOf(png))
      expect(complaints).toEqual([])
    } finally {
      await page.close()
    }
  })

  it('are those that the document has, each with words for those who do not see it', () => {
    if (isRenewed) writeFileSync(TEXTS, `${JSON.stringify(texts, null, 2)}\n`)
    const document = ['inspector.md', '../README.md']
      .map((name) => readFileSync(join(DOCS, name), 'utf8'))
      .join('\n')
    const named = [...document.matchAll(/!\[([^\]]{20,})\]\((?:docs\/)?pictures\/([\w-]+)\.png\)/g)].map(
      ([, , name]) => name,
    )
    const names = PICTURES.map(({ name }) => name)
    expect(named.toSorted()).toEqual(names.toSorted())
    const files = [...names.map((name) => `${name}.png`), 'texts.json'].toSorted()
    expect(readdirSync(COMMITTED).toSorted()).toEqual(files)
  })
})
