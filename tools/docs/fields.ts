/** Writes the fields of a zod schema as rows of a Markdown table. */
import { type ZodType, z } from 'zod'

export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly prefixItems?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly additionalProperties?: JsonSchema | boolean
}

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
