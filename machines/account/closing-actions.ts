/** The actions by which an account cancels its orders and closes its positions. */
import { assertEvent } from 'xstate'
import { compact } from '../../errors/compact.ts'
import type { Acts, Emitted } from '../kind/kind.ts'
import { asKind } from '../model/addresses.ts'
import { closingPlan } from './closing-plan.ts'
import { canceledByAll, closingOne, flatteningAll } from './closing-requests.ts'
import type { AccountContext, AccountTypes } from './context.ts'
import type { accountDeclaration } from './declaration.ts'
import { namesOf } from './exits.ts'

type Makers = Acts<AccountTypes, Emitted<typeof accountDeclaration>, (typeof accountDeclaration)['sends']>
type Enqueue = Parameters<Parameters<Makers['action']>[0]>[0]['enqueue']

/** Lets the account look at what it closes after a delay. It has one such appointment at a time. `at` is that time, in epoch ms. */
export function lookAgain(enqueue: Enqueue, at: number, delay = 0): void {
  enqueue.cancel('lookAgain')
  enqueue.raise({ type: 'LOOK_AGAIN', at }, { delay, id: 'lookAgain' })
}

/** Returns the actions. `makers` are those of the version of the account. */
export function closingActions({ action, emit, tell }: Makers) {
  /** Does what is to be done now about the positions that the account closes. */
  const proceed = (
    enqueue: Enqueue,
    { closing, ...account }: AccountContext,
    when: { readonly at: number; readonly isLook: boolean },
  ): void => {
    if (closing === undefined) return
    const { at } = when
    const { changes, cancels, signals, exits, told, nextAt } = closingPlan(account, closing, when)
    enqueue.assign(changes)
    for (const order of cancels) enqueue(tell(asKind('order', order), { type: 'CANCEL', at }))
    for (const position of signals) enqueue(tell(asKind('position', position), { type: 'EXIT_HOLDERS', at }))
    for (const { emitted, order } of exits) {
      enqueue(emit(emitted))
      if (order !== undefined) enqueue(tell(order.to, order.event))
    }
    for (const event of told) enqueue(emit(event))
    if (nextAt === undefined) enqueue.cancel('lookAgain')
    else lookAgain(enqueue, nextAt, nextAt - at)
  }
  return {
    cancelAll: action(({ context, event, enqueue }) => {
      assertEvent(event, 'CANCEL_ALL')
      const { at, symbol } = event
      for (const order of canceledByAll(context, symbol))
        enqueue(tell(asKind('order', order), { type: 'CANCEL', at }))
    }),
    flatten: action(({ context, event, enqueue }) => {
      assertEvent(event, 'FLATTEN')
      const closing = flatteningAll(context, event)
      proceed(enqueue, { ...context, closing }, { at: event.at, isLook: false })
    }),
    close: action(({ context, event, enqueue }) => {
      assertEvent(event, 'CLOSE_REQUEST')
      const { at, position, by, reason, strategy } = event
      const of = compact({ ...namesOf(context, position), strategy, reason: reason || undefined })
      const action = { venue: context.venue, action: 'CLOSE_POSITION', by } as const
      enqueue(emit({ type: 'MANUAL_INTERVENTION', at, ...action, ...of }))
      const closing = closingOne(context, position, event)
      proceed(enqueue, { ...context, closing }, { at, isLook: false })
    }),
    closeOn: action(({ context, event: { at }, enqueue }) => proceed(enqueue, context, { at, isLook: true })),
  }
}
