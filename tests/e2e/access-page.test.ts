/** Accessibility rules, contrast, and windows of all sizes: light and dark, with failures and without. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineStrategy } from '../../machines/index.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { Floor } from '../machines/floor.ts'
import { eventually } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf, GONE } from './complaints.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const LONG = 'an-order-with-a-name-that-is-longer-than-anybody-would-want-to-read-it'
const WINDOWS: [number, number][] = [
  [1440, 900],
  [1024, 768],
  [390, 844],
]

const careless = defineStrategy({
  name: 'careless',
  version: '1',
  description: 'Throws on its first candle.',
  params: z.object({}),
  indicatorParams: [],
  initial: () => ({ candles: 0 }),
  next: ({ candles }) => ({ candles: candles + 1 }),
  values: (state) => state,
  decide: () => {
    throw new Error('a figure that this strategy divides by is missing from the candle that has just closed')
  },
})
const STRATEGY = { type: './careless.ts', symbol: 'BTCUSDT', interval: '1s', orderQty: '1' }
const FAILING = {
  strategies: [
    { ...STRATEGY, id: 'c-1' },
    { ...STRATEGY, id: `c-2-${LONG}` },
  ],
}

let browser: Browser
let page: Page
let floor: Floor
let api: ApiServer
let complaints: string[]

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
})
afterEach(async () => {
  await page.close()
  await api.close()
  await floor.harness.supervisor.stop()
  expect(complaints).toEqual([])
})

/** Opens a page with a position, orders, an order in the chart and, if asked, two quarantined strategies. */
async function open(
  [width, height]: [number, number],
  colorScheme: 'light' | 'dark',
  isFailing: boolean,
): Promise<void> {
  const modules = { './careless.ts': careless }
  const config = { watchdog: { enabled: false }, symbol: { intervals: ['1s'] } }
  floor = await Floor.open({ ...config, ...(isFailing && FAILING) }, isFailing ? modules : {})
  await floor.bracket('b')
  await floor.pass()
  await floor.order(LONG, { ordType: 'LIMIT', price: '90' })
  for (const px of ['101', '102', '103']) {
    await floor.pass(1_000)
    await floor.price(px)
  }
  api = await startApi(floor.harness.supervisor, { host: '127.0.0.1', port: 0 }, quiet)
  page = await browser.newPage({
    viewport: { width, height },
    colorScheme,
    hasTouch: width < 1440,
    // axe would judge a colour in the middle of an animation.
    reducedMotion: 'reduce',
  })
  complaints = complaintsOf(page, GONE)
  await page.goto(`${api.url}/#${encodeURIComponent('order/paper:b-stop')}`)
  await page.waitForSelector('svg[aria-label="Statechart of order"]')
  // A low window folds the tables away.
  await page.waitForSelector('.row[data-of="order/paper:b-stop"]', { state: 'attached' })
  await page.waitForSelector(`.actor[data-address="order/${LONG}"]`)
  if (isFailing) await page.waitForSelector('#failures li:nth-child(2)')
}

interface Violation {
  readonly id: string
  readonly nodes: { readonly target: string[]; readonly failureSummary: string }[]
}

async function expectNoViolation(): Promise<void> {
  await page.evaluate(AXE)
  const { violations } = await page.evaluate<{ violations: Violation[] }>(
    `axe.run(document, { rules: { 'target-size': { enabled: true } } })`,
  )
  const told = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  )
  expect(told).toEqual([])
}

/** axe does not judge SVG. Returns the least contrast of the chart's text and lines with any of its grounds. */
const chartContrast = () =>
  page.evaluate<{ text: number; lines: number; count: number }>(`(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    const luminance = (colour) => {
      canvas.fillStyle = colour
      canvas.fillRect(0, 0, 1, 1)
      const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) =>
        v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const contrast = (a, b) => {
      const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y)
      return (high + 0.05) / (low + 0.05)
    }
    const all = (selector) => [...document.querySelectorAll('#chart ' + selector)]
    const of = (nodes, property) => [...new Set(nodes.map((node) => getComputedStyle(node)[property]))]
    const grounds = [...of(all('rect'), 'fill'), getComputedStyle(document.body).backgroundColor]
    const least = (colours) => Math.min(...colours.flatMap((one) => grounds.map((ground) => contrast(one, ground))))
    const [texts, strokes] = [of(all('text'), 'fill'), [...of(all('rect'), 'stroke'), ...of(all('.way'), 'stroke')]]
    return { text: least(texts), lines: least(strokes), count: texts.length * grounds.length }
  })()`)

