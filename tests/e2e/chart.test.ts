/** The statechart in a browser: the real boxes of its texts, its gestures, what is told and what is saved. */
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Sample } from '../../tools/inspector/chart/sample.ts'
import { DEFINITIONS } from '../inspector/machines.ts'
import { eventually } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf } from './complaints.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const WORKER = createRequire(import.meta.url).resolve('elkjs/lib/elk-worker.min.js')
/** A page with nothing but a chart. */
const ENTRY = `
import { h, render } from 'preact'
import { Chart } from './tools/inspector/chart/index.tsx'
globalThis.show = (props) => render(h(Chart, props), document.body)
`
const DOCUMENT = `<!doctype html><html lang="en"><title>chart</title><link rel="stylesheet" href="/entry.css">
<link rel="icon" href="data:,"><style>html, body { height: 100%; margin: 0 } body { display: block }</style><body><script type="module" src="/entry.js"></script></html>`

type Definition = (typeof DEFINITIONS)[number][1]
interface Taken {
  readonly source: string
  readonly targets: readonly string[]
  readonly eventType: string
  readonly guard?: string | undefined
}
interface Props {
  readonly definition: Definition
  readonly value: unknown
  readonly taken: readonly Taken[]
  readonly coverage?: {
    readonly all: readonly (Taken & { readonly count: number })[]
    readonly sample?: Sample
    readonly own?: readonly (Taken & { readonly count: number })[]
  }
  readonly follow: boolean
}
declare const show: (props: Props) => void

let server: Server
let browser: Browser
let page: Page
let complaints: string[]

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `import './tools/inspector/style.css'\n${ENTRY}`,
      resolveDir: ROOT,
    },
    entryNames: 'entry',
    outdir: ROOT,
    bundle: true,
    splitting: true,
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    write: false,
  })
  const files = new Map(outputFiles.map(({ path, contents }) => [path.slice(ROOT.length), contents]))
  server = createServer(({ url = '/' }, response) => {
    const path = url.slice(1)
    const type = path.endsWith('.css') ? 'text/css' : path === '' ? 'text/html' : 'text/javascript'
    const body = path === '' ? DOCUMENT : path.startsWith('vendor/') ? readFileSync(WORKER) : files.get(path)
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': type }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  server?.close()
})
beforeEach(async () => {
  page = await browser.newPage({ reducedMotion: 'reduce', acceptDownloads: true })
  complaints = complaintsOf(page)
  return async () => {
    await page.close()
    expect(complaints).toEqual([])
  }
})

async function draw(props: Props, [width, height]: readonly [number, number] = [870, 640]): Promise<void> {
  await page.setViewportSize({ width, height })
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await page.waitForFunction(() => 'show' in globalThis)
  await page.evaluate((given) => show(given), props)
  await page.waitForSelector('.chart-surface')
}

const definitionOf = (wanted: string): Definition => {
  const found = DEFINITIONS.find(([name]) => name.startsWith(wanted))
  if (found === undefined) throw new Error(`there is no ${wanted}`)
  return found[1]
}
const transitionsOf = ({ transitions, states }: Definition): Taken[] => [
  ...transitions,
  ...states.flatMap(transitionsOf),
]

const ORDER = definitionOf('order@')
const SUBMIT = {
  source: 'order.execution.initialized',
  targets: ['order.execution.submitted'],
  eventType: 'SUBMIT',
}
const ACCEPT = {
  source: 'order.execution.submitted',
  targets: ['order.execution.accepted'],
  eventType: 'EXECUTION_REPORT',
  guard: 'leads to accepted, from submitted',
}
const order = (execution: string, ...taken: Taken[]): Props => ({
  definition: ORDER,
  value: { execution, request: 'idle' },
  taken,
  coverage: { all: [SUBMIT, ACCEPT].map((one) => ({ ...one, count: 5 })) },
  follow: true,
})

