/** Tests what a trader sees: the page over an account with hand-made prices. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { Floor } from '../machines/floor.ts'
import { eventually } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf, NOT_FOUND } from './complaints.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
let browser: Browser
let page: Page
let floor: Floor
let api: ApiServer
let refused: Readonly<Record<string, number>>
let complaints: string[]

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
})
beforeEach(async () => {
  floor = await Floor.open({ watchdog: { enabled: false } })
  refused = {}
  const options = { host: '127.0.0.1', port: 0, refused: () => refused }
  api = await startApi(floor.harness.supervisor, options, quiet)
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  complaints = complaintsOf(page)
})
afterEach(async () => {
  await page.close()
  await api.close()
  await floor.harness.supervisor.stop()
  expect(complaints).toEqual([])
})

const open = (address: string) => page.goto(`${api.url}/#${encodeURIComponent(address)}`)
const drawn = (machine: string) => page.waitForSelector(`svg[aria-label="Statechart of ${machine}"]`)
const edges = () => page.$$eval('.edge', (all) => all.map((edge) => edge.getAttribute('data-edge')))
const listed = (kind: string) =>
  page.$$eval(`.actor[data-address^="${kind}/"]`, (rows) =>
    rows
      .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
      .map((row) => row.getAttribute('data-address')),
  )

interface Standing {
  readonly equity: string
  readonly dailyPnl: string
  readonly unrealizedPnl: string
  readonly drawdownPct: string
  readonly positions: readonly { readonly avgPx: string; readonly unrealizedPnl: string }[]
  readonly orders: readonly { readonly price?: string; readonly stopPx?: string }[]
}

/**
 * Expects that the overview's numbers are those of the API, to the last digit. A rounded number has the exact one in
 * its title.
 */
async function expectOverviewAsTold(expected: Partial<Standing>): Promise<void> {
  const { accounts } = (await (await fetch(`${api.url}/accounts`)).json()) as { accounts: Standing[] }
  const told = accounts[0] as Standing
  expect(told).toMatchObject(expected)
  const shown = (selector: string) =>
    page.$$eval(selector, (nodes) => nodes.map((node) => node.getAttribute('title')))
  await eventually(async () => {
    for (const figure of ['equity', 'dailyPnl', 'unrealizedPnl'] as const)
      expect(await shown(`summary [data-figure="${figure}"]`)).toEqual([`${told[figure]} USDT`])
    expect(await shown('summary [data-figure="drawdownPct"]')).toEqual([told.drawdownPct])
    expect(await shown('.row [data-figure="avgPx"]')).toEqual(told.positions.map(({ avgPx }) => avgPx))
    expect(await shown('.row [data-figure="unrealizedPnl"]')).toEqual(
      told.positions.map(({ unrealizedPnl }) => `${unrealizedPnl} USDT`),
    )
    for (const px of ['price', 'stopPx'] as const)
      expect(await shown(`.row [data-figure="${px}"]`)).toEqual(told.orders.map((order) => order[px] ?? ''))
  })
}

describe('the overview', () => {
  it('shows the account as the API does, live, and links to the actors that it names', async () => {
    await floor.bracket('b')
    await floor.pass()
    await open('account/paper')
    await page.waitForSelector('[data-figure="equity"]')
    await expectOverviewAsTold({ unrealizedPnl: '-0.02' })
    await floor.price('103')
    await expectOverviewAsTold({ equity: '100005.98', unrealizedPnl: '5.98' })
    expect(await page.textContent('[data-figure="equity"]')).toBe('100,005.98 USDT')
    await page.click('.row[data-of="order/paper:b-stop"] a')
    await eventually(async () => expect(await page.textContent('#address')).toBe('order/paper:b-stop'))
  })

  it('says why the account does not trade', async () => {
    const event = { type: 'REQUIRE_REVIEW', reason: 'something is odd' }
    await floor.send('account/paper', event)
    await floor.send('account/paper', {
      type: 'SET_TRADING_STATE',
      tradingState: 'halted',
      by: 'ann',
      reason: 'lunch',
    })
    await open('account/paper')
    await page.waitForSelector('[data-figure="tradingState"].halted')
    expect(await page.textContent('[data-figure="why"]')).toBe('to be reviewed: something is odd')
  })
})

describe('the count of refused market data', () => {
  it('appears with the first refusal, and names the reasons', async () => {
    await open('account/paper')
    await page.waitForSelector('[data-figure="equity"]')
    expect(await page.isHidden('#refused')).toBe(true)
    refused = { TIME: 1, PRICE: 1_200 }
    await floor.price('103')
    await page.waitForSelector('#refused:not([hidden])')
    expect(await page.textContent('#refused')).toBe('1,201 refused')
    expect(await page.getAttribute('#refused', 'title')).toMatch(/: 1,200 PRICE, 1 TIME$/)
  })
})

