/** The frames of the WebSocket `/inspect`: those of @statelyai/inspect, with more fields, and two of our own. */
import { z } from 'zod'
import { anyEvent, logId, position, recordTime, rev, seq, stateValue } from './fields.ts'
import { actorSummary, failure } from './record.ts'

const condition = actorSummary.shape.condition

/** The fields that all frames about one actor share. */
const ofActor = {
  rootId: z.string().describe('address of the top actor'),
  sessionId: z.string().describe('address of the actor'),
  createdAt: z.string().describe('epoch milliseconds, as text'),
  id: z.null(),
  _version: z.string().describe('version of @statelyai/inspect whose frames these are'),
}

const OF_ORDER = {
  rootId: 'order/sim:o-1',
  sessionId: 'order/sim:o-1',
  createdAt: '1723161255343',
  id: null,
  _version: '0.7.2',
}
const VALUE = { execution: 'new', request: 'idle' }

export const actorFrame = z
  .object({
    type: z.literal('@xstate.actor'),
    name: z.string(),
    kind: z.string(),
    parentId: z.string().optional().describe('address of the parent, of a child'),
    definition: z.string().optional().describe('configuration of the machine, as JSON'),
    snapshot: z.unknown().describe('state of the actor, as XState has it'),
    condition,
    ...ofActor,
  })
  .meta({
    description:
      'An actor, before anything else about it. A client that watches gets it of each that begins.',
    examples: [
      {
        type: '@xstate.actor',
        name: 'order/sim:o-1',
        kind: 'order',
        snapshot: { status: 'active', value: VALUE, context: {} },
        ...OF_ORDER,
      },
    ],
  })

export const takenFrame = z
  .object({
    type: z.literal('@xstate.event'),
    event: anyEvent,
    sourceId: z
      .string()
      .optional()
      .describe('address of the actor that sent it; absent where it came from outside'),
    ...ofActor,
  })
  .meta({
    description: 'An event that an actor takes. The snapshot after it follows.',
    examples: [{ type: '@xstate.event', event: { type: 'CANCEL', by: 'ann' }, ...OF_ORDER }],
  })

export const snapshotFrame = z
  .object({
    type: z.literal('@xstate.snapshot'),
    event: anyEvent,
    snapshot: z.unknown().describe('state of the actor after the event'),
    condition,
    seq,
    rev,
    at: recordTime,
    from: stateValue.nullable(),
    to: stateValue,
    tags: z.array(z.string()),
    emitted: z.array(anyEvent).optional(),
    unhandled: z.literal(true).optional(),
    _transitions: z.unknown().optional().describe('the transitions that the machine took'),
    ...ofActor,
  })
  .meta({
    description: 'The state of an actor after an event, with the place of the record.',
    examples: [
      {
        type: '@xstate.snapshot',
        event: { type: 'CANCEL', by: 'ann' },
        snapshot: { status: 'active', value: { ...VALUE, request: 'cancel' }, context: {} },
        seq: 1_234,
        rev: 4,
        at: 1_723_161_255_343,
        from: VALUE,
        to: { ...VALUE, request: 'cancel' },
        tags: [],
        _transitions: [],
        ...OF_ORDER,
      },
    ],
  })

export const activityFrame = z
  .object({
    type: z.literal('outcry.activity'),
    log: logId,
    actors: z.array(
      z.object({
        address: z.string(),
        value: stateValue,
        tags: z.array(z.string()),
        status: z.string(),
        condition,
        error: z.unknown().optional().describe('what ended the actor'),
        rev: position,
        seq: position,
        at: recordTime,
      }),
    ),
  })
  .meta({
    description: 'The present state of actors that have changed and that the client does not watch.',
    examples: [
      {
        type: 'outcry.activity',
        log: '7f3a',
        actors: [
          {
            address: 'order/sim:o-1',
            value: VALUE,
            tags: [],
            status: 'active',
            rev: 3,
            seq: 1_234,
            at: 1_723_161_255_343,
          },
        ],
      },
    ],
  })

export const failuresFrame = z
  .object({ type: z.literal('outcry.failures'), failures: z.array(failure) })
  .meta({
    description: 'Failures of any actor since the last such frame, for a client that watches.',
    examples: [
      {
        type: 'outcry.failures',
        failures: [
          {
            actor: 'emaCross/btc',
            seq: 512,
            rev: 40,
            at: 1_723_161_255_343,
            event: 'CANDLE_CLOSED',
            message: 'TypeError: x is undefined',
            action: 'quarantine',
            count: 1,
          },
        ],
      },
    ],
  })

export const endFrame = z
  .object({
    type: z.literal('outcry.end'),
    records: z.int().nonnegative().describe('number of records that were sent'),
  })
  .meta({
    description: 'The end of a past life. The connection stays open.',
    examples: [{ type: 'outcry.end', records: 12 }],
  })
