/**
 * The decision of an account about a request: the event that it emits, the answers, the order, and the changes of the account.
 * Pure.
 */

import { compact } from '../../errors/compact.ts'
import type { DomainEvents } from '../domain.ts'
import type { OverfillPolicy } from '../events/order.ts'
import type {
  Deny,
  OrderRequest,
  Replace,
  ReplaceRequest,
  RequestRefused,
  Submit,
} from '../events/order-requests.ts'
import { accountAddress, listAddress, ownOrderAddress, watchdogAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { isStop } from '../order/terms.ts'
import { instrumentName } from './instrument.ts'
import { notionalOf, positionFor, type WorkingOrder } from './portfolio.ts'
import type { Refusal } from './refusal.ts'
import { type Exposure, replaceCheck, riskCheck, SKIPPING, type TradingState, timesWith } from './risk.ts'

/** The part of an account that its gate reads. */
export interface Gated extends Exposure {
  /** Symbols that have a watchdog. The watchdog hears of every order that protects a position in its symbol. */
  readonly guarded: readonly string[]
  /** The policy for fills beyond the ordered quantity. */
  readonly overfill: OverfillPolicy
}

export interface Decision {
  readonly emitted: DomainEvents<'RISK_APPROVED' | 'RISK_REJECTED' | 'ENTRY_SKIPPED'>
  /** The answer to the actors that asked, if the request is refused. */
  readonly answer?: { readonly to: readonly string[]; readonly event: RequestRefused }
  /** The event for the order. */
  readonly order?: { readonly to: `order/${string}`; readonly event: Submit | Deny | Replace }
  readonly changes: Partial<Pick<Exposure, 'working' | 'passedAt' | 'replacedAt'>>
}

export function decideOrder(account: Gated, request: OrderRequest, tradingState: TradingState): Decision {
  const { type: _, by: _by, clOrdId, refPx: _refPx, listId: _list, owner: _owner, at, ...terms } = request
  const to = ownOrderAddress(clOrdId)
  const order = { at, ...terms, ...partiesOf(account, request) }
  const refusal = riskCheck(account, request, tradingState)
  if (refusal === undefined) {
    const passedAt = timesWith(account.passedAt, at, account.limits.ordersPerMinuteMax)
    const passed = approved(account, { request, cumQty: decimal.ZERO }, { type: 'SUBMIT', ...order })
    return { ...passed, changes: { ...passed.changes, passedAt } }
  }
  const refused = refusedAs(account, request, refusal)
  // The order comes into being all the same, to say why it never went out; not if the id is another one's.
  if (refusal.check === 'clOrdId') return refused
  const why = {
    text: textOf(refusal),
    ...(refusal.check === 'reduceOnly' && { ordRejReason: 'REDUCE_ONLY' as const }),
  }
  return { ...refused, order: { to, event: { type: 'DENY', ...order, ...why } } }
}

export function decideReplace(
  account: Gated,
  replacement: ReplaceRequest,
  tradingState: TradingState,
): Decision {
  const { type: _, by: _by, clOrdId, owner: _owner, ...terms } = replacement
  const { symbol, strategy } = account.working[ownOrderAddress(clOrdId)]?.request ?? {}
  const decision = replaceCheck(account, replacement, tradingState)
  if ('refusal' in decision)
    return refusedAs(account, { ...replacement, ...compact({ symbol, strategy }) }, decision.refusal)
  const replacedAt = timesWith(account.replacedAt, terms.at, account.limits.ordersPerMinuteMax)
  const passed = approved(account, decision.order, { type: 'REPLACE', ...terms })
  return { ...passed, changes: { ...passed.changes, replacedAt } }
}

/**
 * Returns the decision to let an order pass. The account holds it from now on as it was asked for, and the order reports what the
 * venue does.
 */
function approved({ venue, ...account }: Gated, order: WorkingOrder, event: Submit | Replace): Decision {
  const { at, clOrdId, symbol, strategy } = order.request
  const to = ownOrderAddress(clOrdId)
  const instrument = instrumentName(account.instruments, symbol)
  const names = compact({ venue, symbol, instrument, strategy, clOrdId })
  const notional = notionalOf(account, order.request)
  return {
    emitted: { type: 'RISK_APPROVED', at, ...names, notional },
    order: { to, event },
    changes: { working: { ...account.working, [to]: order } },
  }
}

function refusedAs(
  { venue, instruments }: Gated,
  {
    at,
    clOrdId,
    owner,
    listId,
    symbol,
    strategy,
  }: Pick<OrderRequest, 'at' | 'clOrdId' | 'owner' | 'listId'> &
    Partial<Pick<OrderRequest, 'symbol' | 'strategy'>>,
  refusal: Refusal,
): Decision {
  const { check } = refusal
  const text = textOf(refusal)
  const type = SKIPPING.includes(check) ? 'ENTRY_SKIPPED' : 'RISK_REJECTED'
  const list = listId === undefined ? undefined : listAddress(listId)
  const event: RequestRefused = compact({ type: 'REQUEST_REFUSED', at, clOrdId, list, check, text })
  const instrument = symbol && instrumentName(instruments, symbol)
  // A list hears of its order from that itself, unless there will be none.
  const unheard = check === 'clOrdId' ? list : undefined
  return {
    emitted: { type, at, ...compact({ venue, symbol, instrument, strategy, clOrdId }), ...refusal, text },
    answer: { to: [owner, unheard].filter((to) => to !== undefined), event },
    changes: {},
  }
}

/** Returns the actors that an order belongs to and those that watch it, its instrument, and the leverage of a contract. */
function partiesOf(
  account: Gated,
  request: OrderRequest,
): Pick<Submit, 'overfill' | 'account' | 'owner' | 'list' | 'watchers' | 'instrument' | 'leverage'> {
  const { venue, guarded, overfill, instruments, limits } = account
  const { symbol, owner, listId } = request
  const list = listId === undefined ? undefined : listAddress(listId)
  const watchdog = watchdogAddress(request)
  const isGuarded = guarded.includes(symbol) && (isStop(request) || owner === watchdog)
  const watchers = [...(list === undefined ? [] : [list]), ...(isGuarded ? [watchdog] : [])]
  return compact({
    overfill,
    account: accountAddress(venue),
    owner,
    list,
    watchers: watchers.length > 0 ? watchers : undefined,
    instrument: instrumentName(instruments, symbol),
    leverage: positionFor(account, request).contract === 'spot' ? undefined : limits.leverage,
  })
}

function textOf({ check, field, limit, value }: Refusal): string {
  switch (check) {
    case 'tradingState':
      return value === 'halted'
        ? 'the account is halted'
        : `the account only reduces: ${value} asked, ${limit} held`
    case 'reduceOnly':
      return `reduceOnly: ${limit} held for it to reduce`
    case 'manualReview':
      return `a person has to acknowledge a review first: ${value}`
    case 'closing':
    case 'newsFlag':
    case 'stoplossGuard':
    case 'cooldown':
      return `${check}: ${value}, no entry but ${limit}`
    default:
      return `${field === undefined ? check : `${field} (${check})`}: ${value} asked, ${limit} allowed`
  }
}
