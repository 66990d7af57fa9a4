/** Tests that the OpenAPI document has every route and every schema that it refers to. */
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { machines } from '../../machines/index.ts'
import { typeName } from '../../src/api/contract/names.ts'
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
/** Returns the target of a reference. */
const at = (reference: string) => document.components.schemas[reference.split('/').at(-1) as string]
interface Command {
  readonly properties: { readonly type: { readonly const: string } }
}

describe('the OpenAPI document', () => {
  it.each([
    ['with the kinds of trading', document],
    ['without kinds', read('1.2.3', [])],
  ])('is OpenAPI 3.1 for its official schema, %s', async (_, of) => {
    const validator = new Validator()
    const { valid, errors } = await validator.validate({ ...structuredClone(of) })
    expect([valid, errors]).toEqual([true, undefined])
    expect(validator.version).toBe('3.1')
    const { paths: _paths, ...less } = of
    const wrong = { ...less, paths: { health: {} } }
    expect(await new Validator().validate(wrong)).toMatchObject({ valid: false })
  })

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

  it('has the commands of each kind that people may send, with the schema that checks them', () => {
    const { schemas } = document.components
    const bodies = JSON.stringify(document.paths[routes.send.path]?.post?.requestBody)
    for (const { name, commands = [] } of new Registry(machines).kinds) {
      const union = schemas[`${typeName(name)}Command`] as { anyOf: { $ref: string }[] } | undefined
      // People send no events to the dead letters.
      expect([name, union === undefined]).toEqual([name, commands.length === 0])
      const types = union?.anyOf.map(({ $ref }) => (at($ref) as Command).properties.type.const)
      expect([name, types?.sort() ?? []]).toEqual([name, [...commands].sort()])
      if (union !== undefined) expect(bodies).toContain(`#/components/schemas/${typeName(name)}Command"`)
    }
    // The server fills in the time.
    expect(schemas).toMatchObject({ OrderCancel: { required: ['type'] } })
    // Each kind has a schema, so no other event is taken.
    expect(bodies).not.toContain('SendBody')
  })

  it('lets any event be sent to a kind without a schema, or with one that is not of a known zod', () => {
    const events = { parse: () => ({}) } as unknown as z.ZodType
    const fine = z.object({ type: z.literal('GO') })
    for (const other of [{ name: 'foreign', events }, { name: 'foreign' }]) {
      const { components, paths } = read('1', [other, { name: 'fine', events: fine }])
      expect(Object.keys(components.schemas)).toEqual(expect.arrayContaining(['FineGo', 'FineCommand']))
      expect(components.schemas).not.toHaveProperty('ForeignCommand')
      const refs = ['FineCommand', 'SendBody'].map((name) => ({ $ref: `#/components/schemas/${name}` }))
      expect(paths[routes.send.path]?.post?.requestBody).toMatchObject({
        content: { 'application/json': { schema: { anyOf: refs } } },
      })
    }
  })

  it('has a name of its own for each schema, also where two kinds or events would share one', () => {
    const go = z.object({ type: z.literal('GO') })
    const { components } = read('1', [
      { name: 'odd-one', events: go },
      { name: 'oddOne', events: z.discriminatedUnion('type', [go, z.object({ type: z.literal('go') })]) },
    ])
    expect(Object.keys(components.schemas)).toEqual(
      expect.arrayContaining(['OddOneGo', 'OddOneCommand', 'OddOneGo2', 'OddOneGo3', 'OddOneCommand2']),
    )
  })
})
