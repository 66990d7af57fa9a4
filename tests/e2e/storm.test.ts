/**
 * The page while a runner makes thousands of records a second: the work of each view does not grow with them. Times are
 * those of the page's thread itself, measured by the fixed computation of the same trace, so that a machine that is
 * slow or busy is judged as a quick one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { endChildren } from '../programs/children.ts'
import { OutcryProcess } from '../runner/runner-process.ts'
import { eventually } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf } from './complaints.ts'

const SOON = { timeout: 120_000 }
const SYMBOLS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J'].map((name) => ({
  symbol: `${name}USDT`,
  baseAsset: name,
  quoteAsset: 'USDT',
  startPx: '6183.64',
  tickSize: '0.01',
  lotSize: '0.001',
}))
const CONFIG = {
  market: { source: 'sim', seed: 6, ratePerSecond: 470, symbols: SYMBOLS },
  symbol: { intervals: ['1s'] },
  strategies: [
    {
      id: 'ema',
      type: 'emaCross',
      symbol: 'universe',
      interval: '1s',
      orderQty: '0.01',
      fast: 2,
      slow: 3,
      trailingStopPct: 0.1,
    },
  ],
  universe: { filters: { quoteAssets: ['USDT'] } },
  news: { sources: [] },
  server: { port: 0 },
}
/** Time in ms for which each view is watched. */
const WATCHED_MS = 2_000
/** Rounds of the fixed computation, which takes some 20 ms. */
const ROUNDS = 70
/** The most that a task of the page may take, in fixed computations: 100 ms. */
const TASK_MAX = 5
/** Frames that come in a second: ten with what has moved, and those of two subscriptions of the feed. */
const FRAMES_MAX = 16
/** Most rounds of drawing in a second: those of the frames, and those of the answers that the page waits for. */
const DRAWS_MAX = 40
/** Most requests in a second: those about the chosen actor, six times a second, and about the run. */
const REQUESTS_MAX = 45
/** Most rows of the list that are drawn, and elements of the whole page. */
const ROWS_MAX = 100
const ELEMENTS_MAX = 3_000

const folder = mkdtempSync(join(tmpdir(), 'outcry-page-storm-'))
let url: string
let browser: Browser
let page: Page
let complaints: string[]

beforeAll(async () => {
  const config = join(folder, 'outcry.yaml')
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(CONFIG))
  const runner = new OutcryProcess('run', '--config', config, '--data', join(folder, 'data'))
  url = (await runner.started()).url as string
  browser = await launchChromium()
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  complaints = complaintsOf(page)
  await page.addInitScript(HEAR)
})
afterAll(async () => {
  await browser?.close()
  await endChildren()
  rmSync(folder, { recursive: true, force: true })
})

interface Counted {
  /** Rounds of work on the document, which draw what came since the last. */
  readonly draws: number
  readonly requests: number
  readonly frames: number
  readonly seconds: number
  readonly elements: number
  readonly rows: number
}

/** Counts the frames of the page's WebSockets. It is text, as all that runs in the browser. */
const HEAR = `
  globalThis.frames = 0
  globalThis.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given)
      this.addEventListener('message', () => globalThis.frames++)
    }
  }`
/** Counts in the page from now on. */
const COUNT = `(() => {
  const counted = { draws: 0, requests: 0, heard: frames, since: performance.now() }
  globalThis.counted = counted
  const observer = new MutationObserver(() => counted.draws++)
  observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
  new PerformanceObserver((list) => {
    counted.requests += list.getEntries().length
  }).observe({ type: 'resource' })
})()`
const COUNTED = `({
  draws: counted.draws,
  requests: counted.requests,
  frames: frames - counted.heard,
  seconds: (performance.now() - counted.since) / 1_000,
  elements: document.querySelectorAll('*').length,
  rows: document.querySelectorAll('#tree .row').length,
})`
/** The fixed computation, as tasks of their own. The browser's own code does it, so that it is as quick the first time. */
const FIXED = `(async () => {
  const text = JSON.stringify(Array.from({ length: 2_000 }, (_, i) => ({ i, name: 'n' + i, of: [i, i + 1] })))
  for (let n = 0; n < 3; n++) {
    await new Promise((resolve) => setTimeout(resolve))
    performance.mark('fixed')
    for (let i = 0; i < ${ROUNDS}; i++) globalThis.fixed = JSON.parse(text)
  }
})()`

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  /** Time of the thread itself, in microseconds. */
  readonly tdur?: number
}

