import { z } from 'zod'
import { compact } from '../../../../errors/compact.ts'
import { momentOf } from '../../command-state.ts'
import { TIME } from '../fields.ts'
import { tool } from '../tool.ts'

export const state = tool({
  name: 'state',
  title: 'State of the run',
  description:
    'Shows accounts (equity, drawdown, positions, open orders, limits) and strategies, now or at a moment of the past.',
  input: z.strictObject({
    at: z.string().optional().describe(TIME),
    seq: z.int().nonnegative().optional().describe('a place in the log instead of a time'),
  }),
  async answer(reader, { at, seq }) {
    return reader.state(await momentOf(reader, compact({ at, seq: seq?.toString() })))
  },
})
