/** Makes docs/commands.md from the registrations: which kinds take which commands, and how they refuse them. */
import type { z } from 'zod'
import { machines } from '../../machines/index.ts'
import type { Registration } from '../../src/runtime/actors/kind.ts'
import { inputOf, type Key, keyTable, keyTablesOf } from './keys.ts'

const INTRO = `# Commands

The events that people and programs may send to actors: \`POST /actors/{kind}/{id}/events\`, with the event as JSON. Made by
\`npm run docs:reference\` from the schemas in \`machines/events\`: do not edit it by hand.

Money and quantities are **decimal**s as text, like \`"61837.63"\`; **epochMs** is milliseconds since 1970, UTC; a **name**
is 1 to 128 letters, digits and . : @ + ~ # = ( ) - _; an **address** names an actor, as \`kind/id\`. Every
command may have an \`at\`, epochMs of the last minute; left out, it is the runner's clock. With an \`Idempotency-Key\` it
may be sent again, and gets the first answer. Where the server has tokens, a command without \`by\` has the name of its token
([who asked](api.md#who-asked)).

| status | |
| --- | --- |
| 200 | Taken, and on disk. The answer has its \`seq\`, the actor's present \`state\` and the \`events\` that it led to. |
| 422 | The same, but the actor refused the request, with one of the events named below: \`detail\` says why, \`issues\` by field. |
| 409 \`EVENT_UNHANDLED\` | On record, but the actor does nothing about it in its present state. |
| 409 \`ACTOR_QUARANTINED\` with a \`seq\` | On record, but what the actor asked of another one did not reach it, because that is in quarantine: \`detail\` names it. |
| other 4xx | \`detail\` says what is wrong, \`issues\` by field. No actor was created, and none has changed. |

A **circuit breaker** that has tripped (\`CIRCUIT_BREAKER_TRIGGERED\`) requires two things of a person before anything is
entered again: \`SET_TRADING_STATE\` with \`active\`, and \`ACKNOWLEDGE_REVIEW\`. A strategy of your own takes what
\`emaCross\` does.

## release

An actor in quarantine takes no messages. \`POST /actors/{kind}/{id}/release\` releases it in the state before it failed, as
\`outcry release {kind}/{id}\` does. An actor that waited for a restart starts over. The body may be left out; \`by\` and \`reason\` are texts for the log.

\`\`\`sh
curl -X POST localhost:7077/actors/emaCross/ema-BTCUSDT/release -H 'content-type: application/json' -d '{"by":"ann","reason":"fixed in 2.1"}'
\`\`\`

| status | |
| --- | --- |
| 200 | Released, and on disk. The answer has the \`seq\` of the record and the actor's \`state\`. |
| 409 \`ACTOR_NOT_QUARANTINED\`, \`ACTOR_ENDED\` | There is nothing to release. Nothing has changed. |
| other 4xx | \`detail\` says what is wrong. Nothing has changed. |

## restart, stop, dead letters, components

These take the same body, and an \`Idempotency-Key\`, as a release does. Each is a record that has \`by\`, \`reason\` and the id of the request.

| request | command line | what it does | record |
| --- | --- | --- | --- |
| \`POST /actors/{kind}/{id}/restart\` | \`outcry restart {kind}/{id}\` | An actor starts over from its input, without its state, its timers and its children. It takes messages that were kept for it. A strategy keeps its parameters, and is stopped until it gets \`START\`. | \`outcry.restarted\` of the actor |
| \`POST /actors/{kind}/{id}/stop\` | \`outcry stop {kind}/{id}\` | An actor and its children end for good. | \`xstate.stop\` of the actor |
| \`POST /dead-letters/{seq}/redeliver\` | \`outcry redeliver {seq}\` | The message of a dead letter goes to its actor again. | \`outcry.letterRedelivered\` of \`system/dead-letters\` |
| \`POST /dead-letters/{seq}/drop\` | \`outcry drop {seq}\` | Nobody sends a dead letter again. It stays in the log. | \`outcry.letterDropped\` of \`system/dead-letters\` |
| \`POST /components/{name}/restart\` | \`outcry restart component/{name}\` | A part of the runner stops and starts again: the sources of news, or the universe, on a live market. | \`STOP\`, or \`START\` of one that has failed, of \`component/{name}\` |

An actor whose end would lose something is neither restarted nor stopped: 409 \`ACTOR_HELD\` says why. Of the actors of trading, only a
strategy without a trade may start over, and none is stopped. A release lets an actor in quarantine go on in its state instead. A component
that others cannot go on without is not restarted: 409 \`COMPONENT_FIXED\` names them. A dead letter is settled once (\`LETTER_SETTLED\`).
`

interface Kinds {
  readonly names: readonly string[]
  readonly registration: Registration
  readonly commands: readonly Command[]
}
export interface Command {
  readonly type: string
  readonly about: string
  readonly keys: readonly Key[]
  /** The command's fields, from its schema or from EXAMPLES. */
  readonly example: object
}

/** Returns the kinds that take commands. Kinds that take and refuse the same, such as strategies, are one entry. */
export function commandKinds(of: Readonly<Record<string, Registration>> = machines): readonly Kinds[] {
  const kinds: Kinds[] = []
  for (const [name, registration] of Object.entries(of)) {
    const { events, commands: types = [], refusals } = registration
    if (types.length === 0) continue
    const i = kinds.findIndex(
      ({ registration: other }) => other.commands === types && other.refusals === refusals,
    )
    const same = kinds[i]
    const commands =
      same?.commands ?? types.map((type) => commandOf(events as z.ZodDiscriminatedUnion<z.ZodObject[]>, type))
    const all = { names: [...(same?.names ?? []), name], registration, commands }
    if (same === undefined) kinds.push(all)
    else kinds[i] = all
  }
  return kinds
}

