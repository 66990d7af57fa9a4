/** Fields that several sections of a configuration have. */
import { z } from 'zod'
import { decimal } from '../../machines/model/fields.ts'

export const amount = decimal
  .refine((text) => !text.startsWith('-'), 'must not be negative')
  .meta({ title: 'decimal from 0' })

/** The pace of a market that has a time of its own. */
export const speed = z
  .union([z.literal('max'), z.number().positive()], 'max, or a number greater than 0')
  .describe('1 is real time, 10 is ten times as fast, and max has no wait.')