describe('the list of actors', () => {
  it('lists open actors in natural order, and on demand ended ones, with the chosen actor in view', async () => {
    for (const id of ['o-10', 'o-2', 'o-1']) await floor.order(id, { ordType: 'LIMIT', price: '90' })
    for (let i = 0; i < 60; i++) await floor.order(`done-${i}`, { orderQty: '0.001' })
    await open('order/o-10')
    await eventually(async () =>
      expect(await listed('order')).toEqual(['order/o-1', 'order/o-2', 'order/o-10']),
    )
    expect(await page.textContent('.kind:has-text("order") .value')).toBe('3 of 63')
    await page.uncheck('#open-only')
    await page.waitForSelector('[data-address="order/o-10"][aria-selected="true"]')
    expect(await page.isVisible('[data-address="order/o-10"]')).toBe(true)
    expect((await listed('order')).slice(-3)).toEqual(['order/o-1', 'order/o-2', 'order/o-10'])
    await page.evaluate(`document.getElementById('actors').scrollTop = 0`)
    await page.click('.kind:has-text("order")')
    expect(await listed('order')).toEqual([])
  })

  it('shows ten thousand actors with only the rows in view', async () => {
    await open('account/paper')
    await page.waitForSelector('[data-address="account/paper"]')
    const rows = await page.evaluate(`import('/page/actor-list.js').then(({ ActorList }) => {
      const root = document.getElementById('actors')
      root.replaceChildren()
      const list = new ActorList(root, document.createElement('input'), document.createElement('input'), () => {})
      for (let i = 10_000; i > 0; i--)
        list.put({ address: 'order/' + i, value: 'filled', tags: ['closed'], status: 'active', rev: 1, seq: 1, at: 1 })
      list.choose('order/5000')
      return [...list.rows.keys()]
    })`)
    expect(rows).toContain('order/5000')
    expect(rows).toContain('order/5001')
    expect((rows as string[]).length).toBeLessThan(100)
  })
})

describe('an address', () => {
  it('is called unknown until an actor has it', async () => {
    await open('order/nosuch')
    await page.waitForSelector('#chart .note:has-text("order/nosuch does not exist")')
    expect(await page.textContent('#address')).toBe('order/nosuch')
    expect(await page.$('.actor[aria-selected="true"]')).toBeNull()
    await floor.order('nosuch')
    await drawn('order')
    await page.waitForSelector('.state.active[data-state="order.execution.filled"]')
    complaints = complaints.filter((text) => !NOT_FOUND.test(text))
  })
})

/** Returns the lines that the chart draws for a machine, which is an expression in the page. */
async function linesOf(machine: string): Promise<unknown> {
  await open('account/paper')
  return page.evaluate(`import('/page/chart-layout.js').then(async ({ layout }) => {
    const empty = { entry: [], exit: [], invoke: [], tags: [], states: [], transitions: [] }
    const state = (key) => ({ ...empty, type: 'atomic', id: 'm.' + key, key })
    const m = (states) => ({ ...empty, type: 'compound', id: 'm', key: 'm', initial: 'm.a', states })
    const go = (from, to, eventType, guard) =>
      ({ source: 'm.' + from, targets: ['m.' + to], eventType, guard, actions: [] })
    const { lines } = await layout(${machine})
    return lines.map(({ id, lines, points }) => ({ id, lines, isDrawn: points.length >= 2 }))
  })`)
}

