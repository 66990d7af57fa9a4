/** The state of a run as one document, from a log of any program that has accounts or strategies. */
import { compact } from '../../../errors/compact.ts'
import { dailyPnl } from '../../../machines/account/circuit-breaker.ts'
import type { AccountContext } from '../../../machines/account/context.ts'
import { cooldownUntil, guardUntil } from '../../../machines/account/risk.ts'
import type { DomainEvents } from '../../../machines/domain.ts'
import {
  type LedgerContext,
  listAddress,
  machines,
  markOf,
  type PositionContext,
  type ReconciliationContext,
  reconciliationAddress,
  type StrategyContext,
  type StrategyTrade,
  type SymbolContext,
  type UniverseContext,
  universeAddress,
} from '../../../machines/index.ts'
import type { List } from '../../../machines/list/plan.ts'
import { positionAddress } from '../../../machines/model/addresses.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import type { Interruptible } from '../../../store/store.ts'
import type { ActorView } from '../../runtime/actors/actor-view.ts'
import type { Kind } from '../../runtime/actors/kind.ts'
import type { Registry } from '../../runtime/actors/registry.ts'
import { naturally } from '../../runtime/record/natural-order.ts'
import type { StateDocument } from '../contract/state.ts'
import { ActorsAt, type ReadableLog } from './actors-at.ts'
import { atMarket, marketOf, performanceOf, standing } from './standing.ts'

type AccountState = StateDocument['accounts'][number]
type StrategyState = StateDocument['strategies'][number]
type LedgerState = NonNullable<StateDocument['ledgers']>[number]

/** A moment: the present, a seq, or a time in epoch ms. */
export interface Moment {
  readonly seq?: number | undefined
  readonly at?: number | undefined
}

export interface Wanted extends Moment {
  /** True: without the reconciliation and the universe, whose records may be far apart. Default: false. */
  readonly brief?: boolean | undefined
}

const { account, position, symbol, reconciliation, universe, ledger } = machines
/** The kinds of the actors that the document is about, but for strategies and those of single trades. */
const KINDS = { account, position, symbol, reconciliation, universe, ledger }

/** Returns the beginnings of the addresses of the actors that the document is about, but for those of single trades. */
export function statePrefixes(registry: Registry): readonly string[] {
  const kinds = [...registry.kinds].filter((kind) => isStrategy(kind) || Object.hasOwn(KINDS, kind.name))
  return kinds.map(({ name }) => prefixOf(name))
}

const prefixOf = (kind: string): string => `${kind}/`

/** Most records of a reconciliation that are searched for its last completed one. */
const SEARCHED_MAX = 200

/**
 * Returns the state at a moment. `now` is the present of the log, where it has one.
 * @throws READ_ABORTED, STORE_CORRUPT
 */
export async function stateDocument(
  log: ReadableLog,
  { seq, at, brief = false }: Wanted,
  { now, ...options }: Interruptible & { readonly now?: number | undefined } = {},
): Promise<StateDocument> {
  const head = log.seq
  const until = at !== undefined ? Math.min(head, await log.seqAt(at)) : Math.min(head, seq ?? head)
  const actors = new ActorsAt(log, until, options)
  const lastAt = await actors.lastAt()
  const present = seq === undefined ? now : undefined
  const asOf = at ?? Math.max(...[present, lastAt].filter((time) => time !== undefined))
  const accounts: AccountState[] = []
  const strategies: StrategyState[] = []
  const trades: string[] = []
  for (const kind of [...log.registry.kinds].filter(isStrategy))
    for await (const view of actors.viewsOf(prefixOf(kind.name), kind)) {
      const { list } = (view.context as StrategyContext<object, object>).trade ?? {}
      if (list !== undefined) trades.push(list)
      strategies.push(strategyState(view))
    }
  for await (const view of actors.viewsOf(prefixOf('account'), machines.account))
    accounts.push({
      ...(await accountState(actors, view, trades, asOf)),
      ...(!brief && (await surroundingsOf(actors, view.context as AccountContext))),
    })
  const ledgers: LedgerState[] = []
  for await (const view of actors.viewsOf('ledger/', machines.ledger)) ledgers.push(ledgerState(view))
  strategies.sort(byAddress)
  const unreadable = actors.unreadable.sort(byAddress)
  return compact({
    seq: until,
    at: lastAt,
    asOf: until === 0 ? undefined : asOf,
    accounts,
    strategies,
    ledgers: ledgers.length === 0 ? undefined : ledgers.sort(byAddress),
    unreadable,
  })
}

