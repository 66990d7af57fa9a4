import type { Distribution } from '../../../store/distribution.ts'
import { type Group, withZeros } from '../family.ts'

/** The part of a supervisor that says what it has done since its start. */
export interface RuntimeSource {
  readonly figures: {
    readonly uptimeMs: number
    readonly kinds: readonly string[]
    readonly counts: {
      readonly turns: number
      readonly records: ReadonlyMap<string, number>
      readonly events: ReadonlyMap<string, number>
      readonly failures: ReadonlyMap<string, number>
      readonly restarts: ReadonlyMap<string, number>
      readonly quarantines: ReadonlyMap<string, number>
      readonly deadLetters: ReadonlyMap<string, number>
      readonly commitRecords: Distribution
      readonly commitSeconds: Distribution
    }
    readonly lanes: readonly {
      readonly lane: string
      readonly length: number
      readonly waits: Distribution
    }[]
    readonly timersArmed: number
    readonly timerLateness: Distribution
    readonly clockJumps: number
    readonly store: { readonly commitBytes: Distribution; readonly syncSeconds: Distribution } | undefined
  }
}

const KIND = { kind: 'kind of the actor' }
const LANE = { lane: '`control`, `timer`, `execution`, `command` or `market`' }

/** Why a message became a dead letter. */
const REASONS = ['unknown', 'ended', 'quarantined', 'failed', 'stashFull', 'unreadable', 'handlerFailed']

export const RUNTIME: Group<RuntimeSource> = {
  name: 'The runtime',
  about: 'Of each supervisor, since its start. All of it counts only what is durable.',
  families: [
    {
      name: 'outcry_uptime_seconds',
      help: 'Time since the supervisor has started',
      type: 'gauge',
      read: ({ figures }) => figures.uptimeMs / 1_000,
    },
    {
      name: 'outcry_turns_total',
      help: 'Turns in the log: one message and all that follows from it at once',
      type: 'counter',
      read: ({ figures }) => figures.counts.turns,
    },
    {
      name: 'outcry_transitions_total',
      help: 'Records: transitions of actors',
      type: 'counter',
      labels: KIND,
      read: ({ figures }) => withZeros(figures.counts.records, figures.kinds),
    },
    {
      name: 'outcry_events_total',
      help: 'Domain events that machines emitted',
      type: 'counter',
      labels: { type: 'type of the event; `other` beyond the first 1,000 types' },
      read: ({ figures }) => figures.counts.events,
    },
    {
      name: 'outcry_actor_failures_total',
      help: 'Failures of actors: a machine threw, and its turn was undone',
      type: 'counter',
      labels: KIND,
      read: ({ figures }) => withZeros(figures.counts.failures, figures.kinds),
    },
    {
      name: 'outcry_actor_restarts_total',
      help: 'Restarts of actors, after failures or by people',
      type: 'counter',
      labels: KIND,
      read: ({ figures }) => withZeros(figures.counts.restarts, figures.kinds),
    },
    {
      name: 'outcry_actor_quarantines_total',
      help: 'Actors that went into quarantine',
      type: 'counter',
      labels: KIND,
      read: ({ figures }) => withZeros(figures.counts.quarantines, figures.kinds),
    },
    {
      name: 'outcry_dead_letters_total',
      help: 'Messages that reached no actor',
      type: 'counter',
      labels: { reason: REASONS.map((reason) => `\`${reason}\``).join(', ') },
      read: ({ figures }) => withZeros(figures.counts.deadLetters, REASONS),
    },
    {
      name: 'outcry_mailbox_messages',
      help: 'Messages that wait for their turn',
      type: 'gauge',
      labels: LANE,
      read: ({ figures }) => figures.lanes.map(({ lane, length }) => [lane, length] as const),
    },
    {
      name: 'outcry_mailbox_wait_seconds',
      help: 'Time that a message waits for its turn',
      type: 'histogram',
      labels: LANE,
      read: ({ figures }) => figures.lanes.map(({ lane, waits }) => [lane, waits] as const),
    },
    {
      name: 'outcry_commit_records',
      help: 'Records of a commit',
      type: 'histogram',
      read: ({ figures }) => figures.counts.commitRecords,
    },
    {
      name: 'outcry_commit_size_bytes',
      help: 'Size of a commit in the log',
      type: 'histogram',
      read: ({ figures }) => figures.store?.commitBytes,
    },
    {
      name: 'outcry_commit_duration_seconds',
      help: 'Time from the write of a commit until it is durable',
      type: 'histogram',
      read: ({ figures }) => figures.counts.commitSeconds,
    },
    {
      name: 'outcry_fsync_duration_seconds',
      help: 'Time of a synced write of LevelDB, snapshots included: the write itself and its fsync',
      type: 'histogram',
      read: ({ figures }) => figures.store?.syncSeconds,
    },
    {
      name: 'outcry_timers_armed',
      help: 'Timers that wait; some of them may be canceled already',
      type: 'gauge',
      read: ({ figures }) => figures.timersArmed,
    },
    {
      name: 'outcry_timer_lateness_seconds',
      help: "Time by which a timer was late when it was found due, by the log's clock; one that was due while the process was down is late by that",
      type: 'histogram',
      read: ({ figures }) => figures.timerLateness,
    },
    {
      name: 'outcry_clock_jumps_total',
      help: "Times that the system's clock was set; timers do not follow",
      type: 'counter',
      read: ({ figures }) => figures.clockJumps,
    },
  ],
}
