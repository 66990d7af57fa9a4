import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { domainEvent, domainEvents, machines } from '../../machines/index.ts'
import type { EventSchema } from '../../machines/kind/kind.ts'
import { commandPage } from '../../tools/docs/command-page.ts'
import { type Declared, declaredKinds, eventPage, kindsText } from '../../tools/docs/event-page.ts'

const page = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
const kinds = declaredKinds()

describe('the events of trading', () => {
  const emitted = kinds.flatMap(({ emits }) => emits)

  it('are all emitted by some machine', () => {
    const known = domainEvent.options.map(({ shape }) => shape.type.value)
    expect(known.filter((type) => !emitted.includes(type))).toEqual([])
  })

  it('are all on their page', () => {
    for (const type of emitted) expect(page('events.md')).toContain(`\n### ${type}\n`)
  })

  it.each(Object.entries(domainEvents))(
    'have an example each, of their own fields alone: %s',
    (_, schemas) => {
      for (const schema of schemas as readonly EventSchema[]) {
        const [example] = (schema.meta()?.examples ?? []) as readonly object[]
        expect(example, schema.shape.type.value).toBeDefined()
        expect(schema.strict().safeParse(example).error?.issues, schema.shape.type.value).toBeUndefined()
        expect(page('events.md')).toContain(`\n\`\`\`json\n${JSON.stringify(example)}\n\`\`\`\n`)
      }
    },
  )

  it('are sent to kinds that take them', () => {
    const taken = new Map(kinds.map(({ name, takes }) => [name, takes]))
    const anybody = kinds.flatMap(({ takes }) => takes)
    const untaken = kinds.flatMap(({ name, sends }) =>
      sends
        .filter(([to]) => to !== 'port')
        .flatMap(([to, types]) =>
          types
            .filter((type) => !(to === '*' ? anybody : (taken.get(to) ?? [])).includes(type))
            .map((type) => `${name} sends ${to} ${type}`),
        ),
    )
    expect(untaken).toEqual([])
  })
})

describe('the page of events', () => {
  it('is up to date: else npm run docs', () => {
    expect(page('events.md')).toBe(eventPage())
  })

  it('changes without any line of a declaration', () => {
    const all = kindsText(kinds)
    expect(page('events.md')).toContain(all)
    const lists = ['takes', 'ignores', 'commands', 'raises', 'emits'] as const
    const without = (kind: Declared, change: Partial<Declared>) =>
      kinds.map((one) => (one === kind ? { ...kind, ...change } : one))
    for (const kind of kinds) {
      for (const send of kind.sends)
        for (const line of send[1]) {
          const sends = kind.sends.map((one) =>
            one === send ? ([one[0], one[1].filter((type) => type !== line)] as const) : one,
          )
          const less = without(kind, { sends })
          expect(kindsText(less), `${kind.name} sends ${line}`).not.toBe(all)
        }
      for (const list of lists)
        for (const line of kind[list]) {
          const less = without(kind, { [list]: kind[list].filter((one) => one !== line) })
          expect(kindsText(less), `${kind.name} ${list} ${line}`).not.toBe(all)
        }
    }
  })
})

describe('the page of commands', () => {
  it('changes without any command, or any event that refuses one', () => {
    for (const [name, kind] of Object.entries(machines))
      for (const list of ['commands', 'refusals'] as const)
        for (const line of kind[list]) {
          const less = { ...kind, [list]: kind[list].filter((one) => one !== line) }
          const text = commandPage({ ...machines, [name]: less })
          expect(text, `${name} ${list} ${line}`).not.toBe(page('commands.md'))
        }
  })
})
