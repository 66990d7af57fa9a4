/** The page over an account with hand-made prices and two strategies that throw: what is chosen, when, and what is done. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineStrategy } from '../../machines/index.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Floor } from '../machines/floor.ts'
import { eventually } from '../runtime/harness.ts'
import { violationsOn } from './axe.ts'
import { GONE } from './complaints.ts'
import { Opened, row, type Scheme, type Size, SOON } from './opened.ts'
import { picture } from './pictures.ts'

const LONG = 'an-order-with-a-name-that-is-longer-than-anybody-would-want-to-read-it'

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
    throw new Error('a figure that this strategy divides by is missing')
  },
})
const STRATEGY = { type: './careless.ts', symbol: 'BTCUSDT', interval: '1s', orderQty: '1' }
const CONFIG = {
  watchdog: { enabled: false },
  symbol: { intervals: ['1s'] },
  strategies: [
    { ...STRATEGY, id: 'c-1' },
    { ...STRATEGY, id: 'c-2' },
    { ...STRATEGY, id: 'e-1', type: 'emaCross', fast: 5, slow: 20 },
  ],
}

let opened: Opened
let floor: Floor
let api: ApiServer
let page: Page
let refused: Readonly<Record<string, number>> = {}

beforeAll(async () => {
  opened = await Opened.launch({ url: () => api.url, expected: [GONE] })
  floor = await Floor.open(CONFIG, { './careless.ts': careless })
  await floor.bracket('b')
  await floor.pass()
  await floor.order(LONG, { ordType: 'LIMIT', price: '90' })
  for (const px of ['101', '102', '103']) {
    await floor.pass(1_000)
    await floor.price(px)
  }
  await serve(0)
})
afterAll(async () => {
  await opened?.close()
  await api?.close()
  await floor?.harness.supervisor.stop()
})
beforeEach(() => open('overview'))
afterEach(() => opened.end())

async function serve(port: number): Promise<void> {
  const options = { host: '127.0.0.1', port, refused: () => refused }
  api = await startApi(floor.harness.supervisor, options, silentLogger)
}

/** The words of names in the record that lie on two lines. */
const PARTED_WORDS = `[...document.querySelectorAll('#record dt, #record .change .where, #record summary')].flatMap((name) => {
  const texts = document.createTreeWalker(name, NodeFilter.SHOW_TEXT)
  const range = document.createRange()
  const parted = []
  while (texts.nextNode()) {
    range.selectNodeContents(texts.currentNode)
    if (range.getClientRects().length > 1 && !/ /.test(texts.currentNode.data)) parted.push(texts.currentNode.data)
  }
  return parted
})`

async function open(place: string, size?: Size, scheme?: Scheme): Promise<void> {
  page = await opened.open(place, size, scheme)
}

const get = async (path: string) => (await (await fetch(api.url + path)).json()) as Record<string, unknown>
const shown: Opened['shown'] = (selector, text) => opened.shown(selector, text)
const hash = () => opened.hash()
const chips = () => page.$$eval('.actor-head .chip', (all) => all.map((chip) => chip.textContent))
const expectChips = (...texts: string[]) => eventually(async () => expect(await chips()).toEqual(texts))

/** Returns the seq of the first record of an actor that leads to a state. */
async function seqOf(address: string, leadsTo: string): Promise<number> {
  const { records } = (await get(`/actors/${encodeURIComponent(address)}/history?limit=200`)) as {
    records: { seq: number; to: unknown }[]
  }
  const found = records.find(({ to }) => JSON.stringify(to).includes(`"${leadsTo}"`))
  if (found === undefined) throw new Error(`${address} was never ${leadsTo}`)
  return found.seq
}

