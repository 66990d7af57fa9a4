/** The commands of a kind as forms, read from the server's description of itself. Pure. */

/** The parts of JSON Schema that commands have. */
interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: Plain
  readonly enum?: readonly Plain[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly maxLength?: number
}
type Plain = string | number | boolean

export interface Field {
  readonly name: string
  /** A group has `fields`, and a list any number of `items`. A value without a form of its own is written as JSON. */
  readonly sort: 'text' | 'number' | 'flag' | 'choice' | 'group' | 'list' | 'json'
  readonly about: string
  readonly isRequired: boolean
  /** True when null has a meaning of its own: it removes the value. */
  readonly isNullable?: boolean
  readonly choices: readonly Plain[]
  readonly lengthMax: number | undefined
  readonly fields?: readonly Field[]
  readonly items?: Field
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
  const resolved: Resolve = (schema) =>
    (schema.$ref === undefined ? schema : schemas[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)]) ?? {}
  const { anyOf = [] } = resolved({ $ref: name })
  return anyOf.map(resolved).flatMap((schema) => {
    const { properties: { type: { const: type } = {} } = {}, description: about = '' } = schema
    if (typeof type !== 'string') return []
    const fields = fieldsOf(schema, resolved, 0).filter(({ name: field }) => !GIVEN.includes(field))
    return [{ type, about, fields }]
  })
}

type Resolve = (schema: Schema) => Schema

/** Most groups of fields that are one within the other. A schema may contain itself. */
const DEPTH_MAX = 4

function fieldsOf(
  { properties = {}, required = [] }: Schema,
  resolved: Resolve,
  depth: number,
): readonly Field[] {
  return Object.entries(properties).map(([name, schema]) =>
    fieldOf(name, schema, required.includes(name), resolved, depth),
  )
}

function fieldOf(name: string, given: Schema, isRequired: boolean, resolved: Resolve, depth: number): Field {
  const { anyOf = [], type = [], ...outer } = resolved(given)
  const sorts: readonly Schema[] = [...anyOf, ...[type].flat().map((one) => ({ type: one }))]
  const others = sorts.filter((sort) => sort.type !== 'null')
  const isNullable = others.length < sorts.length
  // The words for the whole say more than those for one of its sorts.
  const schema = { ...(others.length === 1 && resolved(others[0] as Schema)), ...outer }
  const { enum: choices = schema.const === undefined ? [] : [schema.const], items, maxLength } = schema
  const sort = sortOf(schema, choices, depth)
  return {
    name,
    sort,
    about: plain(schema.description ?? ''),
    isRequired,
    choices,
    lengthMax: maxLength,
    ...(isNullable && { isNullable }),
    ...(sort === 'group' && { fields: fieldsOf(schema, resolved, depth + 1) }),
    ...(sort === 'list' && items && { items: fieldOf('', items, true, resolved, depth + 1) }),
  }
}

function sortOf(
  { type, properties, items }: Schema,
  choices: readonly Plain[],
  depth: number,
): Field['sort'] {
  if (choices.length > 0) return 'choice'
  if (type === 'string') return 'text'
  if (type === 'integer' || type === 'number') return 'number'
  if (type === 'boolean') return 'flag'
  if (depth >= DEPTH_MAX) return 'json'
  if (type === 'object' && properties !== undefined) return 'group'
  return type === 'array' && items !== undefined ? 'list' : 'json'
}

/** Returns a description without its links, which lead to files that the page does not have. */
function plain(markdown: string): string {
  return markdown.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '')
}

/** Returns the name of a control of a form: that of the field, behind those of the groups and lists around it. */
export function controlOf(around: string, name: string | number): string {
  return around === '' ? String(name) : `${around}.${name}`
}

/** Returns the name of the control that is on when a value is to be null. */
export function removerOf(control: string): string {
  return `${control}=null`
}

type Texts = ReadonlyMap<string, string>

/**
 * Returns the fields of an event from the texts of a form, by the names of its controls. Those that are left out there
 * are left out here, and groups in which nothing is written, unless they are required.
 *
 * @throws SyntaxError for a text that is no JSON, with the name of its field
 */
export function eventOf(fields: readonly Field[], texts: Texts, around = ''): Record<string, unknown> {
  const event: Record<string, unknown> = {}
  for (const field of fields) {
    const value = valueIn(field, texts, controlOf(around, field.name))
    if (value !== undefined) event[field.name] = value
  }
  return event
}

function valueIn(field: Field, texts: Texts, control: string): unknown {
  const { sort, fields = [], items, isRequired, choices } = field
  if (texts.has(removerOf(control))) return null
  if (sort === 'group') {
    const group = eventOf(fields, texts, control)
    return isRequired || Object.keys(group).length > 0 ? group : undefined
  }
  if (sort === 'list') {
    const list = numbersIn(texts, control).map((i) => items && valueIn(items, texts, controlOf(control, i)))
    const written = list.filter((value) => value !== undefined)
    return isRequired || written.length > 0 ? written : undefined
  }
  const text = texts.get(control)?.trim() ?? ''
  if (text === '') return undefined
  if (sort === 'number') return Number(text)
  if (sort === 'flag') return text === 'true'
  if (sort === 'json') return jsonOf(control, text)
  return sort === 'choice' ? (choices.find((choice) => String(choice) === text) ?? text) : text
}

/** Returns the numbers of the items of a list that the form has, in order. A person may have removed some. */
function numbersIn(texts: Texts, list: string): number[] {
  const numbers = [...texts.keys()]
    .filter((control) => control.startsWith(`${list}.`))
    .map((control) => Number.parseInt(control.slice(list.length + 1), 10))
  return [...new Set(numbers)].sort((a, b) => a - b)
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
