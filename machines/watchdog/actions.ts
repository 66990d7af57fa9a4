/** The actions of a watchdog. */
import { compact } from '../../errors/compact.ts'
import { acts, laterThan } from '../kind/kind.ts'
import { accountAddress, asKind, ownOrderAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import type { Cover, WatchdogContext, WatchdogTypes } from './context.ts'
import { after, covered, isHeld, isRelieved, type OwnOrders, ownCovers, protectionOf } from './covers.ts'
import { since, watchdogDeclaration } from './declaration.ts'

/** Returns the actions of a version, which knows its own orders in its own way. */
export function actionsOf(version: string, own: OwnOrders) {
  const { action, emit, tell } = acts(watchdogDeclaration, {} as WatchdogTypes, laterThan(since, version))
  return {
    take: action(({ context: was, event, enqueue }) => {
      const context = { ...was, ...after(was, event, own) }
      enqueue.assign(context)
      if (!isRelieved(context, own)) return
      const reason = 'it protects nothing any more'
      for (const [order] of ownCovers(context, own))
        enqueue(tell(asKind('order', order), { type: 'CANCEL', at: event.at, reason }))
    }),
    exposed: action(({ event, enqueue }) => enqueue.assign({ exposedAt: event.at })),
    covered: action(({ context, event: { at }, enqueue }) => {
      const { exposedAt = at, unprotectedMs } = context
      const spell = at - exposedAt
      enqueue.assign({ exposedAt: undefined, unprotectedMs: unprotectedMs + spell, refusals: 0 })
      if (!isHeld(context)) return
      const isByOwn = ownCovers(context, own).some(([, { isLive }]) => isLive)
      const type = isByOwn ? 'PROTECTIVE_ORDERS_REPLACED' : 'PROTECTIVE_ORDERS_VERIFIED'
      enqueue(emit({ type, ...facts(context, at, spell) }))
    }),
    verify: action(({ context: { covers }, event: { at }, enqueue }) => {
      for (const order of Object.keys(covers)) enqueue(tell(asKind('order', order), { type: 'VERIFY', at }))
    }),
    protect: action(({ context, event: { at }, enqueue }) => {
      const { venue, exposedAt = at, covers } = context
      enqueue(emit({ type: 'PROTECTIVE_ORDERS_MISSING', ...facts(context, at, at - exposedAt) }))
      // Its order from before has no answer yet: the order sees to that itself.
      if (ownCovers(context, own).some(([, { isLive }]) => !isLive)) return
      const placed = context.placed + 1
      const request = protectionOf(context, own.idOf(context, placed), at)
      const { clOrdId, side, orderQty } = request
      const asked: Cover = { side, leavesQty: orderQty, isLive: false, ...own.mark }
      enqueue.assign({ placed, covers: { ...covers, [ownOrderAddress(clOrdId)]: asked } })
      enqueue(tell(accountAddress(venue), request))
    }),
  }
}

function facts(context: WatchdogContext, at: number, unprotectedMs: number) {
  const { venue, symbol, instrument, quantity } = context
  return compact({
    at,
    venue,
    symbol,
    instrument,
    exposure: decimal.absolute(quantity),
    protectedQty: covered(context),
    unprotectedMs,
  })
}
