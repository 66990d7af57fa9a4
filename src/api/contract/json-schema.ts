/** Makes JSON Schemas of the contract's zod objects, as parts of one document. */
import { z } from 'zod'
import { named, nameOf } from './names.ts'

/** A JSON Schema, as far as the contract's schemas need it. */
export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly title?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly prefixItems?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: JsonSchema | boolean
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly minItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
}

export type Json = Record<string, unknown>
/** The named schemas of a document. They are under `components.schemas` there. */
export type Schemas = Record<string, unknown>

const IN_DOCUMENT = '#/components/schemas/'

/**
 * Returns the JSON Schema of what is sent, and puts the schemas that it names into `schemas`. Of a schema with a name it
 * returns a reference. `otherwise` is the name of an object that has none.
 */
export function schemaOf(schema: z.ZodType, schemas: Schemas, otherwise?: string): Json {
  const {
    $schema: _,
    $defs = {},
    ...found
  } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    metadata: named,
    override: ({ jsonSchema }) => {
      leaveOutBounds(jsonSchema)
      tellSettings(jsonSchema, schemas)
    },
  })
  for (const [name, of] of Object.entries($defs)) schemas[name] = withRefs(of)
  const name = nameOf(schema) ?? (found.type === 'object' ? otherwise : undefined)
  if (name === undefined || found.$ref !== undefined) return withRefs(found) as Json
  schemas[name] = withRefs(found)
  return refTo(name)
}

/** Returns a reference to a named schema of the document. */
export function refTo(name: string): Json {
  return { $ref: `${IN_DOCUMENT}${name}` }
}

/** Leaves out the bounds that every whole number of JavaScript has. They are no rule of the contract. */
function leaveOutBounds(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
}

/** Tells the keys of settings that a schema takes in any shape, because the actor checks them: see `settingsOf` of machines. */
function tellSettings(schema: z.core.JSONSchema.BaseSchema, schemas: Schemas): void {
  const { settingsOf } = schema
  delete schema.settingsOf
  if (typeof settingsOf !== 'function') return
  const { properties } = schemaOf(settingsOf(), schemas)
  Object.assign(schema, { properties, additionalProperties: false })
  delete schema.propertyNames
}

/** Makes references within a schema point into the whole document. */
function withRefs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withRefs)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string'
        ? [key, inner.replace('#/$defs/', IN_DOCUMENT)]
        : [key, withRefs(inner)],
    ),
  )
}