describe('the chart', () => {
  it('draws the transition of an ancestor from each state that it leaves', async () => {
    await floor.order('o')
    const among = (machine: string, states: readonly string[]) =>
      states.flatMap((from) =>
        states.filter((to) => to !== from).map((to) => `${machine}.${from}>${machine}.${to}`),
      )
    await open('account/paper')
    await drawn('account')
    expect(await edges()).toEqual(expect.arrayContaining(among('account', ['active', 'reducing', 'halted'])))
    await page.click('[data-address="position/paper:BTCUSDT"]')
    await drawn('position')
    expect(await edges()).toEqual(expect.arrayContaining(among('position', ['flat', 'long', 'short'])))
  })

  it('of an order is readable when it opens, and shows the active states', async () => {
    await floor.order('o', { ordType: 'LIMIT', price: '90' })
    await open('order/o')
    await drawn('order')
    const heights = (await page.evaluate(`[...document.querySelectorAll('.state text')].map(
      (text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a,
    )`)) as number[]
    expect(heights.length).toBeGreaterThan(20)
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(9)
    const pane = await page.locator('#chart').boundingBox()
    for (const state of ['execution.accepted', 'request.idle']) {
      const box = await page.locator(`.active[data-state="order.${state}"] > rect`).boundingBox()
      expect(box && pane && box.x >= pane.x && box.x + box.width <= pane.x + pane.width).toBe(true)
      expect(box && pane && box.y >= pane.y && box.y + box.height <= pane.y + pane.height).toBe(true)
    }
  })

  it('is whole and readable in a window of one column, and gets a new layout in a wide one', async () => {
    await floor.order('o', { ordType: 'LIMIT', price: '90' })
    const cut = (): Promise<{ outside: unknown[]; height: number; width: number }> =>
      page.evaluate(`(() => {
        const pane = document.getElementById('chart').getBoundingClientRect()
        const parts = [...document.querySelectorAll('#chart :is(.state > rect, .way, text)')]
        const outside = parts.filter((part) => {
          const { left, right, top, bottom } = part.getBoundingClientRect()
          return left < pane.left || right > pane.right || top < pane.top || bottom > pane.bottom
        })
        const heights = [...document.querySelectorAll('.state text')].map(
          (text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a,
        )
        return { outside: outside.map(({ outerHTML }) => outerHTML.slice(0, 100)), height: Math.min(...heights), width: pane.width }
      })()`)
    for (const width of [420, 360]) {
      await page.setViewportSize({ width, height: 800 })
      for (const kind of ['account', 'position', 'order']) {
        await open(
          kind === 'order' ? 'order/o' : kind === 'account' ? 'account/paper' : 'position/paper:BTCUSDT',
        )
        await drawn(kind)
        await eventually(async () => {
          const found = await cut()
          expect([kind, found.outside]).toEqual([kind, []])
          expect(found.height).toBeGreaterThanOrEqual(9)
          expect(found.width).toBe(width)
        })
      }
    }
    const areBeside = () =>
      page.evaluate(`(() => {
        const rects = [...document.querySelectorAll('.state.region > rect')]
        const [one, other] = rects.map((rect) => rect.getBoundingClientRect())
        return one !== undefined && (one.right < other.left || other.right < one.left)
      })()`)
    expect(await areBeside()).toBe(false)
    await page.setViewportSize({ width: 1440, height: 900 })
    await eventually(async () => expect(await areBeside()).toBe(true))
    await page.waitForSelector('.active[data-state="order.execution.accepted"]')
  })

  it('has one line between two states, whose tooltip lists all its transitions', async () => {
    await floor.order('o', { ordType: 'LIMIT', price: '90' })
    await open('order/o')
    await drawn('order')
    const ids = (await edges()).filter((id) => id !== '')
    expect(new Set(ids).size).toBe(ids.length)
    const line = page.locator('[data-edge="order.execution.accepted>order.execution.canceled"]')
    await line.locator('.reach').dispatchEvent('pointerover')
    const tip = await page.textContent('.tip')
    expect(tip).toContain('ORDER_UNKNOWN / end')
    expect(tip).toContain('EXECUTION_REPORT [leads to canceled, from accepted] / takeReport')
  })

  it('counts transitions of one event in its label', async () => {
    const lines = await linesOf(`m([
      { ...state('a'), transitions: [go('a', 'b', 'FILL', 'x'), go('a', 'b', 'FILL', 'y'), go('a', 'b', '', 'z')] },
      state('b'),
    ])`)
    expect(lines).toContainEqual({ id: 'm.a>m.b', lines: ['FILL ×2', '[z]'], isDrawn: true })
  })

  it('draws the transitions that many states share from one dot', async () => {
    const lines = await linesOf(`{
      ...m(['a', 'b', 'c', 'd', 'e'].map(state)),
      transitions: [{ ...go('a', 'e', 'STOP'), source: 'm' }],
    }`)
    expect(lines).toEqual([
      { id: 'm$any>m.e', lines: ['STOP'], isDrawn: true },
      { id: undefined, lines: undefined, isDrawn: true },
    ])
  })

  it('keeps the last transition highlighted', async () => {
    await floor.order('o', { ordType: 'LIMIT', price: '90' })
    await open('order/o')
    await drawn('order')
    await floor.send('order/o', { type: 'CANCEL' })
    await page.waitForSelector('.edge.last[data-edge="order.request.idle>order.request.pendingCancel"]', {
      state: 'attached',
    })
    await floor.pass()
    await page.waitForSelector('.edge.last[data-edge="order.execution.accepted>order.execution.canceled"]', {
      state: 'attached',
    })
  })

  it('says that it is being drawn, and is laid out once for each machine', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await page.route('**/vendor/elk-worker.min.js', async (route) => {
      await held
      await route.continue()
    })
    for (const id of ['o-1', 'o-2']) await floor.order(id, { ordType: 'LIMIT', price: '90' })
    await open('order/o-1')
    await page.waitForSelector('.note:has-text("Drawing order")')
    release()
    await drawn('order')
    const { signal, asked } = { signal: '/machine', asked: [] as string[] }
    page.on('request', (request) => request.url().endsWith(signal) && asked.push(request.url()))
    await page.click('[data-address="order/o-2"]')
    await page.waitForSelector('.state.active[data-state="order.execution.accepted"]')
    expect(await page.textContent('#address')).toBe('order/o-2')
    expect(asked).toEqual([])
  })
})

describe('a small window', () => {
  it('leaves room for the chart, and truncates long texts', async () => {
    const id = 'an-order-with-a-name-that-is-longer-than-anybody-would-want-to-read-it'
    await floor.order(id, { ordType: 'LIMIT', price: '90' })
    await page.setViewportSize({ width: 800, height: 600 })
    await open(`order/${id}`)
    await drawn('order')
    const chart = await page.locator('#chart').boundingBox()
    expect(chart?.width).toBeGreaterThan(500)
    expect(chart?.height).toBeGreaterThan(200)
    expect((await page.locator('#title').boundingBox())?.height).toBeLessThan(50)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(800)
  })
})
