/**
 * A strategy as what is its own: a fold over candles and a decision. The rest is the same for all and durable: it
 * subscribes, warms up, enters through a list of orders that protects what it holds, gets out, and counts.
 */
import { type AnyStateMachine, and, assertEvent, assign, enqueueActions, not, setup, stateIn } from 'xstate'
import { z } from 'zod'
import { renewed } from '../account/settings.ts'
import {
  type Candle,
  type CandleClose,
  type CandleUpdate,
  candleClose,
  candleUpdate,
  type Subscribe,
} from '../events/candle.ts'
import type { DomainEvents } from '../events/domain.ts'
import {
  type Fill,
  type FillBust,
  type FillCorrected,
  fill,
  fillBust,
  fillCorrected,
} from '../events/fill.ts'
import { type Exit, type ListRequest, type ListUpdate, listUpdate } from '../events/list.ts'
import { type RequestRefused, requestRefused } from '../events/order-requests.ts'
import {
  type StartStrategy,
  type StopStrategy,
  startStrategy,
  stopStrategy,
  type UpdateParameters,
  updateParameters,
} from '../events/strategy.ts'
import { tell } from '../kind/tell.ts'
import { intervalMs } from '../market/candles.ts'
import { settleAssetOf } from '../model/contract.ts'
import * as decimal from '../model/decimal.ts'
import type { Side } from '../model/fields.ts'
import { venueId } from '../model/ids.ts'
import { type Books, booksAfter, NO_BOOKS, netPnl } from '../position/books.ts'
import { type EntrySignal, entryOf, opposite, type Signal, signalOf, valuesOf } from './signal.ts'
import { fixedAmong, placedTerms, type StrategyTerms, strategyTerms } from './terms.ts'

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

type ParamsOf<Shape extends z.ZodRawShape> = z.infer<z.ZodObject<Shape>>

export interface StrategyDefinition<
  Shape extends z.ZodRawShape,
  State extends object,
  Folded extends keyof ParamsOf<Shape> & string = keyof ParamsOf<Shape> & string,
> {
  /** Its `type` in the configuration, and the kind of its actors. */
  readonly name: string
  readonly version: string
  readonly description: string
  /** Parameters of its own, with defaults and rules. */
  readonly params: z.ZodObject<Shape>
  /** What the parameters have to keep to together. */
  readonly rules?: readonly Rule<ParamsOf<Shape>>[]
  /** Those that the indicators depend on: when a person changes one of them they begin anew. By default all. */
  readonly indicatorParams?: readonly Folded[]
  /** Of indicators and whatever else it keeps: plain JSON. */
  readonly initial: (params: Pick<ParamsOf<Shape>, Folded>) => State
  readonly next: (state: State, candle: Candle, params: Pick<ParamsOf<Shape>, Folded>) => State
  /** What it shows of them; undefined until all are there. */
  readonly values: (state: State) => Readonly<Record<string, number>> | undefined
  /** The kind of market it takes this to be. */
  readonly regime?: (state: State) => string | undefined
  /** Asked once values are there. */
  readonly decide: (view: View<ParamsOf<Shape>, State>) => Signal | undefined
  /** From an earlier version to the next one, where a log has actors of it. */
  readonly upgrades?: readonly StrategyUpgrade[]
}

/** From its entry until it is out, and over then; but a bust may open it again. */
export interface StrategyTrade {
  /** Address of its list of orders. */
  readonly list: string
  readonly side: Side
  /** Of the candle that it was entered in: there is one entry a candle. */
  readonly openAt: number
  readonly books: Books
}

export interface StrategyContext<Params, State> {
  readonly params: Params & StrategyTerms
  readonly state: State
  readonly regime?: string
  /** When the last candle closed. */
  readonly closeAt?: number
  /** Lists that it has asked for: the last one's number. */
  readonly trades: number
  /** The last one. */
  readonly trade?: StrategyTrade
  readonly cycles: number
}

export const strategyEvents = z.discriminatedUnion('type', [
  startStrategy,
  stopStrategy,
  candleClose,
  candleUpdate,
  fill,
  fillBust,
  fillCorrected,
  listUpdate,
  requestRefused,
  updateParameters,
])

