import { assertEvent, enqueueActions, sendTo, setup } from 'xstate'
import { z } from 'zod'
import * as decimal from './decimal.ts'
import {
  type Deny,
  type Fill,
  type FillBust,
  fill,
  fillBust,
  type OrderClosed,
  type OrderRequest,
  orderClosed,
  orderRequest,
  type RequestRefused,
  type SetTradingState,
  type Submit,
  setTradingState,
} from './events/commands.ts'
import type { DomainEvents } from './events/domain.ts'
import { decimal as decimalSchema } from './events/fields.ts'
import { flowOf } from './flow.ts'
import { instrument } from './instrument.ts'
import {
  type Exposure,
  notionalOf,
  type Refusal,
  riskCheck,
  riskLimits,
  type TradingState,
  withinMinute,
} from './risk.ts'

export const accountInput = z.object({
  venue: z.string(),
  /** Cash in the quote asset. */
  balance: decimalSchema,
  limits: riskLimits,
  /** Rules of the venue; a symbol that is not among them has none. */
  instruments: z.array(instrument).default([]),
})
export type AccountInput = z.input<typeof accountInput>

export type AccountContext = Exposure

export const accountEvents = z.discriminatedUnion('type', [
  orderRequest,
  fill,
  fillBust,
  orderClosed,
  setTradingState,
])

export const accountMachine = setup({
  types: {} as {
    input: AccountInput
    context: AccountContext
    events: OrderRequest | Fill | FillBust | OrderClosed | SetTradingState
    emitted: DomainEvents<'RISK_APPROVED' | 'RISK_REJECTED' | 'BALANCE_CHANGED' | 'TRADING_STATE_CHANGED'>
  },
  guards: {
    toActive: ({ event }) => event.type === 'SET_TRADING_STATE' && event.tradingState === 'active',
    toReducing: ({ event }) => event.type === 'SET_TRADING_STATE' && event.tradingState === 'reducing',
  },
  actions: {
    decide: enqueueActions(
      ({ context, event, enqueue }, { tradingState }: { tradingState: TradingState }) => {
        assertEvent(event, 'ORDER_REQUEST')
        const { type: _, orderId, refPx: _refPx, owner, at, ...terms } = event
        const { venue } = context
        const order = `order/${orderId}`
        const refusal = riskCheck(context, event, tradingState)
        if (refusal !== undefined) {
          enqueue.emit({ type: 'RISK_REJECTED', at, venue, symbol: event.symbol, orderId, ...refusal })
          const refused: RequestRefused = {
            type: 'REQUEST_REFUSED',
            at,
            orderId,
            check: refusal.check,
            text: textOf(refusal),
          }
          enqueue(sendTo(({ system }) => system.get(owner), refused))
          // The order comes into being all the same, to say why it never went out; not if the id is another one's.
          if (refusal.check === 'orderId') return
          const denial: Deny = {
            type: 'DENY',
            at,
            ...terms,
            account: `account/${venue}`,
            owner,
            text: refused.text,
          }
          enqueue(sendTo(({ system }) => system.get(order), denial))
          return
        }
        const notional = notionalOf(event)
        const held = event.side === 'BUY' ? notional : decimal.ZERO
        const passedAt =
          context.limits.ordersPerMinuteMax === undefined ? [] : [...withinMinute(context.passedAt, at), at]
        enqueue.assign({ reserved: { ...context.reserved, [order]: held }, passedAt })
        enqueue.emit({ type: 'RISK_APPROVED', at, venue, symbol: event.symbol, orderId, notional })
        const submission: Submit = { type: 'SUBMIT', at, ...terms, account: `account/${venue}`, owner }
        enqueue(sendTo(({ system }) => system.get(order), submission))
      },
    ),
    takeFill: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, ['FILL', 'FILL_BUST'])
      const { order, symbol, at, lastQty, lastPx } = event
      const { cash: change, quantity } = flowOf(event)
      const balance = decimal.add(context.balance, change)
      const held = context.reserved[order]
      // A bust gives back nothing to hold: whether the order works on, its report says, and its own cash is there.
      const spent = event.type === 'FILL' ? decimal.multiply(lastQty, lastPx) : decimal.ZERO
      const left = held === undefined ? undefined : decimal.max(decimal.ZERO, decimal.subtract(held, spent))
      enqueue.assign({
        balance,
        holdings: {
          ...context.holdings,
          [symbol]: decimal.add(context.holdings[symbol] ?? decimal.ZERO, quantity),
        },
        ...(left !== undefined && { reserved: { ...context.reserved, [order]: left } }),
      })
      enqueue.emit({ type: 'BALANCE_CHANGED', at, venue: context.venue, balance, change })
    }),
    releaseOrder: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'ORDER_CLOSED')
      const { [event.order]: _, ...reserved } = context.reserved
      enqueue.assign({ reserved })
    }),
    reportState: enqueueActions(({ context: { venue }, event, enqueue }) => {
      assertEvent(event, 'SET_TRADING_STATE')
      const { at, tradingState, reason } = event
      enqueue.emit({ type: 'TRADING_STATE_CHANGED', at, venue, tradingState, ...(reason && { reason }) })
    }),
  },
}).createMachine({
  id: 'account',
  version: '2',
  description: 'The cash at one venue, and the gate that every order passes on its way there.',
  context: ({ input }) => ({
    ...input,
    instruments: input.instruments ?? [],
    reserved: {},
    holdings: {},
    passedAt: [],
  }),
  initial: 'active',
  on: {
    FILL: { actions: 'takeFill' },
    FILL_BUST: { actions: 'takeFill' },
    ORDER_CLOSED: { actions: 'releaseOrder' },
    SET_TRADING_STATE: [
      { guard: 'toActive', target: '.active', actions: 'reportState' },
      { guard: 'toReducing', target: '.reducing', actions: 'reportState' },
      { target: '.halted', actions: 'reportState' },
    ],
  },
  states: {
    active: { on: { ORDER_REQUEST: { actions: { type: 'decide', params: { tradingState: 'active' } } } } },
    reducing: {
      description: 'Only orders that make a position smaller pass.',
      on: { ORDER_REQUEST: { actions: { type: 'decide', params: { tradingState: 'reducing' } } } },
    },
    halted: { on: { ORDER_REQUEST: { actions: { type: 'decide', params: { tradingState: 'halted' } } } } },
  },
})

function textOf({ check, limit, value }: Refusal): string {
  return `${check}: ${value} asked, ${limit} allowed`
}
