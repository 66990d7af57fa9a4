/** All that the page shows is of one actor and one moment, also while the runner is gone, and for places that its log does not have. */
import type { Page, Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { ADDRESS, longLife } from '../api/long-life.ts'
import { eventually } from '../runtime/harness.ts'
import { violationsOn } from './axe.ts'
import { GONE } from './complaints.ts'
import { Opened, row, SOON } from './opened.ts'

const OTHER = 'system/dead-letters'

let opened: Opened
let long: Supervisor
let short: Supervisor
let api: ApiServer
let port: number

beforeAll(async () => {
  opened = await Opened.launch({ url: () => `http://127.0.0.1:${port}`, expected: [GONE] })
  ;[long, short] = await Promise.all([longLife(40), longLife(5)])
  await serve(long)
})
afterAll(async () => {
  await opened?.close()
  await api?.close()
  await Promise.all([long?.stop(), short?.stop()])
})
afterEach(() => opened.end())

async function serve(of: Supervisor): Promise<void> {
  api = await startApi(of, { host: '127.0.0.1', port: port ?? 0 }, silentLogger)
  port = Number(new URL(api.url).port)
}

/** Ends the server. Resolves once the page has noticed. */
async function gone(): Promise<void> {
  await api.close()
  await opened.shown('#moment .chip', 'no connection since')
}

const seqOf = async (rev: number) => {
  for await (const { seq } of long.history(ADDRESS, { fromRev: rev, limit: 1 })) return seq
  throw new Error(`there is no rev ${rev}`)
}
const text = (selector: string) => opened.page.locator(selector).first().textContent()
const count = (selector: string) => opened.page.locator(selector).count()

/** Resolves once the address, the head, the record, the bar and the beads are of this record, and nothing is marked. */
async function isAllOf(rev: number): Promise<void> {
  const seq = await seqOf(rev)
  await eventually(async () => {
    expect(opened.hash()).toContain(`/${ADDRESS}@${seq}`)
    expect(await text('.actor-head h2')).toBe(ADDRESS)
    expect(await text('#moment .place')).toMatch(new RegExp(`^record ${rev} of`))
    expect(await text('#moment .seq')).toBe(`seq ${seq}`)
    expect(await opened.page.getAttribute('.bead.now', 'aria-label')).toContain(`record ${rev} of`)
    expect(await count('#main.old, .place-note, .fault')).toBe(0)
  })
}

describe('while the runner is gone', () => {
  it('marks what is of another moment, shows nothing of another actor, and agrees after the return', async () => {
    const page = await opened.open(`why/${ADDRESS}@${await seqOf(5)}`)
    await opened.shown('#record h3', 'Record 5')
    await page.waitForSelector('.why-step.moment', SOON)
    await gone()
    await page.keyboard.press('ArrowLeft')
    await opened.shown('.place-note', `This is still ${ADDRESS} at its record 5`)
    await opened.shown('#moment .place', 'record 4 of')
    expect(await count('#main.old')).toBe(1)
    await opened.shown('#why .fault', 'does not answer')
    await page.click(row(OTHER))
    await opened.shown('#record .fault', 'does not answer')
    expect(await text('.actor-head h2')).toBe(OTHER)
    expect(await count('#record .part, .why-step, .chart-surface, .place-note, .bead')).toBe(0)
    await page.goBack()
    await serve(long)
    await isAllOf(4)
    await opened.shown('#record h3', 'Record 4')
    await page.waitForSelector(`.why-step.moment .why-go[data-seq="${await seqOf(4)}"]`, SOON)
    await page.keyboard.press('c')
    await page.waitForSelector('.chart-surface', SOON)
  })

  it('says that a step cannot be read, and reads the history and a search by itself after the return', async () => {
    const page = await opened.open(`actor/${ADDRESS}@${await seqOf(40)}`)
    await opened.shown('#record h3', 'Record 40')
    await gone()
    await page.keyboard.press('Shift+ArrowLeft')
    await opened.shown('.place-note', 'The moment stays: the runner does not answer')
    await page.click('.tabs a >> text=History')
    await opened.shown('#history .bar.bad', 'does not answer')
    await serve(long)
    await page.locator('#history .entry:not(.awaited)').first().waitFor(SOON)
    expect(await count('#history .bar.bad')).toBe(0)
    await gone()
    await page.fill('input[name="changed"]', 'stopPx')
    await page.keyboard.press('Enter')
    await opened.shown('#history .bar.bad', 'does not answer')
    expect(await page.getByRole('button', { name: /^Go on/ }).count()).toBe(0)
    await serve(long)
    await opened.shown('#history .entry', '− 90')
    await isAllOf(40)
  })

  it('says so no longer once it answers, though a question still waits for its turn', async () => {
    const page = await opened.open(`actor/${ADDRESS}`)
    await opened.shown('#record h3', 'Record 44')
    await gone()
    await page.click(row(OTHER))
    await opened.shown('#record .fault', 'does not answer')
    const held: Route[] = []
    await page.route(`**/actors/${encodeURIComponent(OTHER)}**`, (route) => void held.push(route))
    await serve(long)
    await eventually(async () => {
      expect(held.length).toBeGreaterThan(0)
      expect(await count('.fault')).toBe(0)
    })
    await page.unrouteAll()
    for (const route of held) await route.continue().catch(() => undefined)
    await opened.shown('#record h3', 'Record 1')
  })

  it('says that a view, which is loaded when it is first looked at, is not here, and loads it after the return', async () => {
    const page = await opened.open('overview')
    await gone()
    await page.keyboard.press('3')
    await opened.shown('#main .fault', 'this part of the page could not be loaded')
    await page.locator('#main .fault').getByRole('button', { name: 'Again' }).waitFor(SOON)
    await serve(long)
    await page.locator('#market').waitFor(SOON)
    expect(await count('#main .fault')).toBe(0)
  })

  it('ends a request that is never answered, and asks anew', async () => {
    const page = await opened.open(`actor/${ADDRESS}@${await seqOf(7)}`)
    await opened.shown('#record h3', 'Record 7')
    // The first one hangs, as that of a server does that dies without a word.
    let asked = 0
    await page.route('**/why*', (route) => (asked++ === 0 ? undefined : route.continue()))
    await page.keyboard.press('w')
    await eventually(() => expect(asked).toBe(1))
    await gone()
    await serve(long)
    await page.waitForSelector(`.why-step.moment .why-go[data-seq="${await seqOf(7)}"]`, SOON)
  })

  it('says that another log, which came back, has no such moment', async () => {
    const page = await opened.open(`actor/${ADDRESS}@${await seqOf(30)}`)
    await isAllOf(30)
    await gone()
    await serve(short)
    await opened.shown('.place-note', `The log has no seq ${await seqOf(30)} yet`)
    await opened.shown('#moment .chip', 'behind the end')
    await opened.shown('#moment .place', 'record 6 of 6')
    await page.getByRole('link', { name: 'Now' }).click()
    await opened.isAt(`#actor/${ADDRESS}`)
    await opened.shown('#moment .place', 'record 6 of 6')
    await api.close()
    await serve(long)
  })
})

describe('while the connection holds', () => {
  it('asks again by itself where one request alone has failed', async () => {
    const page = await opened.open(`actor/${OTHER}`)
    await opened.shown('#record h3', 'Record 1')
    const path = `**/actors/${encodeURIComponent(ADDRESS)}`
    await page.route(path, (route) => route.abort('connectionreset'), { times: 1 })
    await page.click(row(ADDRESS))
    await opened.shown('#record h3', 'Record 44')
    expect(await count('.fault')).toBe(0)
  })

  it('says in the list why it could not be read, and reads it again when a person asks for it', async () => {
    const json = { code: 'SERVER_BUSY', detail: 'reading is busy', hint: 'Ask again.' }
    const page = await opened.open('overview')
    await page.route('**/actors?kind=account*', (route) => route.fulfill({ json }), { times: 1 })
    await page.reload()
    await opened.shown('#rail .fault', 'reading is busy')
    await page.locator('#rail .fault').getByRole('button', { name: 'Again' }).click()
    await opened.shown('.none', 'Nothing needs a person.')
    expect(await count('.fault')).toBe(0)
  })
})

it('several pages of one browser leave connections to quick answers, and search the log in turns', async () => {
  const context = await opened.browser.newContext()
  const held: Route[] = []
  await context.route(/\/(failures|timeline)/, (route) => void held.push(route))
  const pages = [1, 2, 3].map(async () => {
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${port}/#overview`)
    return page
  })
  const [page] = (await Promise.all(pages)) as [Page]
  const places = async (): Promise<readonly number[]> => {
    const { held = [], pending = [] } = (await page.evaluate('navigator.locks.query()')) as Record<
      'held' | 'pending',
      readonly unknown[] | undefined
    >
    return [held.length, pending.length]
  }
  await eventually(async () => expect(await places()).toEqual([2, 4]))
  expect(held).toHaveLength(2)
  await context.unrouteAll()
  for (const route of held) await route.continue().catch(() => undefined)
  await eventually(async () => expect(await places()).toEqual([0, 0]))
  await context.close()
})

it('keys that are faster than the answers count, each of them', async () => {
  const page = await opened.open(`actor/${ADDRESS}`)
  await opened.shown('#record h3', 'Record 44')
  await page.route('**/history*', async (route) => {
    await new Promise(setImmediate)
    await route.continue()
  })
  for (const key of ['Home', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key)
  await isAllOf(3)
})

describe('why, of a living actor', () => {
  it('names the record that it explains, and leads to the last one that led to something', async () => {
    const page = await opened.open(`why/${ADDRESS}`)
    // A tick changes the price alone.
    await opened.shown('.why-note', 'Nothing came before record 44, TICK.')
    await opened.shown('#record h3', 'Record 44')
    await opened.shown('#why .why-fold', 'Record 44 led to no other state and said nothing')
    await page.getByRole('link', { name: 'Stay at it' }).click()
    await opened.isAt(`#why/${ADDRESS}@${await seqOf(44)}`)
    await page.getByRole('link', { name: 'record 23, OPEN' }).click()
    await isAllOf(23)
    await page.waitForSelector(`.why-step.moment .why-go[data-seq="${await seqOf(23)}"]`, SOON)
    expect(await page.locator('#why .why-fold', { hasText: 'said nothing' }).count()).toBe(0)
  })
})

describe('an address', () => {
  it('with a seq behind the end is said to be wrong, with a way to the present', async () => {
    const page = await opened.open(`actor/${ADDRESS}@99999999`)
    await opened.shown('.place-note', 'The log has no seq 99,999,999 yet: it ends with seq')
    await page.waitForSelector('.chart-surface', SOON)
    expect((await violationsOn(page)).join('\n')).toBe('')
    await page.getByRole('link', { name: 'Now' }).click()
    await opened.isAt(`#actor/${ADDRESS}`)
    await eventually(async () => expect(await count('.place-note')).toBe(0))
  })

  it('with a seq alone is of the actor of that record, as `outcry why` takes it', async () => {
    const seq = await seqOf(9)
    const page = await opened.open(`why/${seq}`)
    await opened.isAt(`#why/${ADDRESS}@${seq}`)
    await page.waitForSelector(`.why-step.moment .why-go[data-seq="${seq}"]`, SOON)
    await opened.open('why/99999999')
    await opened.shown('.place-note', 'The log has no seq 99,999,999 yet')
  })
})

it('an address with a history shows it on a phone, too', async () => {
  const page = await opened.open(`actor/${ADDRESS}@${await seqOf(9)}?history`, [390, 844])
  await page.waitForSelector('#history .entry', SOON)
})

describe('the log', () => {
  beforeEach(async () => {
    await api.close()
    await serve(short)
  })
  afterEach(async () => {
    await api.close()
    await serve(long)
  })

  it('is read again once it has reached the moment', async () => {
    const { seq } = short
    await opened.open(`actor/${ADDRESS}@${seq + 2}`)
    await opened.shown('#moment .chip', 'behind the end')
    await opened.shown('#record h3', 'Record 6')
    for (let px = 100; px < 103; px++) await short.send(ADDRESS, { type: 'TICK', px })
    await opened.shown('#record h3', 'Record 8')
    await opened.shown('#moment .place', 'record 8 of 9')
    await opened.isAt(`#actor/${ADDRESS}@${seq + 2}`)
  })

  it('is that of the runner that answers: why is of its record, after another log, too', async () => {
    const page = await opened.open(`why/${ADDRESS}`)
    const isOf = async (of: Supervisor) => {
      const seq = (await of.view(ADDRESS))?.seq
      await page.waitForSelector(`.why-step.moment .why-go[data-seq="${seq}"]`, SOON)
    }
    await isOf(short)
    for (const of of [long, short]) {
      await gone()
      await serve(of)
      await isOf(of)
    }
  })
})

it.each(['in the past', 'live'])('an actor is asked for once as the page opens, %s', async (when) => {
  const asked: string[] = []
  opened.onRequest = (url) => {
    const { pathname, search } = new URL(url)
    if (decodeURIComponent(pathname).startsWith(`/actors/${ADDRESS}`)) asked.push(pathname + search)
  }
  await opened.open(`actor/${ADDRESS}${when === 'live' ? '' : `@${await seqOf(30)}`}`)
  await opened.shown('#record h3', when === 'live' ? 'Record 44' : 'Record 30')
  await opened.page.waitForLoadState('networkidle')
  opened.onRequest = undefined
  expect(asked.length).toBeGreaterThan(2)
  expect(asked).toEqual([...new Set(asked)])
})
