/** Makes docs/feed.md from the AsyncAPI document. */
import { asyncApiOf } from '../../src/api/contract/asyncapi.ts'
import { CLOSE } from '../../src/api/contract/frames.ts'
import type { JsonSchema } from '../../src/api/contract/json-schema.ts'
import { bodyText, cell, type Schemas, schemasText, table } from './schema-text.ts'

const INTRO = `# The feed

Every frame of the WebSockets \`/feed\`, \`/inspect\` and \`/inspect/legacy\`, with its fields and an example. Made by \`npm run docs:reference\` from the contract in
\`src/api/contract\`: do not edit it by hand. A running server has the same as \`/asyncapi.json\`. [http.md](http.md) has the routes, and
[events.md](events.md) every event. \`outcry/client\` does all of this by itself: [api.md](api.md#the-client).

## How a connection goes

1. A client connects to \`ws://127.0.0.1:7077/feed\`, with \`Authorization: Bearer <token>\` where the server has tokens
   ([who may speak to it](api.md#who-may-speak-to-it)). The server sends \`hello\`, with the seq at which the log ends.
2. The client sends \`subscribe\`, with an \`id\` that it chooses. The server answers \`subscribed\`, or \`error\` with the reason. A connection may have
   64 subscriptions.
3. Publications of the past come first, when the client asks for them with \`since\` or \`tail\`. Then comes \`caughtUp\`, once. All that
   follow were published since the subscription began.
4. \`unsubscribe\` ends a subscription. \`unsubscribed\` is its last frame.

A frame is one JSON object as text. A program ignores fields and frames that it does not know.

## Topics

A domain event is on \`events.{type}.{venue}.{symbol}\`, with the type in lower case: \`events.order_filled.sim.BTCUSDT\`. A record of the log is on
\`transitions.{kind}.{id}\`. In a subscription \`*\` stands for one token and \`>\` for the rest. A topic or a filter that can match nothing is refused with
\`SUBSCRIPTION_UNMATCHED\`, and the message names the nearest that would match.

## Resuming

Every publication has the \`seq\` of its record. A client that keeps the \`seq\` of the last publication that it has dealt with subscribes again with
\`"since": <that seq>\`. It then gets everything after it, once and in order: from the log, however long ago, and then live. Three things to know:

- One record may have several publications with one \`seq\`. A client that stopped between two of them asks for \`since\` one less, and passes over
  what it has. \`eventId\` tells events apart.
- The \`seq\` of a high-frequency publication is no place to resume from, because it may come later than others.
- A \`since\` beyond the end of the log is refused with \`SEQ_UNKNOWN\`: then the log is another one than before.

With \`tail\` instead, the last so many publications come first. \`tailFrom\` of \`caughtUp\` says how far back the server has looked for them.

## Order, classes and slow clients

The events of a kind have one of three classes. \`class\` names the one of a publication that is not standard.

| class | |
| --- | --- |
| critical | Sent at once, after everything that waits before it. It ends a batch and a throttle. Events of severity \`critical\` are critical. |
| standard | Sent in the order of \`seq\`, without a gap. Records are standard. |
| high-frequency | Prices and the like: only the latest of a topic matters. Others may be left out, and \`conflated\` says how many were. |

- **Batches.** With \`batchMs\` publications come together as one \`batch\`: those of one delivery with 0, those of so many ms with a larger number.
- **Deliveries.** What a commit publishes goes to all clients as soon as it is durable. With many clients and many events, deliveries take at most a
  quarter of the server's time, with rests of up to 4 ms between them, so that commits do not wait for clients. Critical events wait for no delivery.
- **Throttling.** With \`throttleMs\` at most one high-frequency publication of a topic comes in so many ms: the latest. All others come as ever.
- **Conflation.** A client that reads slowly gets of each high-frequency topic the latest, when it has room. Before that, \`conflated\` says how many of
  the topic were left out. Nothing else is ever left out: a client that is far behind is fed from the log at its own pace. With
  \`"conflate": true\` records of high-frequency events are conflated, too.
- **A client that reads nothing** for half a minute is closed with 4408. Its reason has the seq to resume from.
- **Compression.** With \`server.compressFrames\` of the configuration, or \`compressFrames\` of \`serve\`, frames from 1 KiB on are compressed
  (permessage-deflate) for clients that offer it, as browsers do. That pays with \`batchMs\`: the events of a log come in a seventh of the bytes. It is
  off by default, because each client takes CPU and memory of its own: [the figures](benchmarks.md#compressed-frames).

## Close codes`

