/** Followers of a log in a test, each with its sink. */
import { emit, setup } from 'xstate'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { type SinkEvent, sinkEventsOf } from '../../src/sinks/event.ts'
import { Follower } from '../../src/sinks/follower.ts'
import { Recent } from '../../src/sinks/recent.ts'
import type { Sink, SinkPlace } from '../../src/sinks/sink.ts'

/** An actor that emits the events that it is told to emit, at once. */
export const teller = setup({
  types: {} as { events: { type: 'TELL'; events: readonly AnyEvent[] }; emitted: AnyEvent },
}).createMachine({
  on: {
    TELL: {
      actions: [0, 1, 2].map((n) => emit(({ event }) => event.events[n] ?? { type: 'NOTHING' })),
    },
  },
})

export type Place = Partial<Pick<SinkPlace, 'name' | 'logId' | 'epoch' | 'run'>>

/** Lets a sink follow a log. `settings` is its section of a configuration. */
export function follow(supervisor: Supervisor, sink: Sink, settings: object, place: Place = {}): Follower {
  const { name = 'test', logId = supervisor.logId, epoch = supervisor.epoch, run = 'this' } = place
  const config = sink.config.parse(settings)
  const follower = new Follower({
    name,
    log: supervisor,
    recent: new Recent(supervisor.transitions$, supervisor.seq),
    mark: supervisor.bookmark(`sink:${name}`),
    logger: silentLogger,
    open: (signal) =>
      sink.open(config as never, {
        name,
        logId,
        epoch,
        run,
        seq: supervisor.seq,
        logger: silentLogger,
        signal,
      }),
    wants: () => true,
    since: 'start',
    times: { lingerMs: 1, writeMs: 30_000, retryMsMin: 5, retryMsMax: 20 },
  })
  follower.run().catch(() => {})
  return follower
}

/** Returns all events of a log. */
export async function eventsOf(supervisor: Pick<Supervisor, 'read'>): Promise<SinkEvent[]> {
  const events: SinkEvent[] = []
  for await (const record of supervisor.read()) events.push(...sinkEventsOf(record))
  return events
}
