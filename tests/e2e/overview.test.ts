/** The overview: all that needs a person, each with its act, and the figures of how the runner keeps up. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { defineStrategy } from '../../machines/index.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { createClient } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { Floor } from '../machines/floor.ts'
import { eventually } from '../runtime/harness.ts'
import { Opened, SOON } from './opened.ts'
import { picture, pixelsApart, settled } from './pictures.ts'

const SYMBOL = 'symbol/paper:BTCUSDT'

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
    throw new Error('a figure is missing')
  },
})
const CONFIG = {
  watchdog: { graceMs: 600_000 },
  symbol: { intervals: ['1s'] },
  strategies: [{ type: './careless.ts', id: 'c', symbol: 'BTCUSDT', interval: '1s', orderQty: '1' }],
}
const COMPONENTS = [
  { name: 'market', state: 'RUNNING' },
  { name: 'news', state: 'FAILED', reason: 'the wire is cut' },
] as const

let opened: Opened
let floor: Floor
let api: ApiServer
let page: Page

beforeAll(async () => {
  // The letter that is sent again has no receiver.
  const expected = [/status of 404/]
  opened = await Opened.launch({ url: () => api.url, size: [1440, 1400], expected })
  floor = await Floor.open(CONFIG, { './careless.ts': careless })
  for (const px of ['101', '102', '103']) {
    await floor.pass(1_000)
    await floor.price(px)
  }
  // It has no stop.
  await floor.order('bare')
  await floor.order('much', { orderQty: '100000' })
  const { supervisor } = floor.harness
  supervisor.tell('order/nobody' as Address, { type: 'CANCEL' })
  await floor.send('account/paper', { type: 'REQUIRE_REVIEW', reason: 'the books were edited' })
  await floor.send(SYMBOL, { type: 'CONNECTION', status: 'resyncing' })
  await supervisor.idle()
  const options = { host: '127.0.0.1', port: 0, refused: () => ({ TIME: 2 }), components: () => COMPONENTS }
  api = await startApi(supervisor, options, silentLogger)
})
afterAll(async () => {
  await opened?.close()
  await api?.close()
  await floor?.harness.supervisor.stop()
})
beforeEach(() => open('overview'))
afterEach(() => opened.end())

async function open(place: string): Promise<void> {
  page = await opened.open(place)
}

const need = (title: string) => page.locator('.need', { has: page.locator('h3', { hasText: title }) })
const shown: Opened['shown'] = (selector, text) => opened.shown(selector, text)
const gone = (title: string) => eventually(async () => expect(await need(title).count()).toBe(0))
const vitals = () => createClient({ url: api.url }).ask('vitals')

/** Does what a need offers, and says yes in its dialog. */
async function act(title: string, button: string, says: string): Promise<void> {
  await need(title).getByRole('button', { name: button }).first().click(SOON)
  await shown('dialog .about', says)
  await page.click('dialog button[type="submit"]')
  await page.waitForSelector('dialog', { state: 'detached', ...SOON })
}

it('has the gravest first, each with a sentence and its act', async () => {
  const rows = async () => {
    const all = await page.locator('.need').all()
    return Promise.all(
      all.map(async (one) => [
        await one.locator('h3').textContent(),
        (await one.locator(':scope > .acts button').allTextContents()).join(' '),
        await one.locator('.what > p').first().textContent(),
      ]),
    )
  }
  await eventually(async () => {
    const is = await rows()
    expect(is.map(([title, acts]) => [title, acts])).toEqual([
      ['Nothing is entered until a person has looked', 'Review…'],
      ['A position has no stop', 'Close…'],
      ['careless c is quarantined', 'Release…'],
      ['The component news has failed', 'Restart…'],
      [expect.stringMatching(/^\d+ messages could not be delivered$/), 'Drop… Send again…'],
      ['The market data of paper:BTCUSDT is not whole', ''],
      ['2 messages of the market were not believed', 'Seen'],
      ['An order was denied by the risk gate', 'Change limits… Seen'],
    ])
  })
  const texts = (await rows()).map(([, , text]) => text?.trim())
  expect(texts[0]).toBe('The reason: the books were edited. What is held keeps its stop.')
  expect(texts[2]).toBe('It threw at a CANDLE_CLOSE: a figure is missing')
  expect(texts[3]).toBe('The run goes on without it. It said: the wire is cut')
  expect(texts[4]).toContain('CANCEL to order/nobody, which does not exist.')
  expect(texts[5]).toContain('The runner asks for a new one by itself')
  await picture(page, 'overview-needs')
})

it('claims nothing of the past that only the present knows', async () => {
  const { seq } = await vitals()
  await open(`overview@${seq - 1}`)
  await need('messages could not be delivered').waitFor(SOON)
  await shown('.card > h2', /Pace\s+now, not then/)
  await need('An order was denied').waitFor(SOON)
  await need('Nothing is entered').waitFor(SOON)
  expect(await need('The component news has failed').count()).toBe(0)
  // Before anything has failed, the page still does not know how components and books were.
  await open('overview@2')
  await shown('.nothing', 'reviews')
  expect(await page.textContent('.nothing')).toMatch(/failures.*reviews.*dead letters.*denied orders$/)
})

