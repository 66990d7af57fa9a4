/** The history beside the chart: all records of a long life, and the search over it. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { ADDRESS, longLife } from '../api/long-life.ts'
import { eventually } from '../runtime/harness.ts'
import { violationsOn } from './axe.ts'
import { Opened, type Scheme, type Size, SOON } from './opened.ts'

let opened: Opened
let supervisor: Supervisor
let api: ApiServer
let page: Page

beforeAll(async () => {
  opened = await Opened.launch({ url: () => api.url })
  supervisor = await longLife()
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
})
afterAll(async () => {
  await opened?.close()
  await api?.close()
  await supervisor?.stop()
})
afterEach(() => opened.end())

async function open(query: string, size?: Size, scheme?: Scheme): Promise<void> {
  page = await opened.open(`actor/${ADDRESS}${query}`, size, scheme)
  await page.waitForSelector('.chart-surface', { state: 'attached', ...SOON })
  if (size !== undefined && size[0] < 761)
    await page.getByRole('button', { name: 'Record', exact: true }).click()
}

interface Shown {
  readonly place: number
  readonly text: string
  readonly isNow: boolean
  readonly top: number
}

/** Returns the rows in the list that are in view and have come. */
const rows = () =>
  page.$$eval('#history .entry:not(.awaited)', (all) =>
    all
      .map((node) => ({
        place: Number(node.getAttribute('aria-posinset')),
        text: node.textContent ?? '',
        isNow: node.getAttribute('aria-selected') === 'true',
        top: node.getBoundingClientRect().top,
      }))
      .sort((a, b) => a.place - b.place),
  ) as Promise<Shown[]>
const names = async () => (await rows()).map(({ text }) => text.replace(/^[\d:.]+/, ''))
const places = async () => (await rows()).map(({ text, top }) => [text, top])
const hash = () => opened.hash()
const seqOf = async (rev: number) => {
  for await (const { seq } of supervisor.history(ADDRESS, { fromRev: rev, limit: 1 })) return seq
  throw new Error(`there is no rev ${rev}`)
}
const tick = (px: number) => supervisor.send(ADDRESS, { type: 'TICK', px })

describe('all records', () => {
  it('come with the newest first, as they happen', async () => {
    await open('?history')
    await eventually(async () => expect((await names()).slice(0, 2)).toEqual(['TICK', 'TICK']))
    await supervisor.send(ADDRESS, { type: 'STOP', stopPx: '89' })
    await eventually(async () => expect((await names()).slice(0, 2)).toEqual(['STOP', 'TICK']))
    await tick(1)
  })

  it('stay where they are while a person reads, and the new ones come when they are asked for', async () => {
    await open('?history')
    await eventually(async () => expect((await names())[0]).toBe('TICK'))
    // Each way of reading: with the pointer, further down, and by the button.
    const ways = [
      () => page.hover('#history .entry'),
      () => page.$eval('#history .records', (list) => list.scrollTo(0, 600)),
      () => page.getByRole('button', { name: 'Pause' }).click(),
    ]
    for (const read of ways) {
      await read()
      await eventually(async () => expect((await rows()).length).toBeGreaterThan(10))
      const before = await places()
      for (const type of ['STOP', 'TICK'] as const)
        await supervisor.send(ADDRESS, { type, stopPx: '88', px: 2 })
      await page.waitForSelector('#history .news', SOON)
      await eventually(async () => expect(await page.textContent('#history .news')).toBe('2 new'))
      expect(await places()).toEqual(before)
      await page.click('#history .news')
      await eventually(async () => expect((await names()).slice(0, 2)).toEqual(['TICK', 'STOP']))
      await page.mouse.move(300, 300)
    }
    // To go to one of them moves nothing, either. The present begins at the top.
    await page.$eval('#history .records', (list) => list.scrollTo(0, 500))
    await eventually(async () => expect((await rows())[0]?.place).toBe(12))
    const before = await places()
    await page.locator('#history .entry:not(.awaited)').nth(12).click()
    await page.waitForSelector('#history .entry.now', SOON)
    expect(await places()).toEqual(before)
    await page.keyboard.press('l')
    await eventually(async () => expect((await rows())[0]?.place).toBe(1))
    // Paused, it stays so.
    await tick(3)
    await eventually(async () => expect(await page.textContent('#history .news')).toBe('1 new'))
  })

  it('reach to the first one, with few of them in the document', async () => {
    await open('?history')
    await eventually(async () => expect((await names())[0]).toBe('TICK'))
    await page.keyboard.press('Home')
    await eventually(async () => expect((await rows()).at(-1)).toMatchObject({ isNow: true, text: /init/ }))
    expect(hash()).toBe(`#actor/${ADDRESS}@${await seqOf(1)}?history`)
    expect((await rows()).length).toBeLessThan(60)
    // By the wheel or a finger, too: somewhere in the middle they are read as they come into view.
    await page.$eval('#history .records', (list) => list.scrollTo(0, list.scrollHeight / 2))
    await eventually(async () => {
      const [first] = await rows()
      expect(first?.place).toBeGreaterThan(1_000)
      expect(first?.place).toBeLessThan(1_600)
    })
  })

  it('are gone through by the arrow keys, from one stop of Tab', async () => {
    await open(`@${await seqOf(1_500)}?history`)
    await eventually(async () => expect((await rows()).find(({ isNow }) => isNow)?.text).toContain('TICK'))
    const list = page.locator('#history .records')
    await list.focus()
    await page.keyboard.press('ArrowDown')
    await eventually(async () => expect(hash()).toBe(`#actor/${ADDRESS}@${await seqOf(1_499)}?history`))
    await page.keyboard.press('ArrowUp')
    await eventually(async () => expect(hash()).toBe(`#actor/${ADDRESS}@${await seqOf(1_500)}?history`))
    const active = await list.getAttribute('aria-activedescendant')
    expect(await page.getAttribute(`#${active}`, 'aria-selected')).toBe('true')
  })
})