interface Addressed {
  readonly address: string
}
const byAddress = (a: Addressed, b: Addressed) => naturally(a.address, b.address)

/** Returns whether actors of the kind are strategies, by the events that they emit. A program gives the kind its name. */
function isStrategy({ emits = [] }: Kind): boolean {
  return emits.some((schema) => {
    const { type } = (schema as Partial<{ shape: { type?: { value?: unknown } } }>).shape ?? {}
    return type?.value === 'STRATEGY_STARTED'
  })
}

function strategyState({ address, seq, at, value, condition, context }: ActorView): StrategyState {
  const { params, regime, closeAt, cycles, trade } = context as StrategyContext<object, object>
  const { venue, symbol, interval } = params
  return compact({
    address,
    seq,
    at,
    state: value,
    condition,
    venue,
    symbol,
    interval,
    regime,
    closeAt,
    cycles,
    trade: trade && tradeOf(trade),
  })
}

function ledgerState({ address, seq, at, context }: ActorView): LedgerState {
  const { entries, last } = context as LedgerContext
  return compact({
    address,
    seq,
    at,
    entries,
    lastSequenceNum: last?.sequenceNum,
    lastTimestamp: last?.timestamp,
  })
}

function tradeOf({ list, side, books: { quantity, realizedPnl } }: StrategyTrade): StrategyState['trade'] {
  return { list, side, quantity, realizedPnl }
}

/** `trades` are the addresses of the lists that strategies trade with. */
async function accountState(
  actors: ActorsAt,
  view: ActorView,
  trades: readonly string[],
  asOf: number,
): Promise<AccountState> {
  const account = view.context as AccountContext
  const { venue, asset, consecutiveLosses, flags } = account
  const marks = await marksOf(actors, account)
  const marked = atMarket(account, (market) => marks.get(market))
  const performance = performanceOf(marked, asOf)
  const pnl = dailyPnl(performance)
  const positions: PositionContext[] = []
  for await (const { context } of actors.viewsOf(positionAddress({ venue, symbol: '' }), machines.position))
    positions.push(context as PositionContext)
  const inAsset = positions.filter(({ settleAsset }) => settleAsset === asset)
  return compact({
    ...standing(view, marked, asOf),
    peakEquity: performance.peakEquity,
    dailyLoss: decimal.isNegative(pnl) ? decimal.negate(pnl) : decimal.ZERO,
    realizedPnl: inAsset.map(({ realizedPnl }) => realizedPnl).reduce(decimal.add, decimal.ZERO),
    funding: inAsset.map(({ funding }) => funding).reduce(decimal.add, decimal.ZERO),
    commissions: summed(positions.map(({ commissions }) => commissions)),
    consecutiveLosses,
    cooldowns: cooldownsOf(account, asOf),
    flags: flags
      .filter(({ until }) => until > asOf)
      .map(({ symbol, flag, severity, until, reason }) => ({ symbol, flag, severity, until, reason })),
    lists: await openLists(actors, account, [...positions.flatMap(({ holders }) => holders), ...trades]),
  })
}

async function surroundingsOf(
  actors: ActorsAt,
  account: AccountContext,
): Promise<Pick<AccountState, 'reconciliation' | 'universe'>> {
  return compact({
    reconciliation: await reconciliationOf(actors, account.venue),
    universe: await universeOf(actors, account),
  })
}

