/** The figures of how a runner keeps up with what comes in and with those that listen. */
import { z } from 'zod'
import { type Frozen, position, recordTime, stateValue } from './fields.ts'

const ms = z.number().nonnegative()

const commitLatency = z.object({
  commits: position.describe('number of commits in the last minute'),
  p50Ms: ms.describe('half of them took at most so long, in ms'),
  p99Ms: ms.describe('99 of 100 took at most so long, in ms'),
  maxMs: ms.describe('the longest, in ms'),
})

const feedLag = z.object({
  clients: position.describe('connections to the feed'),
  behindRecords: position.describe(
    'records that wait for the slowest client to read; what a client keeps back by its own wish, for a batch or a throttle, does not count',
  ),
  behindMs: ms.describe("the log's time between the oldest of these records and the newest, in ms"),
})

const marketAge = z.object({
  address: z.string().describe('address of the symbol'),
  at: recordTime.optional().describe('time of its last market message; absent before the first'),
  ageMs: ms.optional().describe('ms from then to `now`'),
  state: stateValue,
})

const verified = z.object({
  at: recordTime,
  seq: position.describe('the log was read up to this record'),
  reports: position
    .optional()
    .describe("checked reports in the venues' books; absent when there are no books"),
  problems: position.describe('number of problems that were found, in the log and in the books'),
})

const logFacts = z.object({
  epoch: z.int().describe('grows with each start on this log'),
  startedAfter: position.describe(
    'seq of the last record before this start, which compared the files, the last commits and the end of the log',
  ),
  archivedTo: position.describe('seq of the last record in the archive; 0 while there is none'),
  verified: verified
    .optional()
    .describe('the last whole check (`GET /verify`) since this start; absent when there was none'),
})

/**
 * Ages count from `now`, the present of the run: the clock of the system, or that of a recording.
 *
 * @example
 * { seq: 44237, at: 1723161255343, now: 1723161255350, commits: { commits: 2400, p50Ms: 1.2, p99Ms: 4.1, maxMs: 9.8 },
 *   feed: { clients: 2, behindRecords: 0, behindMs: 0 },
 *   markets: [{ address: 'symbol/sim:BTCUSDT', at: 1723161255343, ageMs: 7, state: { connection: 'connected' } }],
 *   log: { epoch: 3, startedAfter: 40011, archivedTo: 0 } }
 */
export const vitals = z.object({
  seq: position.describe('seq of the last record'),
  at: recordTime.optional().describe('time of that record'),
  now: recordTime,
  commits: commitLatency
    .optional()
    .describe(
      'the time from the write of a commit until it is durable, in the last minute; absent when there was none',
    ),
  feed: feedLag,
  markets: z.array(marketAge).describe('symbols by address: at most 1,000'),
  log: logFacts,
})
export type Vitals = Frozen<z.infer<typeof vitals>>
