/**
 * A strategy as what is its own: a fold over candles and a decision. The rest is the same for all and durable: it
 * subscribes, warms up, enters through a list of orders that protects what it holds, gets out, and counts.
 */

import { type AnyStateMachine, and, not, setup, stateIn } from 'xstate'
import { z } from 'zod'
import { compact } from '../../errors/compact.ts'
import type { ListUpdate } from '../events/list.ts'
import { regimeChanged, updateParameters, updateParametersOf } from '../events/strategy.ts'
import { ofEvents } from '../kind/former-names.ts'
import { type EventSchema, type Sends, versionsSince } from '../kind/kind.ts'
import { intervalMs } from '../market/candles.ts'
import { ownOrderAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { KEPT, type Kept, type StrategyContext, type StrategyEvent, type StrategyTypes } from './context.ts'
import { since, strategyDeclaration, strategyEvents } from './declaration.ts'
import type { ParamsOf, Rule, StrategyDefinition, StrategyUpgrade } from './definition.ts'
import { FORMER, type Form, formOf, versionWith } from './form.ts'
import { actionsOf } from './strategy-actions.ts'
import { placedTerms, type StrategyTerms, strategyTerms } from './terms.ts'

/** A kind of strategy, ready to be registered: what a module of one's own exports as `strategy`. */
export interface Strategy {
  readonly name: string
  /** Checks a strategy's configuration: `strategyTerms` and what is its own. */
  readonly config: z.ZodType
  /** The schema of its actors' input: the configuration, and the terms of its symbol. */
  readonly input: z.ZodType<StrategyTerms>
  readonly machine: AnyStateMachine
  /** One that throws takes nothing more: to go on would be to undo, with its own, the turns of the market. */
  readonly supervision: { readonly strategy: 'quarantine' }
  readonly events: z.ZodType
  /** The news of its trade that it is told once. Without them it would believe that it still holds a position. */
  readonly keptInQuarantine: readonly string[]
  /** A question that comes with each heartbeat. */
  readonly droppedInQuarantine: readonly string[]
  /** Types of the events that people may send. */
  readonly commands: readonly string[]
  /** Types of the events that it emits when it refuses one. */
  readonly refusals: readonly string[]
  /** The rest of its declaration: see kind/kind.ts. */
  readonly ignores?: readonly string[]
  readonly raises?: readonly string[]
  readonly emits?: readonly EventSchema[]
  readonly sends?: Sends
  /** The upgrades from earlier versions. Without them a log of another version does not open. */
  readonly upgrades?: readonly StrategyUpgrade[]
  /** Machines of earlier versions, so that `outcry verify` can replay their part of the log. */
  readonly previous?: readonly AnyStateMachine[]
}

/** Returns what the runtime is to know of a strategy: the registration of its kind. */
export function kindOfStrategy(strategy: Strategy) {
  const { machine, supervision, events, keptInQuarantine, droppedInQuarantine } = strategy
  const { commands, refusals, upgrades, previous } = strategy
  const { ignores, raises, emits, sends } = strategy
  const declared = compact({ ignores, raises, emits, sends })
  const versions = compact({ upgrades, previous })
  return {
    machine,
    supervision,
    events,
    keptInQuarantine,
    droppedInQuarantine,
    commands,
    refusals,
    ...declared,
    ...versions,
    upcasters: ofEvents,
    holds,
    restartInput,
  }
}

type Snapshot = { readonly value: unknown; readonly context: StrategyContext<unknown, unknown> }

/** Returns why a strategy must not start over or end now. A flat one may start over, and is stopped then. */
function holds({ value }: Pick<Snapshot, 'value'>, act: 'restart' | 'stop'): string | undefined {
  if (act === 'stop') return 'its symbol goes on sending candles to it: pause it instead'
  const { trade } = value as { readonly trade: string }
  return trade === 'flat' ? undefined : `its trade is ${trade}, and it would forget that`
}

/** Returns the input of a strategy that starts over: its present parameters, and what it must not forget. */
function restartInput({ context: { params, trades, trade, cycles, work } }: Snapshot) {
  const kept: Kept = { trades, cycles, ...compact({ trade, work }) }
  return { ...(params as object), [KEPT]: kept }
}

const ENTERED = { type: 'reportExecuted', params: { action: 'entered' } } as const
const EXITED = { type: 'reportExecuted', params: { action: 'exited' } } as const
/** The transitions into a position. It may be on its way out from the first. */
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
  /** Returns a guard that holds when the event is about the list of the last trade. An earlier list looks after itself. */
  const ofList =
    (what: (update: ListUpdate) => boolean) =>
    ({ context, event }: Seen) =>
      event.type === 'LIST_UPDATE' && event.list === context.trade?.list && what(event)

  const input = withRules(placedTerms.extend(definition.params.shape), definition.rules)

  const machineOf = (common: string, form: Form) =>
    setup({
      types: {} as StrategyTypes<Params, State>,
      guards: {
        isWarm: ({ context }) => definition.values(context.state) !== undefined,
        isRunning: stateIn({ mode: 'running' }),
        /**
         * Returns whether the candle is recent enough to enter. A candle closes with the next trade, so an old one shows the past.
         * On a disrupted market nothing is entered.
         */
        isTimely: ({ context: { params, trade }, event }) =>
          event.type === 'ENTRY' &&
          !event.isDisrupted &&
          event.at - event.candle.closeAt <= (intervalMs(params.interval) as number) &&
          event.candle.openAt !== trade?.openAt,
        isIn: ofList(({ exposure }) => decimal.isPositive(exposure)),
        isEntering: ofList(({ phase }) => phase === 'entering'),
        isExiting: ofList(({ phase }) => phase === 'exiting'),
        isOut: ofList(({ phase, exposure }) => phase !== 'entering' && !decimal.isPositive(exposure)),
        isOver: ofList(({ phase }) => phase === 'done'),
        isOwnFill: ({ context: { trade }, event }) =>
          (event.type === 'FILL' || event.type === 'FILL_BUST' || event.type === 'FILL_CORRECTED') &&
          form.isOf(trade, event.list, event.order),
        isOwnRefusal: ({ context: { trade }, event }) =>
          event.type === 'REQUEST_REFUSED' && form.isOf(trade, event.list, ownOrderAddress(event.clOrdId)),
      },
      actions: actionsOf(definition, input, form, common),
    }).createMachine({
      id: name,
      version: versionWith(version, common),
      description,
      context: ({ input: { [KEPT]: kept, ...terms } }) => {
        const params = terms as unknown as Params & StrategyTerms
        return { params, state: definition.initial(params), trades: 0, cycles: 0, ...kept }
      },
      on: {
        CANDLE_CLOSE: { actions: 'takeCandle' },
        FILL: { guard: 'isOwnFill', actions: 'takeFill' },
        FILL_BUST: { guard: 'isOwnFill', actions: 'takeFill' },
        FILL_CORRECTED: { guard: 'isOwnFill', actions: 'takeFill' },
        UPDATE_PARAMETERS: { actions: 'updateParameters' },
        ...(form.remembers && {
          REQUEST_REFUSED: { guard: 'isOwnRefusal' as const, actions: 'noteRefusal' as const },
          STATS_REQUEST: { actions: 'tellStats' as const },
        }),
      },
      type: 'parallel',
      states: {
        mode: {
          initial: 'stopped',
          states: {
            stopped: {
              description: 'The strategy makes no decisions. A position that it holds keeps its stop.',
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
                REQUEST_REFUSED: {
                  guard: 'isOwnRefusal',
                  target: 'flat',
                  ...(form.remembers && { actions: 'noteRefusal' as const }),
                },
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
              description: 'The strategy holds nothing. The rest of its orders is being canceled.',
              on: { LIST_UPDATE: [...IN, { guard: 'isOver', target: 'flat', actions: 'completeCycle' }] },
            },
          },
        },
      },
    })
  const former = machineOf('1', FORMER)
  const today = versionsSince('2', since, (common) => machineOf(common, formOf(common)))
  const commons = ['1', '2', ...Object.keys(since)]
  const own = definition.upgrades ?? []
  const upgrade = (from: string, to: string, migrate: StrategyUpgrade['migrate']) => ({ from, to, migrate })
  return {
    name,
    config: withRules(strategyTerms.extend(definition.params.shape), definition.rules),
    input,
    machine: today.machine as AnyStateMachine,
    previous: [former, ...today.previous] as AnyStateMachine[],
    supervision: { strategy: 'quarantine' },
    ...strategyDeclaration,
    events: eventsWith(definition.params),
    emits: strategyDeclaration.emits.filter(
      (event) => event !== regimeChanged || definition.regime !== undefined,
    ),
    keptInQuarantine: ['FILL', 'FILL_BUST', 'FILL_CORRECTED', 'LIST_UPDATE', 'REQUEST_REFUSED'],
    droppedInQuarantine: ['STATS_REQUEST'],
    upgrades: [
      ...commons.flatMap((common) =>
        own.map(({ from, to, migrate }) =>
          upgrade(versionWith(from, common), versionWith(to, common), migrate),
        ),
      ),
      ...commons
        .slice(1)
        .map((to, i) =>
          upgrade(versionWith(version, commons[i] as string), versionWith(version, to), (state) => state),
        ),
    ],
  }
}

/** Returns the events that strategies accept, with the parameters of one. */
function eventsWith(params: z.ZodObject): typeof strategyEvents {
  const { orderQty } = strategyTerms.shape
  const own = updateParametersOf(params.extend({ orderQty }))
  const accepts = strategyEvents.options.map((one) => (one === updateParameters ? own : one))
  return z.discriminatedUnion('type', accepts as unknown as typeof strategyEvents.options)
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
