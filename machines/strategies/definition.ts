/** The definition of a strategy, as its author writes it. */
import type { z } from 'zod'
import type { Candle } from '../events/candle.ts'
import type { Side } from '../model/fields.ts'
import type { Signal } from './signal.ts'
import type { StrategyTerms } from './terms.ts'

/** The values that a decision is made from. */
export interface View<Params, State> {
  readonly params: Params & StrategyTerms
  /** The indicators after this candle, and after the one before. */
  readonly is: State
  readonly was: State
  /** The side of the position; undefined if nothing is held. */
  readonly side: Side | undefined
  readonly candle: Candle
}

export interface Rule<Params> {
  /** The parameter to correct. */
  readonly field: keyof Params & string
  readonly rule: string
  readonly holds: (params: Params) => boolean
}

export type ParamsOf<Shape extends z.ZodRawShape> = z.infer<z.ZodObject<Shape>>

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
  /** The rules that several parameters have to keep together. */
  readonly rules?: readonly Rule<ParamsOf<Shape>>[]
  /** The parameters that the indicators depend on. When a person changes one of them, the indicators start over. Default: all. */
  readonly indicatorParams?: readonly Folded[]
  /** Returns the first state: indicators and other values, as plain JSON. */
  readonly initial: (params: Pick<ParamsOf<Shape>, Folded>) => State
  readonly next: (state: State, candle: Candle, params: Pick<ParamsOf<Shape>, Folded>) => State
  /** Returns the values to show; undefined until all of them exist. */
  readonly values: (state: State) => Readonly<Record<string, number>> | undefined
  /** The kind of market it takes this to be. */
  readonly regime?: (state: State) => string | undefined
  /** Asked once values are there. */
  readonly decide: (view: View<ParamsOf<Shape>, State>) => Signal | undefined
  /** The upgrades from earlier versions, for logs that have actors of them. */
  readonly upgrades?: readonly StrategyUpgrade[]
}

export interface StrategyUpgrade {
  readonly from: string
  readonly to: string
  readonly migrate: (state: StrategyState) => StrategyState
}

export interface StrategyState {
  readonly value: unknown
  readonly context: unknown
}
