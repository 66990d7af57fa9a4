/** Long names: the difference between two names stays in view, and each element has the whole name. */
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { Floor } from '../machines/floor.ts'
import { eventually } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf } from './complaints.ts'

const MIDDLE = '-of-a-strategy-with-a-name-that-is-much-longer-than-any-place-for-it-'
const AT_END: [string, string] = [`ema-BTCUSDT${MIDDLE}1-entry`, `ema-BTCUSDT${MIDDLE}2-entry`]
const AT_START: [string, string] = [`back-BTC${MIDDLE}stop`, `fast-BTC${MIDDLE}stop`]
const ALL = [...AT_END, ...AT_START]

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
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
beforeEach(async () => {
  floor = await Floor.open({ watchdog: { enabled: false } })
  for (const id of ALL) await floor.order(id, { ordType: 'LIMIT', price: '90' })
  api = await startApi(floor.harness.supervisor, { host: '127.0.0.1', port: 0 }, quiet)
  page = await browser.newPage({ reducedMotion: 'reduce' })
  complaints = complaintsOf(page)
})
afterEach(async () => {
  await page.close()
  await api.close()
  await floor.harness.supervisor.stop()
  expect(complaints).toEqual([])
})

const open = async (width: number, address: string) => {
  await page.setViewportSize({ width, height: 900 })
  await page.goto(`${api.url}/#${encodeURIComponent(address)}`)
  await page.waitForSelector(`.actor[data-address="order/${ALL[3]}"]`)
  await page.waitForSelector('.row a')
}
/** Returns whether a name is cut, whether it stays within its place, and its full text. */
const seen = (name: Locator) =>
  name.evaluate((node) => {
    const { left, right } = node.getBoundingClientRect()
    const parts = [...node.children].map((part) => part.getBoundingClientRect())
    const isCut = [...node.children].some((part) => part.scrollWidth > part.clientWidth)
    const place = node.parentElement?.getBoundingClientRect()
    return {
      isCut,
      isWithin: parts.every((part) => part.left >= left - 1 && part.right <= right + 1),
      isInPlace: place !== undefined && left >= place.left - 1 && right <= place.right + 1,
      text: node.textContent,
      title: node.getAttribute('title'),
    }
  })
const picture = async (name: Locator) => (await name.screenshot()).toString('base64')

async function expectTold(
  nameOf: (id: string) => Promise<Locator> | Locator,
  pair: [string, string],
): Promise<void> {
  const pictures: string[] = []
  for (const id of pair) {
    const name = await nameOf(id)
    expect(await seen(name)).toMatchObject({ isCut: true, isWithin: true, isInPlace: true })
    pictures.push(await picture(name))
  }
  expect(pictures[0]).not.toBe(pictures[1])
}

const WIDTHS = [1440, 1024, 390]

describe.each([
  ['at the end', AT_END],
  ['at the start', AT_START],
])('two long names that differ %s alone', (_, pair) => {
  it('are told apart in the list', async () => {
    for (const width of WIDTHS) {
      await open(width, 'account/paper')
      await expectTold((id) => page.locator(`.actor[data-address="order/${id}"] .name`), pair)
    }
    for (const id of pair) {
      const row = page.locator(`.actor[data-address="order/${id}"]`)
      const name = await seen(row.locator('.name'))
      expect([name.text, name.title]).toEqual([id, `order/${id}`])
      expect(await row.getAttribute('title')).toContain(`order/${id}`)
      expect(await page.getByRole('treeitem', { name: `order/${id}` }).count()).toBe(1)
    }
  })

  it('are told apart in the title of the chart', async () => {
    for (const width of WIDTHS) {
      await open(width, 'account/paper')
      // A large window has room for the whole name.
      if (width > 1200) await page.evaluate("document.querySelector('#address').style.maxWidth = '300px'")
      await expectTold(async (id) => {
        await page.evaluate(`location.hash = '#order%2F${id}'`)
        await page.waitForSelector(`#address[title="order/${id}"]`)
        return page.locator('#address')
      }, pair)
    }
    expect(await page.getByRole('heading', { name: `order/${pair[1]}` }).count()).toBe(1)
  })

  it('are told apart in the table of orders', async () => {
    for (const width of WIDTHS) {
      await open(width, 'account/paper')
      await expectTold((id) => page.locator(`.row[data-of="order/${id}"] a`), pair)
    }
    const { text, title } = await seen(page.locator(`.row[data-of="order/${pair[0]}"] a`))
    expect([text, title]).toEqual([pair[0], `order/${pair[0]}`])
    expect(await page.getByRole('link', { name: pair[0], exact: true }).count()).toBe(1)
  })
})

describe('a name', () => {
  interface Fit {
    readonly width: number
    readonly isCut: boolean
    readonly taken: number
    readonly whole: number
    /** Pixels by which the end of the name leaves its place. */
    readonly beyond: number
    readonly tail: string
  }
  /** Measures the name in places of these widths. */
  const measure = (text: string, widths: readonly number[]) =>
    page.evaluate<Fit[]>(`import('/page/names.js').then(async ({ showName }) => {
      const names = ${JSON.stringify(widths)}.map((width) => {
        const place = document.createElement('div')
        place.style.cssText = 'display: flex; font: 13px monospace; width: ' + width + 'px'
        const name = document.createElement('span')
        showName(name, ${JSON.stringify(text)})
        place.append(name)
        document.body.append(place)
        return { width, place, name }
      })
      for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame)
      return names.map(({ width, place, name }) => {
        const [head, tail] = name.children
        const { width: taken, right } = name.getBoundingClientRect()
        const found = {
          width,
          taken,
          isCut: head.scrollWidth > head.clientWidth,
          whole: head.scrollWidth + tail.scrollWidth,
          beyond: tail.getBoundingClientRect().right - right,
          tail: tail.textContent,
        }
        place.remove()
        return found
      })
    })`)

  it.each(['ema-BTCUSDT-1-entry', AT_END[0], 'o-1', 'x', 'сделка-№-7-🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀'])(
    'fits any width with its end in view, and is whole where there is room: %s',
    async (text) => {
      await open(1440, 'account/paper')
      const widths = Array.from({ length: 60 }, (_, i) => 80 + 10 * i)
      for (const { width, isCut, taken, whole, beyond, tail } of await measure(text, widths)) {
        expect(taken).toBeLessThanOrEqual(width + 0.5)
        expect(beyond).toBeLessThanOrEqual(0.5)
        expect(isCut).toBe(whole > width)
        expect(text.endsWith(tail)).toBe(true)
        if (isCut) expect([...tail].length).toBeGreaterThanOrEqual(3)
      }
    },
  )

  it('is copied whole', async () => {
    await open(1440, `order/${AT_END[0]}`)
    await eventually(async () => expect(await page.textContent('#address')).toBe(`order/${AT_END[0]}`))
    await page.evaluate(`getSelection().selectAllChildren(document.getElementById('address'))`)
    await page.keyboard.press('Control+c')
    // Unlike an input, a textarea keeps line breaks.
    await page.evaluate(`document.body.insertAdjacentHTML('beforeend', '<textarea id="own"></textarea>')`)
    await page.focus('#own')
    await page.keyboard.press('Control+v')
    const copied = await page.inputValue('#own')
    expect(copied).toBe(`order/${AT_END[0]}`)
  })
})
