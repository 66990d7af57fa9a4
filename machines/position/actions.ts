/** The actions of a position. */
import { assertEvent } from 'xstate'
import { compact } from '../../errors/compact.ts'
import type { Fill } from '../events/fill.ts'
import { acts, laterThan } from '../kind/kind.ts'
import { accountAddress, positionAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { isStop } from '../order/terms.ts'
import { applyFill, netPnl, signedQty } from './books.ts'
import { booksAs, changeOf, dealAs, facts, fillId, fillIdsWith, type PositionTypes } from './context.ts'
import { positionDeclaration, since } from './declaration.ts'

/** Returns the actions of a version. */
export function actionsOf(version: string) {
  const { action, emit, tell } = acts(positionDeclaration, {} as PositionTypes, laterThan(since, version))
  return {
    takeFill: action(({ context, event, enqueue }) => {
      assertEvent(event, 'FILL')
      const { after, change } = applyFill(context, context, dealAs(version, context, event))
      const isReduced = decimal.isNegative(signedQty(event)) !== decimal.isNegative(context.quantity)
      const isStopped = change !== 'opened' && isReduced && isStop(event)
      const closes = change === 'closed' || change === 'flipped'
      const isNew = change === 'opened' || change === 'flipped'
      const { openedBy } = context
      const position = {
        ...context,
        ...after,
        markPx: event.lastPx,
        openedBy: isNew ? event.strategy : openedBy,
      }
      const net = netPnl(after, context.settleAsset)
      const fillIds = fillIdsWith(context, event)
      enqueue.assign({
        ...after,
        fillIds,
        markPx: event.lastPx,
        ...(closes && { holders: [] }),
        ...(isNew && { netAtOpen: change === 'opened' ? netPnl(context, context.settleAsset) : net }),
        ...(position.openedBy !== openedBy && { openedBy: position.openedBy }),
      })
      const { at } = event
      const of = facts(position, event)
      if (isStopped) {
        const { order, ordType, stopPx, lastQty, lastPx } = event
        const stop = compact({ order, ordType, stopPx, lastQty, lastPx })
        enqueue(
          emit({ type: 'POSITION_STOP_TRIGGERED', ...facts({ ...position, openedBy }, event), ...stop }),
        )
      }
      const tradePnl = decimal.subtract(net, context.netAtOpen)
      if (closes) {
        const closed = {
          ...position,
          openedBy,
          ...(change === 'flipped' && { quantity: decimal.ZERO, cost: decimal.ZERO }),
        }
        enqueue(emit({ type: 'POSITION_CLOSED', ...facts(closed, event), tradePnl }))
      }
      if (isNew) enqueue(emit({ type: 'POSITION_OPENED', ...of, ...marginOf(context, event) }))
      if (change === 'flipped') enqueue(emit({ type: 'POSITION_FLIPPED', ...of }))
      if (change === 'updated') enqueue(emit({ type: 'POSITION_UPDATED', ...of }))
      const changed = changeOf(context, position, at)
      const news = closes ? { ...changed, tradePnl, isStopped } : changed
      enqueue(tell(accountAddress(context.venue), news))
      for (const to of context.watchers) enqueue(tell(to, news))
      if (closes) for (const to of context.holders) enqueue(tell(to, news))
    }),
    /** Takes a bust or a correction of a fill that was counted. */
    takeBack: action(({ context, event, enqueue }) => {
      assertEvent(event, ['FILL_BUST', 'FILL_CORRECTED'])
      const { at } = event
      const isBust = event.type === 'FILL_BUST'
      const position = { ...context, ...booksAs(version, context, event) }
      const fillIds = isBust ? context.fillIds.filter((id) => id !== fillId(event)) : context.fillIds
      enqueue.assign({ ...position, fillIds })
      const reason = isBust ? 'bust' : 'correction'
      enqueue(emit({ type: 'POSITION_MODIFIED', ...facts(position, event), reason }))
      const changed = changeOf(context, position, at)
      enqueue(tell(accountAddress(context.venue), changed))
      for (const to of context.watchers) enqueue(tell(to, changed))
    }),
    takeFunding: action(({ context, event, enqueue }) => {
      assertEvent(event, 'FUNDING_PAID')
      const { at, change } = event
      const position = { ...context, funding: decimal.add(context.funding, change) }
      enqueue.assign({ funding: position.funding })
      enqueue(emit({ type: 'POSITION_MODIFIED', ...facts(position, event), reason: 'funding' }))
      const changed = changeOf(context, position, at)
      enqueue(tell(accountAddress(context.venue), changed))
      for (const to of context.watchers) enqueue(tell(to, changed))
    }),
    takeHolder: action(({ context: { holders }, event, enqueue }) => {
      assertEvent(event, 'WATCH')
      enqueue.assign({ holders: [...new Set([...holders, event.watcher])] })
    }),
    /** Asks its account to close it. The account knows the orders that work, and those that may. */
    askToClose: action(({ context, event, enqueue }) => {
      assertEvent(event, 'CLOSE_POSITION')
      const { at, by, reason } = event
      const of = compact({ position: positionAddress(context), by, reason, strategy: context.openedBy })
      enqueue(tell(accountAddress(context.venue), { type: 'CLOSE_REQUEST', at, ...of }))
    }),
    exitHolders: action(({ context: { holders }, event: { at }, enqueue }) => {
      for (const to of holders) enqueue(tell(to, { type: 'EXIT', at }))
    }),
  }
}

/** Returns the leverage and the margin mode of a position that the fill opens. */
function marginOf({ contract }: PositionTypes['context'], { leverage }: Fill) {
  return contract === 'spot'
    ? ({ leverage: '1', marginMode: 'cash' } as const)
    : compact({ leverage, marginMode: 'cross' })
}
