/**
 * A strategy as what is its own: a fold over candles and a decision. The rest is the same for all and durable: it
 * subscribes, warms up, enters through a list of orders that protects what it holds, gets out, and counts.
 */
import { type AnyStateMachine, assertEvent, enqueueActions, not, setup } from 'xstate'
import { z } from 'zod'
import { positionMode } from '../account/risk.ts'
import { type Problem, renewed } from '../account/settings.ts'
import { contractTerms } from '../contract.ts'
import * as decimal from '../decimal.ts'
import {
  type Candle,
  type CandleClose,
  type CandleUpdate,
  candleClose,
  candleUpdate,
  type Fill,
  type FillBust,
  fill,
  fillBust,
  type OrderClosed,
  orderClosed,
  type RequestRefused,
  requestRefused,
  type StartStrategy,
  type StopStrategy,
  type Subscribe,
  startStrategy,
  stopStrategy,
  type UpdateParameters,
  updateParameters,
} from '../events/commands.ts'
import type { DomainEvents } from '../events/domain.ts'
import { interval, name, positive, type Side } from '../events/fields.ts'
import { type ListLeg, type ListRequest, type ListUpdate, listUpdate } from '../events/list.ts'
import { tell } from '../tell.ts'
import { flowOf } from './flow.ts'

/** What every strategy is configured with, besides what is its own. */
export const strategyTerms = z.strictObject({
  /** The actor is `<type>/<id>`, `emaCross/btc` say; its lists of orders are `<id>-1`, `<id>-2`, ... */
  id: z.string().regex(/^[\w-]+$/, 'letters, digits, - and _'),
  venue: z.string(),
  symbol: name,
  /** Of the candles that it sees. */
  interval,
  orderQty: positive,
  /** Whether it decides when a candle has closed, or at every trade, with the candle as it is until then. */
  evaluateOn: z.enum(['candle', 'tick']).default('candle'),
  ...contractTerms,
  positionMode: positionMode.default('netting'),
  /** Prices of the venue are multiples of it. */
  tickSize: positive.optional(),
})
export type StrategyTerms = z.infer<typeof strategyTerms>

/** What a strategy wants. Prices are in the quote asset, any number of digits: they are put on a tick. */
export type Signal =
  | {
      readonly do: 'enter'
      readonly side: Side
      readonly reason: string
      /** Stop at a price, or one that trails by a distance; without either the watchdog's is the only one. */
      readonly stopPx?: number
      readonly trailingOffset?: number
      readonly targetPx?: number
    }
  | { readonly do: 'exit'; readonly reason: string }

/** What a decision is made from. */
export interface View<Params, State> {
  readonly params: Params & StrategyTerms
  /** The indicators after this candle, and after the one before. */
  readonly is: State
  readonly was: State
  /** Which way it holds something, if it does. */
  readonly side: Side | undefined
  readonly candle: Candle
}

export interface Rule<Params> {
  /** The parameter to mend. */
  readonly field: keyof Params & string
  readonly rule: string
  readonly holds: (params: Params) => boolean
}

export interface StrategyDefinition<Shape extends z.ZodRawShape, State extends object> {
  /** Its `type` in the configuration, and the kind of its actors. */
  readonly name: string
  readonly version: string
  readonly description: string
  /** Parameters of its own, with defaults and rules. */
  readonly params: z.ZodObject<Shape>
  /** What the parameters have to keep to together. */
  readonly rules?: readonly Rule<z.infer<z.ZodObject<Shape>>>[]
  /** Of indicators and whatever else it keeps: plain JSON. */
  readonly initial: (params: z.infer<z.ZodObject<Shape>>) => State
  readonly next: (state: State, candle: Candle, params: z.infer<z.ZodObject<Shape>>) => State
  /** What it shows of them; undefined until all are there. */
  readonly values: (state: State) => Readonly<Record<string, number>> | undefined
  /** The kind of market it takes this to be. */
  readonly regime?: (state: State) => string | undefined
  /** Asked once values are there. */
  readonly decide: (view: View<z.infer<z.ZodObject<Shape>>, State>) => Signal | undefined
}

