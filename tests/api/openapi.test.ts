/** Tests that the OpenAPI document has every route and every schema that it refers to. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { machines } from '../../machines/index.ts'
import { openApiOf } from '../../src/api/contract/openapi.ts'
import { REFUSALS_OF_ALL, REFUSALS_OF_BODIES, type Route } from '../../src/api/contract/route.ts'
import { routes } from '../../src/api/contract/routes.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'

interface Operation {
  readonly operationId: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  readonly requestBody?: unknown
  readonly responses: Readonly<Record<string, { readonly description: string }>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

/** Returns the document as a client reads it. */
const read = (...of: Parameters<typeof openApiOf>) => JSON.parse(JSON.stringify(openApiOf(...of))) as Document
const document = read('1.2.3', new Registry(machines).kinds)

describe('the OpenAPI document', () => {
  it.each(Object.entries<Route>(routes))(
    'has the route %s, with its parameters, answers and refusals',
    (name, route) => {
      const operation = document.paths[route.path]?.[route.method.toLowerCase()]
      expect(operation).toMatchObject({ operationId: name, summary: route.summary })
      const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, one]) => one)
      const parameters = operation?.parameters ?? []
      expect(parameters.filter((one) => one.in === 'path').map((one) => one.name)).toEqual(inPath)
      expect(parameters.every((one) => one.required === (one.in === 'path'))).toBe(true)
      const { responses = {} } = operation ?? {}
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(Object.keys(route.answers)))
      const told = Object.values(responses).map(({ description }) => description)
      const ofBody = route.body === undefined ? [] : REFUSALS_OF_BODIES
      for (const code of [...route.refusals, ...ofBody, ...REFUSALS_OF_ALL])
        expect(
          told.filter((text) => text.includes(`${code}: `)),
          code,
        ).toHaveLength(1)
    },
  )

  it('has no other routes, and every schema that it refers to', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(routes).sort())
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, to = '']) => to)
    expect(references.length).toBeGreaterThan(0)
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`)
    expect(references.filter((to) => !known.includes(to))).toEqual([])
  })

  it('has the commands of each kind, with the schema that checks them', () => {
    const { schemas } = document.components
    const commanded = [...new Registry(machines).kinds].filter(({ commands = [] }) => commands.length > 0)
    expect(Object.keys(schemas)).toEqual(
      expect.arrayContaining(commanded.map(({ name }) => `events.${name}`)),
    )
    expect(schemas['events.account']).toMatchObject({ 'x-commands': machines.account.commands })
    expect(JSON.stringify(schemas['events.account'])).toContain('"const":"SET_TRADING_STATE"')
    const body = JSON.stringify(document.paths[routes.send.path]?.post?.requestBody)
    expect(body).toContain('#/components/schemas/events.account')
    // People send no events to the dead letters.
    expect(schemas).not.toHaveProperty(['events.system'])
  })

  it('leaves out a schema that is not of a known zod', () => {
    const events = { parse: () => ({}) } as unknown as z.ZodType
    const fine = z.object({ type: z.literal('GO') })
    const { components } = read('1', [
      { name: 'foreign', events },
      { name: 'fine', events: fine },
    ])
    expect(Object.keys(components.schemas)).toEqual(expect.arrayContaining(['events.fine']))
    expect(components.schemas).not.toHaveProperty(['events.foreign'])
  })
})
