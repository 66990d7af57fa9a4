/** The section of a sink of the type `postgres`. */
import { z } from 'zod'
import { addressField } from '../address.ts'

export const postgresConfig = z.strictObject({
  url: addressField('postgres', 'postgresql').describe(
    'The database, such as `postgres://outcry:${PGPASSWORD}@db.example:5432/trading?sslmode=verify-full`.',
  ),
  schema: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'must be 1 to 63 characters of a-z 0-9 _, the first not a digit')
    .default('outcry')
    .describe('The schema with the tables. It is made when it is not there. Each log needs one of its own.'),
  statementMs: z
    .number()
    .int()
    .min(100)
    .max(25_000)
    .default(20_000)
    .describe('The time in ms after which the server ends a statement that has not finished.'),
})

export type PostgresConfig = z.infer<typeof postgresConfig>