/** What the strategy makes of a candle: to itself. */
interface Entry {
  readonly type: 'ENTRY'
  readonly at: number
  readonly signal: EntrySignal
  readonly candle: Candle
  readonly isDisrupted?: true | undefined
  readonly values: Readonly<Record<string, number>>
}
interface Leave {
  readonly type: 'LEAVE'
  readonly at: number
  readonly reason: string
  readonly values: Readonly<Record<string, number>>
}

type StrategyEvent =
  | StartStrategy
  | StopStrategy
  | CandleClose
  | CandleUpdate
  | Entry
  | Leave
  | Fill
  | FillBust
  | FillCorrected
  | ListUpdate
  | RequestRefused
  | UpdateParameters

/** A kind of strategy, ready to be registered: what a module of one's own exports as `strategy`. */
export interface Strategy {
  readonly name: string
  /** Checks a strategy's configuration: `strategyTerms` and what is its own. */
  readonly config: z.ZodType
  /** Of its actors: what is configured, and the terms of where it trades. */
  readonly input: z.ZodType<StrategyTerms>
  readonly machine: AnyStateMachine
  /** One that throws takes nothing more: to go on would be to undo, with its own, the turns of the market. */
  readonly supervision: { readonly strategy: 'quarantine' }
  readonly events: z.ZodType
  /** The news of its trade that it is told once. Without them it would believe that it still holds a position. */
  readonly keptInQuarantine: readonly string[]
  /** What people may send it. */
  readonly commands: readonly string[]
  /** What it emits when it refuses one. */
  readonly refusals: readonly string[]
  /** How a state of an earlier version becomes one of this: without it a log of another version does not open. */
  readonly upgrades?: readonly StrategyUpgrade[]
  /** Machines of earlier versions, so that `outcry verify` can replay their part of the log. */
  readonly previous?: readonly AnyStateMachine[]
}

/** Returns what the runtime is to know of a strategy: the registration of its kind. */
export function kindOfStrategy(strategy: Strategy) {
  const { machine, supervision, events, keptInQuarantine, commands, refusals, upgrades, previous } = strategy
  const versions = { ...(upgrades && { upgrades }), ...(previous && { previous }) }
  return { machine, supervision, events, keptInQuarantine, commands, refusals, ...versions }
}

export interface StrategyUpgrade {
  readonly from: string
  readonly to: string
  readonly migrate: (state: StrategyState) => StrategyState
}

interface StrategyState {
  readonly value: unknown
  readonly context: unknown
}

/** Intervals without a trade, hence without a candle, after which indicators are of another market than this one. */
const GAP_MAX = 10

const ENTERED = { type: 'reportExecuted', params: { action: 'entered' } } as const
const EXITED = { type: 'reportExecuted', params: { action: 'exited' } } as const
/** What is held can be on its way out from the first. */
const IN = [
  { guard: 'isExiting', target: 'exiting', actions: ENTERED },
  { guard: 'isIn', target: 'holding', actions: ENTERED },
] as const
/** Out of what was held, and then of the orders that are left. */
const OUT = [
  { guard: 'isOver', target: 'flat', actions: [EXITED, 'completeCycle'] },
  { guard: 'isOut', target: 'leaving', actions: EXITED },
] as const
const STOP = { target: 'stopped', actions: 'reportStopped' } as const

export function defineStrategy<
  Shape extends z.ZodRawShape,
  State extends object,
  Folded extends keyof ParamsOf<Shape> & string = keyof ParamsOf<Shape> & string,
