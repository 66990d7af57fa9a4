/** Makes the AsyncAPI document of the WebSockets from the contract's frames. */
import type { z } from 'zod'
import { compact } from '../../../errors/compact.ts'
import {
  batchFrame,
  CLOSE,
  caughtUpFrame,
  conflatedFrame,
  errorFrame,
  eventFrame,
  helloFrame,
  subscribedFrame,
  subscribeFrame,
  unsubscribeFrame,
  watchFrame,
} from './frames.ts'
import {
  activityFrame,
  actorFrame,
  endFrame,
  failuresFrame,
  snapshotFrame,
  takenFrame,
} from './inspect-frames.ts'
import { inspectQuery } from './inspect-query.ts'
import { type Json, type Schemas, schemaOf } from './json-schema.ts'
import {
  inspectingFrame,
  legacyEventFrame,
  registerFrame,
  serviceEventFrame,
  serviceStateFrame,
  serviceStopFrame,
} from './legacy-frames.ts'

type Frames = Readonly<Record<string, z.ZodType>>

interface Channel {
  readonly address: string
  readonly description: string
  /** The query of its URL. */
  readonly query?: z.ZodType
  /** Frames that clients send. */
  readonly received: Frames
  /** Frames that the server sends. */
  readonly sent: Frames
}

const CHANNELS: Readonly<Record<string, Channel>> = {
  feed: {
    address: '/feed',
    description: `Domain events and records by topic. The server closes with ${CLOSE.badFrame} after a bad frame, with ${CLOSE.unauthorised} without the token, and with ${CLOSE.tooSlow} and the seq to resume from when a client reads nothing or sends too much, and with ${CLOSE.idle} when it has no subscription for long.`,
    received: { subscribe: subscribeFrame, unsubscribe: unsubscribeFrame },
    sent: {
      hello: helloFrame,
      subscribed: subscribedFrame,
      event: eventFrame,
      batch: batchFrame,
      caughtUp: caughtUpFrame,
      conflated: conflatedFrame,
      error: errorFrame,
    },
  },
  inspect: {
    address: '/inspect',
    description:
      'The life of actors as frames of @statelyai/inspect: of the present from now on, or of the past. `at`, `from` and `to` ask for the past of the actors that are named. A client that is slow misses frames of the present, and none of the past.',
    query: inspectQuery,
    received: { watch: watchFrame },
    sent: {
      actor: actorFrame,
      event: takenFrame,
      snapshot: snapshotFrame,
      activity: activityFrame,
      failures: failuresFrame,
      end: endFrame,
      error: errorFrame,
    },
  },
  legacy: {
    address: '/inspect/legacy',
    description:
      'The same as frames of @xstate/inspect 0.8, for receivers that know xstate 4. It tells of machines alone. A client may send events to the actors of the present.',
    query: inspectQuery,
    received: { inspecting: inspectingFrame, event: legacyEventFrame },
    sent: {
      register: registerFrame,
      serviceEvent: serviceEventFrame,
      state: serviceStateFrame,
      stop: serviceStopFrame,
      end: endFrame,
      error: errorFrame,
    },
  },
}

/** Returns the AsyncAPI 3.0 document. `version` is the version of Outcry. */
export function asyncApiOf(version: string): Json {
  const schemas: Schemas = {}
  const channels: Json = {}
  const operations: Json = {}
  for (const [name, { address, description, query, received, sent }] of Object.entries(CHANNELS)) {
    const messages = Object.entries({ ...received, ...sent }).map(
      ([frame, schema]) => [frame, messageOf(schema, schemas)] as const,
    )
    channels[name] = {
      address,
      description,
      messages: Object.fromEntries(messages),
      ...(query !== undefined && { bindings: { ws: { query: schemaOf(query, schemas) } } }),
    }
    for (const [action, frames] of [
      ['receive', received],
      ['send', sent],
    ] as const)
      for (const frame of Object.keys(frames))
        operations[`${name}.${frame}`] = {
          action,
          channel: { $ref: `#/channels/${name}` },
          messages: [{ $ref: `#/channels/${name}/messages/${frame}` }],
        }
  }
  return {
    asyncapi: '3.0.0',
    info: { title: 'Outcry', version },
    channels,
    operations,
    components: { schemas },
  }
}

function messageOf(schema: z.ZodType, schemas: Schemas): Json {
  const { description, examples } = schema.meta() ?? {}
  const payloads = Array.isArray(examples) ? examples : []
  return {
    ...compact({ summary: description }),
    payload: schemaOf(schema, schemas),
    ...(payloads.length > 0 && { examples: payloads.map((payload: unknown) => ({ payload })) }),
  }
}
