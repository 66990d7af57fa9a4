/** The list of actors: keyboard, screen readers, and 100,000 actors. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf } from './complaints.ts'
import { FailingRunner } from './failing.ts'

const MANY = 100_000

let browser: Browser
let page: Page
let runner: FailingRunner
let complaints: string[]

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
})
beforeEach(async () => {
  runner = await FailingRunner.open()
  for (const id of ['a', 'b', 'c']) await runner.spawn('fragile', id)
  for (const id of ['a', 'b']) await runner.spawn('quarantine', id)
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  complaints = complaintsOf(page)
  await page.goto(`${runner.url}/#${encodeURIComponent('fragile/a')}`)
  await page.waitForSelector('#chart svg')
  await page.waitForSelector('.actor[data-address="fragile/c"]')
})
afterEach(async () => {
  await page.close()
  await runner.stop()
  expect(complaints).toEqual([])
})

const expectChosen = (address: string) =>
  eventually(async () => expect(await page.textContent('#address')).toBe(address))
/** Returns what a screen reader gets of the active row. */
const active = () =>
  page.evaluate(`(() => {
    const row = document.getElementById(document.getElementById('actors').getAttribute('aria-activedescendant'))
    const { top, bottom } = row.getBoundingClientRect()
    const list = document.getElementById('actors').getBoundingClientRect()
    return {
      says: row.getAttribute('aria-label') ?? row.innerText.replace(/\\s+/g, ' ').trim(),
      role: row.role,
      level: row.ariaLevel,
      place: row.ariaPosInSet + ' of ' + row.ariaSetSize,
      expanded: row.ariaExpanded,
      inView: top >= list.top - 1 && bottom <= list.bottom + 1,
    }
  })()`)

describe('the list, while its actors are being read', () => {
  it('says that there are more, in its counts and where the chart will be', async () => {
    await page.close()
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    complaints = complaintsOf(page)
    let read = () => {}
    const asked = new Promise<void>((resolve) => {
      void page.route('**/actors?limit=1000', async (route) => {
        resolve()
        await new Promise<void>((go) => {
          read = go
        })
        await route.continue()
      })
    })
    await page.goto(runner.url)
    await asked
    await eventually(async () => expect(await page.textContent('#count')).toMatch(/^\d+\+$/))
    expect(await page.textContent('#address')).toBe('Reading the actors …')
    await runner.spawn('fragile', 'd')
    await eventually(async () => expect(await page.textContent('#actors')).toContain('1+'))
    read()
    await page.waitForSelector('.actor[data-address="fragile/c"]')
    await eventually(async () => expect(await page.textContent('#count')).toMatch(/^\d+$/))
    expect(await page.textContent('#actors')).not.toContain('+')
    await expectChosen('fragile/a')
  })
})