>(definition: StrategyDefinition<Shape, State, Folded>): Strategy {
  type Params = ParamsOf<Shape>
  type Context = StrategyContext<Params, State>
  type Seen = { readonly context: Context; readonly event: StrategyEvent }

  const { name, version, description } = definition
  const indicatorParams: readonly string[] =
    definition.indicatorParams ?? Object.keys(definition.params.shape)
  const addressOf = ({ id }: StrategyTerms) => `${name}/${id}`
  /** Whether the list of the last trade says so of itself: an earlier one looks after itself. */
  const says =
    (what: (update: ListUpdate) => boolean) =>
    ({ context, event }: Seen) =>
      event.type === 'LIST_UPDATE' && event.list === context.trade?.list && what(event)

  const input = withRules(placedTerms.extend(definition.params.shape), definition.rules)

  const machineOf = (version: string, { listOf, isOf, valuesOf, signalOf }: Form) =>
    setup({
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
        isRunning: stateIn({ mode: 'running' }),
        /** What an old candle showed has passed by now: one closes with the next trade, whenever that comes. On a market that is not whole nothing is entered. */
        isTimely: ({ context: { params, trade }, event }) =>
          event.type === 'ENTRY' &&
          !event.isDisrupted &&
          event.at - event.candle.closeAt <= (intervalMs(params.interval) as number) &&
          event.candle.openAt !== trade?.openAt,
        isIn: says(({ exposure }) => decimal.isPositive(exposure)),
        isEntering: says(({ phase }) => phase === 'entering'),
        isExiting: says(({ phase }) => phase === 'exiting'),
        isOut: says(({ phase, exposure }) => phase !== 'entering' && !decimal.isPositive(exposure)),
        isOver: says(({ phase }) => phase === 'done'),
        isOwnFill: ({ context: { trade }, event }) =>
          (event.type === 'FILL' || event.type === 'FILL_BUST' || event.type === 'FILL_CORRECTED') &&
          isOf(trade, event.list, event.order),
        isOwnRefusal: ({ context: { trade }, event }) =>
          event.type === 'REQUEST_REFUSED' && isOf(trade, event.list, `order/${event.orderId}`),
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
        takeCandle: enqueueActions(({ context, event, enqueue, check }) => {
          assertEvent(event, ['CANDLE_CLOSE', 'CANDLE_UPDATE'])
          const { params, regime: regimeBefore, closeAt, trade } = context
          const { at, candle, isDisrupted } = event
          const side = check(stateIn({ trade: 'holding' })) ? trade?.side : undefined
          // An actor that holds something may need them to get out.
          const isNew = side === undefined && hasGap(params, closeAt, candle)
          const was = isNew ? definition.initial(params) : context.state
          const is = definition.next(was, candle, params)
          const values = valuesOf(definition.values(is))
          if (event.type === 'CANDLE_CLOSE') {
            const of = factsOf(params, at)
            const regime = definition.regime?.(is)
            enqueue.assign({ state: is, closeAt: candle.closeAt, ...(regime && { regime }) })
            if (values !== undefined)
              enqueue.emit({
                type: 'INDICATORS_CALCULATED',
                ...of,
                values: { ...values },
                close: candle.close,
              })
            if (regime !== undefined && regime !== regimeBefore)
              enqueue.emit({
                type: 'REGIME_CHANGED',
                ...of,
                regime,
                ...(regimeBefore && { was: regimeBefore }),
              })
          }
          if (values === undefined) return
          const signal = signalOf(definition.decide({ params, is, was, side, candle }), candle)
          if (signal?.do === 'enter')
            enqueue.raise({ type: 'ENTRY', at, signal, candle, values, ...(isDisrupted && { isDisrupted }) })
          if (signal?.do === 'exit') enqueue.raise({ type: 'LEAVE', at, reason: signal.reason, values })
        }),
        enter: enqueueActions(({ context, event, enqueue }) => {
          assertEvent(event, 'ENTRY')
          const { params } = context
          const { at, signal, candle } = event
          const { side, reason } = signal
          const of = factsOf(params, at)
          const values = { ...event.values }
          const trades = context.trades + 1
          const list = listOf(name, params, trades)
          enqueue.assign({ trades, trade: { list, side, openAt: candle.openAt, books: NO_BOOKS } })
          enqueue.emit({ type: 'SIGNAL_GENERATED', ...of, signal: 'enter', side, reason, values })
          enqueue.emit({ type: 'ENTRY_SIGNAL', ...of, side, reason, values })
          const entry = entryOf(params, signal, candle)
          enqueue.emit({ type: 'TRADE_PROPOSED', ...of, list, orders: entry.orders })
          const request: ListRequest = { type: 'LIST_REQUEST', at, owner: addressOf(params), ...entry }
          enqueue(tell(list, request))
        }),
        exit: enqueueActions(({ context, event, enqueue }) => {
          assertEvent(event, 'LEAVE')
          const { at, reason } = event
          const { list, side: held } = context.trade as StrategyTrade
          const of = {
            ...factsOf(context.params, at),
            side: opposite(held),
            reason,
            values: { ...event.values },
          }
          enqueue.emit({ type: 'SIGNAL_GENERATED', ...of, signal: 'exit' })
          enqueue.emit({ type: 'EXIT_SIGNAL', ...of })
          const out: Exit = { type: 'EXIT', at, reason }
          enqueue(tell(list, out))
        }),
        takeFill: assign(({ context: { params, trade }, event }) => {
          assertEvent(event, ['FILL', 'FILL_BUST', 'FILL_CORRECTED'])
          const { books, ...of } = trade as StrategyTrade
          return { trade: { ...of, books: booksAfter(params, books, event) } }
        }),
        reportExecuted: enqueueActions(
          ({ context: { params }, event, enqueue }, { action }: { action: 'entered' | 'exited' }) => {
            assertEvent(event, 'LIST_UPDATE')
            const { list, exposure } = event
            enqueue.emit({ type: 'ACTION_EXECUTED', ...factsOf(params, event.at), action, list, exposure })
          },
        ),
        /** A bust and its consequences count as a cycle of their own, so that the sum of all is right. */
        completeCycle: enqueueActions(({ context, event, enqueue }) => {
          const { params } = context
          const { books, ...trade } = context.trade as StrategyTrade
          const cycles = context.cycles + 1
          enqueue.assign({ cycles, trade: { ...trade, books: NO_BOOKS } })
          const gone = !decimal.isZero(books.quantity) && { goneQty: books.quantity }
          const pnl = netPnl(books, settleAssetOf(params.contract, params.symbol))
          enqueue.emit({ type: 'TRADE_CYCLE_COMPLETED', ...factsOf(params, event.at), pnl, cycles, ...gone })
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
          const isOther = renewal.changes.some(({ setting }) => indicatorParams.includes(setting))
          enqueue.assign({ params: settings, state: isOther ? definition.initial(settings) : state })
          for (const { setting: parameter, ...change } of renewal.changes)
            enqueue.emit({ type: 'PARAMETER_UPDATED', ...of, parameter, ...change, by })
        }),
      },
    }).createMachine({
      id: name,
      version,
      description,
      context: ({ input }) => ({ params: input, state: definition.initial(input), trades: 0, cycles: 0 }),
      on: {
        CANDLE_CLOSE: { actions: 'takeCandle' },
        FILL: { guard: 'isOwnFill', actions: 'takeFill' },
        FILL_BUST: { guard: 'isOwnFill', actions: 'takeFill' },
        FILL_CORRECTED: { guard: 'isOwnFill', actions: 'takeFill' },
        UPDATE_PARAMETERS: { actions: 'updateParameters' },
      },
      type: 'parallel',
      states: {
        mode: {
          initial: 'stopped',
          states: {
            stopped: {
              description: 'It looks on. What it holds stays, with its stop.',
              on: { START: { target: 'warmingUp', actions: 'subscribe' } },
            },
            warmingUp: {
              description: 'The indicators do not reach back far enough yet.',
              on: { STOP },
              always: { guard: 'isWarm', target: 'running' },
            },
            running: {
              on: { STOP, CANDLE_UPDATE: { actions: 'takeCandle' } },
              always: { guard: not('isWarm'), target: 'warmingUp' },
            },
          },
        },
        trade: {
          initial: 'flat',
          states: {
            flat: {
              on: {
                ENTRY: { guard: and(['isRunning', 'isTimely']), target: 'entering', actions: 'enter' },
                // A bust opens the last one again.
                LIST_UPDATE: IN,
              },
            },
            entering: {
              on: {
                LIST_UPDATE: [...IN, { guard: 'isOver', target: 'flat' }],
                REQUEST_REFUSED: { guard: 'isOwnRefusal', target: 'flat' },
              },
            },
            holding: {
              tags: 'exposed',
              on: {
                LEAVE: { guard: 'isRunning', target: 'exiting', actions: 'exit' },
                LIST_UPDATE: [
                  ...OUT,
                  { guard: 'isEntering', target: 'entering' },
                  { guard: 'isExiting', target: 'exiting' },
                ],
              },
            },
            exiting: {
              tags: 'exposed',
              on: { LIST_UPDATE: OUT },
            },
            leaving: {
              description: 'Nothing is held; what is left of the orders is being cancelled.',
              on: { LIST_UPDATE: [...IN, { guard: 'isOver', target: 'flat', actions: 'completeCycle' }] },
            },
          },
        },
      },
    })
  const machine = machineOf(versionNow(version), PRESENT)
  const upgrades = definition.upgrades ?? []
  return {
    name,
    config: withRules(strategyTerms.extend(definition.params.shape), definition.rules),
    input,
    machine: machine as AnyStateMachine,
    previous: [machineOf(version, FORMER) as AnyStateMachine],
    supervision: { strategy: 'quarantine' },
    events: strategyEvents,
    keptInQuarantine: ['FILL', 'FILL_BUST', 'FILL_CORRECTED', 'LIST_UPDATE', 'REQUEST_REFUSED'],
    commands: ['START', 'STOP', 'UPDATE_PARAMETERS'],
    refusals: ['SETTING_FAILED'],
    upgrades: [
      ...upgrades,
      ...upgrades.map(({ from, to, migrate }) => ({ from: versionNow(from), to: versionNow(to), migrate })),
      { from: version, to: versionNow(version), migrate: (state) => state },
    ],
  }
}

