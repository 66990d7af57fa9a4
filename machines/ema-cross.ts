import { assertEvent, enqueueActions, setup } from 'xstate'
import { z } from 'zod'
import * as decimal from './decimal.ts'
import {
  type CandleClose,
  candleClose,
  type Fill,
  type FillBust,
  fill,
  fillBust,
  type OrderClosed,
  type OrderRequest,
  orderClosed,
  type RequestRefused,
  requestRefused,
  type StartStrategy,
  type StopStrategy,
  type Subscribe,
  startStrategy,
  stopStrategy,
} from './events/commands.ts'
import type { DomainEvents } from './events/domain.ts'
import { decimal as decimalSchema, interval, type Side } from './events/fields.ts'
import { flowOf } from './flow.ts'
import { tell } from './tell.ts'

export const emaCrossInput = z.object({
  /** The actor is `strategy/<id>`. */
  id: z.string().regex(/^[\w-]+$/, 'letters, digits, - and _'),
  venue: z.string(),
  symbol: z.string(),
  interval,
  /** Candles of the fast average; fewer than of the slow one. */
  fast: z.number().int().positive(),
  slow: z.number().int().positive(),
  orderQty: decimalSchema,
})
export type EmaCrossInput = z.infer<typeof emaCrossInput>

export interface EmaCrossContext extends EmaCrossInput {
  /** Averages, and candles seen so far. */
  readonly fastEma: number
  readonly slowEma: number
  readonly candles: number
  /** Orders placed: the next one's number. */
  readonly orders: number
  /** Quantity bought, and what the cycle has paid and received so far. */
  readonly quantity: string
  readonly cash: string
  readonly cycles: number
}

export const emaCrossEvents = z.discriminatedUnion('type', [
  startStrategy,
  stopStrategy,
  candleClose,
  fill,
  fillBust,
  orderClosed,
  requestRefused,
])

/** The next value of an exponential moving average; the first candle is its own average. */
export function ema(was: number, close: number, length: number, first: boolean): number {
  return first ? close : was + (2 / (length + 1)) * (close - was)
}

/** What a candle makes of the averages. */
function averagesAfter({ fastEma, slowEma, fast, slow, candles }: EmaCrossContext, { candle }: CandleClose) {
  const close = Number(candle.close)
  const first = candles === 0
  return { fastEma: ema(fastEma, close, fast, first), slowEma: ema(slowEma, close, slow, first) }
}