const combinations = WINDOWS.flatMap((size) =>
  (['light', 'dark'] as const).flatMap((scheme) =>
    [false, true].map((isFailing) => ({ size, width: size[0], scheme, isFailing })),
  ),
)

describe('a page', () => {
  it.each(combinations)(
    'has no violation at $width px, $scheme, with failures: $isFailing',
    async ({ size, scheme, isFailing }) => {
      await open(size, scheme, isFailing)
      await expectNoViolation()
      const { text, lines, count } = await chartContrast()
      expect(count).toBeGreaterThan(4)
      expect(text).toBeGreaterThanOrEqual(4.5)
      expect(lines).toBeGreaterThanOrEqual(3)
      const background = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
      const [red] = (background.match(/\d+/g) ?? []).map(Number)
      expect((red as number) > 128 ? 'light' : 'dark').toBe(scheme)
    },
  )

  it.each(['light', 'dark'] as const)('has no violation without its runner, %s', async (scheme) => {
    await open([1024, 768], scheme, true)
    await api.close()
    await page.waitForSelector('#lost:has-text("No connection")')
    await expectNoViolation()
  })

  it.each(['light', 'dark'] as const)(
    'has no violation with all unfolded and all actors listed, %s',
    async (scheme) => {
      await open([1440, 900], scheme, false)
      await page.uncheck('#open-only')
      await page.click('#history li:first-child summary')
      await page.waitForSelector('#history pre')
      await page.focus('#actors')
      await page.keyboard.press('ArrowDown')
      await page.waitForSelector('#chart svg')
      await expectNoViolation()
    },
  )
})

describe('a window', () => {
  const sizes: [number, number][] = [...WINDOWS, [320, 640], [600, 900], [768, 1024], [900, 600], [1200, 500]]

  it.each(sizes)(
    'of %i x %i px shows list, chart and details, and does not scroll sideways',
    async (width, height) => {
      await open([width, height], 'light', true)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
      for (const place of ['#actors', '#chart', '#context', '#history', '#overview', '#failures']) {
        await page.locator(place).scrollIntoViewIfNeeded()
        const found = await page.evaluate(`(() => {
        const node = document.querySelector('${place}')
        node.scrollIntoView({ block: 'center' })
        const { left, top, width, height } = node.getBoundingClientRect()
        const [x, y] = [left + width / 2, top + height / 2]
        return { width, height, isOnTop: node.contains(document.elementFromPoint(x, y)) }
      })()`)
        expect(found, place).toMatchObject({ isOnTop: true })
        const { width: w, height: h } = found as { width: number; height: number }
        expect(w, place).toBeGreaterThanOrEqual(130)
        expect(h, place).toBeGreaterThanOrEqual(30)
      }
      for (const place of ['#actors', '#chart'])
        expect((await page.locator(place).boundingBox())?.height, place).toBeGreaterThanOrEqual(130)
    },
  )

  it.each(WINDOWS)('of %i x %i px has no target below 24 px', async (width, height) => {
    await open([width, height], 'light', true)
    const small =
      await page.evaluate(`[...document.querySelectorAll('a, button, input, summary, [role="treeitem"], [tabindex="0"]')]
      .map((node) => ({ node, box: node.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.height < 24 || box.width < 24))
      // The label of a checkbox is part of its target.
      .filter(({ node }) => !(node.type === 'checkbox' && ${width} === 1440 && node.closest('label').offsetHeight >= 24))
      .map(({ node, box }) => node.outerHTML.slice(0, 80) + ' ' + box.width + ' x ' + box.height)`)
    expect(small).toEqual([])
  })

  it('that is small scrolls to the chart of the chosen actor, and can be scrolled by touch on the chart', async () => {
    await open([390, 844], 'light', true)
    await page.tap(`.actor[data-address="order/${LONG}"]`)
    await eventually(async () => expect(await page.textContent('#address')).toBe(`order/${LONG}`))
    const [title, alarms] = [
      await page.locator('#title').boundingBox(),
      await page.locator('#alarms').boundingBox(),
    ]
    if (title === null || alarms === null) throw new Error('nothing is shown')
    expect(alarms.y).toBeGreaterThanOrEqual(0)
    expect(title.y).toBeGreaterThanOrEqual(alarms.y + alarms.height - 1)
    expect(title.y).toBeLessThan(844 / 2)
    await page.waitForSelector('#chart svg')
    expect(
      await page.evaluate(`getComputedStyle(document.querySelector('#chart svg')).touchAction`),
    ).toContain('pan-y')
  })
})
