import { z } from 'zod'
import { compact } from '../../../../errors/compact.ts'
import type { EventEnvelope } from '../../../../src/runtime/events/envelope.ts'
import { wantedOf } from '../../command-events.ts'
import { timeAt } from '../../places.ts'
import { limit, TIME } from '../fields.ts'
import { tool } from '../tool.ts'

export const events = tool({
  name: 'events',
  title: 'Domain events',
  description:
    'Lists domain events, such as ORDER_FILLED or RISK_REJECTED, in the order of the log: the last ones, or those from a time on. Each has the seq of its record, for "why".',
  input: z.strictObject({
    types: z.array(z.string()).default([]).describe('types such as ORDER_FILLED; all by default'),
    kind: z.string().optional().describe('of actors of this kind, such as order'),
    symbol: z.string().optional().describe('as its venue writes it, such as BTCUSDT'),
    strategy: z.string().optional().describe('id of a strategy'),
    severity: z.enum(['info', 'warning', 'error', 'critical']).optional().describe('the least'),
    from: z.string().optional().describe(`${TIME}; the last events without it`),
    to: z.string().optional().describe(TIME),
    limit,
  }),
  async answer(reader, { types, limit, ...input }) {
    const from = await timeAt(reader, input.from, 'from')
    const to = await timeAt(reader, input.to, 'to')
    const tail = from === undefined ? limit : undefined
    const wanted = wantedOf(types, { ...input, ...compact({ tail }), from, to })
    const events: EventEnvelope[] = []
    for await (const envelope of reader.events(wanted, false)) {
      events.push(envelope)
      if (events.length === limit) break
    }
    return { events }
  },
})
