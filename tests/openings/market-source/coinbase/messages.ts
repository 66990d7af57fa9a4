/** Schemas of Coinbase's public messages: https://docs.cdp.coinbase.com/exchange/websocket-feed/channels */
import { z } from 'zod'
import { name } from '../../../machines/model/fields.ts'

const id = z.int().nonnegative()
/** A decimal text. `price` and `quantity` check it. */
const decimal = z.string()
/** A time. Microseconds are cut off. */
const time = z.iso.datetime().transform((text) => Date.parse(text))
const LEVELS_MAX = 100_000
const levels = z.array(z.unknown()).max(LEVELS_MAX)
/** Side of the resting order. */
const side = z.enum(['buy', 'sell'])

const own = { product_id: name }
const trade = { ...own, trade_id: id, sequence: id, side, price: decimal, size: decimal, time }
export const match = z.object({ ...trade, type: z.literal('match') })
/** The last trade before the subscription. */
export const lastMatch = z.object({ ...trade, type: z.literal('last_match') })
export const snapshot = z.object({ ...own, type: z.literal('snapshot'), bids: levels, asks: levels })
export const l2update = z.object({
  ...own,
  type: z.literal('l2update'),
  changes: z.array(z.tuple([side, decimal, decimal])).max(LEVELS_MAX),
  time,
})

export const MESSAGES = { match, last_match: lastMatch, snapshot, l2update }
export type Message =
  | z.output<typeof match>
  | z.output<typeof lastMatch>
  | z.output<typeof snapshot>
  | z.output<typeof l2update>
export type Match = z.output<typeof match> | z.output<typeof lastMatch>
export type Snapshot = z.output<typeof snapshot>
export type Update = z.output<typeof l2update>
