/** A profile: the rules by which the paper venue admits, changes and ends orders. The engine asks it and knows none by name. */

import type { OrdRejReason, OrdStatus } from '../../../../machines/index.ts'
import type { ContractType } from '../../../../machines/model/contract.ts'
import type { OrderTerms, TermsProblem } from '../../../../machines/order/terms.ts'
import type { VenueCapabilities } from '../../capabilities.ts'
import type { FeeIn, Fees } from './commission.ts'
import type { MarketView } from './market-view.ts'
import type { ProfileName } from './profile-name.ts'
import type { PaperOrder, PlaceRequest, VenueState } from './state.ts'
import type { SymbolRules } from './symbol-rules.ts'

export const NOTHING_TO_REDUCE = 'reduce only: nothing is held that it could reduce'
export const WOULD_TAKE = 'post only: it would take what is there'

/** The fixed part of a venue, besides its books. */
export interface Terms extends Fees {
  /** Name of the venue: its ids begin with it. */
  readonly name: string
  /** The listed instruments. A symbol that is not among them is spot. */
  readonly instruments: readonly SymbolRules[]
  readonly profile: VenueProfile
  /** The customer's balances at the beginning. */
  readonly openingBalances: Readonly<Record<string, string>>
  /** The customer's setting. It is not checked where it is not known. */
  readonly positionMode?: 'netting' | 'hedging' | undefined
}

/** The reason why the venue does not take a request. */
export interface VenueRefusal {
  readonly text: string
  /** The code of the venue that the profile copies. */
  readonly code?: number
  readonly ordRejReason?: OrdRejReason
}

/** A request as a rule sees it. `order` has the terms that would be in force, and nothing of it is in the books. */
export interface Asked {
  readonly state: VenueState
  readonly terms: Terms
  readonly order: OrderTerms & { readonly clOrdId: string }
  readonly rules: SymbolRules
  readonly market: MarketView
}

/** A row of the documentation: what a venue does, and where that is written. */
export interface Documented {
  readonly rule: string
  /** The codes and texts that follow, if any. */
  readonly answer: string
  readonly source: string
}

export interface Rule extends Documented {
  refusalOf(asked: Asked): VenueRefusal | undefined
}

export interface AmendRule extends Documented {
  /** Returns `cancels` where the request ends the order instead of changing it. */
  answerTo(asked: Asked, was: PaperOrder): VenueRefusal | 'cancels' | undefined
}

/** The answers to faults that the engine itself finds. */
export interface Answers {
  unknownSymbol(symbol: string): VenueRefusal
  problem(problem: TermsProblem): VenueRefusal
  readonly wouldTake: VenueRefusal
  readonly notReducing: VenueRefusal
  /** Without it a stop whose price is reached triggers at once. */
  readonly wouldTrigger?: VenueRefusal
  /** Without it a ClOrdID that was used before changes nothing, whoever uses it. */
  readonly duplicate?: VenueRefusal
  /** `endedAs` is what became of the order, if it was here. */
  unknownOrder(endedAs: OrdStatus | undefined): VenueRefusal
}

export interface VenueProfile {
  readonly name: ProfileName
  readonly capabilities: VenueCapabilities
  /** The kind of its symbols. Without it they are of any kind. */
  readonly contract?: ContractType
  readonly answers: Answers
  /** In the order in which they are asked. */
  readonly rules: readonly Rule[]
  readonly amendRules: readonly AmendRule[]
  /** Behaviour that is no refusal, for the documentation. */
  readonly ways: readonly Documented[]
  /** The end of an order that can take no more and may not wait. */
  readonly unfilled: 'CANCELED' | 'EXPIRED'
  /** True when the rest of a market order waits for further prices. */
  readonly marketWaits: boolean
  /** True when a spot order locks what it pays with, so that no other order has it. */
  readonly locks: boolean
  /** True when filters judge by the average price of the last 5 minutes, and not by the price of now. */
  readonly averages: boolean
  readonly feeIn: FeeIn
  /** The share of a commission that is paid when it is paid in BNB. */
  readonly bnbShare: string
  /** Returns whether the order is bound to make a position smaller. */
  reduces(request: PlaceRequest): boolean
}

/** Returns the refusal in one line, with its code. */
export function textOf({ code, text }: VenueRefusal): string {
  return code === undefined ? text : `${code}: ${text}`
}
