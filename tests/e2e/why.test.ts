/** The view that says why, over a strategy that buys on its third candle: from an order's fill to the tick, and back. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineStrategy } from '../../machines/index.ts'
import { PROBLEM_TYPE, problemOf } from '../../src/api/contract/problem.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { Floor } from '../machines/floor.ts'
import { eventually } from '../runtime/harness.ts'
import { violationsOn } from './axe.ts'
import { Opened, type Scheme, type Size, SOON } from './opened.ts'

const ENTRY = 'order/paper:buyer-1-entry'

const buyer = defineStrategy({
  name: 'buyer',
  version: '1',
  description: 'Buys on its third candle.',
  params: z.object({}),
  indicatorParams: [],
  initial: () => ({ candles: 0 }),
  next: ({ candles }) => ({ candles: candles + 1 }),
  values: (state) => state,
  decide: ({ is, side, candle }) =>
    is.candles >= 3 && side === undefined
      ? { do: 'enter', side: 'BUY', reason: 'the third candle', stopPx: Number(candle.close) - 5 }
      : undefined,
})
const CONFIG = {
  symbol: { intervals: ['1s'] },
  strategies: [{ id: 'buyer', type: './buyer.ts', symbol: 'BTCUSDT', interval: '1s', orderQty: '1' }],
}

let opened: Opened
let floor: Floor
let api: ApiServer
let page: Page
/** The record that fills the order, and the tick that led to it. */
let fill: TransitionRecord
let tick: TransitionRecord