describe('the search', () => {
  it('begins with a value of the context, and finds where it changed, before and after the moment', async () => {
    await open(`@${await seqOf(1_500)}`)
    await page.click('#record a[aria-label^="stopPx:"]', SOON)
    expect(hash()).toBe(`#actor/${ADDRESS}@${await seqOf(1_500)}?history&changed=terms.stopPx`)
    await eventually(async () => expect((await names()).at(-1)).toContain('+ 90'))
    await eventually(async () => expect(await page.textContent('#history .bar')).toMatch(/newer: all$/))
    const found = await names()
    expect(found).toContainEqual('STOP− 90 + 91')
    expect(found).toContainEqual('STOP− 91 + 92')
    // The arrow keys go from one to the next.
    await page.focus('#history .records')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await eventually(async () => expect(hash()).toContain(`@${await seqOf(1)}?`))
    await page.keyboard.press('ArrowUp')
    await eventually(async () => expect(hash()).toContain(`@${await seqOf(12)}?`))
    await page.keyboard.press('Home')
    // To go to one of them leaves the answers where they are.
    await page.locator('#history .entry', { hasText: '− 90' }).click()
    await eventually(async () =>
      expect(hash()).toBe(`#actor/${ADDRESS}@${await seqOf(12)}?history&changed=terms.stopPx`),
    )
    await page.waitForSelector('#history .entry.now', SOON)
    expect(await names()).toEqual(found)
    await page.click('.tabs a >> text=Record')
    await page.locator('#record .change', { hasText: 'terms.stopPx' }).waitFor(SOON)
  })

  it('takes a path with a value, a type, and a text, and its address is the same search', async () => {
    await open(`@${await seqOf(1_500)}?history`)
    await page.fill('input[name="changed"]', 'qty = 0.03')
    await page.keyboard.press('Enter')
    await eventually(async () => expect(await names()).toEqual(['LEG+ 0.03']))
    expect(hash()).toContain('?history&changed=qty&is=0.03')
    await page.getByRole('button', { name: 'Show all records' }).click()
    await page.fill('input[name="text"]', 'the stop has')
    await page.keyboard.press('Enter')
    await eventually(async () => expect((await names()).at(-1)).toBe('STOP'))
    expect(hash()).toContain('?history&text=the+stop+has')
    await page.getByRole('button', { name: 'Show all records' }).click()
    await page.selectOption('#history select', 'OPEN')
    await eventually(async () => expect(await names()).toEqual(['OPENopen']))
    await page.reload()
    await eventually(async () => expect(await names()).toEqual(['OPENopen']))
    expect(await page.inputValue('#history select')).toBe('OPEN')
    // It is a question about this actor alone.
    await page.click('.row[data-address="system/dead-letters"]', SOON)
    await eventually(() => expect(hash()).toMatch(/^#actor\/system\/dead-letters@\d+\?history$/))
  })

  it('stops where enough is found, says how far it has come, and goes on', async () => {
    await open('?history&type=TICK')
    await eventually(async () =>
      expect(await page.locator('#history .bar').last().textContent()).toMatch(
        /^50 older, to record 2,\d{3}Go on/,
      ),
    )
    await page.getByRole('button', { name: /^Go on/ }).click()
    await eventually(async () =>
      expect(await page.locator('#history .bar').last().textContent()).toMatch(/^100 older/),
    )
  })

  it('says when nothing is found, and what cannot be asked, in one line and without asking', async () => {
    await open('?history&changed=nosuch')
    await eventually(async () =>
      expect(await page.locator('#history .bar').allTextContents()).toEqual(['0 newer: all', '0 older: all']),
    )
    expect(await page.textContent('#history [role="status"]')).toBe('0 found')
    for (const [query, says] of [
      ['changed=legs[', 'What changed must be a path such as cumQty or legs[0].stopPx.'],
      [`text=${'a'.repeat(500)}`, 'The text must have at most 200 characters.'],
    ] as const) {
      await open(`?history&${query}`)
      await page.waitForSelector('#history [role="alert"]', SOON)
      expect(await page.locator('#history :not(form) > .bar, #history > .bar').allTextContents()).toEqual([
        says,
      ])
    }
    await page.goto(`${api.url}/#actor/trade/nobody?history`)
    await page.locator('#history .bar', { hasText: 'The log has no record of trade/nobody.' }).waitFor(SOON)
    expect(await page.textContent('#history')).not.toContain('0 records')
  })
})

describe('play and jump', () => {
  it('plays a life at its own pace until the present, and stops there', async () => {
    // A phone has room for all of it.
    await open(`@${await seqOf(2_400)}`, [390, 844])
    await page.getByRole('button', { name: 'Jump…' }).click()
    await page.locator('dialog').getByRole('button', { name: 'Back' }).click()
    await page.selectOption('#moment .speed', '1000')
    await page.click('#moment .btn[aria-label="Play"]')
    // At 900 ms a record, the two hundred records would take three minutes.
    await eventually(() => expect(hash()).toBe(`#actor/${ADDRESS}`))
    await page.waitForSelector('#moment .btn[aria-label="Play"]', SOON)
  })

  it('jumps to the next record with an event, or to the last one before', async () => {
    const jump = async (to: string) => {
      await page.keyboard.press('g')
      await page.fill('dialog input', to)
      await page.keyboard.press('Enter')
    }
    await open(`@${await seqOf(100)}`)
    await jump('STOP_MOVED')
    await eventually(async () => expect(hash()).toBe(`#actor/${ADDRESS}@${await seqOf(2_505)}`))
    await jump('OPEN')
    await eventually(async () => expect(hash()).toBe(`#actor/${ADDRESS}@${await seqOf(23)}`))
    await jump('NOSUCH')
    await page.locator('dialog .bad', { hasText: 'the actor took no such event' }).waitFor(SOON)
  })

  it('has keys for the history and for the chart', async () => {
    await open(`@${await seqOf(100)}`)
    await page.keyboard.press('h')
    await eventually(() => expect(hash()).toContain('?history'))
    await page.keyboard.press('h')
    await eventually(() => expect(hash()).not.toContain('?'))
    await page.keyboard.press('?')
    await page.locator('dialog dt', { hasText: 'f + −' }).waitFor(SOON)
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog', { state: 'detached', ...SOON })
    await page.keyboard.press('Shift+ArrowRight')
    await eventually(() => expect(hash()).not.toContain(`@${101}`))
  })
})

describe('what a person sees of it', () => {
  it.each([
    { size: [1440, 900] as const, scheme: 'light' as const, row: 28 },
    { size: [1024, 768] as const, scheme: 'dark' as const, row: 28 },
    { size: [390, 844] as const, scheme: 'light' as const, row: 44 },
    { size: [390, 844] as const, scheme: 'dark' as const, row: 44 },
  ])('breaks no rule of WCAG at $size, $scheme', async ({ size, scheme, row }) => {
    await open('?history', size, scheme)
    await eventually(async () => expect((await rows()).length).toBeGreaterThan(5))
    const [first] = await page.$$eval('#history .entry', (all) => all.map((node) => node.clientHeight))
    expect(first).toBe(row)
    expect((await violationsOn(page)).join('\n')).toBe('')
    await open(`@${await seqOf(12)}?history&changed=stopPx`, size, scheme)
    await eventually(async () => expect((await rows()).length).toBeGreaterThan(2))
    expect((await violationsOn(page)).join('\n')).toBe('')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(size[0])
  })
})
