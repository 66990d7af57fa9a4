/** Makes the OpenAPI document of the routes from the contract and from the events that the kinds of a server take. */
import type { z } from 'zod'
import { ERRORS, type ErrorCode, isErrorCode } from '../../../errors/codes.ts'
import { compact } from '../../../errors/compact.ts'
import { type Json, refTo, type Schemas, schemaOf } from './json-schema.ts'
import { typeName } from './names.ts'
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
export function openApiOf(version: string, of: Iterable<KindEvents>): Json {
  const kinds = [...of]
  const schemas: Schemas = {}
  const paths: Record<string, Json> = {}
  for (const [name, route] of Object.entries<Route>(routes))
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operationOf(name, route, schemas, bodyOf(name, route, kinds, schemas)),
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

const FAULT = ERRORS.INTERNAL.status
const FAULTS =
  'Any other code that the table of errors has with this status: a fault of the server or of its log.'

function operationOf(
  operationId: string,
  route: Route,
  schemas: Schemas,
  bodySchema: Json | undefined,
): Json {
  const { summary, params, query, headers, body, answers, isBinary, text, refusals } = route
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
        : text !== undefined && isFine
          ? Object.fromEntries(text.map((type) => [type, {}]))
          : isFine
            ? json(schemaOf(schema, schemas, `${typeName(operationId)}Answer`))
            : problems(refused === undefined ? [schema] : [schema, problem], schemas),
    }
  }
  return {
    operationId,
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(bodySchema !== undefined && {
      requestBody: { required: !body?.safeParse(undefined).success, content: json(bodySchema) },
    }),
    responses,
  }
}

/** Returns the refusals by status, each with its codes. */
function refusalsBy(codes: readonly string[], schemas: Schemas): Record<string, Json> {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of new Set(codes.filter(isErrorCode))) {
    const { status } = ERRORS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const content = problems([problem], schemas)
  return Object.fromEntries(
    [...byStatus].map(([status, known]) => {
      const told = known.map((code) => `${code}: ${ERRORS[code].about}`)
      const description = [...told, ...(status === FAULT ? [FAULTS] : [])].join('\n\n')
      return [status, { description, content }]
    }),
  )
}

/** Returns the schema of a route's body. That of a command is any command of any kind. */
function bodyOf(
  operationId: string,
  { body }: Route,
  kinds: readonly KindEvents[],
  schemas: Schemas,
): Json | undefined {
  if (body === undefined) return undefined
  const commands = body === routes.send.body ? kinds.filter((kind) => kind.commands?.length !== 0) : []
  const known = commands.map((kind) => commandsOf(kind, schemas))
  const anyOf = known.flatMap((one): readonly Json[] => (one === undefined ? [] : [one]))
  // A kind without a schema takes any event.
  if (known.length === 0 || known.includes(undefined))
    anyOf.push(schemaOf(body, schemas, `${typeName(operationId)}Body`))
  return anyOf.length === 1 ? anyOf[0] : { anyOf }
}

/**
 * Returns the schema of the commands that a kind takes from people, each a schema of the document. It is undefined for a
 * kind that has no schema, or one that has no JSON Schema.
 */
function commandsOf({ name, events, commands }: KindEvents, schemas: Schemas): Json | undefined {
  if (events === undefined) return undefined
  let found: Json
  try {
    found = schemaOf(events, schemas)
  } catch {
    return undefined
  }
  const { oneOf, anyOf = oneOf ?? [found] } = found as { oneOf?: readonly Json[]; anyOf?: readonly Json[] }
  const refs = anyOf.flatMap((event) => {
    const type = typeOf(event)
    if (type === undefined) return [event]
    if (commands !== undefined && !commands.includes(type)) return []
    const of = freeName(typeName(name, type), schemas)
    schemas[of] = withoutTime(event)
    return [refTo(of)]
  })
  const of = freeName(`${typeName(name)}Command`, schemas)
  schemas[of] = { anyOf: refs }
  return refTo(of)
}

/** Returns the type of an event, by its schema; undefined when there is none, or several. */
function typeOf({ properties }: { readonly properties?: { readonly type?: { readonly const?: unknown } } }) {
  const type = properties?.type?.const
  return typeof type === 'string' ? type : undefined
}

/** Returns the schema of a command as people send it: its `at` may be left out. */
function withoutTime({ required = [], ...event }: { readonly required?: readonly string[] }): Json {
  return { ...event, required: required.filter((field) => field !== 'at') }
}

/** Returns the name, with a number behind it when another schema has it. */
function freeName(name: string, schemas: Schemas): string {
  for (let n = 1; ; n++) {
    const free = `${name}${n === 1 ? '' : n}`
    if (schemas[free] === undefined) return free
  }
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