describe('the list', () => {
  it('has the actors of each owner, the failed ones first, and says where each row is', async () => {
    const groups = () => page.$$eval('.row.group .group-name', (all) => all.map((name) => name.textContent))
    await eventually(async () => expect((await groups())[0]).toMatch(/^c-/))
    expect(await groups()).toEqual(expect.arrayContaining(['c-1', 'c-2', 'paper', 'by hand']))
    expect(await page.textContent(`${row('careless/c-1')} .row-state`)).toBe('quarantined')
    expect(await page.getAttribute(row('careless/c-1'), 'aria-posinset')).toBe('1')
  })

  it('finds an actor by a part of its address, and goes to it by keys alone', async () => {
    await page.keyboard.press('/')
    await page.keyboard.type('b-stop')
    await eventually(async () =>
      expect(
        await page.$$eval('.row[data-address]', (all) => all.map((one) => one.getAttribute('data-address'))),
      ).toEqual(['order/paper:b-stop']),
    )
    await page.keyboard.press('ArrowDown')
    await eventually(() => expect(hash()).toBe('#actor/order/paper:b-stop'))
    expect(await page.evaluate('document.activeElement.id')).toBe('tree')
  })

  it('shows the end of a name that has no room', async () => {
    const end = page.locator(`${row(`order/${LONG}`)} .name-end`)
    const [box, place] = [await end.boundingBox(), await page.locator(row(`order/${LONG}`)).boundingBox()]
    if (box === null || place === null) throw new Error('the row is not shown')
    expect(await end.textContent()).toBe(LONG.slice(-14))
    expect(box.x + box.width).toBeLessThan(place.x + place.width)
  })

  it('keeps clicks in the history of the browser, and keys out of it', async () => {
    await page.click(row('order/paper:b-stop'))
    await page.click(row('order/paper:b-entry'))
    await page.focus('#tree')
    await page.keyboard.press('ArrowDown')
    await eventually(() => expect(hash()).not.toBe('#actor/order/paper:b-entry'))
    await page.goBack()
    await eventually(() => expect(hash()).toBe('#actor/order/paper:b-stop'))
    await shown('.actor-head h2', 'order/paper:b-stop')
  })

  it('shows fifty thousand actors with only the rows in view', async () => {
    const actor = (i: number) => ({
      address: `order/o-${String(i).padStart(5, '0')}`,
      kind: 'order',
      machine: 'order@7',
      version: '7',
      path: [],
      status: 'active',
      value: { execution: i % 1_000 === 0 ? 'rejected' : 'filled', request: 'idle' },
      tags: ['closed'],
      rev: 1,
      seq: i,
      at: 1_000,
    })
    const failed = Array.from({ length: 50 }, (_, i) => actor((i + 1) * 1_000).address)
    await page.route('**/groups?*', (route) => {
      const groups = [{ name: 'order', count: 50_000, open: 0, failed: 50 }]
      return route.fulfill({ json: { seq: 50_000, at: 1_000, by: 'kind', groups, failed, unread: 0 } })
    })
    let asked = 0
    await page.route('**/actors?*', (route) => {
      const { searchParams: query } = new URL(route.request().url())
      const numbers = (text: string | null) => (text?.match(/\d+/g) ?? []).map(Number)
      const [after = 0] = numbers(query.get('after'))
      const isPage = query.has('group')
      const of = isPage ? Array.from({ length: 200 }, (_, i) => after + i + 1) : numbers(query.get('address'))
      const actors = of.map((i) => ({ ...actor(i), group: 'order' }))
      asked += actors.length
      return route.fulfill({ json: { actors, ...(isPage && { next: actors.at(-1)?.address }) } })
    })
    await page.route('**/actors/order%2Fo-*', (route) =>
      route.fulfill({ json: { ...actor(Number(/o-(\d+)/.exec(route.request().url())?.[1])), context: {} } }),
    )
    await page.reload()
    await shown('.row.group', '50,000')
    // A large group is closed, and what has failed still shows.
    await eventually(async () =>
      expect(await page.$$eval('.row .row-state.bad', (all) => all.length)).toBeGreaterThan(10),
    )
    expect(asked).toBeLessThan(60)
    await page.click('.row.group')
    await shown('.row', 'o-00001')
    await page.focus('#tree')
    const last = page.locator('.row.active')
    // The next page comes when the end of the last one is in view.
    for (const at of ['200', '400']) {
      await eventually(async () => {
        await page.keyboard.press('End')
        await page.keyboard.press('ArrowUp')
        expect(Number(await last.getAttribute('aria-posinset'))).toBeGreaterThanOrEqual(Number(at))
      })
      expect(await page.$$eval('.row', (all) => all.length)).toBeLessThan(100)
      expect(await last.getAttribute('aria-setsize')).toBe('50000')
    }
  })
})

