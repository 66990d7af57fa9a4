/** Describes JSON Schemas for people, as HTML. */
import type { JsonSchema } from '../contract/json-schema.ts'
import { type Html, html, prose } from './html.ts'

const NO_NOTE = html``

/** Returns a description of the values of a schema. The note comes behind it, but before its own fields. */
export function schemaHtml(schema: JsonSchema, note = NO_NOTE): Html {
  const { anyOf, oneOf = anyOf, properties = {}, additionalProperties: others, items } = schema
  if (oneOf?.some(hasFields)) return html`one of${note}<ul>${oneOf.map(itemHtml)}</ul>`
  const fields = Object.entries(properties)
  if (fields.length > 0) {
    const isRequired = (name: string) => schema.required?.includes(name)
    return html`an object${note}<ul>${fields.map(
      ([name, of]) =>
        html`<li><code>${name}</code>${isRequired(name) ? '' : html` <i>optional</i>`}: ${describedHtml(of)}</li>`,
    )}</ul>`
  }
  if (items) return html`a list, each ${schemaHtml(items, note)}`
  if (typeof others === 'object') return html`an object of keys, each ${schemaHtml(others, note)}`
  return html`${plainHtml(schema)}${note}`
}

/** Returns a description of the values with the text that the schema has about itself, and its default. */
export function describedHtml(schema: JsonSchema): Html {
  const { description, default: given } = schema
  const about = description === undefined ? '' : html` <span class="note">${prose(description)}</span>`
  const or = given === undefined ? '' : html` <span class="note">default ${codeOf(given)}</span>`
  return schemaHtml(schema, html`${about}${or}`)
}

function itemHtml(schema: JsonSchema): Html {
  return html`<li>${describedHtml(schema)}</li>`
}

function hasFields({ properties, anyOf, oneOf }: JsonSchema): boolean {
  return properties !== undefined || anyOf !== undefined || oneOf !== undefined
}

/** Returns a description of values that have no fields. */
function plainHtml(schema: JsonSchema): Html {
  const { $ref, anyOf, oneOf = anyOf, allOf, prefixItems } = schema
  if ($ref !== undefined) return refHtml($ref)
  if (schema.const !== undefined) return codeOf(schema.const)
  if (schema.enum !== undefined) return joined(schema.enum.map(codeOf), ' or ')
  if (oneOf !== undefined)
    return joined(
      oneOf.map((one) => schemaHtml(one)),
      ' or ',
    )
  if (allOf !== undefined)
    return joined(
      allOf.map((one) => schemaHtml(one)),
      ' and ',
    )
  if (prefixItems !== undefined)
    return html`a list of ${joined(
      prefixItems.map((one) => schemaHtml(one)),
      ', ',
    )}`
  return html`${typeText(schema)}`
}

function refHtml(ref: string): Html {
  const name = ref.slice(ref.lastIndexOf('/') + 1)
  return html`<a href="#schema-${name}">${name}</a>`
}

const NOUNS: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
}
/** Bounds beyond this are those of numbers themselves. */
const BOUND_MAX = 1e15

function typeText({ type, title, minimum, maximum }: JsonSchema): string {
  if (title === 'epochMs') return 'epoch ms'
  const nouns = [type ?? []].flat().map((one) => NOUNS[one] ?? one)
  const isShown = (bound: number | undefined) => bound !== undefined && Math.abs(bound) < BOUND_MAX
  const from = isShown(minimum) ? `, at least ${minimum}` : ''
  const to = isShown(maximum) ? `, at most ${maximum}` : ''
  return `${nouns.join(' or ') || 'any value'}${from}${to}`
}

function codeOf(value: unknown): Html {
  return html`<code>${typeof value === 'string' ? value : JSON.stringify(value)}</code>`
}

function joined(parts: readonly Html[], by: string): Html {
  return html`${parts.flatMap((part, i) => (i === 0 ? [part] : [by, part]))}`
}