export interface StrategyContext<Params, State> {
  readonly params: Params & StrategyTerms
  readonly state: State
  readonly regime?: string
  /** Lists that it has asked for: the next one's number. */
  readonly trades: number
  readonly side?: Side
  /** Quantity held, negative when short, and what the trade has paid and received so far. */
  readonly quantity: string
  readonly cash: string
  readonly cycles: number
}

export const strategyEvents = z.discriminatedUnion('type', [
  startStrategy,
  stopStrategy,
  candleClose,
  candleUpdate,
  fill,
  fillBust,
  orderClosed,
  listUpdate,
  requestRefused,
  updateParameters,
])

type StrategyEvent =
  | StartStrategy
  | StopStrategy
  | CandleClose
  | CandleUpdate
  | Fill
  | FillBust
  | OrderClosed
  | ListUpdate
  | RequestRefused
  | UpdateParameters

/** A kind of strategy, ready to be registered: what a module of one's own exports as `strategy`. */
export interface Strategy {
  readonly name: string
  /** Checks a strategy's configuration: `strategyTerms` and what is its own. */
  readonly input: z.ZodType<StrategyTerms>
  readonly machine: AnyStateMachine
  readonly events: z.ZodType
  /** What people may send it. */
  readonly commands: readonly string[]
  /** What it emits when it refuses one. */
  readonly refusals: readonly string[]
}

const EXITED = { type: 'reportExecuted', params: { action: 'exited' } } as const
/** Out of what was held, and then of the orders that are left. */
const OUT = [
  { guard: 'isOver', target: 'flat', actions: [EXITED, 'completeCycle'] },
  { guard: 'isOut', target: 'leaving', actions: EXITED },
] as const

