import { z } from 'zod'

/** Money and quantities are decimal strings, never floats. */
export const decimal = z.string().regex(/^-?\d+(\.\d+)?$/, 'a decimal number as a string, like "61837.63"')
/** Epoch milliseconds, UTC. */
export const epochMs = z.number().int().nonnegative()
/** Of candles: "1s", "5m", "1h", "1d". */
export const interval = z.string().regex(/^[1-9]\d{0,3}[smhd]$/, 'an interval such as 1s, 5m or 1h')
export const side = z.enum(['BUY', 'SELL'])
export type Side = z.infer<typeof side>
