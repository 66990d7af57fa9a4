/** What an author gives of a strategy. */
import type { z } from 'zod'
import type { Candle } from '../events/candle.ts'
import type { Side } from '../model/fields.ts'
import type { Signal } from './signal.ts'
import type { StrategyTerms } from './terms.ts'

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

export interface StrategyUpgrade {
  readonly from: string
  readonly to: string
  readonly migrate: (state: StrategyState) => StrategyState
}

export interface StrategyState {
  readonly value: unknown
  readonly context: unknown
}