describe('the moment', () => {
  it('is scrubbed to before the fill of an order that was found, and all that is shown follows', async () => {
    const address = 'order/paper:b-entry'
    const figures = () => page.$$eval('#top .figure b', (all) => all.map((node) => node.textContent))
    const at = async (seq: number) => {
      for await (const of of floor.harness.supervisor.read({ fromSeq: seq, limit: 1 })) return of.at
      throw new Error(`there is no seq ${seq}`)
    }
    await page.keyboard.press('/')
    await page.keyboard.type('b-entry')
    await page.keyboard.press('ArrowDown')
    await shown('.actor-head h2', address)
    await expectChips('filled', 'idle')
    await eventually(async () => expect((await figures())[3]).toBe('2 BTCUSDT'))
    const now = await figures()
    // Dragged along the strip, to a time between its request and its fill.
    const strip = page.locator('#strip')
    const [box, from, to] = [
      await strip.boundingBox(),
      Number(await strip.getAttribute('aria-valuemin')),
      Number(await strip.getAttribute('aria-valuemax')),
    ]
    if (box === null) throw new Error('the strip is not shown')
    const wanted =
      ((await at(await seqOf(address, 'submitted'))) + (await at(await seqOf(address, 'filled')))) / 2
    await page.mouse.move(box.x + box.width - 20, box.y + 20)
    await page.mouse.down()
    await page.mouse.move(box.x + 6 + ((wanted - from) / (to - from)) * (box.width - 12), box.y + 20, {
      steps: 4,
    })
    await page.mouse.up()
    await expectChips('submitted', 'idle')
    await shown('.actor-head .sentence', 'Nothing is filled')
    await page.waitForSelector('.state.active[data-state="order.execution.submitted"]', SOON)
    await page.locator('#record .tree .lines', { hasText: /^cumQty0$/ }).waitFor(SOON)
    // The position and the price at the top are of that time, too, and so is the market.
    await eventually(async () => expect((await figures())[3]).toBe('nothing'))
    await page.keyboard.press('Shift+ArrowRight')
    await eventually(async () => expect((await figures())[3]).toBe('2 BTCUSDT'))
    expect((await figures())[4]).toMatch(/^10[01]/)
    expect(now[4]).toMatch(/^103/)
    await page.keyboard.press('3')
    await page.waitForSelector('.price-chart .playhead', SOON)
    await page.keyboard.press('2')
    await page.keyboard.press('l')
    await expectChips('filled', 'idle')
    await eventually(async () => expect(await figures()).toEqual(now))
  })

  it('goes to before a fill: the state, the chart, the record and the sentence follow', async () => {
    const filled = await seqOf('order/paper:b-entry', 'filled')
    await open(`actor/order/paper:b-entry@${filled}`)
    await expectChips('filled', 'idle')
    await shown('.actor-head .sentence', 'Filled 2 of 2 at 100')
    await page.waitForSelector('.chart-surface', SOON)
    await page.keyboard.press('ArrowLeft')
    await expectChips('accepted', 'idle')
    await shown('.actor-head .sentence', 'Nothing is filled')
    await shown('#record .part', 'ordStatus')
    await shown('.actor-head .live-line', 'Live it is filled')
    expect(await page.textContent('#moment .chip')).toMatch(/^the past/)
    await page.keyboard.press('l')
    await expectChips('filled', 'idle')
    expect(hash()).toBe('#actor/order/paper:b-entry')
  })

  it('tells what a record brought, changed and led to, with links both ways', async () => {
    const filled = await seqOf('order/paper:b-entry', 'filled')
    await open(`actor/order/paper:b-entry@${filled}`)
    await shown('#record .part .type', 'EXECUTION_REPORT')
    await shown('#record .change', 'cumQty')
    await shown('#record .followed', 'ORDER_FILLED')
    expect(await page.textContent('#record .lines')).toContain('commissionAsset')
    // No word of a name is on two lines.
    expect(await page.evaluate(PARTED_WORDS)).toEqual([])
    await page.locator('#record .followed a[aria-label="account/paper"]').first().click(SOON)
    await shown('.actor-head h2', 'account/paper')
    await shown('#record .part .type', 'FILL')
    await page.locator('#record .because a').click(SOON)
    await eventually(() => expect(hash()).toBe(`#actor/order/paper:b-entry@${filled}`))
  })

  it('is not there yet before an actor begins, and an unknown actor is said to be one', async () => {
    await open('actor/order/paper:b-stop@2')
    await expectChips('not there yet')
    await page.click('#record .link')
    await expectChips('initialized', 'idle')
    await open('actor/order/nobody')
    await expectChips('unknown')
    await floor.order('nobody', { orderQty: '0.001' })
    await expectChips('filled', 'idle')
  })

  it('has its mark at the start of the strip before the first record, and at the end while it is live', async () => {
    const mark = async () => {
      const [strip, head] = await Promise.all(
        ['#strip', '#strip .playhead-top'].map((one) => page.locator(one).boundingBox({ timeout: 1_000 })),
      )
      return ((head?.x ?? 0) + (head?.width ?? 0) / 2 - (strip?.x ?? 0)) / (strip?.width ?? 1)
    }
    for (const place of ['overview', 'actor/order/paper:b-entry']) {
      await open(`${place}@0`)
      await shown('#moment .seq', 'seq 0')
      await eventually(async () => expect(await mark()).toBeLessThan(0.02))
      expect(await page.getAttribute('#strip', 'aria-valuenow')).toBe(
        await page.getAttribute('#strip', 'aria-valuemin'),
      )
      await page.keyboard.press('l')
      await eventually(async () => expect(await mark()).toBeGreaterThan(0.98))
    }
  })

  it('takes a seq, a time or the strip, and plays', async () => {
    await open('actor/order/paper:b-entry')
    await shown('#beads .bead.now', '')
    await page.keyboard.press('g')
    await page.keyboard.type('nonsense')
    await page.click('dialog button[type="submit"]')
    await shown('dialog .bad', 'neither a seq nor a time')
    const filled = await seqOf('order/paper:b-entry', 'filled')
    await page.fill('dialog input', String(filled))
    await page.keyboard.press('Enter')
    await eventually(() => expect(hash()).toBe(`#actor/order/paper:b-entry@${filled}`))
    await page.click('#strip', { position: { x: 300, y: 20 } })
    await eventually(() => expect(hash()).not.toBe(`#actor/order/paper:b-entry@${filled}`))
    await page.keyboard.press('Home')
    await shown('#moment .place', 'record 1 of')
    await page.keyboard.press('Space')
    await shown('#moment .place', 'record 2 of')
    await page.keyboard.press('Space')
  })

  it('keeps all boxes in place while it steps through a life', async () => {
    const filled = await seqOf('order/paper:b-entry', 'filled')
    await open(`actor/order/paper:b-entry@${filled}`)
    await page.waitForSelector('.chart-surface', SOON)
    const boxes = () =>
      page.$$eval('#top, #rail, .actor-head, .tools, .canvas, #record, #moment, #strip, #beads', (all) =>
        all.map((node) => JSON.stringify(node.getBoundingClientRect())),
      )
    const before = await boxes()
    for (const key of ['ArrowLeft', 'ArrowLeft', 'Home', 'ArrowRight']) {
      const was = hash()
      await page.keyboard.press(key)
      await eventually(() => expect(hash()).not.toBe(was))
      expect(await boxes()).toEqual(before)
    }
  })
})