/** Looks in the browser for texts that lie on each other, on a line, or outside of their box. */
const FAULTS = `(() => {
  const surface = document.querySelector('.chart-surface')
  const boxOf = (element) => element.getBoundingClientRect()
  const texts = [...surface.querySelectorAll('text')].filter((text) => boxOf(text).width > 0)
  const on = (a, b) =>
    a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2
  const found = []
  texts.forEach((a, i) => {
    for (const b of texts.slice(i + 1))
      if (on(boxOf(a), boxOf(b))) found.push(a.textContent + ' on ' + b.textContent)
    const box = a.parentElement.closest('.state, .label, .pill')?.querySelector('rect:not(.reach)')
    if (!box) return
    const [text, around] = [boxOf(a), boxOf(box)]
    if (text.left < around.left - 1 || text.right > around.right + 1 || text.bottom > around.bottom + 1)
      found.push(a.textContent + ' leaves its box')
  })
  for (const line of surface.querySelectorAll('path.line')) {
    const length = line.getTotalLength()
    const matrix = line.getScreenCTM()
    for (let at = 0; at <= length; at += 4) {
      const { x, y } = line.getPointAtLength(at).matrixTransform(matrix)
      const text = texts.find((one) => {
        const { left, right, top, bottom } = boxOf(one)
        return x > left + 1 && x < right - 1 && y > top + 2 && y < bottom - 2
      })
      if (text) found.push(line.dataset.line + ' through ' + text.textContent)
    }
  }
  return [...new Set(found)]
})()`
const faults = () => page.evaluate<string[]>(FAULTS)

it.each(['order@', 'account@', 'emaCross@', 'nested', 'long'])(
  'has no text of %s on anything at any width',
  async (name) => {
    const definition = definitionOf(name)
    // Every third way was taken, so that the chart has counts, and pills for the others.
    const all = transitionsOf(definition).map((one, i) => ({ ...one, count: i % 3 === 0 ? 1_234 : 0 }))
    await draw({ definition, value: undefined, taken: [], coverage: { all }, follow: true })
    expect(await page.locator('.chart-surface .count').count()).toBeGreaterThan(0)
    for (const width of [1_440, 1_024, 390]) {
      await page.setViewportSize({ width, height: 700 })
      await eventually(async () => expect(await page.evaluate('innerWidth')).toBe(width))
      expect(await faults()).toEqual([])
    }
  },
)

const places = () =>
  page.evaluate<[string, string][]>(
    `[...document.querySelectorAll('.chart-surface [data-state]')].map((state) => [state.dataset.state, state.getAttribute('transform')])`,
  )

it('lights the active states and what was just taken, and moves nothing', async () => {
  await draw(order('initialized'))
  const before = await places()
  await page.evaluate((next) => show(next), order('submitted', SUBMIT))
  await page.waitForSelector('.state.active[data-state="order.execution.submitted"]')
  expect(await page.locator('.chart-surface .line.now').count()).toBe(2)
  expect(await page.locator('.label.now').textContent()).toContain('SUBMIT')
  expect(await places()).toEqual(before)
  expect(await page.locator('.chart-spoken li', { hasText: ', active' }).allTextContents()).toEqual([
    expect.stringContaining('execution.submitted, active'),
    expect.stringContaining('request.idle, active'),
  ])
})

it('draws where it lies what is taken for the first time, and does not lay out anew', async () => {
  await draw(order('accepted', ACCEPT))
  const before = await places()
  expect(before.length).toBeGreaterThan(10)
  const filled = {
    source: 'order.execution.accepted',
    targets: ['order.execution.filled'],
    eventType: 'EXECUTION_REPORT',
    guard: 'leads to filled, from accepted',
  }
  const next = order('filled', filled)
  await page.evaluate((given) => show(given), next)
  await page.waitForSelector('.line.loose.now')
  expect(await page.locator('.state.active.unentered').getAttribute('data-state')).toBe(
    'order.execution.filled',
  )
  expect(await places()).toEqual(before)
})

it('draws what no actor took when somebody points at its pill, asks by a key, or has the focus there', async () => {
  await draw(order('submitted', SUBMIT))
  const loose = page.locator('.line.loose')
  const pill = page.locator('.pill').first()
  expect(await loose.count()).toBe(0)
  await pill.hover()
  await loose.first().waitFor({ state: 'attached' })
  await page.mouse.move(1, 1)
  await loose.first().waitFor({ state: 'detached' })
  await pill.focus()
  await loose.first().waitFor({ state: 'attached' })
  const some = await loose.count()
  await page.keyboard.press('n')
  await eventually(async () => expect(await loose.count()).toBeGreaterThan(some))
  expect(await pill.getAttribute('aria-label')).toMatch(/never taken/)
  const legend = () => page.locator('.chart-legend').textContent()
  expect(await legend()).toMatch(/\+n never taken/)
  expect(await legend(), 'nobody knows what this actor itself took').not.toMatch(/others/)
  const { coverage = { all: [] }, ...others } = order('submitted', SUBMIT)
  await draw({ ...others, coverage: { ...coverage, own: [{ ...SUBMIT, count: 1 }] } })
  expect(await legend()).toMatch(/by others/)
})