export function defineStrategy<Shape extends z.ZodRawShape, State extends object>(
  definition: StrategyDefinition<Shape, State>,
): Strategy {
  type Params = z.infer<z.ZodObject<Shape>>
  type Context = StrategyContext<Params, State>

  /** What a candle, closed or not, makes of the indicators, and what the strategy wants then. */
  const after = ({ params, state: was, side }: Context, { candle }: CandleClose | CandleUpdate) => {
    const is = definition.next(was, candle, params)
    const isWarm = definition.values(is) !== undefined
    const signal = isWarm ? definition.decide({ params, is, was, side, candle }) : undefined
    return { is, signal }
  }
  const addressOf = ({ id }: StrategyTerms) => `${definition.name}/${id}`
  /** Candles that are still open come only to those that asked for them. */
  const wants = (context: Context, event: StrategyEvent, what: Signal['do']) =>
    isCandle(event) && after(context, event).signal?.do === what

  const machine = setup({
    types: {} as {
      input: Params & StrategyTerms
      context: Context
      events: StrategyEvent
      emitted: DomainEvents<
        | 'STRATEGY_STARTED'
        | 'STRATEGY_STOPPED'
        | 'INDICATORS_CALCULATED'
        | 'REGIME_CHANGED'
        | 'SIGNAL_GENERATED'
        | 'ENTRY_SIGNAL'
        | 'EXIT_SIGNAL'
        | 'TRADE_PROPOSED'
        | 'ACTION_EXECUTED'
        | 'TRADE_CYCLE_COMPLETED'
        | 'PARAMETER_UPDATED'
        | 'SETTING_FAILED'
      >
    },
    guards: {
      isWarm: ({ context }) => definition.values(context.state) !== undefined,
      wantsIn: ({ context, event }) => wants(context, event, 'enter'),
      wantsOut: ({ context, event }) => wants(context, event, 'exit'),
      holds: ({ context }) => !decimal.isZero(context.quantity),
      isEntering: ({ context }) => context.side !== undefined,
      isIn: ({ event }) => event.type === 'LIST_UPDATE' && decimal.isPositive(event.exposure),
      isExiting: ({ event }) => event.type === 'LIST_UPDATE' && event.phase === 'exiting',
      isOver: ({ event }) => event.type === 'LIST_UPDATE' && event.phase === 'done',
      cameToNothing: ({ context, event }) =>
        event.type === 'LIST_UPDATE' && event.phase === 'done' && decimal.isZero(context.cash),
      isOut: ({ event }) =>
        event.type === 'LIST_UPDATE' && event.phase !== 'entering' && decimal.isZero(event.exposure),
    },
    actions: {
      subscribe: enqueueActions(({ context: { params }, event, enqueue }) => {
        const { venue, symbol, interval, evaluateOn } = params
        enqueue.emit({ type: 'STRATEGY_STARTED', ...factsOf(params, event.at) })
        const updates = evaluateOn === 'tick'
        const of = { at: event.at, subscriber: addressOf(params), intervals: [interval], updates }
        const subscription: Subscribe = { type: 'SUBSCRIBE', ...of }
        enqueue(tell(`symbol/${venue}:${symbol}`, subscription))
      }),
      reportStopped: enqueueActions(({ context: { params }, event, enqueue }) => {
        const reason = event.type === 'STOP' ? event.reason : undefined
        enqueue.emit({ type: 'STRATEGY_STOPPED', ...factsOf(params, event.at), ...(reason && { reason }) })
      }),
      takeCandle: enqueueActions(({ context, event, enqueue }) => {
        assertEvent(event, 'CANDLE_CLOSE')
        const { is } = after(context, event)
        const of = factsOf(context.params, event.at)
        const regime = definition.regime?.(is)
        enqueue.assign({ state: is, ...(regime && { regime }) })
        const values = definition.values(is)
        const { close } = event.candle
        if (values) enqueue.emit({ type: 'INDICATORS_CALCULATED', ...of, values: { ...values }, close })
        if (regime === undefined || regime === context.regime) return
        const was = context.regime && { was: context.regime }
        enqueue.emit({ type: 'REGIME_CHANGED', ...of, regime, ...was })
      }),
      enter: enqueueActions(({ context, event, enqueue }) => {
        assertEvent(event, ['CANDLE_CLOSE', 'CANDLE_UPDATE'])
        const { is, signal } = after(context, event)
        if (signal?.do !== 'enter') return
        const { params } = context
        const { side, reason } = signal
        const of = factsOf(params, event.at)
        const values = { ...definition.values(is) }
        enqueue.emit({ type: 'SIGNAL_GENERATED', ...of, signal: 'enter', side, reason, values })
        enqueue.emit({ type: 'ENTRY_SIGNAL', ...of, side, reason, values })
        const trades = context.trades + 1
        enqueue.assign({ trades, side })
        const list = listAddress(params, trades)
        const request = entryOf(params, addressOf(params), signal, event)
        enqueue.emit({ type: 'TRADE_PROPOSED', ...of, list, orders: request.orders })
        enqueue(tell(list, request))
      }),
      exit: enqueueActions(({ context, event, enqueue }) => {
        assertEvent(event, ['CANDLE_CLOSE', 'CANDLE_UPDATE'])
        const { is, signal } = after(context, event)
        if (signal?.do !== 'exit') return
        const { params, trades, side } = context
        const of = factsOf(params, event.at)
        const values = { ...definition.values(is) }
        const { reason } = signal
        const out = side === 'BUY' ? 'SELL' : 'BUY'
        enqueue.emit({ type: 'SIGNAL_GENERATED', ...of, signal: 'exit', side: out, reason, values })
        enqueue.emit({ type: 'EXIT_SIGNAL', ...of, side: out, reason, values })
        enqueue(tell(listAddress(params, trades), { type: 'EXIT', at: event.at, reason }))
      }),
      takeFill: enqueueActions(({ context, event, enqueue }) => {
        assertEvent(event, ['FILL', 'FILL_BUST'])
        const { quantity, cash } = flowOf(event, context.params)
        enqueue.assign({
          quantity: decimal.add(context.quantity, quantity),
          cash: decimal.add(context.cash, cash),
        })
      }),
      reportExecuted: enqueueActions(
        ({ context: { params }, event, enqueue }, { action }: { action: 'entered' | 'exited' }) => {
          assertEvent(event, 'LIST_UPDATE')
          const { list, exposure } = event
          enqueue.emit({ type: 'ACTION_EXECUTED', ...factsOf(params, event.at), action, list, exposure })
        },
      ),
      completeCycle: enqueueActions(({ context, event, enqueue }) => {
        const { cash, params, quantity } = context
        const cycles = context.cycles + 1
        enqueue.assign({ cash: decimal.ZERO, quantity: decimal.ZERO, cycles, side: undefined })
        const gone = !decimal.isZero(quantity) && { goneQty: quantity }
        enqueue.emit({
          type: 'TRADE_CYCLE_COMPLETED',
          ...factsOf(params, event.at),
          pnl: cash,
          cycles,
          ...gone,
        })
      }),
      updateParameters: enqueueActions(({ context: { params, state }, event, enqueue }) => {
        assertEvent(event, 'UPDATE_PARAMETERS')
        const { at, by, parameters } = event
        const of = factsOf(params, at)
        const fixed = fixedAmong(parameters)
        const renewal = fixed.length > 0 ? { problems: fixed } : renewed(input, params, parameters)
        if ('problems' in renewal) {
          for (const problem of renewal.problems)
            enqueue.emit({ type: 'SETTING_FAILED', ...of, ...problem, by })
          return
        }
        const settings = renewal.settings as Params & StrategyTerms
        // Indicators of other lengths begin anew.
        const isOther = renewal.changes.some(({ setting }) => setting in definition.params.shape)
        enqueue.assign({ params: settings, state: isOther ? definition.initial(settings) : state })
        for (const { setting: parameter, ...change } of renewal.changes)
          enqueue.emit({ type: 'PARAMETER_UPDATED', ...of, parameter, ...change, by })
      }),
      forget: enqueueActions(({ enqueue }) => enqueue.assign({ side: undefined })),
    },
  }).createMachine({
    id: definition.name,
    version: definition.version,
    description: definition.description,
    context: ({ input }) => ({
      params: input,
      state: definition.initial(input),
      trades: 0,
      quantity: decimal.ZERO,
      cash: decimal.ZERO,
      cycles: 0,
    }),
    initial: 'stopped',
    on: {
      FILL: { actions: 'takeFill' },
      FILL_BUST: { actions: 'takeFill' },
      UPDATE_PARAMETERS: { actions: 'updateParameters' },
    },
    states: {
      stopped: {
        description: 'What it holds stays, with its stop.',
        on: {
          START: { target: 'running', actions: 'subscribe' },
          LIST_UPDATE: [
            { guard: 'cameToNothing', actions: 'forget' },
            { guard: 'isOver', actions: 'completeCycle' },
          ],
        },
      },
      running: {
        initial: 'warmingUp',
        on: {
          STOP: { target: 'stopped', actions: 'reportStopped' },
          CANDLE_CLOSE: { actions: 'takeCandle' },
        },
        states: {
          warmingUp: {
            description: 'The indicators do not reach back far enough yet.',
            always: [
              { guard: 'holds', target: 'holding' },
              { guard: 'isEntering', target: 'entering' },
              { guard: 'isWarm', target: 'flat' },
            ],
          },
          flat: {
            always: { guard: not('isWarm'), target: 'warmingUp' },
            on: {
              CANDLE_CLOSE: [
                { guard: 'wantsIn', target: 'entering', actions: ['enter', 'takeCandle'] },
                { actions: 'takeCandle' },
              ],
              CANDLE_UPDATE: { guard: 'wantsIn', target: 'entering', actions: 'enter' },
            },
          },
          entering: {
            on: {
              LIST_UPDATE: [
                {
                  guard: 'isIn',
                  target: 'holding',
                  actions: { type: 'reportExecuted', params: { action: 'entered' } },
                },
                { guard: 'isOver', target: 'flat', actions: 'forget' },
              ],
            },
          },
          holding: {
            tags: 'exposed',
            on: {
              CANDLE_CLOSE: [
                { guard: 'wantsOut', target: 'exiting', actions: ['exit', 'takeCandle'] },
                { actions: 'takeCandle' },
              ],
              CANDLE_UPDATE: { guard: 'wantsOut', target: 'exiting', actions: 'exit' },
              LIST_UPDATE: [...OUT, { guard: 'isExiting', target: 'exiting' }],
            },
          },
          exiting: {
            tags: 'exposed',
            on: { LIST_UPDATE: OUT },
          },
          leaving: {
            description: 'Nothing is held; what is left of the orders is being cancelled.',
            on: {
              LIST_UPDATE: [
                { guard: 'isIn', target: 'holding' },
                { guard: 'isOver', target: 'flat', actions: 'completeCycle' },
              ],
            },
          },
        },
      },
    },
  })
  const input = strategyTerms.extend(definition.params.shape).superRefine((params, context) => {
    for (const { field, rule, holds } of definition.rules ?? []) {
      if (!holds(params as Params)) context.addIssue({ code: 'custom', path: [field], message: rule })
    }
  }) as unknown as z.ZodType<StrategyTerms>
  return {
    name: definition.name,
    input,
    machine: machine as AnyStateMachine,
    events: strategyEvents,
    commands: ['START', 'STOP', 'UPDATE_PARAMETERS'],
    refusals: ['SETTING_FAILED'],
  }
}