describe('the overview', () => {
  it('shows the account as the API does, to the digit that it shows', async () => {
    const { accounts } = (await get('/accounts')) as { accounts: { equity: string }[] }
    const equity = Number(accounts[0]?.equity).toLocaleString('en', { minimumFractionDigits: 2 })
    await shown('.equity b', equity)
    await shown('.card table', 'paper:BTCUSDT')
    await shown('.card table', 'b-stop')
  })

  it('has what failed first, and releases a strategy after it has said what will happen', async () => {
    await shown('.need h3', 'careless c-1 is quarantined')
    expect(await page.textContent('.need code')).toContain(
      'a figure that this strategy divides by is missing',
    )
    await page
      .locator('.need', { hasText: 'c-2 is quarantined' })
      .getByRole('button', { name: 'Release…' })
      .click()
    await shown('dialog h2', 'Release careless/c-2?')
    expect(await page.textContent('dialog .about')).toContain('fails and is quarantined again')
    await page.fill('dialog input[name="reason"]', 'looked into')
    await page.keyboard.press('Enter')
    expect(await page.isVisible('dialog')).toBe(true)
    await page.click('dialog button[type="submit"]')
    await page.waitForSelector('dialog', { state: 'detached', ...SOON })
    await eventually(async () =>
      expect(await page.locator('.need', { hasText: 'c-2 is quarantined' }).count()).toBe(0),
    )
    await shown('#said', 'Release careless/c-2: done')
    const { records } = (await get('/actors/careless%2Fc-2/history?reverse=true&limit=5')) as {
      records: { event: Record<string, unknown> }[]
    }
    expect(records.map(({ event }) => event)).toContainEqual(
      expect.objectContaining({ by: 'the page', reason: 'looked into' }),
    )
  })

  it('shows candles, the position and the trades of the market, at the moment', async () => {
    await open('market/order/paper:b-entry')
    await page.waitForSelector('.price-chart canvas', SOON)
    await shown('#market .note', 'BTCUSDT 1s candles')
    await shown('.trades', 'No trade has ended yet')
    await open(`market/order/paper:b-entry@${await seqOf('order/paper:b-entry', 'filled')}`)
    await page.waitForSelector('.price-chart .playhead', SOON)
    await page.getByRole('button', { name: 'Whole log' }).click()
    await shown('#market .note', 'BTCUSDT')
  })

  it('says why there are no prices of an actor, and which symbols there are', async () => {
    await open('market/nope')
    await shown('#market .absent', /nope\s*unknown/)
    await page.locator('#market .absent a', { hasText: 'BTCUSDT' }).click()
    await shown('#market .note', 'BTCUSDT 1s candles')
    await open('market/order/paper:b-entry@1')
    await shown('#market .absent', 'not there yet')
    expect(await page.locator('.price-chart').count()).toBe(0)
    await page.locator('#market .absent a', { hasText: 'seq' }).click()
    await page.waitForSelector('.price-chart .playhead', SOON)
    await open(`market/symbol/paper:BTCUSDT@${await seqOf('symbol/paper:BTCUSDT', 'connecting')}`)
    await shown('#market .absent', 'no price yet')
  })

  it('counts market data that was not believed, with the reasons', async () => {
    refused = { TIME: 1, PRICE: 1_200 }
    await floor.price('104')
    await shown('.need h3', '1,201 messages of the market were not believed')
    await shown('.need .what', '1 TIME, 1,200 PRICE')
    refused = {}
  })

  it('halts and resumes the account', async () => {
    for (const [button, verb, state] of [
      ['Halt…', 'Halt', 'halted'],
      ['Resume…', 'Resume', 'active'],
    ] as const) {
      await page.getByRole('button', { name: button }).first().click(SOON)
      await page.locator('dialog').getByRole('button', { name: verb, exact: true }).click()
      await eventually(async () => expect((await get('/actors/account%2Fpaper')).value).toBe(state))
      await page.waitForSelector('dialog', { state: 'detached', ...SOON })
    }
  })

  it('changes the limits of the account in a form that has a field for each', async () => {
    await open('actor/account/paper')
    await page.getByLabel('Send an event').selectOption('UPDATE_LIMITS')
    await page.fill('[name="limits.stoplossGuard.stops"]', '3')
    await page.fill('[name="limits.stoplossGuard.withinMs"]', '60000')
    await page.fill('[name="limits.stoplossGuard.blockMs"]', '1000')
    await page.getByLabel('remove limits.cooldownMs').check()
    expect(await page.locator('[name="limits.cooldownMs"]').count()).toBe(0)
    await page.click('dialog button[type="submit"]')
    await page.waitForSelector('dialog', { state: 'detached', ...SOON })
    const { context } = (await get('/actors/account%2Fpaper')) as { context?: { limits?: object } }
    expect(context?.limits).toMatchObject({ stoplossGuard: { stops: 3, withinMs: 60_000, blockMs: 1_000 } })
    expect(context?.limits).not.toHaveProperty('cooldownMs')
  })

  it('pauses and resumes a strategy, in the words of the command line', async () => {
    await open('actor/emaCross/e-1')
    for (const verb of ['Pause', 'Resume']) {
      await page.getByRole('button', { name: `${verb}…` }).click(SOON)
      await shown('dialog h2', `${verb} emaCross/e-1?`)
      expect(await page.textContent('dialog .about')).toContain(`${verb}s a strategy`)
      await page.locator('dialog').getByRole('button', { name: verb, exact: true }).click()
      await shown('#said', `${verb} emaCross/e-1: done`)
    }
  })

  it('sends an event that the state allows, and says that it acts now while the past is looked at', async () => {
    const address = `order/${LONG}`
    await open(`actor/${address}@${await seqOf(address, 'accepted')}`)
    await page.getByRole('button', { name: 'Cancel…' }).click(SOON)
    expect(await page.textContent('dialog')).toContain('This acts now')
    expect(await page.textContent('dialog .about')).toContain('Cancels an order')
    await page.locator('dialog').getByRole('button', { name: 'Cancel', exact: true }).click()
    await page.waitForSelector('dialog', { state: 'detached', ...SOON })
    await floor.pass()
    await shown('.live-line', 'Live it is canceled')
    expect(await page.getByRole('button', { name: 'Cancel…' }).count()).toBe(0)
  })

  it.each([
    [1_280, 800],
    [390, 844],
  ])('says what has become of an act beside the buttons of the chart, at %i px', async (width, height) => {
    await open('actor/order/paper:b-entry', [width, height])
    await page.waitForSelector('.chart-legend > fieldset', SOON)
    // It goes away by itself, so it is looked at in the same moment.
    const [foot, top] = await page.evaluate<[number, number]>(`(() => {
      const told = document.querySelector('#said')
      Object.assign(told, { className: '', textContent: 'Release careless/c-2: done' })
      return [told.getBoundingClientRect().bottom, document.querySelector('.chart-legend').getBoundingClientRect().top]
    })()`)
    expect(foot).toBeLessThan(top)
  })

  it('says that the server is gone, offers no action meanwhile, and is right again afterwards', async () => {
    await shown('.need h3', 'careless c-1 is quarantined')
    const { port } = new URL(api.url)
    await api.close()
    await shown('#moment .chip', 'no connection since')
    expect(await page.getByRole('button', { name: /Release|Halt/ }).count()).toBe(0)
    // A part that ran then may not run now.
    await shown('.card.old:has(.components) h2', 'Components as last heard')
    await serve(Number(port))
    await shown('#moment .chip', 'live')
    await shown('#top .btn', 'Halt…')
    expect(await page.locator('.card.old').count()).toBe(0)
  })
})

