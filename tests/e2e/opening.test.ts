/** The opening of the page: what a person waits for comes first, and no task does two things. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually, Harness } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf } from './complaints.ts'

const lamp = setup({}).createMachine({ initial: 'off', states: { off: {} } })
const harness = new Harness()
let api: ApiServer
let browser: Browser

beforeAll(async () => {
  const supervisor = await harness.open({ machines: { lamp } })
  await supervisor.spawn('lamp', 'hall')
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await api?.close()
  await harness.supervisor.stop()
})

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
}

it('asks for the list and the figures first, and draws in another task than it is evaluated in', async () => {
  const page = await browser.newPage()
  const complaints = complaintsOf(page)
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  const answered = new Set<string>()
  page.on('requestfinished', (request) => answered.add(new URL(request.url()).pathname))
  const cdp = await page.context().newCDPSession(page)
  const events: TraceEvent[] = []
  cdp.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])))
  const traceConfig = { includedCategories: ['devtools.timeline', 'toplevel', 'v8.execute'] }
  await cdp.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig })
  await page.goto(api.url)
  await page.waitForSelector('.row[data-address="lamp/hall"]')
  await eventually(() => expect(answered).toContain('/openapi.json'))
  const complete = new Promise((resolve) => cdp.once('Tracing.tracingComplete', resolve))
  await cdp.send('Tracing.end')
  await complete

  const place = (path: string) => asked.indexOf(path)
  for (const path of ['/state', '/actors', '/groups']) expect([path, place(path)]).not.toEqual([path, -1])
  for (const path of ['/state', '/actors']) expect(place('/openapi.json')).toBeGreaterThan(place(path))

  // A browser that learns of a module from another one asks for it only when that has come.
  const html = await (await fetch(api.url)).text()
  const script = await (await fetch(`${api.url}/page/main.js`)).text()
  const imported = [...script.matchAll(/(?:from|import) ?"\.\/(chunk-\w+\.js)"/g)].map(
    ([, name]) => `/page/${name}`,
  )
  const preloaded = [...html.matchAll(/rel="modulepreload" href="([^"]*)"/g)].map(([, path]) => path)
  expect(imported.length).toBeGreaterThan(0)
  expect(preloaded.sort()).toEqual(imported.sort())

  // Later ones are of modules that a view loads.
  const [evaluation] = events.filter(({ name }) => name === 'v8.evaluateModule').sort((a, b) => a.ts - b.ts)
  const isWithin = (one: TraceEvent | undefined, task: TraceEvent) =>
    one?.pid === task.pid && one.tid === task.tid && one.ts >= task.ts && one.ts <= task.ts + (task.dur ?? 0)
  const tasks = events.filter((task) => /RunTask$/.test(task.name) && isWithin(evaluation, task))
  expect(tasks.length).toBeGreaterThan(0)
  const layouts = events.filter(({ name }) => name === 'Layout')
  expect(layouts.length).toBeGreaterThan(0)
  expect(layouts.filter((layout) => tasks.some((task) => isWithin(layout, task)))).toEqual([])
  expect(complaints).toEqual([])
  await page.close()
})
