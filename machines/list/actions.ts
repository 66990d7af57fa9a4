/** The actions of a list of orders. */
import { assertEvent } from 'xstate'
import { compact } from '../../errors/compact.ts'
import { type Acts, acts, laterThan } from '../kind/kind.ts'
import { accountAddress, asKind, listAddress, ownOrderAddress, positionAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import type { OrderListTypes } from './context.ts'
import { orderListDeclaration, since } from './declaration.ts'
import {
  exposureOf,
  type IdOfLeg,
  type List,
  type ListCommand,
  nextLookAt,
  phaseOf,
  planned,
} from './plan.ts'
import { after, orderRequestOf, replaceRequestOf } from './requests.ts'

type Tell = Acts<OrderListTypes, never, (typeof orderListDeclaration)['sends']>['tell']

/** Returns the action that a command stands for. */
function ask(tell: Tell, list: List, command: ListCommand, at: number) {
  const { leg } = command
  const order = asKind('order', leg.order as string)
  const account = accountAddress(list.venue)
  if (command.do === 'cancel') return tell(order, { type: 'CANCEL', at })
  if (command.do === 'place') return tell(account, orderRequestOf(list, leg, command.orderQty, at))
  const { change } = command
  // Other prices have to pass the gate; a quantity follows what is held.
  if (change.price === undefined && change.stopPx === undefined)
    return tell(order, { type: 'REPLACE', at, ...change })
  return tell(account, replaceRequestOf(list, leg, change, at))
}

/** Returns the actions of a version, which names the orders of its legs in its own way. */
export function actionsOf(version: string, idOf?: IdOfLeg) {
  const { action, emit, tell } = acts(orderListDeclaration, {} as OrderListTypes, laterThan(since, version))
  return {
    take: action(({ context, event, enqueue }) => {
      const { at } = event
      const { list, commands } = planned(after(context, event), at, idOf)
      enqueue.assign(list)
      if ((event.type === 'CANCEL' || event.type === 'EXIT') && event.by !== undefined) {
        const { type: action, by, reason } = event
        const of = compact({ at, ...namesOf(list), by, reason: reason || undefined })
        enqueue(emit({ type: 'MANUAL_INTERVENTION', action, ...of }))
      }
      const phase = phaseOf(list)
      const exposure = exposureOf(list)
      const isNews =
        phase !== phaseOf(context) || exposure !== exposureOf(context) || event.type === 'LIST_REQUEST'
      if (isNews) {
        const { id, contingencyType, owner } = list
        const facts = { list: listAddress(id), phase, exposure }
        enqueue(emit({ type: 'ORDER_LIST_UPDATED', at, ...namesOf(list), contingencyType, ...facts }))
        if (owner !== undefined) enqueue(tell(owner, { type: 'LIST_UPDATE', at, ...facts }))
      }
      for (const command of commands) enqueue(ask(tell, list, command, at))
      if (!decimal.isPositive(exposureOf(context)) && decimal.isPositive(exposure))
        enqueue(tell(positionAddress(list), { type: 'WATCH', at, watcher: listAddress(list.id) }))
      const next = nextLookAt(list, at)
      if (next === nextLookAt(context, at)) return
      enqueue.cancel('lookAgain')
      if (next !== undefined)
        enqueue.raise({ type: 'LOOK_AGAIN', at: next }, { delay: next - at, id: 'lookAgain' })
    }),
    /**
     * Notes that its position is closed. It looks again at the end of the turn, because its own orders may have closed the
     * position, and their fills come in the same turn.
     */
    noteClosed: action(({ context, event: { at }, enqueue }) => {
      const cumQty = context.legs[0]?.cumQty as string
      enqueue.cancel('closed')
      enqueue.raise({ type: 'CLOSED', at, cumQty }, { delay: 0, id: 'closed' })
    }),
    /**
     * Passes a refusal of other terms on to the list's owner, who asked for them. An order whose id was another one's has a new
     * id by now.
     */
    passRefusal: action(({ context: { id, owner, legs }, event, enqueue }) => {
      assertEvent(event, 'REQUEST_REFUSED')
      const isKnown = legs.some((leg) => leg.isAcknowledged && leg.order === ownOrderAddress(event.clOrdId))
      if (owner !== undefined && isKnown) enqueue(tell(owner, { ...event, list: listAddress(id) }))
    }),
    refuse: action(({ context, event, enqueue }) => {
      assertEvent(event, 'LIST_REQUEST')
      const { id } = context
      const { at, owner } = event
      const text = `listId: ${id} asked, a new one allowed`
      enqueue(emit({ type: 'ORDER_LIST_REJECTED', at, ...namesOf(context), list: listAddress(id), text }))
      const of = { at, clOrdId: id, list: listAddress(id), check: 'listId', text }
      if (owner !== undefined) enqueue(tell(owner, { type: 'REQUEST_REFUSED', ...of }))
    }),
  }
}

function namesOf({ venue, symbol, instrument, strategy }: List) {
  return compact({ venue, symbol, instrument, strategy })
}