describe('the list, with the focus in it', () => {
  it('is a tree of kinds and their actors, each with its position', async () => {
    await page.focus('#actors')
    expect(await page.getAttribute('#actors', 'role')).toBe('tree')
    expect(await active()).toMatchObject({
      says: 'fragile/a working',
      role: 'treeitem',
      level: '2',
      place: '1 of 3',
      inView: true,
    })
    await page.keyboard.press('ArrowLeft')
    expect(await active()).toMatchObject({ says: 'fragile 3', level: '1', place: '1 of 3', expanded: 'true' })
  })

  it('chooses the next actor by arrow keys', async () => {
    await page.focus('#actors')
    await page.keyboard.press('ArrowDown')
    await expectChosen('fragile/b')
    await page.keyboard.press('End')
    await expectChosen('system/dead-letters')
    await page.keyboard.press('ArrowDown')
    await expectChosen('system/dead-letters')
    await page.keyboard.press('ArrowUp')
    await expectChosen('quarantine/b')
    await page.keyboard.press('Home')
    await expectChosen('fragile/a')
    await page.keyboard.press('ArrowUp')
    await expectChosen('fragile/a')
    expect(new URL(page.url()).hash).toBe('#fragile%2Fa')
    expect(await active()).toMatchObject({ says: 'fragile/a working', inView: true })
  })

  it('folds and unfolds a kind, and skips folded actors', async () => {
    await page.focus('#actors')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    expect(await active()).toMatchObject({ says: 'fragile 3', expanded: 'false' })
    expect(await page.$$('.actor[data-address^="fragile/"]')).toEqual([])
    await page.keyboard.press('ArrowDown')
    await expectChosen('quarantine/a')
    await page.keyboard.press('ArrowUp')
    expect(await active()).toMatchObject({ says: 'fragile 3', expanded: 'false' })
    await page.keyboard.press('Enter')
    expect(await active()).toMatchObject({ expanded: 'true' })
    await page.keyboard.press('ArrowRight')
    await expectChosen('fragile/a')
  })

  it('moves on from a clicked actor', async () => {
    await page.click('.actor[data-address="quarantine/a"]')
    await page.keyboard.press('ArrowDown')
    await expectChosen('quarantine/b')
  })

  it('keeps clicks in the browser history, and key moves out of it', async () => {
    await page.click('.actor[data-address="quarantine/a"]')
    await page.keyboard.press('ArrowDown')
    await expectChosen('quarantine/b')
    await page.goBack()
    await expectChosen('fragile/a')
  })

  it('shows the active row', async () => {
    await page.focus('#filter')
    for (let i = 0; i < 3; i++) await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.id')).toBe('actors')
    expect(
      await page.evaluate(`getComputedStyle(document.querySelector('#actors .active')).outlineStyle`),
    ).toBe('solid')
  })
})

describe('keys outside of the list', () => {
  it('do not move the selection', async () => {
    for (const where of ['body', '#filter', '#fit', '#context', '#history summary', '#open-only']) {
      if (where !== 'body') await page.focus(where)
      for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp', 'End', 'PageDown', 'Home', 'ArrowDown'])
        await page.keyboard.press(key)
      expect(await page.textContent('#address'), where).toBe('fragile/a')
    }
    expect(new URL(page.url()).hash).toBe('#fragile%2Fa')
  })

  it('move the cursor within the search', async () => {
    await page.focus('#filter')
    await page.keyboard.type('agile')
    await page.keyboard.press('Home')
    await page.keyboard.type('fr')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.type('x')
    expect(await page.inputValue('#filter')).toBe('xfragile')
  })

  it('focus the search by / without a modifier', async () => {
    const focused = () => page.evaluate('document.activeElement.id || document.activeElement.tagName')
    for (const where of ['#actors', '#fit', '#context']) {
      await page.focus(where)
      await page.keyboard.press('/')
      expect(await focused()).toBe('filter')
    }
    expect(await page.inputValue('#filter')).toBe('')
    for (const modifier of ['Control', 'Alt', 'Meta']) {
      await page.focus('#actors')
      await page.keyboard.press(`${modifier}+/`)
      expect(await focused()).toBe('actors')
    }
    await page.focus('#filter')
    await page.keyboard.type('a/b')
    expect(await page.inputValue('#filter')).toBe('a/b')
  })

  it('write / in a text field', async () => {
    for (const html of ['<textarea></textarea>', '<div contenteditable="true"></div>', '<input>']) {
      await page.evaluate(`document.body.insertAdjacentHTML('beforeend', '${html}')`)
      await page.evaluate('document.body.lastElementChild.focus()')
      await page.keyboard.type('1/2')
      const written = 'document.body.lastElementChild.value ?? document.body.lastElementChild.textContent'
      expect(await page.evaluate(written), html).toBe('1/2')
    }
  })

  it('reach all controls by Tab, in their order on the page', async () => {
    await runner.fail('quarantine/a')
    await page.waitForSelector('#failures a')
    await page.evaluate('scrollTo(0, 0)')
    const stops: string[] = []
    for (let i = 0; i < 9; i++) {
      await page.keyboard.press('Tab')
      stops.push(
        await page.evaluate(`(() => {
          const { id, tagName, parentElement } = document.activeElement
          return id || parentElement.closest('[id]').id + ' ' + tagName.toLowerCase()
        })()`),
      )
      expect(
        await page.evaluate(`(() => {
        const lit = document.activeElement.matches('#actors') ? document.querySelector('#actors .active') : document.activeElement
        return getComputedStyle(lit).outlineStyle
      })()`),
        stops.at(-1),
      ).not.toBe('none')
    }
    expect(stops).toEqual([
      'failures a',
      'filter',
      'open-only',
      'failing-only',
      'actors',
      'follow',
      'fit',
      'context',
      'history summary',
    ])
  })
})

