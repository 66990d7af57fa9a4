import { z } from 'zod'

/** Money and quantities are decimal strings, never floats. */
export const decimal = z.string().regex(/^-?\d+(\.\d+)?$/, 'a decimal number as a string, like "61837.63"')
/** Epoch milliseconds, UTC. */
export const epochMs = z.number().int().nonnegative()
export const side = z.enum(['BUY', 'SELL'])
export type Side = z.infer<typeof side>
