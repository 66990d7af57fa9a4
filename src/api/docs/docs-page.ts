/** The page that describes the API: its routes, its frames and its error codes. It is made from the published documents. */
import { ERRORS, type ErrorFacts } from '../../../errors/codes.ts'
import { compact } from '../../../errors/compact.ts'
import type { asyncApiOf } from '../contract/asyncapi.ts'
import type { JsonSchema } from '../contract/json-schema.ts'
import type { openApiOf } from '../contract/openapi.ts'
import { REFUSALS_OF_ALL, REFUSALS_OF_BODIES, type Route } from '../contract/route.ts'
import { routes } from '../contract/routes.ts'
import { type Html, html, prose } from './html.ts'
import { describedHtml, schemaHtml } from './schema-html.ts'

interface OpenApi {
  readonly info: { readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly parameters?: readonly (JsonSchema & {
    readonly name: string
    readonly in: string
    readonly required: boolean
    readonly schema: JsonSchema
  })[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content: Content }>>
}
type Content = Readonly<Record<string, { readonly schema?: JsonSchema }>>

interface AsyncApi {
  readonly channels: Readonly<Record<string, Channel>>
  readonly operations: Readonly<Record<string, { readonly action: 'send' | 'receive' }>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}
interface Channel {
  readonly address: string
  readonly description: string
  readonly messages: Readonly<Record<string, { readonly payload: JsonSchema }>>
}

/** Returns the page. The documents are those that the server publishes. */
export function docsPage(
  openApi: ReturnType<typeof openApiOf>,
  asyncApi: ReturnType<typeof asyncApiOf>,
): string {
  const { info, paths, components } = openApi as unknown as OpenApi
  const { channels, operations: ofChannels, components: ofFrames } = asyncApi as unknown as AsyncApi
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
  const schemas = { ...ofFrames.schemas, ...components.schemas }
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Outcry: the API</title>
<link rel="stylesheet" href="/page/docs.css">
</head>
<body>
<main>
<h1>Outcry ${info.version}: the API</h1>
<p>Made from <a href="/openapi.json">openapi.json</a> and <a href="/asyncapi.json">asyncapi.json</a>.</p>
<nav>
<ul>
${operations.map(({ method, path, operation }) => html`<li><a href="#route-${operation.operationId}"><code>${method} ${path}</code></a> ${prose(operation.summary)}</li>\n`)}
${Object.entries(channels).map(([name, { address, description }]) => html`<li><a href="#channel-${name}"><code>ws ${address}</code></a> ${prose(description)}</li>\n`)}
<li><a href="#schemas">Schemas</a></li>
<li><a href="#errors">Error codes</a></li>
</ul>
</nav>
<h2>Routes</h2>
${operations.map(({ method, path, operation }) => routeHtml(method, path, operation))}
<h2>WebSockets</h2>
${Object.entries(channels).map(([name, channel]) => channelHtml(name, channel, ofChannels))}
<h2 id="schemas">Schemas</h2>
${Object.entries(schemas).map(([name, schema]) => html`<section><h3 id="schema-${name}">${name}</h3><div>${schemaHtml(schema)}</div></section>\n`)}
<h2 id="errors">Error codes</h2>
<p>Every refusal is a problem document of RFC 9457, as <code>application/problem+json</code>. Its <code>type</code> leads here.</p>
<p id="all">Every route may refuse with ${REFUSALS_OF_ALL.map((code, i) => html`${i === 0 ? '' : ', '}${codeLink(code)}`)}.</p>
<table>
<thead><tr><th>code</th><th>HTTP</th><th>try again</th><th>what happened</th></tr></thead>
<tbody>
${Object.entries<ErrorFacts>(ERRORS).map(([code, { status, retryable, about }]) => html`<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${retryable ? 'yes' : 'no'}</td><td>${prose(about)}</td></tr>\n`)}
</tbody>
</table>
</main>
</body>
</html>
`
  return page.text
}

function routeHtml(method: string, path: string, operation: Operation): Html {
  const { operationId, summary, parameters = [], requestBody, responses } = operation
  const route: Route | undefined = Object.entries<Route>(routes).find(([name]) => name === operationId)?.[1]
  const codes = [...(route?.refusals ?? []), ...(requestBody === undefined ? [] : REFUSALS_OF_BODIES)]
  return html`<section>
<h3 id="route-${operationId}"><code>${method} ${path}</code></h3>
<p>${prose(summary)}</p>
${parameters.length > 0 ? html`<h4>Parameters</h4><ul>${parameters.map(parameterHtml)}</ul>\n` : ''}${
  requestBody === undefined ? '' : html`<h4>Body</h4>${contentHtml(requestBody.content)}\n`
}<h4>Answer</h4>${contentHtml(responses['200']?.content ?? {})}
<h4>Refusals</h4><p>${codes.map((code) => html`${codeLink(code)}, `)}${codes.length > 0 ? 'and ' : ''}<a href="#all">those of every route</a></p>
</section>
`
}

function codeLink(code: string): Html {
  return html`<a href="#${code}"><code>${code}</code></a>`
}

function parameterHtml(parameter: NonNullable<Operation['parameters']>[number]): Html {
  const { name, in: place, required, schema } = parameter
  return html`<li><code>${name}</code> <i>in the ${place}${required ? '' : ', optional'}</i>: ${describedHtml(compact({ ...schema, description: parameter.description }))}</li>`
}

function contentHtml(content: Content): Html {
  return html`${Object.entries(content).map(([type, { schema }]) => html`<div><code>${type}</code>${schema === undefined ? '' : html`: ${schemaHtml(schema)}`}</div>`)}`
}

function channelHtml(
  name: string,
  { address, description, messages }: Channel,
  operations: AsyncApi['operations'],
): Html {
  const frames = Object.entries(messages).map(([frame, { payload }]) => {
    const by = operations[`${name}.${frame}`]?.action === 'receive' ? 'a client' : 'the server'
    return html`<h4>${frame} <i>by ${by}</i></h4><div>${schemaHtml(payload)}</div>\n`
  })
  return html`<section>
<h3 id="channel-${name}"><code>ws ${address}</code></h3>
<p>${prose(description)}</p>
${frames}</section>
`
}
