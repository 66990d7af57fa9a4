/** Failures on the page: the panel at the top, the marks in the list, and a lost connection. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf, GONE, NOT_FOUND } from './complaints.ts'
import { FailingRunner, RESTART_MS, type Strategy } from './failing.ts'

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
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  complaints = complaintsOf(page, GONE)
})
afterEach(async () => {
  await page.close()
  await runner.stop()
  expect(complaints).toEqual([])
})

const open = async (address = '') => {
  await page.goto(`${runner.url}/#${encodeURIComponent(address)}`)
  await page.waitForSelector('#connection[data-state="connected"]')
}
const entries = () =>
  page.$$eval('#failures li', (rows) =>
    rows.map((row) => ['what', 'address', 'text'].map((name) => row.querySelector(`.${name}`)?.textContent)),
  )
const expectEntries = (...expected: string[][]) =>
  eventually(async () => expect(await entries()).toEqual(expected))
const styleOf = (selector: string, property: string, of = '') =>
  page.evaluate<string>(
    `getComputedStyle(document.querySelector(${JSON.stringify(selector)}), '${of}')['${property}']`,
  )
const row = (address: string) => page.locator(`.actor[data-address="${address}"]`)

describe('the failure panel', () => {
  it.each<[Strategy, string]>([
    ['quarantine', 'quarantined'],
    ['restart', 'restarting'],
    ['stop', 'stopped by an error'],
    ['escalate', 'ended with an error'],
    ['resume', 'failed'],
  ])('shows an actor of the strategy %s as %s, live and after a reload', async (strategy, what) => {
    await runner.spawn(strategy, 'a')
    await open()
    await row(`${strategy}/a`).waitFor()
    expect(await page.isVisible('#failures')).toBe(false)
    await runner.fail(`${strategy}/a`, 'it broke')
    const expected = [what, `${strategy}/a`, 'failed on THROW: it broke']
    await expectEntries(expected)
    expect(await page.textContent('#failures h2')).toMatch(/^Failures: 1 /)
    await page.reload()
    await expectEntries(expected)
  })

  it('is red, shows the time of the failure, and links to the actor', async () => {
    await runner.spawn('fragile', 'other')
    await runner.spawn('quarantine', 'a')
    await open('fragile/other')
    await page.waitForSelector('#chart svg')
    runner.pass(5_000)
    const at = runner.harness.clock.now()
    await runner.fail('quarantine/a')
    await page.waitForSelector('#failures a')
    const colour = await styleOf('#failures a .address', 'color')
    const [red, green, blue] = (colour.match(/\d+/g) ?? []).map(Number) as [number, number, number]
    expect(red).toBeGreaterThan(2 * Math.max(green, blue))
    expect(await page.textContent('#failures time')).toMatch(/^since /)
    expect(await page.getAttribute('#failures time', 'datetime')).toBe(new Date(at).toISOString())
    await page.click('#failures a')
    await eventually(async () => expect(await page.textContent('#address')).toBe('quarantine/a'))
    expect(await page.textContent('#state')).toBe('quarantined, in working')
    await page.waitForSelector('#history .failed:has-text("failed on THROW: boom")')
  })

  it('names an actor together with its state, however slowly the runner answers', async () => {
    await runner.spawn('fragile', 'other')
    await runner.spawn('quarantine', 'a')
    await runner.fail('quarantine/a')
    let answer = () => {}
    const asked = new Promise<void>((resolve) => (answer = resolve))
    await page.route(/quarantine\/a$/, async (route) => {
      await asked
      await route.continue()
    })
    await open('fragile/other')
    await page.waitForSelector('#chart svg')
    await page.click('#failures a')
    await page.waitForSelector('.actor[aria-selected="true"][data-address="quarantine/a"]')
    const shown = () => page.$$eval('#address, #state', (places) => places.map((place) => place.textContent))
    expect(await shown()).toEqual(['fragile/other', 'working'])
    answer()
    await eventually(async () => expect(await shown()).toEqual(['quarantine/a', 'quarantined, in working']))
  })

  it('drops an actor that is released, and shows it when it fails again', async () => {
    await runner.spawn('quarantine', 'a')
    await open('quarantine/a')
    await runner.fail('quarantine/a')
    await page.waitForSelector('#failures a')
    await runner.release('quarantine/a')
    await page.waitForSelector('#failures', { state: 'hidden' })
    expect(await page.textContent('#state')).toBe('working')
    await runner.fail('quarantine/a', 'again')
    await expectEntries(['quarantined', 'quarantine/a', 'failed on THROW: again'])
    await page.reload()
    await expectEntries(['quarantined', 'quarantine/a', 'failed on THROW: again'])
    await runner.release('quarantine/a')
    await page.waitForSelector('#failures', { state: 'hidden' })
    await page.reload()
    await row('quarantine/a').waitFor()
    expect(await entries()).toEqual([])
  })

  it('releases an actor from quarantine, after it has explained the effects', async () => {
    await runner.spawn('quarantine', 'a')
    await runner.spawn('quarantine', 'b')
    await open('quarantine/a')
    await page.waitForSelector('#chart svg')
    expect(await page.isVisible('#release')).toBe(false)
    await runner.fail('quarantine/a')
    await page.click('#release')
    expect(await page.textContent('#release-dialog h2')).toBe('Release quarantine/a?')
    await eventually(async () =>
      expect(await page.textContent('#release-dialog .cause')).toMatch(
        /^It failed on THROW: boom, at .*:\d\d/,
      ),
    )
    // A cancel changes nothing.
    await page.click('#release-dialog button[value="cancel"]')
    expect(await page.isVisible('#release-dialog')).toBe(false)
    expect(await page.textContent('#state')).toBe('quarantined, in working')
    await page.click('#release')
    await page.fill('#release-dialog input', 'it is mended')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#release-dialog', { state: 'hidden' })
    await page.waitForSelector('#failures', { state: 'hidden' })
    await eventually(async () => expect(await page.textContent('#state')).toBe('working'))
    expect(await page.isVisible('#release')).toBe(false)
    const released = (await runner.harness.records()).at(-1)
    expect(released).toMatchObject({
      actor: 'quarantine/a',
      event: { type: 'outcry.released', by: 'the page', reason: 'it is mended' },
    })
  })

  it('closes the dialog when another client has released the actor, or when another actor is chosen', async () => {
    await runner.spawn('quarantine', 'a')
    await runner.spawn('quarantine', 'b')
    await runner.fail('quarantine/a')
    await open('quarantine/a')
    await page.click('#release')
    await runner.release('quarantine/a')
    await page.waitForSelector('#release-dialog', { state: 'hidden' })
    await page.waitForSelector('#release', { state: 'hidden' })
    await runner.fail('quarantine/a')
    await page.waitForSelector('#release')
    await row('quarantine/b').click()
    await page.waitForSelector('#release', { state: 'hidden' })
  })

  it('keeps a restarted actor as a recent failure', async () => {
    await runner.spawn('restart', 'a')
    await open()
    await runner.fail('restart/a')
    await expectEntries(['restarting', 'restart/a', 'failed on THROW: boom'])
    await eventually(async () => expect(await row('restart/a').textContent()).toContain('restarting'))
    runner.pass(RESTART_MS)
    await expectEntries(['failed', 'restart/a', 'failed on THROW: boom'])
    await eventually(async () => expect(await row('restart/a').textContent()).toContain('working'))
  })

  it('counts failures that are alike, and keeps others apart', async () => {
    await runner.spawn('resume', 'a')
    await open('resume/a')
    for (let i = 0; i < 7; i++) await runner.fail('resume/a')
    await runner.fail('resume/a', 'odd')
    const expected = [
      ['failed', 'resume/a', 'failed on THROW: odd'],
      ['failed', 'resume/a', 'failed on THROW: boom (7 times)'],
    ]
    await expectEntries(...expected)
    await page.reload()
    await expectEntries(...expected)
  })

  it('shows the worst first, and counts each sort', async () => {
    for (const kind of ['resume', 'escalate', 'restart', 'quarantine', 'stop'] as const) {
      await runner.spawn(kind, 'a')
      await runner.fail(`${kind}/a`)
    }
    await runner.spawn('fragile', 'runner')
    await runner.send('fragile/runner', { type: 'REPORT', text: 'the disk is nearly full' })
    await open()
    const text = 'failed on THROW: boom'
    await expectEntries(
      ['quarantined', 'quarantine/a', text],
      ['restarting', 'restart/a', text],
      ['ended with an error', 'escalate/a', text],
      ['stopped by an error', 'stop/a', text],
      ['failed', 'resume/a', text],
      ['reported', 'fragile/runner', 'the disk is nearly full'],
    )
    expect(await page.textContent('#failures h2')).toBe(
      'Failures: 1 quarantined, 1 restarting, 1 ended with an error, 1 stopped by an error, 1 failed lately, 1 reported',
    )
    expect(await page.title()).toBe('(6!) Outcry inspector')
    expect(await page.textContent('#said')).toContain('1 quarantined')
  })

  it('scrolls within a bounded height, and counts what it does not show', async () => {
    const ids = Array.from({ length: 150 }, (_, i) => `q-${i}`)
    await Promise.all(ids.map((id) => runner.spawn('quarantine', id)))
    for (const id of ids) await runner.fail(`quarantine/${id}`)
    // These fill the list of recent failures, so the page must request why each actor is quarantined.
    await runner.spawn('resume', 'a')
    for (let i = 0; i < 100; i++) await runner.fail('resume/a', `odd ${i}`)
    await open()
    await eventually(async () => expect(await page.$$('#failures li')).toHaveLength(100))
    // The page may know the failures before it knows which actors are in quarantine.
    await eventually(async () =>
      expect(await page.textContent('#failures h2')).toBe('Failures: 150 quarantined, 100 failed lately'),
    )
    expect(await page.getAttribute('#failures', 'data-more')).toContain('150 more')
    const panel = await page.locator('#failures').boundingBox()
    expect(panel?.height).toBeLessThan(220)
    expect((await page.locator('#chart').boundingBox())?.height).toBeGreaterThan(250)
    await eventually(async () =>
      expect((await entries()).every(([, , text]) => text?.includes('boom'))).toBe(true),
    )
    const last = page.locator('#failures li').last()
    await last.scrollIntoViewIfNeeded()
    const [inside, box] = [await last.boundingBox(), await page.locator('#failures ol').boundingBox()]
    expect(inside && box && inside.y >= box.y - 1 && inside.y + inside.height <= box.y + box.height + 1).toBe(
      true,
    )
  })

  it('stays in view while a small page scrolls', async () => {
    await runner.spawn('quarantine', 'a')
    await runner.fail('quarantine/a')
    await page.setViewportSize({ width: 390, height: 700 })
    await open('quarantine/a')
    await page.waitForSelector('#chart svg')
    await page.locator('#history').scrollIntoViewIfNeeded()
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)')
    const panel = await page.locator('#failures').boundingBox()
    expect(panel?.y).toBeGreaterThanOrEqual(0)
    expect(panel && panel.y + panel.height).toBeLessThan(400)
  })
})

describe('the list of actors', () => {
  it('marks failing actors by a word and a sign, and filters to them', async () => {
    for (const id of ['a', 'b']) await runner.spawn('quarantine', id)
    await runner.spawn('escalate', 'a')
    await runner.spawn('fragile', 'a')
    await open('fragile/a')
    await row('quarantine/a').waitFor()
    await runner.fail('quarantine/a')
    await runner.fail('escalate/a')
    await eventually(async () =>
      expect(await row('quarantine/a').getAttribute('aria-label')).toBe('quarantine/a quarantined'),
    )
    expect(await row('quarantine/a').locator('.value').textContent()).toBe('quarantined')
    expect(await styleOf('[data-address="quarantine/a"] .value', 'content', '::before')).toContain('!')
    const shown = () => page.$$eval('.actor', (rows) => rows.map((row) => row.getAttribute('data-address')))
    expect(await shown()).toContain('quarantine/b')
    await page.check('#failing-only')
    await eventually(async () => expect(await shown()).toEqual(['escalate/a', 'quarantine/a']))
    await runner.fail('quarantine/b')
    await eventually(async () =>
      expect(await shown()).toEqual(['escalate/a', 'quarantine/a', 'quarantine/b']),
    )
    await runner.release('quarantine/a')
    await eventually(async () => expect(await shown()).toEqual(['escalate/a', 'quarantine/b']))
    await page.uncheck('#failing-only')
    await page.fill('#filter', 'quarantined')
    await eventually(async () => expect(await shown()).toEqual(['quarantine/b']))
  })

  it('counts a quarantined actor as open, whatever its tags', async () => {
    await open()
    const open_ = await page.evaluate(`import('/page/actor-items.js').then(({ isOpen }) =>
      ['quarantined', undefined].map((condition) =>
        isOpen({ kind: 'order', status: 'active', tags: ['closed'], condition })))`)
    expect(open_).toEqual([true, false])
    await runner.spawn('quarantine', 'a')
    await runner.fail('quarantine/a')
    await row('quarantine/a').waitFor()
    expect(await page.textContent('.kind:has-text("quarantine") .value')).toBe('1')
  })
})

describe('a page without its runner', () => {
  it('says that the connection is gone, and is right again after it is back', async () => {
    for (const id of ['a', 'b', 'c']) await runner.spawn('quarantine', id)
    await runner.fail('quarantine/a')
    await open('quarantine/a')
    await expectEntries(['quarantined', 'quarantine/a', 'failed on THROW: boom'])
    await runner.leave()
    await page.waitForSelector('#lost:has-text("No connection to the runner since")')
    expect(await page.getAttribute('#lost', 'role')).toBe('alert')
    expect(await page.textContent('#connection')).toBe('disconnected')
    await runner.release('quarantine/a')
    await runner.fail('quarantine/b', 'while you were away')
    await runner.serve()
    await page.waitForSelector('#lost', { state: 'hidden' })
    await expectEntries(['quarantined', 'quarantine/b', 'failed on THROW: while you were away'])
    await eventually(async () => expect(await row('quarantine/b').textContent()).toContain('quarantined'))
    expect(await row('quarantine/a').textContent()).not.toContain('quarantined')
    await runner.fail('quarantine/c', 'live')
    await expectEntries(
      ['quarantined', 'quarantine/c', 'failed on THROW: live'],
      ['quarantined', 'quarantine/b', 'failed on THROW: while you were away'],
    )
  })

  it('drops actors that a new log does not have', async () => {
    await runner.spawn('quarantine', 'a')
    await runner.fail('quarantine/a')
    await open()
    await page.waitForSelector('#failures a')
    await runner.leave()
    await page.waitForSelector('#lost')
    await runner.begin()
    await runner.spawn('fragile', 'new')
    await runner.serve()
    await row('fragile/new').waitFor()
    await page.waitForSelector('#failures', { state: 'hidden' })
    await row('quarantine/a').waitFor({ state: 'detached' })
    // The page asked for the chosen actor, which the new log does not have.
    complaints = complaints.filter((text) => !NOT_FOUND.test(text))
  })
})
