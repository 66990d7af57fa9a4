import type { Supervisor } from '../../runtime/supervisor.ts'
import type { AnswerOf } from '../contract/route.ts'
import { routes } from '../contract/routes.ts'
import { timelineOf } from '../state/timeline.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { signalOf } from './request.ts'

/** `GET /timeline`: a stretch of the log in few points. */
export function timelineRoutes(http: Api, supervisor: Supervisor): void {
  http.get(
    pathOf(routes.timeline),
    { schema: { querystring: routes.timeline.query } },
    async ({ query }, reply): Promise<AnswerOf<typeof routes.timeline>> =>
      timelineOf(
        {
          seq: supervisor.seq,
          seqAt: (at, options) => supervisor.seqAt(at, options),
          read: (options) => supervisor.read(options),
          events: (options) => supervisor.history(options),
        },
        query,
        { signal: signalOf(reply) },
      ),
  )
}