describe('a token that may only read', () => {
  it('is told at the top, and nothing is offered that changes anything', async () => {
    const token = 'a-token-to-read-with-0123456789'
    const variable = 'PAGE_TEST_TOKEN'
    process.env[variable] = token
    const tokens = [{ name: 'reader', access: 'read' as const, env: variable }]
    const options = { host: '127.0.0.1', port: 0, tokens }
    const reading = await startApi(floor.harness.supervisor, options, silentLogger)
    try {
      page = await opened.goTo(`${reading.url}/?token=${token}#overview`)
      await shown('#top .chip', 'read only')
      await shown('.need h3', 'careless c-1 is quarantined')
      expect(await page.getByRole('button', { name: /Release|Halt/ }).count()).toBe(0)
      await page.click(row('account/paper'))
      await shown('.actor-head h2', 'account/paper')
      expect(await page.locator('.deeds button').count()).toBe(0)
    } finally {
      await page.close()
      await reading.close()
    }
  })
})

const violations = () => violationsOn(page)
/** Returns the texts of the buttons that have no room for them. */
const cutButtons = () =>
  page.evaluate(`[...document.querySelectorAll('button:not(.bead):not(.vh)')]
    .filter((one) => one.checkVisibility() && one.scrollHeight > one.clientHeight + 1)
    .map((one) => one.textContent)`)

