import type { Group } from '../family.ts'

/** A sink, as its follower counts. */
interface Sink {
  readonly name: string
  readonly events: number
  readonly batches: number
  readonly failures: number
  readonly writeSeconds: number
  readonly behindRecords: number
  readonly behindSeconds: number
  /** Undefined while it writes. */
  readonly failure?: string
}

export interface SinksSource {
  readonly sinks: Iterable<Sink>
}

const SINK = { sink: 'name of the sink' }

export const SINKS: Group<SinksSource> = {
  name: 'The sinks',
  about: 'Of a runner whose configuration has sinks.',
  families: [
    {
      name: 'outcry_sink_up',
      help: '1 while a sink writes, 0 while its target does not take what comes; `/health` has the reason',
      type: 'gauge',
      labels: SINK,
      read: ({ sinks }) =>
        [...sinks].map(({ name, failure }) => [name, failure === undefined ? 1 : 0] as const),
    },
    {
      name: 'outcry_sink_behind_records',
      help: 'Records of the log that a sink has still to go through, with those that its target does not take',
      type: 'gauge',
      labels: SINK,
      read: ({ sinks }) => [...sinks].map(({ name, behindRecords }) => [name, behindRecords] as const),
    },
    {
      name: 'outcry_sink_behind_seconds',
      help: 'Time of the log between its end and what a sink has gone through, or while its target does not take it, what that has',
      type: 'gauge',
      labels: SINK,
      read: ({ sinks }) => [...sinks].map(({ name, behindSeconds }) => [name, behindSeconds] as const),
    },
    {
      name: 'outcry_sink_events_total',
      help: 'Events that the target of a sink has for good',
      type: 'counter',
      labels: SINK,
      read: ({ sinks }) => [...sinks].map(({ name, events }) => [name, events] as const),
    },
    {
      name: 'outcry_sink_batches_total',
      help: 'Batches that a sink has handed to its target',
      type: 'counter',
      labels: SINK,
      read: ({ sinks }) => [...sinks].map(({ name, batches }) => [name, batches] as const),
    },
    {
      name: 'outcry_sink_failures_total',
      help: 'Attempts of a sink to open its target or to write that failed',
      type: 'counter',
      labels: SINK,
      read: ({ sinks }) => [...sinks].map(({ name, failures }) => [name, failures] as const),
    },
    {
      name: 'outcry_sink_write_seconds_total',
      help: 'Time that the writes of a sink took',
      type: 'counter',
      labels: SINK,
      read: ({ sinks }) => [...sinks].map(({ name, writeSeconds }) => [name, writeSeconds] as const),
    },
  ],
}
