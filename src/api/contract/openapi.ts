/** Makes the OpenAPI document of the routes from the contract and from the events that the kinds of a server take. */
import type { z } from 'zod'
import { ERRORS, type ErrorCode, isErrorCode } from '../../../errors/codes.ts'
import { compact } from '../../../errors/compact.ts'
import { type Json, type Schemas, schemaOf } from './json-schema.ts'
import { PROBLEM_TYPE, problem } from './problem.ts'
import { REFUSALS_OF_ALL, REFUSALS_OF_BODIES, type Route } from './route.ts'
import { routes } from './routes.ts'

/** The public part of a kind's registration. */
export interface KindEvents {
  readonly name: string
  readonly events?: z.ZodType | undefined
  /** Types of the events that people may send. Undefined means all. */
  readonly commands?: readonly string[] | undefined
}

/** Returns the OpenAPI 3.1 document. `version` is the version of Outcry. */
export function openApiOf(version: string, kinds: Iterable<KindEvents>): Json {
  const schemas: Schemas = {}
  const paths: Record<string, Json> = {}
  for (const [name, route] of Object.entries<Route>(routes))
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operationOf(name, route, schemas),
    }
  const bodies = [...kinds].flatMap((kind) => bodyOf(kind, schemas))
  if (bodies.length > 0) {
    const { post } = paths[routes.send.path] as { post: { requestBody: unknown } }
    post.requestBody = {
      required: true,
      content: json({ anyOf: [...bodies, schemaOf(routes.send.body, schemas)] }),
    }
  }
  const security = { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } }
  return {
    openapi: '3.1.0',
    info: { title: 'Outcry', version },
    security: [{}, { token: [] }],
    paths,
    components: { schemas, ...security },
  }
}

function operationOf(operationId: string, route: Route, schemas: Schemas): Json {
  const { summary, params, query, headers, body, answers, isBinary, refusals } = route
  const parameters = [
    ...parametersOf('path', params, schemas),
    ...parametersOf('query', query, schemas),
    ...parametersOf('header', headers, schemas),
  ]
  const ofBody = body === undefined ? [] : REFUSALS_OF_BODIES
  const responses = refusalsBy([...refusals, ...ofBody, ...REFUSALS_OF_ALL], schemas)
  for (const [status, schema] of Object.entries(answers)) {
    const refused = responses[status]
    const isFine = status === '200'
    responses[status] = {
      description: refused?.description ?? (isFine ? 'The answer.' : 'The answer, with a refusal.'),
      content: isBinary
        ? { 'application/octet-stream': {} }
        : isFine
          ? json(schemaOf(schema, schemas))
          : problems(refused === undefined ? [schema] : [schema, problem], schemas),
    }
  }
  return {
    operationId,
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: { content: json(schemaOf(body, schemas)) } }),
    responses,
  }
}

/** Returns the refusals by status, each with its codes. */
function refusalsBy(codes: readonly string[], schemas: Schemas): Record<string, Json> {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of codes.filter(isErrorCode)) {
    const { status } = ERRORS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const content = problems([problem], schemas)
  return Object.fromEntries(
    [...byStatus].map(([status, known]) => {
      const description = known.map((code) => `${code}: ${ERRORS[code].about}`).join('\n\n')
      return [status, { description, content }]
    }),
  )
}

/** Returns the body of a kind's events. A kind whose schema has no JSON Schema is left out. */
function bodyOf({ name, events, commands }: KindEvents, schemas: Schemas): readonly Json[] {
  if (events === undefined || commands?.length === 0) return []
  try {
    schemas[`events.${name}`] = { ...schemaOf(events, schemas), 'x-commands': commands ?? 'all' }
  } catch {
    return []
  }
  return [{ $ref: `#/components/schemas/events.${name}` }]
}

function parametersOf(place: string, schema: z.ZodType | undefined, schemas: Schemas): readonly Json[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = schemaOf(schema, schemas) as {
    properties?: Record<string, Json>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, { description, ...of }]) =>
    compact({
      name,
      in: place,
      required: required.includes(name),
      description,
      schema: of,
    }),
  )
}

function json(schema: Json): Json {
  return { 'application/json': { schema } }
}

function problems(of: readonly z.ZodType[], schemas: Schemas): Json {
  const [first = {}, ...others] = of.map((schema) => schemaOf(schema, schemas))
  return { [PROBLEM_TYPE]: { schema: others.length === 0 ? first : { anyOf: [first, ...others] } } }
}