export const emaCrossMachine = setup({
  types: {} as {
    input: EmaCrossInput
    context: EmaCrossContext
    events: StartStrategy | StopStrategy | CandleClose | Fill | FillBust | OrderClosed | RequestRefused
    emitted: DomainEvents<
      | 'STRATEGY_STARTED'
      | 'STRATEGY_STOPPED'
      | 'INDICATORS_CALCULATED'
      | 'ENTRY_SIGNAL'
      | 'EXIT_SIGNAL'
      | 'TRADE_CYCLE_COMPLETED'
    >
  },
  guards: {
    warm: ({ context }) => context.candles >= context.slow,
    crossesUp: ({ context, event }) =>
      event.type === 'CANDLE_CLOSE' &&
      context.fastEma <= context.slowEma &&
      isAbove(averagesAfter(context, event)),
    crossesDown: ({ context, event }) =>
      event.type === 'CANDLE_CLOSE' && !isAbove(averagesAfter(context, event)),
    holds: ({ context }) => decimal.isPositive(context.quantity),
  },
  actions: {
    subscribe: enqueueActions(({ context: { id, venue, symbol, interval }, event, enqueue }) => {
      enqueue.emit({ type: 'STRATEGY_STARTED', at: event.at, venue, symbol, strategy: id })
      const subscription: Subscribe = {
        type: 'SUBSCRIBE',
        at: event.at,
        subscriber: `strategy/${id}`,
        intervals: [interval],
      }
      enqueue(tell(`symbol/${venue}:${symbol}`, subscription))
    }),
    reportStopped: enqueueActions(({ context: { id, venue, symbol }, event, enqueue }) => {
      const reason = event.type === 'STOP' ? event.reason : undefined
      enqueue.emit({
        type: 'STRATEGY_STOPPED',
        at: event.at,
        venue,
        symbol,
        strategy: id,
        ...(reason && { reason }),
      })
    }),
    takeCandle: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'CANDLE_CLOSE')
      const averages = averagesAfter(context, event)
      const { fastEma: fast, slowEma: slow } = averages
      const { id, venue, symbol } = context
      enqueue.assign({ ...averages, candles: context.candles + 1 })
      const { close } = event.candle
      enqueue.emit({
        type: 'INDICATORS_CALCULATED',
        at: event.at,
        venue,
        symbol,
        strategy: id,
        fast,
        slow,
        close,
      })
    }),
    signal: enqueueActions(({ context, event, enqueue }, { side }: { side: Side }) => {
      assertEvent(event, 'CANDLE_CLOSE')
      const { id, venue, symbol, orders } = context
      const { fastEma: fast, slowEma: slow } = averagesAfter(context, event)
      const facts = { at: event.at, venue, symbol, strategy: id, side, fast, slow }
      enqueue.emit({ type: side === 'BUY' ? 'ENTRY_SIGNAL' : 'EXIT_SIGNAL', ...facts })
      const request: OrderRequest = {
        type: 'ORDER_REQUEST',
        at: event.at,
        orderId: `${symbol}-${id}-${orders + 1}`,
        owner: `strategy/${id}`,
        venue,
        symbol,
        side,
        ordType: 'MARKET',
        orderQty: side === 'BUY' ? context.orderQty : context.quantity,
        timeInForce: 'GTC',
        refPx: event.candle.close,
      }
      enqueue.assign({ orders: orders + 1 })
      enqueue(tell(`account/${venue}`, request))
    }),
    takeFill: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, ['FILL', 'FILL_BUST'])
      const { quantity, cash } = flowOf(event)
      enqueue.assign({
        quantity: decimal.add(context.quantity, quantity),
        cash: decimal.add(context.cash, cash),
      })
    }),
    completeCycle: enqueueActions(({ context, event, enqueue }) => {
      const { id, venue, symbol, cash } = context
      const cycles = context.cycles + 1
      enqueue.assign({ cash: decimal.ZERO, cycles })
      enqueue.emit({
        type: 'TRADE_CYCLE_COMPLETED',
        at: event.at,
        venue,
        symbol,
        strategy: id,
        pnl: cash,
        cycles,
      })
    }),
  },
}).createMachine({
  id: 'emaCross',
  version: '1',
  description: 'Buys when the fast average crosses above the slow one, and sells when it falls below.',
  context: ({ input }) => ({
    ...input,
    fastEma: 0,
    slowEma: 0,
    candles: 0,
    orders: 0,
    quantity: decimal.ZERO,
    cash: decimal.ZERO,
    cycles: 0,
  }),
  initial: 'stopped',
  on: { FILL: { actions: 'takeFill' }, FILL_BUST: { actions: 'takeFill' } },
  states: {
    stopped: { on: { START: { target: 'running', actions: 'subscribe' } } },
    running: {
      initial: 'warmingUp',
      on: { STOP: { target: 'stopped', actions: 'reportStopped' }, CANDLE_CLOSE: { actions: 'takeCandle' } },
      states: {
        warmingUp: {
          description: 'The averages do not reach back far enough yet.',
          always: [
            { guard: 'holds', target: 'long' },
            { guard: 'warm', target: 'flat' },
          ],
        },
        flat: {
          on: {
            CANDLE_CLOSE: {
              guard: 'crossesUp',
              target: 'entering',
              actions: [{ type: 'signal', params: { side: 'BUY' } }, 'takeCandle'],
            },
          },
        },
        entering: {
          on: {
            ORDER_CLOSED: [{ guard: 'holds', target: 'long' }, { target: 'flat' }],
            REQUEST_REFUSED: 'flat',
          },
        },
        long: {
          tags: 'exposed',
          on: {
            CANDLE_CLOSE: {
              guard: 'crossesDown',
              target: 'exiting',
              actions: [{ type: 'signal', params: { side: 'SELL' } }, 'takeCandle'],
            },
          },
        },
        exiting: {
          tags: 'exposed',
          on: {
            ORDER_CLOSED: [
              { guard: 'holds', target: 'long' },
              { target: 'flat', actions: 'completeCycle' },
            ],
            REQUEST_REFUSED: 'long',
          },
        },
      },
    },
  },
})

function isAbove({ fastEma, slowEma }: { fastEma: number; slowEma: number }): boolean {
  return fastEma > slowEma
}
