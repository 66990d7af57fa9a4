/**
 * Every route of the API. The handlers check requests with these objects, and `outcry/client` has its types from them.
 *
 * The routes know only the envelope of an event. The schemas of a kind's events come with its registration: a command
 * that breaks them is refused as `EVENT_INVALID`, with the fields and their rules.
 */
import { z } from 'zod'
import { actorFilter } from './actor-filter.ts'
import {
  account,
  actorActed,
  componentActed,
  coverage,
  fenced,
  healthy,
  letterSettled,
  machineOfKind,
  notReady,
  ready,
  stateDefinition,
  taken,
  takenAndRefused,
  verification,
} from './answers.ts'
import { eventEnvelope } from './envelope.ts'
import { address, epochMs, position, rev, time } from './fields.ts'
import { actorGroups, groupedBy } from './groups.ts'
import { moment } from './place.ts'
import { actorSummary, actorView, failure, recordInDetail, recordWithLinks } from './record.ts'
import type { Route } from './route.ts'
import { stateDocument } from './state.ts'
import { statePath } from './state-path.ts'
import { timeline } from './timeline.ts'
import { vitals } from './vitals.ts'
import { explanation } from './why.ts'

/** Most items in one answer: a list of actors, a history or events. */
export const PAGE_MAX = 1_000

/** Most records behind a record that are searched for its effects. */
const WITHIN_MAX = 200_000
const PAGE = 100
/** Most points of a time line. */
const POINTS_MAX = 2_000
/** Most types of events that a time line marks or follows. */
const TYPES_MAX = 32
/** Most different failures in one answer. */
export const FAILURES_MAX = 100
/** Most groups, and most actors by name, of one request. */
const NAMED_MAX = 100
/** Most characters of a person's note on a release. */
const TEXT_LENGTH_MAX = 500

/** Most characters of a text that is searched for. */
const SOUGHT_LENGTH_MAX = 200

/** The text of a number. JavaScript takes others for numbers, too: an empty one for 0. */
const NUMBER = /^-?\d+(?:\.\d+)?$/
/** Returns the schema of a number in a URL, where it is text. */
const inUrl = (schema: z.ZodNumber): z.ZodType<number, number | string> =>
  z.preprocess(
    (given) => (typeof given === 'string' && NUMBER.test(given) ? Number(given) : given),
    schema,
  ) as z.ZodType<number, number | string>
const count = (max: number) => inUrl(z.number().int().positive().max(max))
const place = inUrl(z.number().int().nonnegative()).optional()
const ofActor = z.strictObject({
  address: address.describe(
    'address of the actor, percent-encoded: `order%2Fsim:o-1`; `order/sim:o-1` is taken, too',
  ),
})
const NEXT_AFTER = 'Page by page: `next` is the `after` of the next page.'
/** Returns the schema of `next` in an answer with one page of a list. */
const nextOf = <Place extends z.ZodType>(place: Place) =>
  place.optional().describe('where the next page of the same request begins; absent on the last page')
const text = z.string().min(1).max(TEXT_LENGTH_MAX).optional()

/** Types of events, separated by commas. */
const types = z
  .string()
  .default('')
  .transform((text) => text.split(',').filter((type) => type !== ''))
  .refine(({ length }) => length <= TYPES_MAX, `at most ${TYPES_MAX} types`)

/** A text that is searched for. */
const sought = z.string().min(1).max(SOUGHT_LENGTH_MAX).optional()

/** Returns the schema of texts that commas separate. */
const listed = (max: number) =>
  z
    .string()
    .transform((text) => text.split(',').filter((one) => one !== ''))
    .refine(({ length }) => length > 0 && length <= max, `1 to ${max}, separated by commas`)

