/**
 * Tests that a life which `outcry inspect` serves reaches pages of https://stately.ai in Chromium. The pages stand in for
 * the hosted ones, which need the network. They run the real receivers of Stately.
 */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { legacy } from '../../src/api/inspect/legacy-frames.ts'
import { pastTexts } from '../../src/api/inspect/past.ts'
import { stately } from '../../src/api/inspect/stately-frames.ts'
import { type LifeServer, serveLife } from '../../tools/cli/life-server.ts'
import { machines } from '../cli/till.ts'
import { eventually, Harness } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf } from './complaints.ts'

const harness = new Harness()
let server: LifeServer
let browser: Awaited<ReturnType<typeof launchChromium>>

beforeAll(async () => {
  const supervisor = await harness.open({ machines })
  await supervisor.spawn('till', 'a')
  await supervisor.send('till/a', { type: 'CLOSE' })
  const asked = { actor: ['till/a'], from: { rev: 1 } }
  server = await serveLife(
    (isLegacy, signal) => pastTexts(supervisor, isLegacy ? legacy : stately, asked, signal),
    (error) => expect.unreachable(String(error)),
  )
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
  await harness.supervisor.stop()
})

const inWorkspace = dirname(createRequire(import.meta.url).resolve('outcry-legacy-inspect/package.json'))
const PAGES = {
  inspector: {
    url: () => `http://${server.base}/`,
    script: `import { createBrowserReceiver } from '@statelyai/inspect'
      import { createMachine } from 'xstate'
      createBrowserReceiver().subscribe(({ type, definition, snapshot }) => {
        if (definition) show(Object.keys(createMachine(JSON.parse(definition)).states))
        if (type === '@xstate.snapshot') show(snapshot.value)
      })`,
    from: import.meta.dirname,
  },
  visualizer: {
    url: () => `http://${server.base}/legacy`,
    script: `import { createWindowReceiver } from '@xstate/inspect'
      createWindowReceiver().subscribe(({ type, machine, state }) => {
        if (machine) show(Object.keys(machine.states))
        if (type === 'service.state') show(state.value)
      })`,
    from: inWorkspace,
  },
}

it.each(Object.entries(PAGES))('the %s shows it', async (_, { url, script, from }) => {
  const show = 'const show = (what) => document.body.append(JSON.stringify(what) + " ")\n'
  const { outputFiles } = await build({
    stdin: { contents: `${script}\n${show}`, resolveDir: from },
    bundle: true,
    write: false,
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const context = await browser.newContext()
  const page = await context.newPage()
  const complaints = complaintsOf(page, /favicon/)
  await page.route('https://stately.ai/**', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<body><script>${outputFiles[0]?.text}</script>` }),
  )
  // On a busy machine the hosted tool may be there before the script that listens to it.
  await page.route('**/bridge.js', async (route) => {
    await setTimeout(300)
    await route.continue()
  })
  await page.goto(url())
  const frame = () => page.frames().find((one) => one.url().startsWith('https://stately.ai'))
  await eventually(async () =>
    expect(await frame()?.locator('body').textContent()).toContain('["open","shut"] "open" "shut"'),
  )
  expect(complaints).toEqual([])
  await context.close()
})
