import { compact } from '../../../../errors/compact.ts'
import { problemOf, type TermsProblem } from '../../../../machines/index.ts'
import type { MarketView } from './market-view.ts'
import type { Asked, Terms, VenueRefusal } from './profile.ts'
import type { PaperOrder, PlaceRequest, ReplaceRequest, VenueState } from './state.ts'

interface Books {
  readonly state: VenueState
  readonly terms: Terms
}

/** Returns the reason why the venue does not take the order; undefined when it does. */
export function refusalOf(
  { state, terms }: Books,
  request: PlaceRequest,
  order: PaperOrder,
): VenueRefusal | undefined {
  const { answers, rules } = terms.profile
  const market = state.markets[request.symbol]
  if (market === undefined) return answers.unknownSymbol(request.symbol)
  const problem = problemOf(request, state.now)
  if (problem !== undefined) return answers.problem(problem)
  if (rules.length === 0) return undefined
  const { reduceOnly: _, ...asks } = request
  const asked = askedOf({ state, terms }, { ...asks, ...compact({ reduceOnly: order.reduceOnly }) }, market)
  return firstOf(rules, (rule) => rule.refusalOf(asked))
}

/** Returns the answer to a request for other terms: a refusal, or that it ends the order; undefined when the order changes. */
export function replaceAnswerOf(
  { state, terms }: Books,
  order: PaperOrder,
  request: ReplaceRequest,
): VenueRefusal | 'cancels' | undefined {
  const { answers, amendRules } = terms.profile
  const { clOrdId, orderQty, price = order.price, stopPx = order.stopPx } = request
  const asks = { ...order, clOrdId, orderQty, ...compact({ price, stopPx }) }
  const problem = problemIn(asks, order, state.now)
  if (problem !== undefined) return answers.problem(problem)
  if (amendRules.length === 0) return undefined
  const asked = askedOf({ state, terms }, asks, state.markets[order.symbol] as MarketView)
  return firstOf(amendRules, (rule) => rule.answerTo(asked, order))
}

function problemIn(asks: PaperOrder, { expireAt }: PaperOrder, now: number): TermsProblem | undefined {
  return problemOf({ ...asks, ...(expireAt && { expireTime: expireAt }) }, now)
}

function askedOf({ state, terms }: Books, order: Asked['order'], market: MarketView): Asked {
  const { symbol } = order
  const listed = terms.instruments.find((one) => one.symbol === symbol)
  return { state, terms, order, market, rules: listed ?? { symbol, contract: 'spot', multiplier: '1' } }
}

function firstOf<Rule, Answer>(
  rules: readonly Rule[],
  answerOf: (rule: Rule) => Answer | undefined,
): Answer | undefined {
  for (const rule of rules) {
    const answer = answerOf(rule)
    if (answer !== undefined) return answer
  }
  return undefined
}