function withRules<Params>(
  terms: z.ZodObject,
  rules: readonly Rule<Params>[] = [],
): z.ZodType<StrategyTerms> {
  return terms.superRefine((params, context) => {
    for (const { field, rule, holds } of rules) {
      if (!holds(params as Params)) context.addIssue({ code: 'custom', path: [field], message: rule })
    }
  }) as unknown as z.ZodType<StrategyTerms>
}

/** The behaviour of all strategies that differs from one version of this file to the next. */
interface Form {
  /** How a strategy calls the list of a trade, and how it knows what is of it. */
  readonly listOf: (type: string, terms: StrategyTerms, trades: number) => string
  readonly isOf: (trade: StrategyTrade | undefined, list: string | undefined, order: string) => boolean
  /** Check the values that a definition gives. They throw on a value that they do not take. */
  readonly valuesOf: typeof valuesOf
  readonly signalOf: typeof signalOf
}

const PRESENT: Form = {
  listOf: (_type, { venue, id }, trades) => `list/${venueId(venue, `${id}-${trades}`)}`,
  isOf: (trade, list) => trade !== undefined && trade.list === list,
  valuesOf,
  signalOf,
}

/**
 * As it was: the order's id, or that of the list that is taken for one, began with the list's. Much of what a definition gave was not
 * looked at, so a log may have it: to throw on that in a replay would keep the log from being opened.
 */
const FORMER: Form = {
  listOf: (type, { id }, trades) => `list/${type}:${id}-${trades}`,
  isOf: (trade, _list, order) =>
    trade !== undefined && `${order}-`.startsWith(`${trade.list.replace('list/', 'order/')}-`),
  valuesOf: (given) => given as ReturnType<typeof valuesOf>,
  signalOf: (given) => given as ReturnType<typeof signalOf>,
}

/**
 * The version of the machine that a definition gives: what is the same for all strategies has a version, too, since it changes what they
 * compute. Without it, it is the first.
 */
function versionNow(version: string): string {
  return `${version}+2`
}

function hasGap({ interval }: StrategyTerms, closeAt: number | undefined, { openAt }: Candle): boolean {
  return closeAt !== undefined && openAt - closeAt > GAP_MAX * (intervalMs(interval) as number)
}

function factsOf({ id, venue, symbol }: StrategyTerms, at: number) {
  return { at, venue, symbol, strategy: id }
}