/** Watches the page for a while. Returns the ms of processor time of its longest task and of the fixed computation. */
async function longestTask(): Promise<{ task: number; fixed: number }> {
  const cdp = await page.context().newCDPSession(page)
  const events: TraceEvent[] = []
  cdp.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])))
  const traceConfig = { includedCategories: ['toplevel', 'blink.user_timing'] }
  await cdp.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig })
  await page.evaluate(FIXED)
  await page.waitForTimeout(WATCHED_MS)
  const complete = new Promise((resolve) => cdp.once('Tracing.tracingComplete', resolve))
  await cdp.send('Tracing.end')
  await complete
  const marks = events.filter(({ name }) => name === 'fixed')
  const [mark] = marks
  const tasks = events.filter(
    ({ name, ph, pid, tid }) => /RunTask$/.test(name) && ph === 'X' && pid === mark?.pid && tid === mark.tid,
  )
  const isFixed = ({ ts, dur = 0 }: TraceEvent) => marks.some((of) => ts <= of.ts && of.ts <= ts + dur)
  const times = (of: TraceEvent[]) => of.map(({ tdur = 0 }) => tdur / 1_000).sort((a, b) => a - b)
  // All nested tasks of one computation count.
  const fixed = times(tasks.filter(isFixed))
  return {
    task: times(tasks.filter((one) => !isFixed(one))).at(-1) ?? 0,
    fixed: fixed[Math.floor(fixed.length / 2)] ?? 0,
  }
}

it.each([
  ['overview', 'account/sim', '.card.money'],
  ['actor', 'symbol/sim:AUSDT', 'svg .state'],
  ['market', 'symbol/sim:AUSDT', 'canvas'],
])(
  'draws no more often in the view %s than it hears, while thousands of records come',
  async (view, choice, drawn) => {
    await page.goto(`${url}/#${view}/${choice}`)
    await page.waitForSelector('#tree[aria-busy="false"]', { state: 'attached', ...SOON })
    await page.waitForSelector(drawn, { state: 'attached', ...SOON })
    await eventually(async () => expect(await page.textContent('#moment .place')).toMatch(/^record/))
    const before = await seqNow()
    await page.evaluate(COUNT)
    const { task, fixed } = await longestTask()
    const found = (await page.evaluate(COUNTED)) as Counted
    const records = (await seqNow()) - before
    const { draws, requests, frames, seconds, elements, rows } = found
    const said = JSON.stringify({ ...found, records, task, fixed })
    expect(records, said).toBeGreaterThan(draws)
    expect(draws, said).toBeGreaterThan(0)
    expect(frames / seconds, said).toBeLessThan(FRAMES_MAX)
    expect(draws / seconds, said).toBeLessThan(DRAWS_MAX)
    expect(requests / seconds, said).toBeLessThan(REQUESTS_MAX)
    expect(rows, said).toBeLessThan(ROWS_MAX)
    expect(elements, said).toBeLessThan(ELEMENTS_MAX)
    expect(fixed, said).toBeGreaterThan(0)
    expect(task, said).toBeLessThan(TASK_MAX * fixed)
    expect(complaints).toEqual([])
  },
)

async function seqNow(): Promise<number> {
  return ((await (await fetch(`${url}/health`)).json()) as { readonly seq: number }).seq
}