describe('what a person sees', () => {
  const WINDOWS = [
    [1440, 900],
    [1024, 768],
    [390, 844],
  ] as const

  it.each(
    WINDOWS.flatMap((size) =>
      (['light', 'dark'] as const).map((scheme) => ({ size, width: size[0], scheme })),
    ),
  )('breaks no rule of WCAG at $width px, $scheme', async ({ size, scheme }) => {
    const filled = await seqOf('order/paper:b-entry', 'filled')
    await open('overview', size, scheme)
    await shown('.need h3', 'quarantined')
    await shown('.facts', 'Whole check')
    expect(await violations()).toEqual([])
    await picture(page, 'overview', scheme)
    await open(`actor/order/paper:b-entry@${filled}`, size, scheme)
    await page.waitForSelector('.chart-surface', SOON)
    await expectChips('filled', 'idle')
    expect(await violations()).toEqual([])
    await picture(page, 'actor', scheme)
    await open(`market/order/paper:b-entry@${filled}`, size, scheme)
    await page.waitForSelector('.price-chart canvas', SOON)
    expect(await violations()).toEqual([])
    expect(await cutButtons()).toEqual([])
    await picture(page, 'market', scheme)
    if (size[0] < 1280) {
      await page.click('#top .narrow-only')
      expect(await violations()).toEqual([])
      await page.keyboard.press('Escape')
    }
    await page.keyboard.press('g')
    await page.waitForSelector('dialog')
    expect(await violations()).toEqual([])
    await picture(page, 'dialog', scheme)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(size[0])
  })

  it('is reached by Tab from the top to the bottom, and each stop is lit', async () => {
    await open('actor/order/paper:b-entry')
    await page.waitForSelector('.chart-surface', SOON)
    const places: string[] = []
    // A focused part of the chart has a mark of its own there.
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab')
      const { place, is, isLit } = (await page.evaluate(`(() => {
        const at = document.activeElement
        const place = at.closest('#top, #rail, .actor-head, .stage, #record, #moment')
        return { place: place ? place.id || place.className : at.tagName, is: at.outerHTML.slice(0, 120), isLit: at instanceof SVGElement || getComputedStyle(at).outlineStyle !== 'none' }
      })()`)) as { place: string; is: string; isLit: boolean }
      if (place === 'BODY') break
      expect(isLit, is).toBe(true)
      if (places.at(-1) !== place) places.push(place)
    }
    expect(places.filter((place) => place !== 'A' && place !== 'actor-head')).toEqual([
      'top',
      'rail',
      'stage',
      'record',
      'moment',
    ])
  })
})