async function marksOf(actors: ActorsAt, account: AccountContext): Promise<ReadonlyMap<string, string>> {
  const marks = new Map<string, string>()
  for (const { symbol } of Object.values(account.positions)) {
    const market = marketOf(account, symbol)
    const view = await actors.viewOf(market, machines.symbol)
    const mark = view && markOf(view.context as SymbolContext)
    if (mark !== undefined) marks.set(market, mark)
  }
  return marks
}

function summed(amounts: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const total = new Map<string, string>()
  for (const [asset, amount] of amounts.flatMap((one) => Object.entries(one)))
    total.set(asset, decimal.add(total.get(asset) ?? decimal.ZERO, amount))
  return Object.fromEntries(total)
}

function cooldownsOf(account: AccountContext, asOf: number): AccountState['cooldowns'] {
  const symbols = [...new Set(account.stopLosses.map(({ symbol }) => symbol))]
  const all = [
    ...symbols.map((symbol) => ({
      check: 'cooldown' as const,
      symbol,
      until: cooldownUntil(account, symbol),
    })),
    { check: 'stoplossGuard' as const, until: guardUntil(account) },
  ]
  return all.flatMap(({ until, ...of }) => (until !== undefined && until > asOf ? [{ ...of, until }] : []))
}

/**
 * Returns the lists of orders that are not done: of those that have working orders, and of `others`. A list that is in
 * neither has nothing to do.
 */
async function openLists(
  actors: ActorsAt,
  { venue, working }: AccountContext,
  others: readonly string[],
): Promise<AccountState['lists']> {
  const ofOrders = Object.entries(working).flatMap(([order, { request }]) =>
    request.listId === undefined ? [] : [[listAddress(request.listId), order] as const],
  )
  const lists: AccountState['lists'][number][] = []
  for (const address of new Set([...ofOrders.map(([list]) => list), ...others].sort())) {
    const view = address.startsWith('list/') ? await actors.viewOf(address, machines.list) : undefined
    const list = view?.context as List | undefined
    if (view === undefined || list?.venue !== venue || view.tags.includes('closed')) continue
    const { symbol, positionSide, contingencyType } = list
    const orders = ofOrders.filter(([of]) => of === address).map(([, order]) => order)
    lists.push(compact({ address, symbol, positionSide, contingencyType, state: view.value, orders }))
  }
  return lists
}

async function reconciliationOf(actors: ActorsAt, venue: string): Promise<AccountState['reconciliation']> {
  const view = await actors.viewOf(reconciliationAddress(venue), machines.reconciliation)
  if (view === undefined) return undefined
  const { startedAt } = view.context as ReconciliationContext
  const { address, value: state } = view
  return compact({
    address,
    state,
    startedAt: startedAt || undefined,
    completed: await lastCompleted(actors, address),
  })
}

async function lastCompleted(
  actors: ActorsAt,
  address: string,
): Promise<NonNullable<AccountState['reconciliation']>['completed']> {
  for await (const { seq, emitted = [] } of actors.lastRecords(address, SEARCHED_MAX)) {
    const event = emitted.find(({ type }) => type === 'RECONCILIATION_COMPLETED')
    if (event === undefined) continue
    const { at, discrepancies, repaired } = event as unknown as DomainEvents<'RECONCILIATION_COMPLETED'>
    return compact({ seq, at, discrepancies, repaired })
  }
  return undefined
}

async function universeOf(
  actors: ActorsAt,
  { venue, marketVenue = venue }: AccountContext,
): Promise<AccountState['universe']> {
  const view = await actors.viewOf(universeAddress(marketVenue), machines.universe)
  if (view === undefined) return undefined
  const { symbols, filtered } = view.context as UniverseContext
  return { address: view.address, symbols, filtered }
}
