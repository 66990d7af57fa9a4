import { z } from 'zod'
import { compact } from '../../../../errors/compact.ts'
import { momentOf } from '../../command-state.ts'
import { moment } from '../fields.ts'
import { tool } from '../tool.ts'

export const state = tool({
  name: 'state',
  title: 'State of the run',
  description:
    'Shows accounts (equity, drawdown, positions, open orders, limits) and strategies, now or at a moment of the past.',
  input: z.strictObject({
    at: moment.optional(),
    seq: z.int().nonnegative().optional().describe('the same as "at": "seq:..."'),
  }),
  async answer(reader, { at, seq }) {
    return reader.state(await momentOf(reader, compact({ at, seq: seq?.toString() })))
  },
})