describe('a hundred thousand actors', () => {
  interface Row {
    readonly address: string
    readonly place: string
    readonly top: number
  }
  /** Puts its own list in place of the page's. */
  const fill = () =>
    page.evaluate(`import('/page/actor-list.js').then(({ ActorList }) => {
      const old = document.getElementById('actors')
      const root = old.cloneNode(false)
      old.replaceWith(root)
      window.chosen = []
      const choose = (address) => {
        window.chosen.push(address)
        list.choose(address)
      }
      const [filter, openOnly] = [document.createElement('input'), document.createElement('input')]
      const list = new ActorList(root, filter, openOnly, choose)
      window.list = list
      const order = (i) => ({ address: 'order/o-' + i, value: 'filled', tags: [], status: 'active', rev: 1, seq: i, at: 1 })
      for (let i = 1; i <= ${MANY}; i++) list.put(order(i))
      list.choose('order/o-1')
    })`)
  const rows = () =>
    page.evaluate<Row[]>(`[...document.querySelectorAll('#actors .actor')].map((row) => ({
      address: row.dataset.address,
      place: row.ariaPosInSet + ' of ' + row.ariaSetSize,
      top: row.offsetTop,
    }))`)
  const expectRight = async (address: string) => {
    const shown = await rows()
    expect(shown.length).toBeLessThan(100)
    expect(shown.map((row) => row.address)).toContain(address)
    for (const row of shown) {
      const nth = Number(row.address.slice('order/o-'.length))
      expect(row.place).toBe(`${nth} of ${MANY}`)
      expect(row.top).toBe(nth * 28)
    }
  }

  it('take only the rows in view, each with its position among all', async () => {
    await fill()
    await expectRight('order/o-1')
    await page.evaluate(`document.getElementById('actors').scrollTop = 50_000 * 28`)
    await eventually(() => expectRight('order/o-50010'))
    await page.evaluate(`document.getElementById('actors').scrollTop = 1e9`)
    await eventually(() => expectRight(`order/o-${MANY}`))
  })

  it('can be walked by keys from end to end', async () => {
    await fill()
    await page.focus('#actors')
    const press = async (key: string) => {
      await page.keyboard.press(key)
      return [await page.evaluate('chosen.at(-1)'), ((await active()) as { inView: boolean }).inView]
    }
    expect(await press('ArrowDown')).toEqual(['order/o-2', true])
    expect(await press('End')).toEqual([`order/o-${MANY}`, true])
    expect(await press('ArrowUp')).toEqual([`order/o-${MANY - 1}`, true])
    const [before] = (await press('PageUp')) as [string]
    expect(Number(before.slice('order/o-'.length))).toBeLessThan(MANY - 5)
    await expectRight(before)
    expect(await press('Home')).toEqual(['order/o-1', true])
    expect(await active()).toMatchObject({ place: `1 of ${MANY}` })
  })

  it('can be searched', async () => {
    await fill()
    await page.evaluate(`list.filter.value = '99999'; list.filter.dispatchEvent(new Event('input'))`)
    await eventually(async () => expect((await rows()).map((row) => row.place)).toEqual(['1 of 1']))
  })
})
