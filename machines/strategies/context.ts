/** The context of a strategy. */
import type { Candle } from '../events/candle.ts'
import type { Candidate, StrategyStats } from '../events/strategy.ts'
import type { Accepted, Emitted } from '../kind/kind.ts'
import type { Side } from '../model/fields.ts'
import type { Books } from '../position/books.ts'
import type { strategyDeclaration } from './declaration.ts'
import type { EntrySignal } from './signal.ts'
import type { StrategyTerms } from './terms.ts'

/** A trade, from its entry until nothing is held. A bust may open it again. */
export interface StrategyTrade {
  /** Address of its list of orders. */
  readonly list: string
  readonly side: Side
  /** The opening of the candle in which it was entered. A candle has one entry. */
  readonly openAt: number
  readonly books: Books
  /** Time and reason of its entry, in epoch ms. Absent in a trade from before version 4 of the common part. */
  readonly enteredAt?: number
  readonly reason?: string
  /** The reason of the strategy's own exit. Absent where its orders or others have closed it. */
  readonly exitReason?: string
}

/** Counts of a strategy's work since it came into being. */
export type Work = Pick<StrategyStats, 'ticks' | 'actions' | 'errors'>

export interface StrategyContext<Params, State> {
  readonly params: Params & StrategyTerms
  readonly state: State
  readonly regime?: string
  /** Time at which the last candle closed. */
  readonly closeAt?: number
  /** Lists that it has asked for: the last one's number. */
  readonly trades: number
  /** The last one. */
  readonly trade?: StrategyTrade
  readonly cycles: number
  /** Absent before version 4 of the common part. */
  readonly work?: Work
  /** The entry signals since the last cycle, the newest last. Absent before version 4 of the common part. */
  readonly candidates?: readonly Candidate[]
}

/** The strategy's decision about a candle, which it sends to itself. */
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

export type StrategyEvent = Accepted<typeof strategyDeclaration> | Entry | Leave

/**
 * The part of a strategy's context that a restart keeps. Its next list has a number that no list has had, and it knows
 * its last trade when a fill of it is busted.
 */
export type Kept = Pick<StrategyContext<unknown, unknown>, 'trades' | 'trade' | 'cycles' | 'work'>
/** The key of that in an input. No parameter of a strategy has a name like it. */
export const KEPT = 'outcry.kept'

export interface StrategyTypes<Params, State> {
  readonly input: Params & StrategyTerms & { readonly [KEPT]?: Kept }
  readonly context: StrategyContext<Params, State>
  readonly events: StrategyEvent
  readonly emitted: Emitted<typeof strategyDeclaration>
}
