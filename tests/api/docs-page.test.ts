/** Tests the page of the API: it has all of the contract, leads nowhere that is missing, and needs nothing else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { z } from 'zod'
import { ERRORS } from '../../errors/codes.ts'
import { machines } from '../../machines/index.ts'
import { clientFrame, serverFrame, subscribeFrame } from '../../src/api/contract/frames.ts'
import type { Route } from '../../src/api/contract/route.ts'
import { routes } from '../../src/api/contract/routes.ts'
import { html, prose } from '../../src/api/docs/html.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'

const EVIL = '<script>alert(1)</script>'
const evil = {
  machine: createMachine({ id: 'evil' }),
  events: z.object({ type: z.literal('GO'), [`"${EVIL}`]: z.string().describe(`${EVIL} & "so"`) }),
}

let harness: Harness
let api: ApiServer
let page: string
let headers: Headers

beforeAll(async () => {
  harness = new Harness()
  await harness.open({ machines: { ...machines, evil } })
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
  const response = await fetch(`${api.url}/docs`)
  expect(response.status).toBe(200)
  headers = response.headers
  page = await response.text()
})
afterAll(async () => {
  await api.close()
  await harness.supervisor.stop()
})

const all = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, found = '']) => found)

describe('the page of the API', () => {
  it('is a page that loads its own style and nothing else', async () => {
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    expect(page.match(/<script|<style|<img|<iframe|style=|\son\w+=|https?:/i)?.[0]).toBeUndefined()
    expect(all(/<link [^>]*href="([^"]*)"/g)).toEqual(['/page/docs.css'])
    const style = await fetch(`${api.url}/page/docs.css`)
    expect([style.status, style.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/css'),
    ])
    expect(await style.text()).not.toMatch(/url\(|@import/)
  })

  it.each(Object.entries<Route>(routes))('has the route %s with what it takes and refuses', (name, route) => {
    const [, section = ''] = new RegExp(`<h3 id="route-${name}">(.*?)</section>`, 's').exec(page) ?? []
    expect(section).toContain(`<code>${route.method} ${route.path}</code>`)
    for (const code of route.refusals) expect(section).toContain(`<a href="#${code}">`)
    const shape = (route.query as Partial<z.ZodObject> | undefined)?.shape ?? {}
    for (const parameter of Object.keys(shape))
      expect(section).toContain(`<code>${parameter}</code> <i>in the query`)
  })

  it('has every error code, where the type of a problem leads', async () => {
    expect(Object.keys(ERRORS).filter((code) => !page.includes(`<tr id="${code}">`))).toEqual([])
    const refused = (await (await fetch(`${api.url}/nowhere`)).json()) as { type: string }
    const { pathname, hash } = new URL(refused.type, api.url)
    expect(pathname).toBe('/docs')
    expect(page.includes(`id="${hash.slice(1)}"`)).toBe(true)
  })

  it('has every frame of the feed', () => {
    const ops = [...clientFrame.options, ...serverFrame.options].flatMap(({ shape }) => {
      const { values, entries } = shape.op.def as { values?: string[]; entries?: Record<string, string> }
      return values ?? Object.keys(entries ?? {})
    })
    const wanted = [...ops, ...Object.keys(subscribeFrame.shape)].map((name) => `<code>${name}</code>`)
    expect(wanted.filter((text) => !page.includes(text))).toEqual([])
  })

  it('leads to no place that is missing, and has no place twice', () => {
    const ids = all(/\sid="([^"]*)"/g)
    expect(ids.filter((id, i) => ids.indexOf(id) < i)).toEqual([])
    const targets = all(/href="#([^"]*)"/g)
    expect(targets.length).toBeGreaterThan(100)
    expect(targets.filter((id) => !ids.includes(id))).toEqual([])
    expect(all(/href="(\/[^"]*)"/g).sort()).toEqual(['/asyncapi.json', '/openapi.json', '/page/docs.css'])
  })

  it('shows the texts of any program as texts', () => {
    expect(page.includes('&#60;script&#62;alert(1)&#60;/script&#62; &#38; &#34;so&#34;')).toBe(true)
  })
})

it('a piece of HTML escapes what is put into it', () => {
  expect(html`<b title="${'"'}">${'<i>'}${html`<i>`}${['&', html`<u>`]}${undefined}${0}</b>`.text).toBe(
    '<b title="&#34;">&#60;i&#62;<i>&#38;<u>0</b>',
  )
  expect(prose('a `<b>` c').text).toBe('a <code>&#60;b&#62;</code> c')
})