/** Fields that the route fills in, or requires. */
const COMMON = ['type', 'at']

function commandOf({ options }: z.ZodDiscriminatedUnion<z.ZodObject[]>, type: string): Command {
  const schema = options.find(({ shape }) => (shape.type as z.ZodLiteral).value === type) as z.ZodObject
  const keys = keyTablesOf(inputOf(schema), '').flatMap((table) => table.keys)
  const [example = EXAMPLES[type] ?? {}] = (schema.meta()?.examples ?? []) as readonly object[]
  return {
    type,
    about: schema.description ?? '',
    keys: keys.filter(({ path }) => !COMMON.includes(path)),
    example: example as object,
  }
}

/** Address of an actor of each kind, for the examples. */
const ACTORS: Readonly<Record<string, string>> = {
  order: 'order/sim:mine-1',
  list: 'list/sim:mine-2',
  reconciliation: 'reconciliation/sim',
  account: 'account/sim',
  position: 'position/sim:BTCUSDT',
  emaCross: 'emaCross/ema-BTCUSDT',
  news: 'news/main',
  universe: 'universe/sim',
  runner: 'runner/main',
}

const bought = { side: 'BUY', orderQty: '0.01', timeInForce: 'GTC' }
const sold = { ...bought, side: 'SELL', reduceOnly: true }
const EXAMPLES: Readonly<Record<string, object>> = {
  CANCEL: { by: 'ann', reason: 'not today' },
  VERIFY: {},
  LIST_REQUEST: {
    venue: 'sim',
    symbol: 'BTCUSDT',
    contingencyType: 'OTOCO',
    orders: [
      { legId: 'entry', ordType: 'MARKET', ...bought },
      { legId: 'stop', ordType: 'STOP', stopPx: '58000', ...sold },
      { legId: 'target', ordType: 'LIMIT', price: '66000', ...sold },
    ],
    refPx: '61800',
  },
  EXIT: { by: 'ann', reason: 'enough' },
  RECONCILE: { reason: 'after a call with the venue' },
  ORDER_REQUEST: {
    clOrdId: 'sim:mine-1',
    venue: 'sim',
    symbol: 'BTCUSDT',
    ordType: 'LIMIT',
    price: '60000',
    ...bought,
    refPx: '60000',
  },
  REPLACE_REQUEST: { clOrdId: 'sim:mine-1', price: '60500' },
  SET_TRADING_STATE: { tradingState: 'active', by: 'ann', reason: 'looked into it' },
  REQUIRE_REVIEW: { reason: 'fills look odd' },
  ACKNOWLEDGE_REVIEW: { by: 'ann', note: 'the venue was late' },
  CANCEL_ALL: { symbol: 'BTCUSDT', by: 'ann', reason: 'news' },
  FLATTEN: { by: 'ann', reason: 'the day is over' },
  CLOSE_POSITION: { by: 'ann', reason: 'enough' },
  UPDATE_LIMITS: { by: 'ann', limits: { orderNotionalMax: '5000', dailyLossMax: null } },
  START: {},
  STOP: { reason: 'a holiday' },
  UPDATE_PARAMETERS: { by: 'ann', parameters: { orderQty: '0.02' } },
  NEWS_ITEM: { source: 'desk', id: '1', title: 'Bitcoin exchange hacked', url: 'https://example.org/1' },
  INSTRUMENTS_LISTED: {
    instruments: [{ symbol: 'BTCUSDT', quoteAsset: 'USDT', quoteVolume24h: '900000000' }],
  },
}

export function commandPage(of: Readonly<Record<string, Registration>> = machines): string {
  return `${[INTRO.trimEnd(), ...commandKinds(of).map(kindsText)].join('\n\n')}\n`
}

function kindsText({ names, registration: { refusals = [] }, commands }: Kinds): string {
  const about = names.map(
    (name) => `- \`${name}/<id>\`: ${machines[name as keyof typeof machines].machine.config.description}`,
  )
  const events = refusals.map((type) => `[\`${type}\`](events.md#${type.toLowerCase()})`)
  const refused = events.length === 0 ? [] : [`Refused with ${events.join(', ')}.`]
  const [name = ''] = names
  const address = ACTORS[name] ?? `${name}/mine`
  return [
    `## ${names.join(', ')}`,
    about.join('\n'),
    ...refused,
    ...commands.map((one) => commandText(one, address)),
  ].join('\n\n')
}

const LINE_LENGTH_MAX = 100

function commandText({ type, about, keys, example }: Command, address: string): string {
  const event = { type, ...example }
  const line = JSON.stringify(event)
  const body = line.length > LINE_LENGTH_MAX ? JSON.stringify(event, null, 2) : line
  const curl = `curl -X POST localhost:7077/actors/${address}/events -H 'content-type: application/json' -d '${body}'`
  const table = keys.length === 0 ? [] : [keyTable(keys)]
  return [`### ${type}`, about, ...table, `\`\`\`sh\n${curl}\n\`\`\``].join('\n\n')
}