/** Terms that all strategies have, of which only the quantity can change: by the others it is set up and subscribed. */
function fixedAmong(parameters: Readonly<Record<string, unknown>>): Problem[] {
  return Object.keys(parameters)
    .filter((name) => name in strategyTerms.shape && name !== 'orderQty')
    .map((field) => ({ field, rule: 'stays as it is: start another strategy' }))
}

function isCandle(event: StrategyEvent): event is CandleClose | CandleUpdate {
  return event.type === 'CANDLE_CLOSE' || event.type === 'CANDLE_UPDATE'
}

function factsOf({ id, venue, symbol }: StrategyTerms, at: number) {
  return { at, venue, symbol, strategy: id }
}

function listAddress({ id }: StrategyTerms, trades: number): string {
  return `list/${id}-${trades}`
}

type Entry = Extract<Signal, { do: 'enter' }>

function entryOf(
  params: StrategyTerms,
  owner: string,
  signal: Entry,
  event: CandleClose | CandleUpdate,
): ListRequest {
  const { venue, symbol, orderQty } = params
  const { side, stopPx, trailingOffset, targetPx } = signal
  const exit = {
    side: side === 'BUY' ? 'SELL' : 'BUY',
    orderQty,
    timeInForce: 'GTC',
    reduceOnly: true,
  } as const
  const onTick = (px: number) => tickOf(px, params.tickSize)
  const stop: ListLeg[] =
    stopPx !== undefined
      ? [{ legId: 'stop', ordType: 'STOP', stopPx: onTick(stopPx), ...exit }]
      : trailingOffset !== undefined
        ? [{ legId: 'stop', ordType: 'TRAILING_STOP', trailingOffset: onTick(trailingOffset), ...exit }]
        : []
  const target: ListLeg[] =
    targetPx === undefined ? [] : [{ legId: 'target', ordType: 'LIMIT', price: onTick(targetPx), ...exit }]
  return {
    type: 'LIST_REQUEST',
    at: event.at,
    owner,
    venue,
    symbol,
    ...(params.positionMode === 'hedging' && {
      positionSide: side === 'BUY' ? ('LONG' as const) : ('SHORT' as const),
    }),
    contingencyType: 'OTOCO',
    orders: [{ legId: 'entry', side, ordType: 'MARKET', orderQty, timeInForce: 'GTC' }, ...stop, ...target],
    refPx: event.candle.close,
  }
}

const PX_PLACES = 8

/** The nearest price that the venue takes, never 0. */
function tickOf(px: number, tickSize: string | undefined): string {
  const exact = decimal.round(decimal.fromNumber(px), PX_PLACES)
  if (tickSize === undefined) return exact
  const ticks = decimal.round(decimal.divide(exact, tickSize), 0)
  return decimal.multiply(decimal.max(ticks, '1'), tickSize)
}
