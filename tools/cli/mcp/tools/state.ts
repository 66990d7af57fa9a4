import { z } from 'zod'
import { routes } from '../../../../src/api/contract/routes.ts'
import { tool } from '../tool.ts'

export const state = tool({
  name: 'state',
  title: 'State of the run',
  description:
    'Shows accounts (equity, drawdown, positions, open orders, limits) and strategies, now or at a moment of the past.',
  input: z.strictObject({
    at: z.string().optional().describe('epoch milliseconds, or ISO 8601 with its zone'),
    seq: z.int().nonnegative().optional().describe('a place in the log instead of a time'),
  }),
  answer: (reader, moment) => reader.state(routes.state.query.parse(moment)),
})
