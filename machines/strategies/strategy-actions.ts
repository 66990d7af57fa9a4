/** The actions of a strategy. */

import { assertEvent, type GuardPredicate, stateIn } from 'xstate'
import type { z } from 'zod'
import { compact } from '../../errors/compact.ts'
import { renewed } from '../account/settings.ts'
import type { Candle } from '../events/candle.ts'
import { acts, laterThan } from '../kind/kind.ts'
import { intervalMs } from '../market/candles.ts'
import { asKind, strategyAddress, symbolAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { NO_BOOKS, netPnl } from '../position/books.ts'
import type { StrategyEvent, StrategyTrade, StrategyTypes } from './context.ts'
import { candidatesWith, cycleOf, shortened, workOf, workWith } from './cycle.ts'
import { since, strategyDeclaration } from './declaration.ts'
import type { ParamsOf, StrategyDefinition } from './definition.ts'
import type { Form } from './form.ts'
import { entryOf, opposite } from './signal.ts'
import { fixedAmong, type StrategyTerms } from './terms.ts'

/** Intervals without a trade, hence without a candle, after which indicators are of another market than this one. */
const GAP_MAX = 10

/** Returns the actions of a strategy. `input` checks its parameters, `common` is the version of the part that all share. */
export function actionsOf<
  Shape extends z.ZodRawShape,
  State extends object,
  Folded extends keyof ParamsOf<Shape> & string,
>(
  definition: StrategyDefinition<Shape, State, Folded>,
  input: z.ZodType<StrategyTerms>,
  { listOf, valuesOf, signalOf, remembers, booksAfter, assetOf, onTick }: Form,
  common: string,
) {
  type Params = ParamsOf<Shape>
  const { name } = definition
  type Types = StrategyTypes<Params, State>
  const { action, emit, tell } = acts(strategyDeclaration, {} as Types, laterThan(since, common))
  /** It names no other guard, which XState's type leaves open. */
  const isHolding = stateIn({ trade: 'holding' }) as GuardPredicate<
    Types['context'],
    StrategyEvent,
    undefined,
    never
  >
  const indicatorParams: readonly string[] =
    definition.indicatorParams ?? Object.keys(definition.params.shape)
  const addressOf = ({ id }: StrategyTerms) => strategyAddress(name, id)
  return {
    subscribe: action(({ context: { params }, event, enqueue }) => {
      const { venue, marketVenue = venue, symbol, interval, evaluateOn } = params
      enqueue(emit({ type: 'STRATEGY_STARTED', ...factsOf(params, event.at) }))
      const updates = evaluateOn === 'tick'
      const of = { at: event.at, subscriber: addressOf(params), intervals: [interval], updates }
      enqueue(tell(symbolAddress(marketVenue, symbol), { type: 'SUBSCRIBE', ...of }))
    }),
    reportStopped: action(({ context: { params }, event, enqueue }) => {
      const reason = event.type === 'STOP' ? event.reason : undefined
      enqueue(emit({ type: 'STRATEGY_STOPPED', ...factsOf(params, event.at), ...(reason && { reason }) }))
    }),
    takeCandle: action(({ context, event, enqueue, check }) => {
      assertEvent(event, ['CANDLE_CLOSE', 'CANDLE_UPDATE'])
      const { params, regime: regimeBefore, closeAt, trade } = context
      const { at, candle, isDisrupted } = event
      if (remembers) enqueue.assign(workWith(context, 'ticks'))
      const side = check(isHolding) ? trade?.side : undefined
      // An actor that holds something may need them to get out.
      const isNew = side === undefined && hasGap(params, closeAt, candle)
      const was = isNew ? definition.initial(params) : context.state
      const is = definition.next(was, candle, params)
      const values = valuesOf(definition.values(is))
      if (event.type === 'CANDLE_CLOSE') {
        const of = factsOf(params, at)
        const regime = definition.regime?.(is)
        enqueue.assign({ state: is, closeAt: candle.closeAt, ...compact({ regime }) })
        if (values !== undefined)
          enqueue(
            emit({
              type: 'INDICATORS_CALCULATED',
              ...of,
              values: { ...values },
              close: candle.close,
            }),
          )
        if (regime !== undefined && regime !== regimeBefore)
          enqueue(
            emit({
              type: 'REGIME_CHANGED',
              ...of,
              regime,
              ...compact({ was: regimeBefore }),
            }),
          )
      }
      if (values === undefined) return
      const signal = signalOf(definition.decide({ params, is, was, side, candle }), candle)
      if (remembers && signal?.do === 'enter' && side === undefined) {
        const candidate = { at, side: signal.side, reason: shortened(signal.reason) }
        enqueue.assign({ candidates: candidatesWith(context, candidate) })
      }
      if (signal?.do === 'enter')
        enqueue.raise({ type: 'ENTRY', at, signal, candle, values, ...compact({ isDisrupted }) })
      if (signal?.do === 'exit') enqueue.raise({ type: 'LEAVE', at, reason: signal.reason, values })
    }),
    enter: action(({ context, event, enqueue }) => {
      assertEvent(event, 'ENTRY')
      const { params } = context
      const { at, signal, candle } = event
      const { side, reason } = signal
      const of = factsOf(params, at)
      const values = { ...event.values }
      const trades = context.trades + 1
      const list = listOf(name, params, trades)
      const story = remembers && { enteredAt: at, reason: shortened(reason) }
      const trade = { list, side, openAt: candle.openAt, books: NO_BOOKS, ...story }
      enqueue.assign({ trades, trade, ...(remembers && workWith(context, 'actions')) })
      enqueue(emit({ type: 'SIGNAL_GENERATED', ...of, signal: 'enter', side, reason, values }))
      enqueue(emit({ type: 'ENTRY_SIGNAL', ...of, side, reason, values }))
      const entry = entryOf(params, signal, candle, onTick)
      enqueue(emit({ type: 'TRADE_PROPOSED', ...of, list, orders: entry.orders }))
      const names = compact({ owner: addressOf(params), strategy: params.id, instrument: params.instrument })
      enqueue(tell(list, { type: 'LIST_REQUEST', at, ...names, ...entry }))
    }),
    exit: action(({ context, event, enqueue }) => {
      assertEvent(event, 'LEAVE')
      const { at, reason } = event
      const trade = context.trade as StrategyTrade
      const { list, side: held } = trade
      if (remembers)
        enqueue.assign({
          trade: { ...trade, exitReason: shortened(reason) },
          ...workWith(context, 'actions'),
        })
      const of = {
        ...factsOf(context.params, at),
        side: opposite(held),
        reason,
        values: { ...event.values },
      }
      enqueue(emit({ type: 'SIGNAL_GENERATED', ...of, signal: 'exit' }))
      enqueue(emit({ type: 'EXIT_SIGNAL', ...of }))
      enqueue(tell(asKind('list', list), { type: 'EXIT', at, reason }))
    }),
    noteRefusal: action(({ context, enqueue }) => enqueue.assign(workWith(context, 'errors'))),
    tellStats: action(({ context, event, enqueue }) => {
      assertEvent(event, 'STATS_REQUEST')
      const { at, owner } = event
      const { id: strategy, venue } = context.params
      enqueue(tell(owner, { type: 'STRATEGY_STATS', at, venue, strategy, ...workOf(context) }))
    }),
    takeFill: action(({ context: { params, trade }, event, enqueue }) => {
      assertEvent(event, ['FILL', 'FILL_BUST', 'FILL_CORRECTED'])
      const { books, ...of } = trade as StrategyTrade
      enqueue.assign({ trade: { ...of, books: booksAfter(params, books, event) } })
    }),
    reportExecuted: action(
      ({ context: { params }, event, enqueue }, { action: done }: { action: 'entered' | 'exited' }) => {
        assertEvent(event, 'LIST_UPDATE')
        const { list, exposure } = event
        enqueue(emit({ type: 'ACTION_EXECUTED', ...factsOf(params, event.at), action: done, list, exposure }))
      },
    ),
    /** A bust and its consequences count as a cycle of their own, so that the sum of all is right. */
    completeCycle: action(({ context, event, enqueue }) => {
      const { params } = context
      const trade = context.trade as StrategyTrade
      const { books } = trade
      const cycles = context.cycles + 1
      enqueue.assign({ cycles, trade: { ...trade, books: NO_BOOKS }, ...(remembers && { candidates: [] }) })
      const gone = !decimal.isZero(books.quantity) && { goneQty: books.quantity }
      const asset = assetOf(params)
      const pnl = netPnl(books, asset)
      const story = cycleOf(context, trade, { at: event.at, pnl, asset })
      const of = factsOf(params, event.at)
      enqueue(emit({ type: 'TRADE_CYCLE_COMPLETED', ...of, pnl, cycles, ...gone, ...story }))
    }),
    updateParameters: action(({ context: { params, state }, event, enqueue }) => {
      assertEvent(event, 'UPDATE_PARAMETERS')
      const { at, by, parameters } = event
      const of = factsOf(params, at)
      const fixed = fixedAmong(parameters)
      const renewal = fixed.length > 0 ? { problems: fixed } : renewed(input, params, parameters)
      if ('problems' in renewal) {
        for (const problem of renewal.problems)
          enqueue(emit({ type: 'SETTING_FAILED', ...of, ...problem, by }))
        return
      }
      const settings = renewal.settings as Params & StrategyTerms
      const isOther = renewal.changes.some(({ setting }) => indicatorParams.includes(setting))
      enqueue.assign({ params: settings, state: isOther ? definition.initial(settings) : state })
      for (const { setting: parameter, ...change } of renewal.changes)
        enqueue(emit({ type: 'PARAMETER_UPDATED', ...of, parameter, ...change, by }))
    }),
  }
}

function hasGap({ interval }: StrategyTerms, closeAt: number | undefined, { openAt }: Candle): boolean {
  return closeAt !== undefined && openAt - closeAt > GAP_MAX * (intervalMs(interval) as number)
}

function factsOf({ id: strategy, venue, symbol, instrument }: StrategyTerms, at: number) {
  return compact({ at, venue, symbol, instrument, strategy })
}
