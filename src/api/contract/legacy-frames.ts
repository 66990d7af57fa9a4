/** The frames of the WebSocket `/inspect/legacy`: those of @xstate/inspect 0.8, for receivers that know xstate 4. */
import { z } from 'zod'

const sessionId = z.string().describe('address of the actor')
const stateText = z.string().describe('state of the actor, as xstate 4 has it, as JSON')

/** Receivers send further fields, which mean nothing here. */
export const inspectingFrame = z.looseObject({ type: z.literal('xstate.inspecting') }).meta({
  description: 'Says that the client is ready. The server then tells of the actors.',
  examples: [{ type: 'xstate.inspecting' }],
})

export const legacyEventFrame = z
  .looseObject({
    type: z.literal('xstate.event'),
    event: z.string().describe('the event, or an SCXML event with it as its `data`, as JSON'),
    sessionId: z.string().optional().describe('address of the actor'),
    service: z.string().optional().describe('the same, as some receivers call it'),
  })
  .meta({
    description:
      'Sends an event to an actor, as `POST /actors/{address}/events` does: a read token, a wrong event or an unknown actor is refused with `error`.',
    examples: [
      {
        type: 'xstate.event',
        event: '{"type":"SET_TRADING_STATE","tradingState":"active","by":"ann"}',
        sessionId: 'account/sim',
      },
    ],
  })

/** A frame that a client of `/inspect/legacy` may send. */
export const legacyClientFrame = z.discriminatedUnion('type', [inspectingFrame, legacyEventFrame])

const STATE = {
  value: { execution: 'submitted', request: 'idle' },
  context: { clOrdId: 'sim:o-1' },
  event: { type: 'SUBMIT' },
  _event: { name: 'SUBMIT', data: { type: 'SUBMIT' }, $$type: 'scxml', type: 'external' },
  actions: [],
  tags: ['working'],
  done: false,
}

export const registerFrame = z
  .object({
    type: z.literal('service.register'),
    machine: z.string().describe('configuration of the machine, in the form of xstate 4, as JSON'),
    state: stateText,
    id: z.string().describe('address of the actor'),
    sessionId,
    parent: z.string().optional().describe('address of the parent, of a child'),
  })
  .meta({
    description: 'An actor that is a machine: each that exists, and each that begins.',
    examples: [
      {
        type: 'service.register',
        machine: '{"id":"order","type":"parallel","states":{}}',
        state: JSON.stringify(STATE),
        id: 'order/sim:o-1',
        sessionId: 'order/sim:o-1',
      },
    ],
  })

export const serviceEventFrame = z
  .object({
    type: z.literal('service.event'),
    event: z.string().describe('the event, as the SCXML event of xstate 4, as JSON'),
    sessionId,
  })
  .meta({
    description: 'An event that an actor takes. The state after it follows.',
    examples: [{ type: 'service.event', event: JSON.stringify(STATE._event), sessionId: 'order/sim:o-1' }],
  })

export const serviceStateFrame = z
  .object({ type: z.literal('service.state'), state: stateText, sessionId })
  .meta({
    description: 'The state of an actor after an event.',
    examples: [{ type: 'service.state', state: JSON.stringify(STATE), sessionId: 'order/sim:o-1' }],
  })

export const serviceStopFrame = z.object({ type: z.literal('service.stop'), sessionId }).meta({
  description: 'An actor has ended.',
  examples: [{ type: 'service.stop', sessionId: 'order/sim:o-1' }],
})
