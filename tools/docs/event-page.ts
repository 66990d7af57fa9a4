/** Makes docs/events.md from the schemas of the events and the declarations of the kinds. */
import type { z } from 'zod'
import { domainEvents, machines, positionMarks } from '../../machines/index.ts'
import { type EventSchema, GIVEN, typesOf } from '../../machines/kind/kind.ts'
import { eventEnvelope } from '../../src/api/contract/envelope.ts'
import type { Registration } from '../../src/runtime/actors/kind.ts'
import { type Field, fieldsOf, tableOf } from './fields.ts'

const INTRO = `# Events

The events that machines emit, as the feed and \`GET /events\` give them. Made by \`npm run docs:events\` from the schemas in
\`machines/events\` and from what each kind declares: do not edit it by hand.

Money and quantities are **decimal**s as text, like \`"61837.63"\`; **epochMs** is milliseconds since 1970, UTC.

A log keeps its events as they were emitted. Those of earlier versions lack the fields that have been added since.

A topic is \`events.{type}.{venue}.{symbol}\`, the type in lower case, with \`-\` where an event has no venue or symbol.

## State transitions

Every record of the log is a state transition. It is published as it is on \`transitions.{kind}.{id}\`, and not emitted as an
event. It has the state before and after, the event and its effects.

## The envelope

Every event comes in this envelope, with its own fields under \`event\`. The id follows from the log, so it is the same however often
an event is read.
`

const KINDS = `## Kinds

The events that each kind of actor takes, emits and sends. A receiver that an event has named is an owner, a watcher or a subscriber, of
any kind.
`

/** A kind with its declaration. */
export interface Declared {
  readonly name: string
  readonly about: string
  readonly takes: readonly string[]
  readonly ignores: readonly string[]
  readonly commands: readonly string[]
  readonly raises: readonly string[]
  readonly emits: readonly string[]
  /** Types of the events that it sends, by the kind of the receiver. */
  readonly sends: readonly (readonly [to: string, types: readonly string[]])[]
}

/** Returns the declaration of each registered kind. */
export function declaredKinds(of: Readonly<Record<string, Registration>> = machines): readonly Declared[] {
  return Object.entries(of).map(([name, kind]) => {
    const { options } = kind.events as z.ZodDiscriminatedUnion<EventSchema[]>
    return {
      name,
      about: kind.machine.config.description ?? '',
      takes: typesOf(options),
      ignores: kind.ignores ?? [],
      commands: kind.commands ?? [],
      raises: kind.raises ?? [],
      emits: typesOf((kind.emits ?? []) as readonly EventSchema[]),
      sends: Object.entries(kind.sends ?? {}).map(([to, schemas]) => [
        to,
        typesOf(schemas as readonly EventSchema[]),
      ]),
    }
  })
}

/** Events that no kind emits. The feed derives them as it publishes a record. */
const DERIVED: readonly EventSchema[] = positionMarks([]).emits

/** Fields that all events have, and that most need not explain. */
const COMMON = ['type', 'at']

export function eventPage(kinds: readonly Declared[] = declaredKinds()): string {
  const groups = grouped().map(([group, schemas]) => {
    const entries = schemas.map((schema) => {
      const type = schema.shape.type.value
      const fields = fieldsOf(schema)
      const own = fields.filter(({ name, description }) => !COMMON.includes(name) || description !== '')
      const about = schema.description === undefined ? [] : [schema.description]
      const emitters = kinds.filter(({ emits }) => emits.includes(type)).map(({ name }) => kindLink(name))
      const of = classOf(type)
      const by = emitters.length === 0 ? 'Derived' : `Emitted by ${emitters.join(', ')}`
      const emitted = `${by}.${of === undefined ? '' : ` Its class is ${of}.`}`
      const topic = `Topic \`${topicOf(type, fields)}\``
      return [`### ${type}`, ...about, topic, tableOf(own), ...exampleOf(schema), emitted].join('\n\n')
    })
    return [`## ${group}`, ...entries].join('\n\n')
  })
  return `${[`${INTRO}\n${tableOf(fieldsOf(eventEnvelope))}`, ...groups, kindsText(kinds)].join('\n\n')}\n`
}

function classOf(type: string): string | undefined {
  if (DERIVED.some(({ shape }) => shape.type.value === type)) return 'high-frequency'
  return Object.values<Registration>(machines).find(({ classes }) => classes?.[type])?.classes?.[type]
}

/** Returns the example of an event as a block; nothing for an event of a module that gives none. */
function exampleOf(schema: EventSchema): readonly string[] {
  const [example] = (schema.meta()?.examples ?? []) as readonly object[]
  return example === undefined ? [] : [`\`\`\`json\n${JSON.stringify(example)}\n\`\`\``]
}

/** Returns each event once, under the first kind that emits it. The strategies are one kind here, but for what is one's own. */
function grouped(): (readonly [group: string, schemas: readonly EventSchema[]])[] {
  const known = new Set<string>()
  const ofKinds = Object.entries<Registration>(machines).map(
    ([name, { emits = [] }]) => [name, emits] as const,
  )
  return [...Object.entries(domainEvents), ...ofKinds, ['derived', DERIVED] as const].flatMap(
    ([name, emits]) => {
      const own = (emits as readonly EventSchema[]).filter((schema) => !known.has(schema.shape.type.value))
      for (const type of typesOf(own)) known.add(type)
      return own.length === 0 ? [] : [[name, own] as const]
    },
  )
}

/** Returns the part of the page about the events that each kind takes, emits and sends. */
export function kindsText(kinds: readonly Declared[]): string {
  return `${KINDS}\n${kinds.map(kindText).join('\n\n')}`
}

function topicOf(type: string, fields: readonly Field[]): string {
  const token = (name: string) => {
    const field = fields.find((one) => one.name === name)
    return field === undefined ? '-' : field.isOptional ? `{${name} or -}` : `{${name}}`
  }
  return `events.${type.toLowerCase()}.${token('venue')}.${token('symbol')}`
}

function kindLink(name: string): string {
  return `[\`${name}\`](#kind-${name.toLowerCase()})`
}

function kindText({ name, about, takes, ignores, commands, raises, emits, sends }: Declared): string {
  const lines = [
    `- takes ${listed(takes)}`,
    ...(ignores.length > 0 ? [`- does nothing about ${listed(ignores)}`] : []),
    ...(commands.length > 0
      ? [
          `- takes from people ${commands.map((type) => `[\`${type}\`](commands.md#${type.toLowerCase()})`).join(', ')}`,
        ]
      : []),
    ...(raises.length > 0 ? [`- sends itself ${listed(raises)}`] : []),
    `- emits ${emits.map((type) => `[\`${type}\`](#${type.toLowerCase()})`).join(', ')}`,
    ...sends.map(
      ([to, types]) =>
        `- sends to ${to === GIVEN ? 'a receiver that an event has named' : `\`${to}\``}: ${listed(types)}`,
    ),
  ]
  return [`### Kind ${name}`, about, lines.join('\n')].join('\n\n')
}

function listed(types: readonly string[]): string {
  return types.map((type) => `\`${type}\``).join(', ')
}