/** The headers of what changes something. A request with the same key is answered again, and changes nothing. */
const keyed = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, '1 to 128 characters of ASCII without spaces')
    .optional()
    .describe('a text that the client chooses: the same request with the same key counts once'),
})
/** The person and the reason, for the record. `by` is the name of the token where it is left out. */
const why = z.strictObject({ by: text, reason: text }).nullish()
/** Codes by which what is done to an actor is refused. */
const ACT_REFUSALS = [
  'ADDRESS_INVALID',
  'REQUEST_INVALID',
  'KIND_UNKNOWN',
  'ACTOR_UNKNOWN',
  'ACTOR_ENDED',
  'KEY_REUSED',
  'MAILBOX_FULL',
  'STORE_FENCED',
] as const
const seqInUrl = inUrl(z.number().int().positive())

/** The fields that all events to an actor share. The kinds know the others. @example { type: 'CANCEL', by: 'ann' } */
export const commandEvent = z.looseObject({ type: z.string().min(1), at: epochMs.optional() })

export const routes = {
  health: {
    method: 'GET',
    path: '/health',
    example: { path: '/health' },
    summary: 'Tells whether the runner is healthy, and where its log ends. It needs no token.',
    answers: { 200: healthy, 503: fenced },
    refusals: ['STORE_FENCED'],
  },

  ready: {
    method: 'GET',
    path: '/ready',
    example: { path: '/ready' },
    summary:
      'Tells whether all that is needed runs: with 503, which parts do not, and why. It needs no token, and `/health` says more.',
    answers: { 200: ready, 503: notReady },
    refusals: ['NOT_READY'],
  },

  metrics: {
    method: 'GET',
    path: '/metrics',
    example: { path: '/metrics' },
    summary:
      'Sends the metrics for Prometheus, which docs/metrics.md lists: as OpenMetrics where `Accept` prefers it.',
    answers: { 200: z.unknown() },
    text: ['text/plain', 'application/openmetrics-text'],
    refusals: [],
  },

  backup: {
    method: 'GET',
    path: '/backup',
    example: { path: '/backup?of=folder' },
    summary:
      'Sends the log, or with `of=folder` the whole data folder, as the entries of one consistent copy.',
    query: z.looseObject({
      of: z
        .literal('folder')
        .optional()
        .catch(undefined)
        .describe('`folder` for the whole data folder; by default the log alone'),
    }),
    answers: { 200: z.unknown() },
    isBinary: true,
    refusals: [],
  },

  /**
   * A check that takes long has begun its answer with status 200. If it fails later, a refusal is its body.
   */
  verify: {
    method: 'GET',
    path: '/verify',
    example: { path: '/verify' },
    summary: 'Checks the whole log and the data that belongs to it. The check reads all of it.',
    answers: { 200: verification },
    refusals: ['SCRATCH_FAILED'],
  },

  actors: {
    method: 'GET',
    path: '/actors',
    example: { path: '/actors?kind=order&state=filled&limit=10' },
    summary: `Lists actors, all of them or those that pass a filter, as they are or as they were. ${NEXT_AFTER}`,
    query: actorFilter
      .extend({
        prefix: z.string().default('').describe('only actors whose address begins so'),
        address: listed(NAMED_MAX)
          .optional()
          .describe(`only these actors: up to ${NAMED_MAX} addresses, separated by commas`),
        group: listed(NAMED_MAX)
          .optional()
          .describe(
            'only actors of these groups, separated by commas: in their order, the latest list of orders first',
          ),
        by: groupedBy.default('owner').describe('what the groups are by'),
        seq: place.describe(
          'as they were after the record with this seq; those that came later are left out',
        ),
        at: time.optional().describe(`as they were at this time: ${time.description}`),
        after: z.string().optional().describe('address after which the page begins'),
        limit: count(PAGE_MAX).prefault(PAGE).describe('most items of the page'),
      })
      .refine(({ seq, at }) => seq === undefined || at === undefined, 'give one of seq and at')
      .refine(
        ({ address, group }) => address === undefined || group === undefined,
        'give one of address and group',
      ),
    answers: {
      200: z.object({
        actors: z.array(actorSummary),
        next: nextOf(z.string()).describe(
          'where the next page of the same request begins; absent on the last page. A page may have few actors or none, and a next one',
        ),
      }),
    },
    refusals: ['REQUEST_INVALID', 'PLACE_INVALID'],
  },

  groups: {
    method: 'GET',
    path: '/groups',
    example: { path: '/groups?by=owner' },
    summary:
      'Counts actors by owner or by kind, all of them or those that pass a filter, and names those that have failed. With `group`, `/actors` lists those of a group.',
    query: actorFilter.extend({
      prefix: z.string().default('').describe('only actors whose address begins so'),
      by: groupedBy.default('owner').describe('what the groups are by'),
      whole: z
        .stringbool()
        .default(false)
        .describe(
          '`true` waits until the states of all actors are read; by default those are counted that are',
        ),
    }),
    answers: { 200: actorGroups },
    refusals: ['REQUEST_INVALID'],
  },

  actor: {
    method: 'GET',
    path: '/actors/{address}',
    example: { path: '/actors/account%2Fsim' },
    summary: 'Shows an actor as it is, or as it was at a seq, at a rev of its own or at a time.',
    params: ofActor,
    query: z
      .strictObject({
        seq: place.describe('as it was after the record with this seq'),
        rev: place.describe('as it was after its own record with this rev'),
        at: time.optional(),
      })
      .refine(
        (query) => Object.values(query).filter((value) => value !== undefined).length <= 1,
        'give one of seq, rev and at',
      ),
    answers: { 200: actorView },
    refusals: [
      'ADDRESS_INVALID',
      'REQUEST_INVALID',
      'PLACE_INVALID',
      'ACTOR_UNKNOWN',
      'REV_UNKNOWN',
      'KIND_UNKNOWN',
      'METHOD_REFUSED',
    ],
  },

  history: {
    method: 'GET',
    path: '/actors/{address}/history',
    example: { path: '/actors/account%2Fsim/history?reverse=true&limit=10&detail=true' },
    summary: `Lists the records of an actor by rev, all of them or those that are searched for. ${NEXT_AFTER}`,
    params: ofActor,
    query: z
      .strictObject({
        fromRev: place.describe('rev of the first record'),
        toRev: place.describe('rev of the last record'),
        toSeq: place.describe('seq in the log after which no record is listed'),
        after: place.describe('rev of the record before the first, in the order of the list'),
        reverse: z.stringbool().default(false).describe('`true` lists the latest first'),
        limit: count(PAGE_MAX).prefault(PAGE).describe('most items of the page'),
        detail: z
          .stringbool()
          .default(false)
          .describe('`true` adds to each record what it `changed`, and the transitions `taken`'),
        type: types.describe(
          'types of events, separated by commas: only records that took or emitted an event of one of them',
        ),
        text: sought.describe(
          'only records with this text, in any case, in the type or in a value of an event that they took or emitted',
        ),
        changed: statePath
          .optional()
          .describe(
            'only records that changed the state at this path, or a part of it, such as `stopPx`, `legs[0].stopPx` or `value.execution`. Their `changed` has these changes',
          ),
        is: sought.describe('with `changed`: only where this is the value after the change, such as `0.03`'),
      })
      .refine(({ changed, is }) => is === undefined || changed !== undefined, {
        path: ['is'],
        error: 'needs `changed`',
      }),
    answers: {
      200: z.object({
        records: z.array(recordInDetail),
        next: nextOf(rev).describe(
          'where the next page of the same request begins; absent on the last page. A page of a search may have few records or none, and a next one',
        ),
        read: position.optional().describe('number of records that were read for the page'),
        unread: position
          .optional()
          .describe(
            'of a search for changes: number of records that were passed over, because their states are not known',
          ),
      }),
    },
    refusals: ['ADDRESS_INVALID', 'REQUEST_INVALID'],
  },

  machine: {
    method: 'GET',
    path: '/actors/{address}/machine',
    example: { path: '/actors/account%2Fsim/machine' },
    summary: 'Shows the statechart that an actor runs on.',
    params: ofActor,
    answers: { 200: stateDefinition },
    refusals: ['ADDRESS_INVALID', 'ACTOR_UNKNOWN', 'KIND_UNKNOWN', 'MACHINE_NONE'],
  },

  /**
   * 422 and 409 are on record: the actor refused the request, or it does nothing about the event in its state. After
   * any other refusal, no actor was created and none has changed.
   */
  send: {
    method: 'POST',
    path: '/actors/{address}/events',
    example: {
      path: '/actors/account%2Fsim/events',
      headers: { 'idempotency-key': 'k-1' },
      body: { type: 'SET_TRADING_STATE', tradingState: 'active', by: 'ann' },
    },
    summary:
      'Sends an event to an actor. With an `Idempotency-Key` it may be sent again, and gets the first answer.',
    params: ofActor,
    headers: keyed,
    body: commandEvent,
    answers: { 200: taken, 409: takenAndRefused, 422: takenAndRefused },
    refusals: [
      'ADDRESS_INVALID',
      'REQUEST_INVALID',
      'EVENT_INVALID',
      'COMMAND_UNKNOWN',
      'KIND_UNKNOWN',
      'ACTOR_UNKNOWN',
      'ACTOR_ENDED',
      'ACTOR_FAILED',
      'ACTOR_QUARANTINED',
      'ACTOR_BUSY',
      'EVENT_UNHANDLED',
      'KEY_REUSED',
      'MAILBOX_FULL',
      'STORE_FENCED',
    ],
  },

  release: {
    method: 'POST',
    path: '/actors/{address}/release',
    example: {
      path: '/actors/emaCross%2Fema-BTCUSDT/release',
      body: { by: 'ann', reason: 'fixed in 2.1' },
    },
    summary: 'Lets an actor out of quarantine. The record keeps the person and the reason.',
    params: ofActor,
    headers: keyed,
    body: why,
    answers: { 200: actorActed },
    refusals: [...ACT_REFUSALS, 'ACTOR_NOT_QUARANTINED'],
  },

  /**
   * An actor that holds something, such as an order, is not restarted. A start that throws is a failure of the actor,
   * which is on record.
   */
  restart: {
    method: 'POST',
    path: '/actors/{address}/restart',
    example: { path: '/actors/emaCross%2Fema-BTCUSDT/restart', body: { by: 'ann', reason: 'odd averages' } },
    summary:
      'Lets an actor start over, without its state, its timers and its children. `release` lets it go on in its state.',
    params: ofActor,
    headers: keyed,
    body: why,
    answers: { 200: actorActed },
    refusals: [...ACT_REFUSALS, 'ACTOR_RESERVED', 'ACTOR_HELD', 'ACTOR_FAILED'],
  },

  stop: {
    method: 'POST',
    path: '/actors/{address}/stop',
    example: { path: '/actors/counter%2Fa/stop', body: { by: 'ann' } },
    summary: 'Stops an actor and its children for good. An actor that the run needs is not stopped.',
    params: ofActor,
    headers: keyed,
    body: why,
    answers: { 200: actorActed },
    refusals: [...ACT_REFUSALS, 'ACTOR_RESERVED', 'ACTOR_HELD', 'ACTOR_FAILED'],
  },

  /** A message that is refused again has a dead letter of its own. */
  redeliver: {
    method: 'POST',
    path: '/dead-letters/{seq}/redeliver',
    example: { path: '/dead-letters/1234/redeliver' },
    summary: 'Sends a dead letter to its actor again, by the seq of its record.',
    params: z.strictObject({ seq: seqInUrl }),
    headers: keyed,
    body: why,
    answers: { 200: letterSettled },
    refusals: [
      ...ACT_REFUSALS,
      'EVENT_INVALID',
      'ACTOR_FAILED',
      'ACTOR_QUARANTINED',
      'ACTOR_BUSY',
      'LETTER_UNKNOWN',
      'LETTER_SETTLED',
    ],
  },

  dropLetter: {
    method: 'POST',
    path: '/dead-letters/{seq}/drop',
    example: { path: '/dead-letters/1234/drop', body: { by: 'ann', reason: 'too late' } },
    summary: 'Drops a dead letter, by the seq of its record, so that nobody sends it again.',
    params: z.strictObject({ seq: seqInUrl }),
    headers: keyed,
    body: why,
    answers: { 200: letterSettled },
    refusals: [
      'REQUEST_INVALID',
      'LETTER_UNKNOWN',
      'LETTER_SETTLED',
      'KEY_REUSED',
      'MAILBOX_FULL',
      'STORE_FENCED',
    ],
  },

  restartComponent: {
    method: 'POST',
    path: '/components/{name}/restart',
    example: { path: '/components/news/restart', body: { by: 'ann', reason: 'the wire is back' } },
    summary: 'Stops a part of the runner and starts it again, where the run can go on without it.',
    params: z.strictObject({ name: z.string() }),
    headers: keyed,
    body: why,
    answers: { 200: componentActed },
    refusals: [
      'REQUEST_INVALID',
      'COMPONENT_UNKNOWN',
      'COMPONENT_FIXED',
      'COMPONENT_BUSY',
      'COMPONENT_FAILED',
      'KEY_REUSED',
      'STORE_FENCED',
    ],
  },

  accounts: {
    method: 'GET',
    path: '/accounts',
    example: { path: '/accounts' },
    summary: 'Shows each account with its positions and working orders, at last prices.',
    answers: { 200: z.object({ accounts: z.array(account) }) },
    refusals: [],
  },

  record: {
    method: 'GET',
    path: '/records/{seq}',
    example: { path: '/records/1' },
    summary: 'Shows a record, with links to the record that caused it and to those that it caused.',
    params: z.strictObject({ seq: inUrl(z.number().int().positive()).describe('seq of the record') }),
    query: z.strictObject({
      within: inUrl(z.number().int().nonnegative().max(WITHIN_MAX))
        .prefault(WITHIN_MAX)
        .describe(
          'number of records behind it that are searched for effects, besides its own turn and the histories of the actors that wait for them; with 0 the answer comes at once',
        ),
    }),
    answers: { 200: recordWithLinks },
    refusals: ['REQUEST_INVALID', 'RECORD_UNKNOWN'],
  },

  /** It replays the records of the chain, so it takes longer than `record`. */
  why: {
    method: 'GET',
    path: '/records/{seq}/why',
    example: { path: '/records/1/why' },
    summary:
      'Explains a record: the chain of causes, the guards that were asked with what they read, and the effects.',
    params: z.strictObject({ seq: inUrl(z.number().int().positive()).describe('seq of the record') }),
    query: z.strictObject({
      depth: count(PAGE_MAX).optional().describe('maximum depth of the tree of effects; no limit by default'),
    }),
    answers: { 200: explanation },
    refusals: ['REQUEST_INVALID', 'RECORD_UNKNOWN'],
  },

  machineOfKind: {
    method: 'GET',
    path: '/machines/{kind}',
    example: { path: '/machines/order' },
    summary: 'Shows the statechart of a kind: of the version that new actors get, or of an earlier one.',
    params: z.strictObject({ kind: z.string().describe('name of the kind') }),
    query: z.strictObject({
      version: z.string().optional().describe('version of the machine; the present one by default'),
    }),
    answers: { 200: machineOfKind },
    refusals: ['REQUEST_INVALID', 'KIND_UNKNOWN'],
  },

  /**
   * The latest 100 actors and at most 3,000 of their records are replayed, of a life of more than 750 its first 250 and its
   * last 500 or more. An answer serves for ten seconds.
   */
  coverage: {
    method: 'GET',
    path: '/machines/{kind}/coverage',
    example: { path: '/machines/order/coverage' },
    summary:
      'Counts how often each transition of a machine was taken, by a replay of the latest actors of its kind.',
    params: z.strictObject({ kind: z.string().describe('name of the kind') }),
    query: z.strictObject({
      version: z.string().optional().describe('version of the machine; the present one by default'),
    }),
    answers: { 200: coverage },
    refusals: ['REQUEST_INVALID', 'KIND_UNKNOWN'],
  },

  state: {
    method: 'GET',
    path: '/state',
    example: { path: '/state' },
    summary:
      'Shows accounts and strategies as one document, as they are, or as they were at a seq or a time.',
    query: z
      .strictObject({
        seq: place.describe('as it was after the record with this seq'),
        at: moment.optional(),
        brief: z
          .stringbool()
          .optional()
          .describe(
            '`true` leaves out the reconciliation and the universe. They change seldom, so their past takes long to read in a long log.',
          ),
      })
      .refine(({ seq, at }) => seq === undefined || at === undefined, 'give one of seq and at'),
    answers: { 200: stateDocument },
    refusals: ['REQUEST_INVALID'],
  },

  events: {
    method: 'GET',
    path: '/events',
    example: { path: '/events?tail=50&type=ORDER_FILLED' },
    summary:
      'Lists the last domain events up to a time, or those after a seq or from a time on, page by page: `next` is the `since` of the next page.',
    query: z
      .strictObject({
        tail: count(PAGE_MAX).optional().describe('number of the last events to list; 50 by default'),
        since: place.describe('seq after which the list begins'),
        from: time
          .optional()
          .describe(`${time.description}: the list begins where the log's time reaches it`),
        to: time.optional().describe(`${time.description}: the list ends where the log's time passes it`),
        type: z.string().optional().describe('only events of this type, or of these, separated by commas'),
        actor: z.string().optional().describe('only events of the actor with this address'),
      })
      .refine(
        ({ tail, since, from }) => tail === undefined || (since === undefined && from === undefined),
        'give tail, or since and from, not both',
      ),
    answers: {
      200: z.object({
        seq: position.describe(
          'seq up to which the log was read: the `since` of a later request for what is new',
        ),
        events: z.array(eventEnvelope),
        next: nextOf(position),
        searchedFrom: position
          .optional()
          .describe('of the last events: seq of the first record that was searched for them'),
      }),
    },
    refusals: ['REQUEST_INVALID'],
  },

  timeline: {
    method: 'GET',
    path: '/timeline',
    example: { path: '/timeline?points=10&mark=ORDER_REJECTED,ORDER_DENIED&follow=PORTFOLIO_VALUE' },
    summary:
      'Shows a stretch of the log in few points of equal length, for a picture: how many records each has, the events of some types, and the last one of others.',
    query: z
      .strictObject({
        from: time.optional().describe(`${time.description}; by default the time of the first record`),
        to: time.optional().describe(`${time.description}; by default the time of the last record`),
        points: count(POINTS_MAX).prefault(600).describe('number of points'),
        mark: types.describe('types of events, separated by commas, that are counted in each point'),
        follow: types.describe('types of events, separated by commas, of which each point has the last one'),
        actor: z.string().optional().describe('only events of the actor with this address'),
      })
      .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
        path: ['to'],
        error: 'must be the same or later',
      }),
    answers: { 200: timeline },
    refusals: ['REQUEST_INVALID'],
  },

  vitals: {
    method: 'GET',
    path: '/vitals',
    example: { path: '/vitals' },
    summary:
      'Shows how the runner keeps up: the time of commits, how far clients of the feed are behind, the age of market data, and what is known about the log.',
    answers: { 200: vitals },
    refusals: [],
  },

  failures: {
    method: 'GET',
    path: '/failures',
    example: { path: '/failures?limit=10' },
    summary: 'Lists recent failures, or those of one actor. A release ends the failures before it.',
    query: z.strictObject({
      actor: z.string().optional().describe('only failures of the actor with this address'),
      limit: count(FAILURES_MAX).prefault(FAILURES_MAX).describe('most failures to list'),
    }),
    answers: { 200: z.object({ seq: position, failures: z.array(failure) }) },
    refusals: ['REQUEST_INVALID'],
  },

  openapi: {
    method: 'GET',
    path: '/openapi.json',
    example: { path: '/openapi.json' },
    summary: 'Describes all routes, with the events that the kinds of this server take, as OpenAPI 3.1.',
    answers: { 200: z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }) },
    refusals: [],
  },

  asyncapi: {
    method: 'GET',
    path: '/asyncapi.json',
    example: { path: '/asyncapi.json' },
    summary: 'Describes the frames of the WebSockets as AsyncAPI 3.0.',
    answers: { 200: z.looseObject({ asyncapi: z.string(), channels: z.record(z.string(), z.unknown()) }) },
    refusals: [],
  },
} as const satisfies Record<string, Route>

export type Routes = typeof routes
