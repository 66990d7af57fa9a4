/** The actions of a position. */
import { assertEvent } from 'xstate'
import { acts } from '../kind/kind.ts'
import { accountAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import { isStop } from '../order/terms.ts'
import { applyFill, booksAfter, netPnl, signedQty } from './books.ts'
import { changeOf, facts, fillId, fillIdsWith, type PositionTypes } from './context.ts'
import { positionDeclaration } from './declaration.ts'

const { action, emit, tell } = acts(positionDeclaration, {} as PositionTypes)

export const takeFill = action(({ context, event, enqueue }) => {
  assertEvent(event, 'FILL')
  const { after, change } = applyFill(context, context, event)
  const isReduced = decimal.isNegative(signedQty(event)) !== decimal.isNegative(context.quantity)
  const isStopped = change !== 'opened' && isReduced && isStop(event)
  const position = { ...context, ...after, markPx: event.lastPx }
  const closes = change === 'closed' || change === 'flipped'
  const net = netPnl(after, context.settleAsset)
  const fillIds = fillIdsWith(context, event)
  const isNew = change === 'opened' || change === 'flipped'
  enqueue.assign({
    ...after,
    fillIds,
    markPx: event.lastPx,
    ...(closes && { holders: [] }),
    ...(isNew && { netAtOpen: change === 'opened' ? netPnl(context, context.settleAsset) : net }),
  })
  const { at } = event
  if (isStopped) {
    const { order, lastQty, lastPx } = event
    enqueue(emit({ type: 'POSITION_STOP_TRIGGERED', ...facts(position, at), order, lastQty, lastPx }))
  }
  const tradePnl = decimal.subtract(net, context.netAtOpen)
  if (closes) {
    const closed = {
      ...position,
      ...(change === 'flipped' && { quantity: decimal.ZERO, cost: decimal.ZERO }),
    }
    enqueue(emit({ type: 'POSITION_CLOSED', ...facts(closed, at), tradePnl }))
  }
  if (isNew) enqueue(emit({ type: 'POSITION_OPENED', ...facts(position, at) }))
  if (change === 'flipped') enqueue(emit({ type: 'POSITION_FLIPPED', ...facts(position, at) }))
  if (change === 'updated') enqueue(emit({ type: 'POSITION_UPDATED', ...facts(position, at) }))
  const changed = changeOf(context, position, at)
  const news = closes ? { ...changed, tradePnl, isStopped } : changed
  enqueue(tell(accountAddress(context.venue), news))
  for (const to of context.watchers) enqueue(tell(to, news))
  if (closes) for (const to of context.holders) enqueue(tell(to, news))
})

/** Takes a bust or a correction of a fill that was counted. */
export const takeBack = action(({ context, event, enqueue }) => {
  assertEvent(event, ['FILL_BUST', 'FILL_CORRECTED'])
  const { at } = event
  const isBust = event.type === 'FILL_BUST'
  const position = { ...context, ...booksAfter(context, context, event) }
  const fillIds = isBust ? context.fillIds.filter((id) => id !== fillId(event)) : context.fillIds
  enqueue.assign({ ...position, fillIds })
  const reason = isBust ? 'bust' : 'correction'
  enqueue(emit({ type: 'POSITION_MODIFIED', ...facts(position, at), reason }))
  const changed = changeOf(context, position, at)
  enqueue(tell(accountAddress(context.venue), changed))
  for (const to of context.watchers) enqueue(tell(to, changed))
})

export const takeFunding = action(({ context, event, enqueue }) => {
  assertEvent(event, 'FUNDING_PAID')
  const { at, change } = event
  const position = { ...context, funding: decimal.add(context.funding, change) }
  enqueue.assign({ funding: position.funding })
  enqueue(emit({ type: 'POSITION_MODIFIED', ...facts(position, at), reason: 'funding' }))
  const changed = changeOf(context, position, at)
  enqueue(tell(accountAddress(context.venue), changed))
  for (const to of context.watchers) enqueue(tell(to, changed))
})

export const takeHolder = action(({ context: { holders }, event, enqueue }) => {
  assertEvent(event, 'WATCH')
  enqueue.assign({ holders: [...new Set([...holders, event.watcher])] })
})
