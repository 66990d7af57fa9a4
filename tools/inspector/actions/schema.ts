/** The commands of a kind as forms, read from the server's description of itself. Pure. */

/** The parts of JSON Schema that commands have. */
interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly maxLength?: number
}

export interface Field {
  readonly name: string
  readonly sort: 'text' | 'number' | 'flag' | 'choice' | 'json'
  readonly about: string
  readonly isRequired: boolean
  readonly choices: readonly string[]
  readonly lengthMax: number | undefined
}

/** An event that people may send to actors of a kind. */
export interface Command {
  readonly type: string
  /** The effects, in the words of the kind. */
  readonly about: string
  readonly fields: readonly Field[]
}

/** Fields that the server or the page fills in. */
const GIVEN = ['type', 'at']

/** Returns the commands of a kind; none where the server describes none. */
export function commandsOf(description: Readonly<Record<string, unknown>>, kind: string): readonly Command[] {
  const { schemas = {} } = (description.components ?? {}) as {
    readonly schemas?: Readonly<Record<string, Schema>>
  }
  const name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Command`
  const resolved = (schema: Schema): Schema => {
    const of =
      schema.$ref === undefined ? schema : schemas[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)]
    return of ?? {}
  }
  const { anyOf = [] } = resolved({ $ref: name })
  return anyOf.map(resolved).flatMap((schema) => {
    const { properties = {}, required = [], description: about = '' } = schema
    const type = properties.type?.const
    if (typeof type !== 'string') return []
    const fields = Object.entries(properties)
      .filter(([field]) => !GIVEN.includes(field))
      .map(([field, of]) => fieldOf(field, resolved(of), required.includes(field)))
    return [{ type, about, fields }]
  })
}

function fieldOf(name: string, schema: Schema, isRequired: boolean): Field {
  const { type, enum: choices, description: about = '', maxLength: lengthMax } = schema
  const sort =
    choices !== undefined
      ? 'choice'
      : type === 'string'
        ? 'text'
        : type === 'integer' || type === 'number'
          ? 'number'
          : type === 'boolean'
            ? 'flag'
            : 'json'
  return { name, sort, about: plain(about), isRequired, choices: (choices ?? []).map(String), lengthMax }
}

/** Returns a description without its links, which lead to files that the page does not have. */
function plain(markdown: string): string {
  return markdown.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '')
}

/**
 * Returns the fields of an event from the texts of a form. Empty ones are left out.
 *
 * @throws SyntaxError for a text that is no JSON, with the name of its field
 */
export function eventOf(
  fields: readonly Field[],
  texts: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const event: Record<string, unknown> = {}
  for (const { name, sort } of fields) {
    const text = texts.get(name)?.trim() ?? ''
    if (text === '') continue
    event[name] =
      sort === 'number'
        ? Number(text)
        : sort === 'flag'
          ? text === 'true'
          : sort === 'json'
            ? jsonOf(name, text)
            : text
  }
  return event
}

function jsonOf(name: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new SyntaxError(`${name} must be JSON, such as {"key": "value"}`)
  }
}

/** Returns the types of events that some active state has a transition for. */
export function eventsIn(definition: Node, active: ReadonlySet<string>): ReadonlySet<string> {
  const types = new Set<string>()
  const visit = (node: Node, key: string) => {
    for (const { eventType } of node.transitions) types.add(eventType)
    for (const state of node.states) {
      const below = key === '' ? state.key : `${key}.${state.key}`
      if (active.has(below)) visit(state, below)
    }
  }
  visit(definition, '')
  return types
}

interface Node {
  readonly key: string
  readonly transitions: readonly { readonly eventType: string }[]
  readonly states: readonly Node[]
}

/** Returns the paths of all active states, those above the leaves included. */
export function activeOf(leaves: readonly (readonly string[])[]): ReadonlySet<string> {
  return new Set(leaves.flatMap((path) => path.map((_, i) => path.slice(0, i + 1).join('.'))))
}