/** The meaning of each close code of the contract. */
const CLOSES: Readonly<Record<keyof typeof CLOSE, string>> = {
  badFrame:
    'The client sent a text that is no frame, or has too many subscriptions. An `error` frame before it says what is wrong.',
  unauthorised: 'The client has not sent a token that the server knows, or its token was removed.',
  tooSlow:
    'The client read nothing for too long, or sent too much. The reason ends with the seq to resume from: `too slow; resume with since 1234`.',
  idle: 'The client of the feed or of `/inspect/legacy` sent no frame for 10 seconds after it had connected, or that of the feed had no subscription for five minutes after that.',
}
/** Codes of RFC 6455 that the server uses. */
const STANDARD_CLOSES: readonly (readonly [code: number, about: string])[] = [
  [1001, 'The server stops.'],
  [1007, 'The client sent text that is not UTF-8.'],
  [1009, 'The client sent a frame of more than 64 KiB.'],
  [1011, 'The log cannot be read.'],
]

interface AsyncApi {
  readonly channels: Readonly<Record<string, Channel>>
  readonly operations: Readonly<Record<string, { readonly action: 'send' | 'receive' }>>
  readonly components: { readonly schemas: Schemas }
}
interface Channel {
  readonly address: string
  readonly description: string
  readonly bindings?: { readonly ws: { readonly query: JsonSchema } }
  readonly messages: Readonly<Record<string, Message>>
}
interface Message {
  readonly summary?: string
  readonly payload: JsonSchema
  readonly examples?: readonly { readonly payload: unknown }[]
}

export function feedPage(): string {
  const { channels, operations, components } = asyncApiOf('') as unknown as AsyncApi
  const named = new Set<string>()
  const channelText = ([name, channel]: [string, Channel]) => {
    const frames = Object.entries(channel.messages).map(([frame, message]) => {
      const by = operations[`${name}.${frame}`]?.action === 'receive' ? 'client' : 'server'
      return frameText(channel.address, frame, by, message, components.schemas, named)
    })
    const query = channel.bindings?.ws.query
    const asked = query === undefined ? [] : ['The query of its URL:', bodyText(query)]
    return [`## The frames of ${channel.address}`, channel.description, ...asked, ...frames].join('\n\n')
  }
  const sections = Object.entries(channels).map(channelText)
  const others = Object.entries(components.schemas).filter(([name]) => !named.has(name))
  return `${[INTRO, closesTable(), ...sections, '## Schemas', schemasText(Object.fromEntries(others))].join(
    '\n\n',
  )}\n`
}

function closesTable(): string {
  const own = Object.entries(CLOSES).map(
    ([name, about]) => [CLOSE[name as keyof typeof CLOSE], about] as const,
  )
  const rows = [...own, ...STANDARD_CLOSES].map(([code, about]) => [`${code}`, cell(about)])
  return table(['code', ''], rows)
}

/** Returns the section of a frame. A frame is described once, although several channels may have it. */
function frameText(
  address: string,
  frame: string,
  by: string,
  { summary = '', payload, examples = [] }: Message,
  schemas: Schemas,
  named: Set<string>,
): string {
  const name = payload.$ref?.split('/').at(-1)
  const { description: _, ...schema } = (name === undefined ? payload : schemas[name]) ?? {}
  if (name !== undefined) named.add(name)
  const shown = examples.map((one) => `\`\`\`json\n${JSON.stringify(one.payload)}\n\`\`\``)
  return [`### ${address}: ${frame}, by the ${by}`, summary, fieldsText(schema), ...shown].join('\n\n')
}

/** Returns the fields of a frame: of one that has several forms, those of each. */
function fieldsText(schema: JsonSchema): string {
  const { anyOf = schema.oneOf } = schema
  return anyOf === undefined ? bodyText(schema) : anyOf.map(bodyText).join('\n\nor\n\n')
}
