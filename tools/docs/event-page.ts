/** docs/events.md, made from the schemas and from what the machines emit. */
import { domainEvents } from '../../machines/index.ts'
import { eventEnvelope } from '../../src/api/contract/envelope.ts'
import type { Emission } from './emissions.ts'
import { type Field, fieldsOf, tableOf } from './fields.ts'

const INTRO = `# Events

What machines emit, as the feed and \`GET /events\` give it. Made by \`npm run docs:events\` from the schemas in
\`machines/events\` and from a search through what the machines may come to: do not edit it by hand.

Money and quantities are **decimal**s as text, like \`"61837.63"\`; **epochMs** is milliseconds since 1970, UTC.

A topic is \`events.{type}.{venue}.{symbol}\`, the type in lower case, with \`-\` where an event has no venue or symbol.

## State transitions

Every record of the log is one. It is not emitted once more, but published as it is on \`transitions.{kind}.{id}\`: from and to
which state, on which event, and what that set off.

## The envelope

Every event comes in this, its own fields under \`event\`. The id follows from the log, so it is the same however often
an event is read.
`

/** All have them. */
const COMMON = ['type', 'at']

export function eventPage(all: readonly Emission[]): string {
  const groups = Object.entries(domainEvents).map(([group, schemas]) => {
    const entries = schemas.map((schema) => {
      const type = schema.shape.type.value
      const fields = fieldsOf(schema)
      const own = fields.filter(({ name }) => !COMMON.includes(name))
      const about = schema.description === undefined ? [] : [schema.description]
      const emitted = emittedText(all.filter((one) => one.type === type))
      return [`### ${type}`, ...about, `Topic \`${topicOf(type, fields)}\``, tableOf(own), emitted].join(
        '\n\n',
      )
    })
    return [`## ${group}`, ...entries].join('\n\n')
  })
  return `${[`${INTRO}\n${tableOf(fieldsOf(eventEnvelope))}`, ...groups].join('\n\n')}\n`
}

function topicOf(type: string, fields: readonly Field[]): string {
  const token = (name: string) => {
    const field = fields.find((one) => one.name === name)
    return field === undefined ? '-' : field.isOptional ? `{${name} or -}` : `{${name}}`
  }
  return `events.${type.toLowerCase()}.${token('venue')}.${token('symbol')}`
}

/** By machine and event, the transitions. */
function emittedText(of: readonly Emission[]): string {
  const places = new Map<string, string[]>()
  for (const one of of) {
    const [who, where] = placeText(one)
    places.set(who, [...(places.get(who) ?? []), where])
  }
  const lines = [...places].map(([who, where]) => `- ${who}: ${where.sort().join(', ')}`).sort()
  return ['Emitted by', '', ...lines].join('\n')
}

/** Who on what, and where. */
function placeText({ kind, on, state, target }: Omit<Emission, 'type'>): readonly [string, string] {
  const what = on === 'entry' || on === 'exit' ? on : `on \`${on}\``
  const where = `${state === '' ? 'any state' : state}${target === undefined ? '' : ` → ${target}`}`
  return [`\`${kind}\` ${what}`, where]
}

/** As `emittedOn` reads it. */
export function placeName(of: Omit<Emission, 'type'>): string {
  return placeText(of).join(': ')
}

/** What a page says: of each event, the names of the places. */
export function emittedOn(page: string): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    page.split(/^### /m).map((section) => {
      const lines = [...section.matchAll(/^- (`.*?): (.*)$/gm)]
      const places = lines.flatMap(([, who, where = '']) => where.split(', ').map((one) => `${who}: ${one}`))
      return [section.split('\n', 1)[0] as string, new Set(places)]
    }),
  )
}
