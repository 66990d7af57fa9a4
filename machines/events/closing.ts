/** Commands that cancel orders and close positions, and the events that tell what has become of them. */
import { z } from 'zod'
import { address, by, decimal, epochMs, name, remark } from '../model/fields.ts'
import { positionSide } from './order.ts'
import { EXAMPLE, event, ofSymbol, ofTrade, ofVenue } from './shape.ts'

/** The name and the remark of the person who gives a command. */
const byPerson = {
  by: by.describe('The name of the person or program that asks for it.'),
  reason: remark.optional().describe('A remark for the log.'),
}

export const cancelAll = z
  .strictObject({
    type: z.literal('CANCEL_ALL'),
    at: epochMs,
    symbol: name.optional().describe('Cancels the orders of this symbol alone.'),
    ...byPerson,
  })
  .describe(
    'Cancels the working orders of an account. Stops of an open position stay, with the other exits of their list, and so do orders that only reduce one. A stop that is for more than the position, and not bound to reduce, is canceled. Each order tells its end.',
  )

export const flatten = z
  .strictObject({ type: z.literal('FLATTEN'), at: epochMs, ...byPerson })
  .describe(
    'Closes all positions of an account at market and cancels its orders. An active account only reduces from then on, until a person sets it active. A halted account stays halted, and its positions are closed all the same. The stops of a position work until it is closed; those that are not bound to reduce end when its exit is about to go out. ACCOUNT_FLATTENED tells the end, and ACCOUNT_NOT_FLAT what is left after 30 seconds, or at the end what no order can close.',
  )

export const closePosition = z
  .strictObject({ type: z.literal('CLOSE_POSITION'), at: epochMs, ...byPerson })
  .describe(
    'Closes a position at market, in every trading state. Its stops work until then, but for those that are not bound to reduce, which end when its exit is about to go out. Its other orders are canceled, and nothing is entered there. POSITION_CLOSED tells the end, and POSITION_NOT_CLOSED what is left after 30 seconds, or at the end what no order can close. It is withdrawn when a person sets the account active.',
  )

/** A position asks its account to close it, because a person has asked for that. */
export const closeRequest = z.object({
  type: z.literal('CLOSE_REQUEST'),
  at: epochMs,
  position: address,
  by,
  reason: remark.optional(),
  strategy: ofTrade.strategy,
})

/** An account asks a position to tell the lists that hold it to exit. */
export const exitHolders = z.object({ type: z.literal('EXIT_HOLDERS'), at: epochMs })

const ofPosition = {
  positionSide: positionSide.optional(),
  quantity: decimal.describe('The quantity held. Negative when short.'),
}
const closed = z.object({
  symbol: z.string(),
  instrument: ofTrade.instrument,
  positionSide: positionSide.optional(),
  quantity: decimal.describe(
    'The largest quantity that the position had meanwhile. Negative when it was short.',
  ),
})
export type Closed = z.infer<typeof closed>
const left = z.object({
  symbol: z.string(),
  instrument: ofTrade.instrument,
  ...ofPosition,
  text: z.string().describe('The reason why the position is still open.'),
})
export type Left = z.infer<typeof left>

export const accountFlattened = event(
  'ACCOUNT_FLATTENED',
  {
    ...ofVenue,
    by,
    closed: z.array(closed).describe('The positions that were closed.'),
  },
  {
    ...EXAMPLE.ofVenue,
    by: 'ann',
    closed: [{ symbol: 'BTCUSDT', instrument: 'BTC/USDT', quantity: '0.5' }],
  },
).describe('A FLATTEN is done: the account has neither a position nor a working order.')

export const accountNotFlat = event(
  'ACCOUNT_NOT_FLAT',
  {
    ...ofVenue,
    by,
    closed: z.array(closed).describe('The positions that were closed so far.'),
    left: z.array(left).describe('The positions that are open.'),
    orders: z.array(z.string()).describe('Addresses of the orders that work.'),
    text: z.string(),
  },
  {
    ...EXAMPLE.ofVenue,
    by: 'ann',
    closed: [],
    left: [
      {
        symbol: 'BTCUSDT',
        instrument: 'BTC/USDT',
        quantity: '0.5',
        text: 'order/sim:BTCUSDT-close-1 has ended as REJECTED',
      },
    ],
    orders: ['order/sim:btc-1-stop'],
    text: 'not flat after 30000 ms, and still at it',
  },
).describe(
  'A FLATTEN is not done after 30 seconds, and goes on. Or it has ended: a person has set the account active meanwhile, or no order can close what is left.',
)

export const positionNotClosed = event(
  'POSITION_NOT_CLOSED',
  {
    ...ofSymbol,
    instrument: ofTrade.instrument,
    ...ofPosition,
    by,
    text: z.string().describe('The reason why the position is still open.'),
  },
  {
    ...EXAMPLE.ofSymbol,
    instrument: 'BTC/USDT',
    quantity: '0.5',
    by: 'ann',
    text: 'order/sim:BTCUSDT-close-1 has ended as REJECTED',
  },
).describe(
  'A position that is to be closed is still open after 30 seconds, and the account keeps trying. Or it has ended that: a person has set it active meanwhile, or no order can close what is left.',
)

export type CancelAll = z.infer<typeof cancelAll>
export type Flatten = z.infer<typeof flatten>
export type ClosePosition = z.infer<typeof closePosition>
export type CloseRequest = z.infer<typeof closeRequest>
