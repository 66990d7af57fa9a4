/** Makes docs/http.md from the OpenAPI document and the routes of the contract. */
import { ERRORS, isErrorCode } from '../../errors/codes.ts'
import { compact } from '../../errors/compact.ts'
import type { JsonSchema } from '../../src/api/contract/json-schema.ts'
import { openApiOf } from '../../src/api/contract/openapi.ts'
import {
  type Example,
  REFUSALS_OF_ALL,
  REFUSALS_OF_BODIES,
  type Route,
} from '../../src/api/contract/route.ts'
import { routes } from '../../src/api/contract/routes.ts'
import { aboutText, anchorOf, cell, type Schemas, schemasText, schemaText, table } from './schema-text.ts'

const INTRO = `# The HTTP API

Every route, with its parameters, its answers and the codes of its refusals. Made by \`npm run docs:reference\` from the contract in
\`src/api/contract\`: do not edit it by hand. A running server has the same as \`/openapi.json\`, with the commands of its kinds, and as a page at
\`/docs\`. [api.md](api.md) says who may speak to the server, what a time is, and what its limits are; [feed.md](feed.md) has the WebSockets.

The examples go to the server that \`npm start\` runs. Where a server has tokens, each request but \`/health\` and \`/ready\` needs
\`-H "authorization: Bearer $TOKEN"\`. Bodies and answers are JSON. A later version may answer with
more fields: a program ignores those that it does not know.`

const OF_ALL = 'Codes of every route'

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Schemas }
}
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content; readonly required: boolean }
  readonly responses: Readonly<Record<string, { readonly content: Content }>>
}
interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly description?: string
  readonly schema: JsonSchema
}
type Content = Readonly<Record<string, { readonly schema?: JsonSchema }>>

export function httpPage(): string {
  const { paths, components } = openApiOf('', []) as unknown as OpenApi
  const all = Object.values<Route>(routes).map((route) => {
    const operation = paths[route.path]?.[route.method.toLowerCase()] as Operation
    return { route, operation, heading: `${route.method} ${route.path}` }
  })
  const list = all.map(({ route, heading }) => [
    `[\`${heading}\`](${anchorOf(heading)})`,
    cell(route.summary),
  ])
  return `${[
    INTRO,
    table(['route', ''], list),
    ...all.map(({ route, operation, heading }) => routeText(heading, route, operation)),
    `## ${OF_ALL}`,
    codesTable(REFUSALS_OF_ALL),
    'Any other code that [errors.md](errors.md) has with 500 is a fault of the server or of its log.',
    'A route that takes a body may refuse with these, too:',
    codesTable(REFUSALS_OF_BODIES),
    'Their answers, and those of all other codes, are problem documents of RFC 9457: [`Problem`](#problem). [errors.md](errors.md) has every code.',
    '## Schemas',
    schemasText(components.schemas),
  ].join('\n\n')}\n`
}

function routeText(heading: string, route: Route, operation: Operation): string {
  const { parameters = [], requestBody, responses } = operation
  const rows = parameters.map(({ name, in: place, required, schema, description }) => [
    `\`${name}\`${required ? '' : ' (optional)'}`,
    place,
    cell(schemaText(schema)),
    cell(aboutText({ ...schema, ...compact({ description }) })),
  ])
  const ownCodes = route.refusals.filter((code) => !(REFUSALS_OF_ALL as readonly string[]).includes(code))
  return [
    `## ${heading}`,
    route.summary,
    ...(rows.length === 0 ? [] : [table(['parameter', 'in', 'type', ''], rows)]),
    ...(requestBody === undefined
      ? []
      : [`**Body**${bodyNote(route)}: ${contentText(requestBody.content)}.`]),
    `\`\`\`sh\n${curlOf(route)}\n\`\`\``,
    `**Answer**: ${answersText(route, responses)}`,
    ownCodes.length === 0
      ? `**Codes**: [those of every route](${anchorOf(OF_ALL)}).`
      : `**Codes**, besides [those of every route](${anchorOf(OF_ALL)}):\n\n${codesTable(ownCodes)}`,
  ].join('\n\n')
}

function bodyNote({ body }: Route): string {
  if (body === routes.send.body) return ' ([commands.md](commands.md) has every command with its fields)'
  return body?.safeParse(undefined).success ? ', which may be left out' : ''
}

function answersText({ answers }: Route, responses: Operation['responses']): string {
  const texts = Object.keys(answers).map(
    (status) => `${status} with ${contentText(responses[status]?.content ?? {})}`,
  )
  return `${texts.join('; ')}.`
}

function contentText(content: Content): string {
  return Object.entries(content)
    .map(([type, { schema }]) => (schema === undefined ? `\`${type}\`` : schemaText(schema)))
    .join(' or ')
}

function codesTable(codes: readonly string[]): string {
  const rows = codes
    .filter(isErrorCode)
    .map((code) => [`${ERRORS[code].status}`, `\`${code}\``, cell(ERRORS[code].about)])
  return table(['HTTP', 'code', 'what happened'], rows)
}

/** Returns the command that asks a route, as a reader types it. */
export function curlOf(route: Route): string {
  const { path, headers = {}, body }: Example = route.example ?? madeExample(route)
  const all = { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) }
  return [
    'curl',
    ...(route.isBinary ? ['-o outcry.copy'] : []),
    ...(route.method === 'POST' ? ['-X POST'] : []),
    quoted(`localhost:7077${path}`),
    ...Object.entries(all).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`-d ${quoted(JSON.stringify(body))}`]),
  ].join(' ')
}

/** Returns a text as one word of a shell. */
function quoted(text: string): string {
  return /^[\w./:%@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** Returns an example of what a route's schemas demand, and no more. */
function madeExample(route: Route): Example {
  const { paths } = openApiOf('', []) as unknown as OpenApi
  const { parameters = [] } = paths[route.path]?.[route.method.toLowerCase()] ?? {}
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const found = parameters.find((one) => one.in === 'path' && one.name === name)
    return encodeURIComponent(String(exampleOf(found?.schema ?? {}, name)))
  })
  const body = route.body === undefined ? undefined : inputExample(route)
  return { path, ...compact({ body }) }
}

function inputExample({ body, path, method }: Route): object | undefined {
  if (body?.safeParse(undefined).success) return undefined
  const { paths, components } = openApiOf('', []) as unknown as OpenApi
  const content = paths[path]?.[method.toLowerCase()]?.requestBody?.content['application/json']
  const { $ref } = content?.schema ?? {}
  const schema = $ref === undefined ? content?.schema : components.schemas[$ref.split('/').at(-1) as string]
  return exampleOf(schema ?? {}, 'body') as object
}

function exampleOf(schema: JsonSchema & { readonly examples?: readonly unknown[] }, name: string): unknown {
  const { examples, const: constant, enum: [first] = [], type, properties = {}, required = [] } = schema
  const known = examples?.[0] ?? constant ?? first
  if (known !== undefined) return known
  if (type === 'integer' || type === 'number') return 1
  if (type === 'boolean') return true
  if (type !== 'object') return name
  return Object.fromEntries(required.map((field) => [field, exampleOf(properties[field] ?? {}, field)]))
}
