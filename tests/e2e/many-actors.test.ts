/** The list of the page over many actors: what it asks for does not grow with them, and in the past it has the states of then. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually, Harness } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf } from './complaints.ts'

const order = setup({}).createMachine({
  initial: 'new',
  states: { new: { tags: 'working', on: { FILL: 'filled' } }, filled: { tags: 'closed' } },
})
const plain = setup({}).createMachine({ initial: 'on', states: { on: {} } })
const machines = { order, list: order, symbol: plain, ema: plain }
const STRATEGIES = Array.from({ length: 8 }, (_, i) => `ema-${i}`)

interface Opened {
  readonly requests: number
  readonly bytes: number
}

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

/** Serves a log with a number of orders, of which each strategy has as many. */
async function world(orders: number): Promise<{ harness: Harness; api: ApiServer }> {
  const harness = new Harness()
  const supervisor = await harness.open({ machines })
  await supervisor.spawn('symbol', 'sim:BTCUSDT')
  for (const id of STRATEGIES) await supervisor.spawn('ema', id)
  const ids = Array.from({ length: orders }, (_, i) => `sim:${STRATEGIES[i % STRATEGIES.length]}-${i}-entry`)
  await Promise.all(ids.map((id) => supervisor.spawn('order', id)))
  await Promise.all(ids.slice(0, orders / 2).map((id) => supervisor.send(`order/${id}`, { type: 'FILL' })))
  return { harness, api: await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger) }
}

const groups = (page: Page) => page.$$eval('.row.group', (all) => all.map((row) => row.textContent ?? ''))
const rows = (page: Page) =>
  page.$$eval('.row[data-address]', (all) => all.map((row) => row.getAttribute('data-address')))
const row = (address: string) => `.row[data-address="${address}"]`
const stateOf = (page: Page, address: string) =>
  page.$$eval(`${row(address)} .row-state`, ([state]) => state?.textContent)

/** Opens the page, and counts what it asks of the list until that is still. */
async function opened(url: string): Promise<Opened & { readonly page: Page }> {
  // The server makes its numbers ready in its own time: a page that comes sooner asks once more.
  await fetch(`${url}/groups?whole=true`)
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  // A question that is asked again counts once: how often is a matter of time.
  const sizes = new Map<string, number>()
  let underWay = 0
  const isOfList = (url: string) => /\/(actors\?|groups)/.test(url)
  page.on('request', (request) => {
    if (isOfList(request.url())) underWay++
  })
  page.on('response', async (response) => {
    if (!isOfList(response.url())) return
    sizes.set(response.url(), (await response.body()).length)
    underWay--
  })
  await page.goto(`${url}/#actor/symbol/sim:BTCUSDT`)
  await eventually(async () => expect((await groups(page)).length).toBeGreaterThan(STRATEGIES.length))
  await eventually(async () => expect(await rows(page)).toContain('symbol/sim:BTCUSDT'))
  await eventually(() => expect(underWay).toBe(0))
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  return { requests: sizes.size, bytes, page }
}

it('asks for no more when there are four times as many, finds one of them, and shows those of a group page by page', async () => {
  const figures: Opened[] = []
  for (const orders of [2_000, 8_000]) {
    const { harness, api } = await world(orders)
    const { page, ...figure } = await opened(api.url)
    const complaints = complaintsOf(page)
    figures.push(figure)
    expect(await groups(page)).toContain(`▸ema-3 ${(orders / 8 + 1).toLocaleString('en')}`)
    if (orders === 8_000) {
      await page.locator('.row.group', { hasText: 'ema-3' }).click()
      // The latest list comes first.
      await eventually(async () =>
        expect((await rows(page)).slice(0, 2)).toEqual(['ema/ema-3', 'order/sim:ema-3-7995-entry']),
      )
      await page.fill('#search', 'kind:order state:new end:-7995-entry')
      await eventually(async () => {
        expect(await page.textContent('.list-note')).toBe(
          '1 actor of kind order, in state new, ending with -7995-entry.',
        )
        expect(await rows(page)).toEqual(['order/sim:ema-3-7995-entry'])
      })
      // The feed tells of what moves: the order that was found is filled.
      await harness.supervisor.send('order/sim:ema-3-7995-entry', { type: 'FILL' })
      await eventually(async () => expect(await stateOf(page, 'order/sim:ema-3-7995-entry')).toBe('filled'))
    }
    expect(complaints).toEqual([])
    await page.close()
    await api.close()
    await harness.supervisor.stop()
  }
  const [few, many] = figures as [Opened, Opened]
  expect(many.requests).toBe(few.requests)
  expect(many.bytes).toBeLessThan(1.2 * few.bytes)
})

it('has the states of the moment in the past, and says who was not there yet', async () => {
  const { harness, api } = await world(16)
  const page = await browser.newPage({ viewport: { width: 1440, height: 1_600 } })
  const [was, later] = ['order/sim:ema-0-0-entry', 'order/sim:ema-7-15-entry']
  const first = await firstOf(harness, later)
  await page.goto(`${api.url}/#actor/symbol/sim:BTCUSDT@${first - 1}`)
  await eventually(async () => expect(await stateOf(page, was)).toBe('new'))
  await eventually(async () => expect(await stateOf(page, later)).toBe('not there yet'))
  expect(await page.textContent('.list-note')).toBe('States are of the moment, and numbers of now.')
  await page.evaluate(`location.hash = '#actor/symbol/sim:BTCUSDT'`)
  await eventually(async () => expect(await stateOf(page, was)).toBe('filled'))
  expect(await stateOf(page, later)).toBe('new')
  await page.close()
  await api.close()
  await harness.supervisor.stop()
})

async function firstOf({ supervisor }: Harness, address: string): Promise<number> {
  for await (const { seq } of supervisor.history(address, { limit: 1 })) return seq
  throw new Error(`${address} has no record`)
}
