/**
 * Captures of the simulated market, as `outcry record` writes them: lines like those of an exchange's combined stream,
 * whose data is our own market event.
 */
import { z } from 'zod'
import { marketEvent } from '../../../machines/events/market.ts'
import { type Instrument, instrument, type MarketEvent } from '../../../machines/index.ts'
import { name } from '../../../machines/model/fields.ts'
import type { CaptureFormat } from '../capture-format.ts'
import { Refusal } from '../refusals.ts'
import { SIM_VENUE } from './sim.ts'

const CHANNEL = '@outcry'
const STREAM = '{"stream":"'

const message = z.strictObject({
  stream: z.string(),
  data: z.strictObject({ s: name, event: marketEvent }),
})

/** Returns a message of the simulated market as a line of a capture has it. */
export function simMessage(symbol: string, event: MarketEvent): string {
  return JSON.stringify({ stream: `${symbol}${CHANNEL}`, data: { s: symbol, event } })
}

function messageIn(json: string): z.infer<typeof message> | undefined {
  if (!json.includes(CHANNEL)) return undefined
  try {
    const { data } = message.safeParse(JSON.parse(json))
    return data?.stream === `${data?.data.s}${CHANNEL}` ? data : undefined
  } catch {
    return undefined
  }
}

export const simCaptures: CaptureFormat = {
  about: 'the simulated market, written by `outcry record`',
  venues: [SIM_VENUE],
  streamOf: (json) =>
    json.startsWith(STREAM) ? json.slice(STREAM.length, json.indexOf('"', STREAM.length)) : undefined,
  originOf(json) {
    const found = messageIn(json)
    return found && { symbol: found.data.s, venue: SIM_VENUE }
  },
  isAnswer: () => false,
  decoder: ({ symbols }) => ({
    decode(json) {
      const found = messageIn(json)
      if (found === undefined || !symbols.includes(found.data.s))
        throw new Refusal('SCHEMA', 'it is no message of the simulated market')
      const { s: symbol, event } = found.data
      return { kind: event.type.toLowerCase(), symbol, events: [event as MarketEvent] }
    },
  }),
  instruments: ({ symbols }): readonly Instrument[] => symbols.map((symbol) => instrument.parse({ symbol })),
}