it('tells how the runner keeps up, as the API does', async () => {
  await floor.price('104')
  const tile = (name: string) => page.locator('.tiles > div', { has: page.locator('dt', { hasText: name }) })
  await eventually(async () => {
    const { commits, markets } = await vitals()
    const about = await tile('Commit').getAttribute('title')
    expect(about).toContain(`${commits?.commits} commits of the last minute`)
    expect(await tile('Feed behind').locator('b').textContent()).toBe('0')
    expect(await tile('Records').locator('b').textContent()).toMatch(/^\d/)
    expect(await tile('Oldest tick').getAttribute('title')).toContain(markets[0]?.address)
  })
  await shown('.components li', /BTCUSDT\s*resyncing\s*tick/)
})

it('says of the log what was looked at, and no more', async () => {
  const facts = page.locator('.facts')
  await shown('.facts', 'It began with this start.')
  expect(await facts.textContent()).toContain('Not since this start.')
  expect(await page.locator('.card > h2', { hasText: 'Log' }).locator('.chip').count()).toBe(0)
  await page.getByRole('button', { name: 'Check all…' }).click()
  await shown('dialog .about', 'Nothing changes')
  await page.click('dialog button[type="submit"]')
  await page.waitForSelector('dialog', { state: 'detached', ...SOON })
  await eventually(async () => {
    const { seq } = (await vitals()).log.verified ?? {}
    expect(await facts.textContent()).toContain(`${seq?.toLocaleString('en')} records, no problem`)
  })
  await shown('.card > h2 .chip', 'whole')
})

it('drops one of the dead letters, and sends another one again', async () => {
  const count = async () =>
    Number(/^\d+/.exec((await need('could not be').locator('h3').textContent()) ?? '')?.[0])
  await need('could not be').waitFor(SOON)
  const before = await count()
  await need('could not be').locator('summary').click()
  const letters = page.locator('.letter')
  expect(await letters.count()).toBe(before)
  await letters.first().getByRole('button', { name: 'Drop…' }).click()
  await shown('dialog h2', 'Drop CANCEL to order/nobody?')
  await shown('dialog .about', 'order/nobody does not exist. Nobody sends it any more.')
  await page.click('dialog button[type="submit"]')
  await eventually(async () => expect(await count()).toBe(before - 1))
  await letters.first().getByRole('button', { name: 'Send again…' }).click()
  await shown('dialog .about', 'It is sent once more')
  await page.click('dialog button[type="submit"]')
  // Its receiver still does not take it, and the dialog says so.
  await shown('dialog .refusal', /does not exist|quarantine/)
  await page.keyboard.press('Escape')
})

it('empties as a person acts', async () => {
  // This log belongs to no market, which tells logs apart.
  let life = 'a1'
  await page.route('**/actors/runner%2Fmain', async (route) => {
    const json = await (await route.fetch()).json()
    await route.fulfill({ json: { ...json, context: { ...json.context, belonging: { life } } } })
  })
  await page.reload()
  await act('A position has no stop', 'Close…', 'Closes')
  await floor.pass()
  await gone('A position has no stop')
  await act('Nothing is entered', 'Review…', 'review')
  await gone('Nothing is entered')
  for (const title of ['An order was denied', 'were not believed']) {
    await need(title).getByRole('button', { name: 'Seen' }).click(SOON)
    await gone(title)
  }
  // The browser knows it of this log, and a count of the run is not kept.
  await page.reload()
  await need('were not believed').waitFor(SOON)
  await shown('.nothing', 'denied orders')
  await need('were not believed').getByRole('button', { name: 'Seen' }).click(SOON)
  life = 'b2'
  await page.reload()
  await need('An order was denied').waitFor(SOON)
  await floor.send(SYMBOL, { type: 'CONNECTION', status: 'connected' })
  await gone('is not whole')
  await shown('.nothing', 'unprotected positions')
})

it('keeps its boxes in place while data comes in', async () => {
  await shown('.equity b', /\d/)
  await shown('.components', 'news')
  await need('is quarantined').waitFor(SOON)
  const boxes = () =>
    page.$$eval('#top, #top .figure, #rail, .card, .tiles > div, #moment, #strip', (all) =>
      all.map((node) => JSON.stringify(node.getBoundingClientRect())),
    )
  await settled(page)
  const before = await boxes()
  const { seq } = await vitals()
  for (const px of ['101', '102', '103', '104']) await floor.price(px)
  await eventually(async () => {
    const text = (await page.textContent('.facts')) ?? ''
    expect(Number(/Records([\d,]+)/.exec(text)?.[1]?.replace(',', ''))).toBeGreaterThan(seq)
  })
  expect(await boxes()).toEqual(before)
})

it('is the same picture at the same address', async () => {
  const { records } = await createClient({ url: api.url }).ask('history', {
    params: { address: 'order/bare' as Address },
  })
  const seq = records.at(-1)?.seq
  for (const view of ['actor', 'market']) {
    const shots: Buffer[] = []
    for (let i = 0; i < 2; i++) {
      await open(`${view}/order/bare@${seq}`)
      await page.waitForSelector(view === 'actor' ? '.chart-surface' : '.price-chart canvas', SOON)
      shots.push(await settled(page))
    }
    const [one, other] = shots as [Buffer, Buffer]
    expect(await pixelsApart(page, one, other), view).toBe(0)
  }
})
