/** The full forms of tests that have a short form in `npm test`. `npm run torture -- <name>` runs them. */

export interface Form {
  /** Subject of the form, in one line. */
  readonly about: string
  readonly files: readonly string[]
  /** Amounts by the variables that its files read with `howMany`. */
  readonly amounts: Readonly<Record<string, number>>
  /** Set when the form needs whole captures. */
  readonly needsRecordings?: true
}

export const FORMS: Readonly<Record<string, Form>> = {
  kills: {
    about: 'a process that is killed at random moments',
    files: ['tests/torture/crash-loop.test.ts'],
    amounts: { KILLS: 500 },
  },
  handlers: {
    about: 'a program that is killed between an event that its handler takes and the write of its position',
    files: ['tests/faults/kill-handler.test.ts'],
    amounts: { HANDLER_KILLS: 200 },
  },
  runner: {
    about: 'runners of each market, killed and stopped again and again',
    files: ['tests/faults/kill-runner.test.ts'],
    amounts: { RUNNER_KILLS: 100 },
  },
  parquet: {
    about: 'a runner that is killed while it writes Parquet files',
    files: ['tests/sinks/parquet/log.test.ts'],
    amounts: { PARQUET_KILLS: 50 },
  },
  record: {
    about: 'a day of the simulated market, recorded and replayed',
    files: ['tests/cli/record.test.ts'],
    amounts: { RECORDED_MS: 86_400_000 },
  },
  moments: {
    about: 'runs that die, or are stopped, at each of their writes',
    files: ['tests/faults/kills/every-kill.test.ts'],
    amounts: { SINGLE_KILLS: 300, KILLS_OF_ONE: 100, KILLS_OF_EACH: 2, WRITE_STEP: 1, KILLED_RUN_MS: 60_000 },
  },
  sinks: {
    about: 'targets of sinks that are killed and cut off, and runners that are killed, while events flow',
    files: ['tests/faults/sinks.test.ts'],
    amounts: { SINK_FAULTS: 50 },
  },
  upgrades: {
    about: 'first starts of this version on a folder of an earlier one, killed at each write',
    files: ['tests/faults/kill-upgrade.test.ts'],
    amounts: { UPGRADE_KILL_STEP: 1 },
  },
  deletion: {
    about:
      'a process that deletes the beginning of its log, killed, cut off and let down by its disk in each step',
    files: ['tests/faults/kill-deletion.test.ts'],
    amounts: { CUT_KILLS: 300, CUT_FAILURES: 60 },
  },
  power: {
    about: 'power cuts of a store',
    files: ['tests/faults/power-loss.test.ts'],
    amounts: { POWER_CUTS: 4_000 },
  },
  verify: {
    about: 'what verify holds in memory, by the number of actors',
    files: ['tests/runtime/verify-memory.test.ts'],
    amounts: { VERIFY_ACTORS: 200_000 },
  },
  'bit-rot': {
    about: 'every bit of a store changed, its end cut off at every byte, a runner with a changed log',
    files: [
      'tests/faults/bit-rot.test.ts',
      'tests/faults/full-disk.test.ts',
      'tests/faults/cut-log-rot.test.ts',
    ],
    amounts: { BYTE_STEP: 1, BITS: 8, DAMAGED_LOGS: 1_000, CUT_ROTS: 3_000 },
  },
  races: {
    about: 'two first starts at once on one new folder',
    files: ['tests/faults/races.test.ts'],
    amounts: { RACES: 500 },
  },
  frozen: {
    about: 'a writer that is frozen while another takes its store, with and without its locks',
    files: ['tests/faults/frozen.test.ts'],
    amounts: { FREEZES: 200 },
  },
  swaps: {
    about: 'every file of a store deleted, or exchanged for an older one or one of another store',
    files: ['tests/faults/swaps.test.ts'],
    amounts: { SWAPS: 100_000 },
  },
  laws: {
    about: 'random messages and ends of a runtime, against the laws of its log',
    files: ['tests/runtime/lawful.test.ts'],
    amounts: { LAWFUL_LIVES: 3_000 },
  },
  feed: {
    about: 'commits, throttles, slow reads, cuts and resumes of a feed in any order',
    files: ['tests/api/feed-interleavings.test.ts'],
    amounts: { INTERLEAVINGS: 5_000 },
  },
  calls: {
    about: 'any request of any route and any frame of any channel, at a runner that trades',
    files: ['tests/api/any-call.test.ts'],
    amounts: { CALLS: 30_000, SESSIONS: 3_000 },
  },
  crowd: {
    about: 'a hundred clients of the feed, thirty of which misbehave',
    files: ['tests/api/crowd.test.ts'],
    amounts: { CROWD_EVENTS: 300_000 },
  },
  'feed-storm': {
    about: 'clients of the feed that are killed, paused and restarted, while the runner is killed, too',
    files: ['tests/faults/feed-storm.test.ts'],
    amounts: { FEED_STORM_SECONDS: 120, FEED_STORM_KILLS: 10 },
  },
  worlds: {
    about: 'simulated worlds in which everything goes wrong',
    files: ['tests/simulation/simulation.test.ts'],
    amounts: { WORLDS: 250 },
  },
  differential: {
    about: 'random machines against live XState',
    files: ['tests/runtime/differential.test.ts'],
    amounts: { MACHINES: 10_000 },
  },
  values: {
    about: 'any value at any door',
    files: ['tests/runtime/doors.test.ts'],
    amounts: { VALUES: 20_000 },
  },
  timers: {
    about: 'a million timers due at once',
    files: ['tests/runtime/timers-at-once.test.ts'],
    amounts: { ACTORS_WITH_TIMERS: 1_000, TIMERS_OF_ONE: 1_000_000 },
  },
  lives: {
    about: 'random lives of actors, interrupted in every way',
    files: ['tests/runtime/lives.test.ts'],
    amounts: { LIVES: 2_000 },
  },
  'venue-model': {
    about: 'random lives of an order and its venue',
    files: ['tests/machines/venue-model.test.ts'],
    amounts: { ORDERS: 200_000 },
  },
  lists: {
    about: 'random lives of lists of orders',
    files: ['tests/machines/order-list.test.ts'],
    amounts: { LISTS: 50_000 },
  },
  flatten: {
    about: 'accounts that become flat while orders, prices and the venue do what they want',
    files: ['tests/machines/closing-at-random.test.ts'],
    amounts: { FLATTENED_RUNS: 3_000 },
  },
  books: {
    about: 'random books of positions',
    files: ['tests/machines/position.test.ts'],
    amounts: { BOOKS: 20_000 },
  },
  venue: {
    about: 'a paper venue killed at any moment and fed the same again',
    files: ['tests/adapters/paper/crash.test.ts'],
    amounts: { VENUES: 5_000 },
  },
  faults: {
    about: 'a day of the simulated market over a faulty link',
    files: ['tests/runner/faults.test.ts'],
    amounts: { MINUTES: 1_440 },
  },
  recordings: {
    about: 'whole captures: their books, scripted orders in them, indicators over them',
    files: [
      'tests/adapters/recording.test.ts',
      'tests/adapters/market-reading.test.ts',
      'tests/adapters/paper/real-market.test.ts',
      'tests/machines/indicators/indicators.test.ts',
    ],
    amounts: {},
    needsRecordings: true,
  },
}
