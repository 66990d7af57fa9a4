/** Failures on the page of a program without trading: what needs a person, the marks in the list, and another log. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf, GONE } from './complaints.ts'
import { FailingRunner, RESTART_MS, type Strategy } from './failing.ts'

const SOON = { timeout: 120_000 }
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

const open = async (place = 'overview') => {
  await page.goto(`${runner.url}/#${place}`)
  await page.waitForSelector('#tree[aria-busy="false"]', SOON)
}
/** The entries about actors. The message that an actor failed on is a dead letter besides. */
const titles = async () =>
  (await page.$$eval('.need h3', (all) => all.map((title) => title.textContent ?? ''))).filter(
    (title) => !title.includes('could not be delivered'),
  )
const expectTitles = (...expected: string[]) =>
  eventually(async () => expect(await titles()).toEqual(expected))
const listed = () =>
  page.$$eval('.row[data-address]', (rows) => rows.map((row) => row.getAttribute('data-address')))
const expectListed = (...expected: string[]) =>
  eventually(async () => expect((await listed()).sort()).toEqual(expected))

describe('what needs a person', () => {
  it.each<[Strategy, string]>([
    ['quarantine', 'quarantine a is quarantined'],
    ['restart', 'restart a restarts after a failure'],
    ['stop', 'stop a was stopped by an error'],
    ['escalate', 'escalate a has ended with an error'],
    ['resume', 'resume/a failed'],
  ])('has an actor of the strategy %s, live and after a reload', async (strategy, title) => {
    await runner.spawn(strategy, 'a')
    await open()
    await page.locator('.none', { hasText: 'Nothing needs a person.' }).waitFor(SOON)
    await runner.fail(`${strategy}/a`, 'it broke')
    for (const again of [false, true]) {
      if (again) await page.reload()
      await expectTitles(title)
      await page.locator('.need code', { hasText: 'it broke' }).waitFor(SOON)
      await eventually(async () => expect(await page.title()).toMatch(/^\(1!\)/))
    }
  })

  it('has the worst first, and what actors only report last', async () => {
    for (const kind of ['resume', 'escalate', 'restart', 'quarantine', 'stop'] as const) {
      await runner.spawn(kind, 'a')
      await runner.fail(`${kind}/a`)
    }
    await runner.spawn('fragile', 'runner')
    await runner.send('fragile/runner', { type: 'REPORT', text: 'the disk is nearly full' })
    await open()
    await expectTitles(
      'quarantine a is quarantined',
      'restart a restarts after a failure',
      'escalate a has ended with an error',
      'stop a was stopped by an error',
      'resume/a failed',
      'fragile/runner reports an error',
    )
  })

  it('counts failures that are alike, and keeps others apart', async () => {
    await runner.spawn('resume', 'a')
    for (let i = 0; i < 7; i++) await runner.fail('resume/a')
    await runner.fail('resume/a', 'odd')
    await open()
    await expectTitles('resume/a failed', 'resume/a failed 7 times')
  })

  it('keeps the failure of an actor that has restarted', async () => {
    await runner.spawn('restart', 'a')
    await open()
    await runner.fail('restart/a')
    await expectTitles('restart a restarts after a failure')
    runner.pass(RESTART_MS)
    await expectTitles('restart/a failed')
  })

  it('drops an actor that another client releases, with the question about it, and has it when it fails again', async () => {
    await runner.spawn('quarantine', 'a')
    await runner.fail('quarantine/a')
    await open('actor/quarantine/a')
    await page.getByRole('button', { name: 'Release…' }).click(SOON)
    await page.locator('dialog .about', { hasText: 'It failed on THROW: boom' }).waitFor(SOON)
    await runner.release('quarantine/a')
    await page.waitForSelector('dialog', { state: 'detached', ...SOON })
    await eventually(async () => expect(await page.getByRole('button', { name: 'Release…' }).count()).toBe(0))
    await page.keyboard.press('1')
    await expectTitles()
    await runner.fail('quarantine/a', 'again')
    await expectTitles('quarantine a is quarantined')
    await page.locator('.need code', { hasText: 'again' }).waitFor(SOON)
  })
})

it('does not do what a person takes back while the server is away', async () => {
  await runner.spawn('quarantine', 'a')
  await runner.fail('quarantine/a')
  await open('actor/quarantine/a')
  await page.getByRole('button', { name: 'Release…' }).click(SOON)
  await runner.leave()
  await page.locator('#moment .chip', { hasText: 'no connection since' }).waitFor(SOON)
  await page.locator('dialog button[type="submit"]').click(SOON)
  await page
    .locator('dialog', { hasText: 'It is asked again for some seconds, unless you go back.' })
    .waitFor(SOON)
  await page.keyboard.press('Escape')
  await page.waitForSelector('dialog', { state: 'detached', ...SOON })
  await page.locator('#said', { hasText: 'not asked any more' }).waitFor(SOON)
  await runner.serve()
  await page.getByRole('button', { name: 'Release…' }).waitFor(SOON)
})

describe('the list', () => {
  it('marks what has failed, and finds it by a filter and by its word', async () => {
    for (const id of ['a', 'b']) await runner.spawn('quarantine', id)
    await runner.spawn('fragile', 'a')
    await open()
    await runner.fail('quarantine/a')
    await page.locator('.row[data-address="quarantine/a"] .bad', { hasText: 'quarantined' }).waitFor(SOON)
    await page.click('.flat:has-text("Failed")')
    await expectListed('quarantine/a')
    await runner.fail('quarantine/b')
    await expectListed('quarantine/a', 'quarantine/b')
    await runner.release('quarantine/a')
    await expectListed('quarantine/b')
    await page.click('.flat:has-text("Failed")')
    await page.fill('#search', 'quarantined')
    await expectListed('quarantine/b')
  })

  it('drops actors that a new log does not have, and has what failed while the server was away', async () => {
    for (const id of ['a', 'b']) await runner.spawn('quarantine', id)
    await runner.fail('quarantine/a')
    await open()
    await expectTitles('quarantine a is quarantined')
    await runner.leave()
    await page.locator('#moment .chip', { hasText: 'no connection since' }).waitFor(SOON)
    await runner.fail('quarantine/b')
    await runner.serve()
    await eventually(async () => expect(await titles()).toHaveLength(2))
    await runner.leave()
    await page.locator('#moment .chip', { hasText: 'no connection since' }).waitFor(SOON)
    await runner.begin()
    await runner.spawn('fragile', 'new')
    await runner.serve()
    await page.waitForSelector('.row[data-address="fragile/new"]', SOON)
    await expectTitles()
    await eventually(async () => expect(await listed()).not.toContain('quarantine/a'))
  })
})
