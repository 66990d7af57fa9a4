/** A runner is replaced by one with another log, at the same address: the page never shows two logs. */
import type { Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { Floor } from '../machines/floor.ts'
import { eventually, Harness } from '../runtime/harness.ts'
import { GONE } from './complaints.ts'
import { Opened, SOON } from './opened.ts'

let opened: Opened
let api: ApiServer
let port = 0
const stops: (() => Promise<void>)[] = []

beforeAll(async () => {
  opened = await Opened.launch({ url: () => `http://127.0.0.1:${port}`, expected: [GONE] })
})
afterAll(async () => {
  await opened?.close()
  for (const stop of stops) await stop()
})
afterEach(async () => {
  await opened.end()
  await api.close()
})

async function serve(of: Supervisor): Promise<void> {
  api = await startApi(of, { host: '127.0.0.1', port }, silentLogger)
  port = Number(new URL(api.url).port)
}

async function replaceBy(of: Supervisor): Promise<void> {
  await api.close()
  await opened.shown('#moment .chip', 'no connection since')
  await serve(of)
}

/** Keeps answers of the page back, but for those of the actors that each view needs. Returns what lets them go. */
async function holdAnswers(): Promise<() => Promise<void>> {
  const held: Route[] = []
  const { page } = opened
  const isKept = (url: URL) => !url.pathname.startsWith('/page') && url.searchParams.get('limit') !== '1000'
  const hold = async (route: Route) => void held.push(route)
  await page.route(isKept, hold)
  return async () => {
    await page.unroute(isKept, hold)
    // The page may have given some of them up.
    await Promise.all(held.map((route) => route.continue().catch(() => undefined)))
  }
}

/** Starts an account with a trade that has ended, of a list with this name. */
async function traded(list: string, px: string): Promise<Supervisor> {
  const floor = await Floor.open({ watchdog: { enabled: false }, symbol: { intervals: ['1s'] } })
  stops.push(() => floor.harness.supervisor.stop())
  await floor.bracket(list)
  await floor.pass()
  for (const price of ['101', px, '111', px]) {
    await floor.pass(1_000)
    await floor.price(price)
  }
  await floor.pass()
  return floor.harness.supervisor
}

const VIEWS: readonly (readonly [place: string, ...parts: string[]])[] = [
  ['overview', '.figure b', '.equity b', '.components li'],
  [
    'actor/account/paper?history',
    '.actor-head .chip',
    '.bead',
    '.chart-surface',
    '#history .entry:not(.awaited)',
  ],
  ['why/account/paper', '.why-step', '#record .part'],
  ['market/symbol/paper:BTCUSDT', '.price-chart', '.trades tbody tr', '.equity-of'],
]

describe('from the first word of the new log on', () => {
  it('nothing of the old one is on the screen, in any view', async () => {
    const logs = [await traded('alpha', '102'), await traded('omega', '103')] as const
    await serve(logs[0])
    const page = await opened.open('overview')
    let was = 'alpha'
    for (const [i, [place, ...parts]] of VIEWS.entries()) {
      const shown = [`.row[data-address="list/${was}"]`, ...parts]
      await page.evaluate(`location.hash = ${JSON.stringify(place)}`)
      for (const part of shown) await page.locator(part).first().waitFor(SOON)
      const letGo = await holdAnswers()
      await replaceBy(logs[(i + 1) % 2 === 0 ? 0 : 1])
      await eventually(async () => {
        for (const part of shown) expect(await page.locator(part).count(), `${place} ${part}`).toBe(0)
        expect(await page.locator('#body').textContent()).not.toContain(was)
      })
      await letGo()
      was = was === 'alpha' ? 'omega' : 'alpha'
    }
    await page.locator(`.row[data-address="list/${was}"]`).waitFor(SOON)
    for (const part of VIEWS.at(-1)?.slice(1) ?? []) await page.locator(part).first().waitFor(SOON)
  })
})

describe('the list', () => {
  const item = setup({}).createMachine({ initial: 'on', states: { on: {} } })

  async function many(count: number): Promise<Supervisor> {
    const supervisor = await new Harness().open({ machines: { item } })
    stops.push(() => supervisor.stop())
    const ids = Array.from({ length: count }, (_, i) => `i-${String(i).padStart(4, '0')}`)
    await Promise.all(ids.map((id) => supervisor.spawn('item', id)))
    return supervisor
  }

  it('has no rows of the old log behind the first page of a group that both logs have', async () => {
    const [long, short] = [await many(420), await many(260)]
    await serve(long)
    const page = await opened.open('overview')
    /** Goes to the end of the list. Returns the place of its last row, and how many there are. */
    const last = async () => {
      await page.focus('#tree')
      await page.keyboard.press('End')
      return page.$$eval('.row.active', ([of]) =>
        ['posinset', 'setsize'].map((name) => of?.getAttribute(`aria-${name}`)).join(' of '),
      )
    }
    await page.fill('#search', 'kind:item')
    await opened.shown('.list-note', '420 actors')
    await page.locator('.row.group', { hasText: 'item' }).click()
    await eventually(async () => expect(await last()).toBe('420 of 420'))
    await replaceBy(short)
    await eventually(async () => expect(await last()).toBe('260 of 260'))
  })
})
