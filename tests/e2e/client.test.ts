/** outcry/client in a browser: a page of another origin follows the feed of a server that asks for its token. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { emit, setup } from 'xstate'
import { createSupervisor, openMemoryStore, serve } from '../../src/index.ts'
import { launchChromium } from './chromium.ts'

/** The globals of the page: the client, and a function of the test. */
interface Page {
  readonly outcry: typeof import('../../src/client/index.ts')
  hear(items: number): void
}

const COUNTS = 50
const TOKEN = 'every-4llowed_sort~of.sign'

const HTML = `<!doctype html><title>elsewhere</title>
<script type="module">globalThis.outcry = await import('/client.js')</script>`

const tally = setup({
  types: {} as { events: { type: 'INC' }; emitted: { type: 'COUNTED' } },
}).createMachine({ id: 'tally', on: { INC: { actions: emit({ type: 'COUNTED' }) } } })

it('a client with a token follows a feed through a restart of the server', async () => {
  const { outputFiles } = await build({
    entryPoints: ['src/client/index.ts'],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  })
  const page = createServer(({ url }, response) => {
    response.setHeader('content-type', url === '/client.js' ? 'text/javascript' : 'text/html')
    response.end(url === '/client.js' ? outputFiles[0]?.text : HTML)
  }).listen(0, '127.0.0.1')
  await once(page, 'listening')
  const origin = `http://127.0.0.1:${(page.address() as AddressInfo).port}`
  const supervisor = await createSupervisor({ store: await openMemoryStore(), machines: { tally } })
  await supervisor.spawn('tally', 'a')
  const count = async () => {
    for (let n = 0; n < COUNTS; n++) await supervisor.send('tally/a', { type: 'INC' })
  }
  const served = (port: number) => serve(supervisor, { port, origins: [origin], token: TOKEN })
  let api = await served(0)
  const browser = await launchChromium()
  try {
    const tab = await browser.newPage()
    let hear = (_: number) => {}
    const heard = new Promise<number>((resolve) => {
      hear = resolve
    })
    await tab.exposeFunction('hear', (items: number) => hear(items))
    await tab.goto(origin)
    await tab.waitForFunction('globalThis.outcry')
    await count()
    const following = tab.evaluate(
      async ({ url, token, half }) => {
        const { outcry, hear } = globalThis as unknown as Page
        const seqs: number[] = []
        for await (const { seq } of outcry
          .createClient({ url, token })
          .feed({ topics: ['events.>'], since: 0 })) {
          seqs.push(seq)
          if (seqs.length === half) hear(half)
          if (seqs.length === 2 * half) break
        }
        return seqs
      },
      { url: api.url, token: TOKEN, half: COUNTS },
    )
    expect(await Promise.race([heard, following])).toBe(COUNTS)
    await api.close()
    await count()
    api = await served(Number(new URL(api.url).port))
    const seqs = await following
    expect(seqs).toHaveLength(2 * COUNTS)
    expect(seqs).toEqual([...new Set(seqs)].sort((one, other) => one - other))
  } finally {
    await browser.close()
    await api.close()
    await supervisor.stop()
    page.close()
  }
})
