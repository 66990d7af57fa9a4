/** Writes the JSON Schemas of a published document as Markdown. */
import type { JsonSchema } from '../../src/api/contract/json-schema.ts'

export type Schemas = Readonly<Record<string, JsonSchema>>

/** Bounds beyond this are those of numbers themselves. */
const BOUND_MAX = 1e15

/** Returns the anchor of a heading, as GitHub makes it. */
export function anchorOf(heading: string): string {
  const kept = heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '')
  return `#${kept.replaceAll(' ', '-')}`
}

/** Returns what values a schema has, in a few words. A named schema is a link to its section. */
export function schemaText(schema: JsonSchema): string {
  const { $ref, title, type, items, prefixItems, properties, additionalProperties: others } = schema
  const { anyOf = schema.oneOf ?? schema.allOf } = schema
  if ($ref !== undefined) return linkTo($ref.slice($ref.lastIndexOf('/') + 1))
  if (title !== undefined) return title
  if (schema.const !== undefined) return code(schema.const)
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ')
  if (anyOf !== undefined) return anyOf.map(schemaText).join(' or ')
  if (prefixItems !== undefined) return `[${prefixItems.map(schemaText).join(', ')}]`
  if (items) return `list of ${schemaText(items)}`
  if (properties !== undefined && Object.keys(properties).length > 0)
    return `object of ${Object.entries(properties).map(fieldText(schema)).join(', ')}`
  if (typeof others === 'object') return `${schemaText(others)} by name`
  return `${[type ?? 'any value'].flat().join(' or ')}${boundsText(schema)}`
}

function linkTo(name: string): string {
  return `[\`${name}\`](${anchorOf(name)})`
}

function fieldText({ required }: JsonSchema): (field: [string, JsonSchema]) => string {
  return ([name, of]) => `\`${name}\`${required?.includes(name) ? '' : ' (optional)'}: ${schemaText(of)}`
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

function boundsText({ minimum, maximum }: JsonSchema): string {
  const isShown = (bound: number | undefined) => bound !== undefined && Math.abs(bound) < BOUND_MAX
  return `${isShown(minimum) ? ` from ${minimum}` : ''}${isShown(maximum) ? ` to ${maximum}` : ''}`
}

/** Returns the sections of named schemas, in the order of their names. */
export function schemasText(schemas: Schemas): string {
  const sections = Object.entries(schemas)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => [`### ${name}`, bodyText(schema)].join('\n\n'))
  return sections.join('\n\n')
}

/** Returns the description of a schema with the table of its fields. */
export function bodyText(schema: JsonSchema): string {
  const { description, properties = {} } = schema
  const fields = Object.entries(properties)
  const about = description === undefined ? [] : [sentence(description)]
  if (fields.length === 0) return [...about, `${schemaText(schema)}.`].join('\n\n')
  const rows = fields.map(([name, of]) => [
    `\`${name}\`${schema.required?.includes(name) ? '' : ' (optional)'}`,
    cell(schemaText(of)),
    cell(aboutText(of)),
  ])
  return [...about, table(['field', 'type', ''], rows)].join('\n\n')
}

/** Returns the description of a value, with its default. */
export function aboutText({ description = '', default: given }: JsonSchema): string {
  if (given === undefined || given === '') return description
  return `${description}${description === '' ? '' : '; '}${code(given)} by default`
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Returns a text as a cell of a table. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`
}