it('says how much was read, and of nothing that it never was, when a part of the records was read', async () => {
  const { coverage = { all: [] }, ...others } = order('submitted', SUBMIT)
  const sample = { actors: 1, records: 750, of: { actors: 1, records: 12_345 } }
  await draw({ ...others, coverage: { ...coverage, sample } }, [1_440, 800])
  const pill = page.locator('.pill').first()
  expect(await pill.getAttribute('aria-label')).toMatch(/not taken in 750 of 12,345 records/)
  expect(await page.locator('.chart-legend').textContent()).toMatch(/\+n not taken.*750 of 12,345 records/)
  expect(await page.locator('body').textContent()).not.toMatch(/never (taken|entered)/i)
  expect(await faults()).toEqual([])
  // As wide as the page has it in a window of 1280 px, with a button more once the view is moved.
  await page.setViewportSize({ width: 1_280, height: 800 })
  await page.locator('.chart').evaluate((chart) => chart.setAttribute('style', 'width: 736px'))
  await page.keyboard.press('+')
  await page.getByRole('button', { name: 'Follow' }).waitFor()
  const parted = await page.evaluate<string[]>(
    `[...document.querySelectorAll('.chart-legend button')].filter((button) => button.scrollWidth > button.clientWidth || button.offsetHeight > 30).map((button) => button.textContent)`,
  )
  expect(parted).toEqual([])
  const legend = await page.locator('.chart-legend').boundingBox()
  expect(legend?.height, 'what floats above it leaves it 62 px').toBeLessThan(62)
})

it('is moved by arrows, a drag, the wheel and keys, and fits again', async () => {
  await draw(order('submitted', SUBMIT))
  const view = () => page.locator('[data-stage]').getAttribute('transform')
  let last = await view()
  const changes = async (act: () => Promise<void>) => {
    await act()
    await eventually(async () => expect(await view()).not.toBe(last))
    last = await view()
  }
  await page.locator('.chart-canvas').focus()
  await changes(() => page.keyboard.press('ArrowRight'))
  await changes(() => page.keyboard.press('+'))
  await page.mouse.move(300, 300)
  await changes(() => page.mouse.wheel(0, 80))
  await changes(async () => {
    await page.mouse.down()
    await page.mouse.move(340, 320)
    await page.mouse.up()
  })
  await changes(async () => {
    await page.keyboard.down('Control')
    await page.mouse.wheel(0, -80)
    await page.keyboard.up('Control')
  })
  await changes(() => page.keyboard.press('f'))
})

it('shows a part that can be read where there is little room, with a small map', async () => {
  await draw(order('submitted', SUBMIT), [390, 500])
  const scale = Number(
    /scale\((.+)\)/.exec((await page.locator('[data-stage]').getAttribute('transform')) ?? '')?.[1],
  )
  expect(scale).toBeGreaterThanOrEqual(0.8)
  await page.locator('.small-map').waitFor()
  const [active, canvas] = await Promise.all(
    ['.state.active[data-state="order.execution.submitted"] > rect', '.chart-canvas'].map((one) =>
      page.locator(one).boundingBox(),
    ),
  )
  expect(active?.y).toBeGreaterThanOrEqual(canvas?.y ?? 0)
  expect((active?.x ?? 0) + (active?.width ?? 999)).toBeLessThanOrEqual(390)
})

it('is saved as an SVG with its colours in it, and as a PNG', async () => {
  await draw(order('submitted', SUBMIT))
  const save = async (name: string) => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name, exact: true }).click(),
    ])
    expect(download.suggestedFilename()).toBe(`order.${name.toLowerCase()}`)
    return readFileSync(await download.path())
  }
  const svg = (await save('SVG')).toString()
  expect(svg).toMatch(/^<svg[^>]+xmlns="http:\/\/www.w3.org\/2000\/svg"/)
  expect(svg).not.toMatch(/var\(|class="small-map"/)
  expect(svg).toContain('font-family')
  const alone = await browser.newPage()
  await alone.setContent(svg)
  expect(await alone.locator('text', { hasText: 'submitted' }).count()).toBeGreaterThan(0)
  await alone.close()
  const png = await save('PNG')
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  expect(png.readUInt32BE(16)).toBeGreaterThan(500)
})
