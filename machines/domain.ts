/** All that machines emit: the units of the feed, as the kinds declare them. */
import { z } from 'zod'
import { accountDeclaration } from './account/declaration.ts'
import { componentDeclaration } from './component/declaration.ts'
import { ledgerDeclaration } from './ledger/declaration.ts'
import { orderListDeclaration } from './list/declaration.ts'
import { symbolDeclaration } from './market/symbol-declaration.ts'
import { universeDeclaration } from './market/universe-declaration.ts'
import { newsDeclaration } from './news/declaration.ts'
import { orderDeclaration } from './order/declaration.ts'
import { positionDeclaration } from './position/declaration.ts'
import { reconciliationDeclaration } from './reconciliation/declaration.ts'
import { runnerDeclaration } from './runner/declaration.ts'
import { strategyDeclaration } from './strategies/declaration.ts'
import { watchdogDeclaration } from './watchdog/declaration.ts'

/** By the kind that emits them. An event that several kinds emit stands under each. */
export const domainEvents = {
  symbol: symbolDeclaration.emits,
  order: orderDeclaration.emits,
  list: orderListDeclaration.emits,
  position: positionDeclaration.emits,
  reconciliation: reconciliationDeclaration.emits,
  watchdog: watchdogDeclaration.emits,
  account: accountDeclaration.emits,
  strategy: strategyDeclaration.emits,
  news: newsDeclaration.emits,
  universe: universeDeclaration.emits,
  runner: runnerDeclaration.emits,
  component: componentDeclaration.emits,
  ledger: ledgerDeclaration.emits,
} as const

type Schema = (typeof domainEvents)[keyof typeof domainEvents][number]

export const domainEvent = z.discriminatedUnion('type', unique(Object.values(domainEvents).flat()))

export type DomainEvent = z.infer<typeof domainEvent>
/** The domain events of these types. */
export type DomainEvents<T extends DomainEvent['type']> = Extract<DomainEvent, { type: T }>

function unique(schemas: readonly Schema[]): [Schema, ...Schema[]] {
  return [...new Set(schemas)] as [Schema, ...Schema[]]
}