beforeAll(async () => {
  opened = await Opened.launch({ url: () => api.url })
  floor = await Floor.open(CONFIG, { './buyer.ts': buyer })
  for (let px = 101; px < 108; px++) {
    await floor.pass(1_000)
    await floor.price(String(px))
  }
  const records = await floor.harness.records()
  const filled = records.find(({ actor, to }) => actor === ENTRY && JSON.stringify(to).includes('"filled"'))
  if (filled === undefined) throw new Error('the order was not filled')
  const { causes } = await floor.harness.supervisor.why(filled.seq)
  fill = filled
  tick = causes[0]?.record as TransitionRecord
  api = await startApi(floor.harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
})
afterAll(async () => {
  await opened?.close()
  await api?.close()
  await floor?.harness.supervisor.stop()
})
afterEach(() => opened.end())

async function open(place: string, size?: Size, scheme?: Scheme): Promise<void> {
  page = await opened.open(place, size, scheme)
}

const hash = () => opened.hash()
const rowAt = (seq: number) => page.locator(`.why-go[data-seq="${seq}"]`)
const isExplained = (seq: number) => page.waitForSelector(`.why-step.moment .why-go[data-seq="${seq}"]`, SOON)
const focused = () => page.evaluate<string | null>(`document.activeElement.getAttribute('data-seq')`)

describe('why an order was filled', () => {
  it('is read from its fill, and the tick that began it is two clicks away', async () => {
    await open('overview')
    await page.locator(`.row[data-address="${ENTRY}"]`).click(SOON)
    // The list has taken the focus with the click, and these keys would move in it.
    await page.focus('#main')
    await page.keyboard.press('Home')
    while (hash() !== `#actor/${ENTRY}@${fill.seq}`) {
      const was = hash()
      await page.keyboard.press('ArrowRight')
      await eventually(() => expect(hash()).not.toBe(was))
    }
    await page.keyboard.press('w')
    await isExplained(fill.seq)
    expect(hash()).toBe(`#why/${ENTRY}@${fill.seq}`)
    const details = page.locator('.why-step.moment .why-details')
    expect(await details.textContent()).toContain('→ execution.filled')
    const taken = details.locator('li', { hasText: '✓ taken' })
    expect(await taken.textContent()).toContain('leads(')
    expect(await taken.locator('dl > div', { hasText: 'event.ordStatus' }).textContent()).toContain(
      '"FILLED"',
    )
    await page.getByRole('link', { name: 'Go to the tick' }).click()
    await isExplained(tick.seq)
    expect(hash()).toBe(`#why/${tick.actor}@${tick.seq}`)
    expect(await page.textContent('.why-start')).toMatch(/^The market began it/)
    await page.goBack()
    await isExplained(fill.seq)
    await page.keyboard.press('c')
    await page.waitForSelector('.chart-surface', SOON)
    expect(hash()).toBe(`#actor/${ENTRY}@${fill.seq}`)
  })

  it('shows all that the tick led to, and follows deeper effects when it is asked to', async () => {
    await open(`why/${ENTRY}@${fill.seq}`)
    await isExplained(fill.seq)
    const count = () => page.locator('.why-step').count()
    const own = await count()
    await page.getByRole('button', { name: 'All of it' }).click()
    await page.waitForSelector('.why-step.beside', SOON)
    expect(await count()).toBeGreaterThan(own)
    await page.getByRole('button', { name: 'Only the way here' }).click()
    await eventually(async () => expect(await count()).toBe(own))
    await open(`why/${tick.actor}@${tick.seq}`)
    await page.getByRole('button', { name: 'Follow them' }).click(SOON)
    await rowAt(fill.seq).waitFor(SOON)
  })

  it('is walked by keys: the rows are one stop, and Enter goes to a record', async () => {
    await open(`why/${ENTRY}@${fill.seq}`)
    await isExplained(fill.seq)
    expect(await page.locator('.why-go[tabindex="0"]').count()).toBe(1)
    await rowAt(fill.seq).focus()
    await page.keyboard.press('ArrowUp')
    const above = Number(await focused())
    expect(above).toBeLessThan(fill.seq)
    await page.keyboard.press('ArrowRight')
    await page
      .locator('.why-step', { has: rowAt(above) })
      .locator('.why-details')
      .waitFor(SOON)
    await page.keyboard.press('ArrowLeft')
    await eventually(async () => expect(await page.locator('.why-details').count()).toBe(1))
    await page.keyboard.press('Home')
    expect(await focused()).toBe(String(tick.seq))
    await page.keyboard.press('Enter')
    await eventually(() => expect(hash()).toBe(`#why/${tick.actor}@${tick.seq}`))
    await isExplained(tick.seq)
    expect(await focused()).toBe(String(tick.seq))
  })

  it('keeps the focus while a live actor moves on, and is behind a link of the record on a phone', async () => {
    await open(`why/${tick.actor}`)
    const now = () => page.getAttribute('.why-step.moment .why-go', 'data-seq')
    await page.waitForSelector('.why-step.moment', SOON)
    const was = await now()
    await page.focus('.why-step.moment .why-go')
    await floor.price('108')
    await eventually(async () => expect(await now()).not.toBe(was))
    expect(await focused()).toBe(await now())
    await open(`actor/${ENTRY}@${fill.seq}`, [390, 844])
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    await page.getByRole('link', { name: 'Why, step by step' }).click(SOON)
    await isExplained(fill.seq)
  })

  it('is of the last record while it is live, and says what keeps it from being read', async () => {
    await open(`why/${ENTRY}`)
    const last = (await floor.harness.records()).findLast(({ actor }) => actor === ENTRY)
    await isExplained(last?.seq ?? 0)
    expect(hash()).toBe(`#why/${ENTRY}`)
    await open(`why/${ENTRY}@2`)
    await page.locator('#why .empty', { hasText: 'not there yet' }).waitFor(SOON)
    const json = problemOf({
      code: 'RECORD_UNKNOWN',
      message: 'there is no record',
      hint: 'Ask.',
      issues: [],
    })
    await page.route('**/why*', (route) =>
      route.fulfill({ status: json.status, headers: { 'content-type': PROBLEM_TYPE }, json }),
    )
    await page.goto(`${api.url}/#why/${ENTRY}@${fill.seq}`)
    await page.locator('#why .fault', { hasText: 'RECORD_UNKNOWN' }).waitFor(SOON)
    await page.unroute('**/why*')
    await page.getByRole('button', { name: 'Again' }).click()
    await isExplained(fill.seq)
    // The browser tells of the answer with 404.
    expect(opened.complaints.splice(0)).toHaveLength(1)
  })
})

/** Returns the texts that lie on another one, and those that leave their row or what can be scrolled. */
const FAULTS = `(() => {
  const panel = document.querySelector('#why')
  const texts = [...panel.querySelectorAll('.why-label, .why-pill, .why-at time, .why-more, .why-gap, .why-start, .why-led, .why-said, .why-who, .why-from, .why-details p, .why-details dt, .why-details dd')]
  const boxes = texts.map((node) => ({ node, box: node.getBoundingClientRect() })).filter(({ box }) => box.width > 0)
  const name = ({ node }) => node.className + ' ' + node.textContent.slice(0, 40)
  const faults = []
  const around = panel.querySelector('.sequence').getBoundingClientRect()
  boxes.forEach((a, i) => {
    if (a.box.left < around.left - 1 || a.box.right > Math.max(around.right, panel.getBoundingClientRect().right) + 1) faults.push(name(a) + ' leaves the picture')
    if (a.node.scrollWidth > a.node.clientWidth + 1 && a.node.clientWidth > 0) faults.push(name(a) + ' is cut off')
    for (const b of boxes.slice(i + 1)) {
      if (a.node.contains(b.node) || b.node.contains(a.node)) continue
      const x = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left)
      const y = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top)
      if (x > 1 && y > 1.5) faults.push(name(a) + ' on ' + name(b))
    }
  })
  return { faults, count: boxes.length }
})()`

describe('what a person sees of it', () => {
  it.each([
    { size: [1440, 900], scheme: 'light' },
    { size: [1440, 900], scheme: 'dark' },
    { size: [1024, 768], scheme: 'light' },
    { size: [1024, 768], scheme: 'dark' },
    { size: [390, 844], scheme: 'light' },
    { size: [390, 844], scheme: 'dark' },
  ] as const)(
    'has no text on another one, and breaks no rule of WCAG: $size, $scheme',
    async ({ size, scheme }) => {
      await open(`why/${ENTRY}@${fill.seq}`, size, scheme)
      await isExplained(fill.seq)
      await page
        .locator('#record .part')
        .first()
        .waitFor({ state: 'attached', ...SOON })
      await page.getByRole('button', { name: 'All of it' }).click()
      await page.waitForSelector('.why-step.beside', SOON)
      const { faults, count } = await page.evaluate<{ faults: string[]; count: number }>(FAULTS)
      expect(faults).toEqual([])
      expect(count).toBeGreaterThan(20)
      expect(await violationsOn(page)).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(size[0])
    },
  )
})
