/** What a strategy knows. */
import type { Candle } from '../events/candle.ts'
import type { Accepted, Emitted } from '../kind/kind.ts'
import type { Side } from '../model/fields.ts'
import type { Books } from '../position/books.ts'
import type { strategyDeclaration } from './declaration.ts'
import type { EntrySignal } from './signal.ts'
import type { StrategyTerms } from './terms.ts'

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

export type StrategyEvent = Accepted<typeof strategyDeclaration> | Entry | Leave

export interface StrategyTypes<Params, State> {
  readonly input: Params & StrategyTerms
  readonly context: StrategyContext<Params, State>
  readonly events: StrategyEvent
  readonly emitted: Emitted<typeof strategyDeclaration>
}
