/** Makes JSON Schemas of the contract's zod objects, as parts of one document. */
import { z } from 'zod'

export type Json = Record<string, unknown>
/** The named schemas of a document. They are under `components.schemas` there. */
export type Schemas = Record<string, unknown>

/** Returns the JSON Schema of what is sent, and puts the schemas that it names into `schemas`. */
export function schemaOf(schema: z.ZodType, schemas: Schemas): Json {
  const { $schema: _, $defs = {}, ...found } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  for (const [name, of] of Object.entries($defs)) schemas[name] = withRefs(of)
  return withRefs(found) as Json
}

/** Makes references within a schema point into the whole document. */
function withRefs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withRefs)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string'
        ? [key, inner.replace('#/$defs/', '#/components/schemas/')]
        : [key, withRefs(inner)],
    ),
  )
}
