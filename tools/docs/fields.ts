/** Writes the fields of a zod schema as rows of a Markdown table. */
import { type ZodType, z } from 'zod'
import type { JsonSchema } from '../../src/api/contract/json-schema.ts'

export interface Field {
  readonly name: string
  readonly isOptional: boolean
  readonly type: string
  readonly description: string
}

export function fieldsOf(schema: ZodType): Field[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { unrepresentable: 'any' }) as JsonSchema
  return Object.entries(properties).map(([name, of]) => ({
    name,
    isOptional: !required.includes(name),
    type: typeOf(of),
    description: of.description ?? '',
  }))
}

export function tableOf(fields: readonly Field[]): string {
  const rows = fields.map(
    ({ name, isOptional, type, description }) =>
      `| \`${name}\`${isOptional ? ' (optional)' : ''} | ${type} | ${description} |`,
  )
  return ['| field | type | |', '| --- | --- | --- |', ...rows].join('\n')
}

export function typeOf(schema: JsonSchema): string {
  const { title, type, items, prefixItems, anyOf, properties, additionalProperties: rest } = schema
  if (title !== undefined) return title
  if (schema.const !== undefined) return `\`${schema.const}\``
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ')
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ')
  if (prefixItems !== undefined) return `[${prefixItems.map(typeOf).join(', ')}]`
  if (items !== undefined) return `list of ${typeOf(items)}`
  if (properties !== undefined)
    return `object of ${Object.keys(properties)
      .map((name) => `\`${name}\``)
      .join(', ')}`
  if (typeof rest === 'object' && type === 'object')
    return Object.keys(rest).length > 0 ? `${typeOf(rest)} by name` : 'object'
  return [type ?? 'json'].flat().join(' or ')
}
