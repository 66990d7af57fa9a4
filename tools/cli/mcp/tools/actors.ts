import { z } from 'zod'
import { actorFilter } from '../../../../src/api/contract/actor-filter.ts'
import { timeAt } from '../../places.ts'
import type { ActorSummary } from '../../reader.ts'
import { limit, TIME } from '../fields.ts'
import { tool } from '../tool.ts'

export const actors = tool({
  name: 'actors',
  title: 'Actors',
  description:
    'Finds actors by address, kind, state, symbol or condition, with their present states and failures. "more" says whether there are others.',
  input: actorFilter.extend({
    changedSince: z.string().optional().describe(`only actors whose last record is not before ${TIME}`),
    prefix: z.string().default('').describe('only actors whose address begins so, such as order/sim:ema'),
    limit,
  }),
  async answer(reader, { limit, prefix, changedSince, ...asked }) {
    const since = changedSince === undefined ? undefined : await timeAt(reader, changedSince, 'changedSince')
    const filter = actorFilter.parse({ ...asked, changedSince: since })
    const actors: ActorSummary[] = []
    for await (const actor of reader.actors({ ...filter, prefix })) {
      if (actors.length === limit) return { actors, more: true }
      actors.push(actor)
    }
    return { actors, more: false }
  },
})
