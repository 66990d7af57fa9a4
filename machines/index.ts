/** The machines of trading: pure XState, durable when registered with the runtime. */
import { accountKind } from './account/account.ts'
import { componentKind } from './component/component.ts'
import { ledgerKind } from './ledger/ledger.ts'
import { orderListKind } from './list/order-list.ts'
import { symbolKind } from './market/symbol.ts'
import { universeKind } from './market/universe.ts'
import { newsKind } from './news/news.ts'
import { orderKind } from './order/order.ts'
import { positionKind } from './position/position.ts'
import { reconciliationKind } from './reconciliation/reconciliation.ts'
import { runnerKind } from './runner/runner.ts'
import { kindOfStrategy } from './strategies/define-strategy.ts'
import { emaCross } from './strategies/ema-cross.ts'
import { meanReversion } from './strategies/mean-reversion.ts'
import { watchdogKind } from './watchdog/watchdog.ts'

/** The kinds of trading, for `createSupervisor({ machines })`. Add your own strategies beside them. */
export const machines = {
  symbol: symbolKind,
  order: orderKind,
  list: orderListKind,
  position: positionKind,
  reconciliation: reconciliationKind,
  watchdog: watchdogKind,
  account: accountKind,
  emaCross: kindOfStrategy(emaCross),
  meanReversion: kindOfStrategy(meanReversion),
  news: newsKind,
  universe: universeKind,
  runner: runnerKind,
  component: componentKind,
  ledger: ledgerKind,
}

export { accountFromVersion5, accountMachine, accountVersion5 } from './account/account.ts'
export { type AccountInput, accountInput } from './account/account-input.ts'
export type { AccountContext } from './account/context.ts'
export { accountEvents } from './account/declaration.ts'
export {
  type Instrument,
  type InstrumentInput,
  instrument,
  instrumentName,
  quantityCheck,
} from './account/instrument.ts'
export { positionMode, type RiskLimits, riskLimits } from './account/limits.ts'
export * from './account/portfolio.ts'
export * from './account/venue-notice.ts'
export type { ComponentContext, ComponentInput } from './component/context.ts'
export * from './domain.ts'
export * from './events/account.ts'
export * from './events/candle.ts'
export * from './events/closing.ts'
export * from './events/component.ts'
export * from './events/fill.ts'
export * from './events/ledger.ts'
export * from './events/list.ts'
export * from './events/market.ts'
export * from './events/news.ts'
export * from './events/order.ts'
export * from './events/order-facts.ts'
export * from './events/order-requests.ts'
export * from './events/position.ts'
export * from './events/reconciliation.ts'
export * from './events/runner.ts'
export * from './events/strategy.ts'
export * from './events/universe.ts'
export * as indicators from './indicators/index.ts'
export type { LedgerContext, LedgerInput } from './ledger/context.ts'
export { addTrade, intervalMs } from './market/candles.ts'
export { symbolFromVersion3, symbolMachine } from './market/symbol.ts'
export { markOf, type SymbolContext } from './market/symbol-context.ts'
export { symbolEvents } from './market/symbol-declaration.ts'
export { SYMBOL_AHEAD_MAX_MS, type SymbolInput, symbolInput } from './market/symbol-input.ts'
export { universeMachine } from './market/universe.ts'
export { type UniverseContext, type UniverseInput, universeInput } from './market/universe-context.ts'
export { universeEvents } from './market/universe-declaration.ts'
export * from './market/universe-filters.ts'
export {
  accountAddress,
  componentAddress,
  holdingId,
  holdingName,
  listAddress,
  NEWS,
  orderAddress,
  ownOrderAddress,
  portAddress,
  positionAddress,
  reconciliationAddress,
  strategyAddress,
  symbolAddress,
  universeAddress,
  watchdogAddress,
} from './model/addresses.ts'
export * from './model/contract.ts'
export type { Side } from './model/fields.ts'
export { adoptedId, venueId } from './model/ids.ts'
export * from './news/classifier.ts'
export { type NewsContext, type NewsInput, newsInput } from './news/context.ts'
export { newsEvents } from './news/declaration.ts'
export type { Flag } from './news/flags.ts'
export { newsMachine } from './news/news.ts'
export * from './news/rules.ts'
export type { From } from './order/actions.ts'
export { avgPx, type OrderContext, type OrderInput, ordStatusOf } from './order/context.ts'
export { orderEvents } from './order/declaration.ts'
export { orderFromVersion5, orderMachine, orderVersion4, orderVersion5 } from './order/order.ts'
export * from './order/terms.ts'
export * from './position/books.ts'
export { type PositionContext, type PositionInput, positionInput, unrealizedOf } from './position/context.ts'
export { positionEvents } from './position/declaration.ts'
export { positionMarks } from './position/marked.ts'
export { positionMachine } from './position/position.ts'
export type { ReconciliationContext } from './reconciliation/context.ts'
export { reconciliationEvents } from './reconciliation/declaration.ts'
export { reconciliationMachine } from './reconciliation/reconciliation.ts'
export * from './reconciliation/reconciliation-input.ts'
export { RUNNER, type RunnerContext, type RunnerInput } from './runner/context.ts'
export { sentenceOf } from './sentences.ts'
export type { StrategyContext, StrategyTrade } from './strategies/context.ts'
export { strategyEvents } from './strategies/declaration.ts'
export { defineStrategy, kindOfStrategy, type Strategy } from './strategies/define-strategy.ts'
export type { Rule, StrategyDefinition, StrategyUpgrade, View } from './strategies/definition.ts'
export type { Signal } from './strategies/signal.ts'
export { fixedAmong, type StrategyTerms, strategyTerms } from './strategies/terms.ts'
export type { Cover, WatchdogContext } from './watchdog/context.ts'
export { watchdogEvents } from './watchdog/declaration.ts'
export { type WatchdogInput, watchdogInput, watchdogRules } from './watchdog/settings.ts'
export { watchdogFromVersion2, watchdogMachine, watchdogVersion2 } from './watchdog/watchdog.ts'
export { emaCross, meanReversion }
