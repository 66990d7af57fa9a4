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
import { activityFrame, actorFrame, failuresFrame, snapshotFrame, takenFrame } from './inspect-frames.ts'
import { type Json, type Schemas, schemaOf } from './json-schema.ts'

type Frames = Readonly<Record<string, z.ZodType>>

interface Channel {
  readonly address: string
  readonly description: string
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
    description: 'Transitions as frames of @statelyai/inspect.',
    received: { watch: watchFrame },
    sent: {
      actor: actorFrame,
      event: takenFrame,
      snapshot: snapshotFrame,
      activity: activityFrame,
      failures: failuresFrame,
      error: errorFrame,
    },
  },
}

/** Returns the AsyncAPI 3.0 document. `version` is the version of Outcry. */
export function asyncApiOf(version: string): Json {
  const schemas: Schemas = {}
  const channels: Json = {}
  const operations: Json = {}
  for (const [name, { address, description, received, sent }] of Object.entries(CHANNELS)) {
    const messages = Object.entries({ ...received, ...sent }).map(
      ([frame, schema]) => [frame, messageOf(schema, schemas)] as const,
    )
    channels[name] = { address, description, messages: Object.fromEntries(messages) }
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
