/** The actions of a reconciliation. */
import { assertEvent } from 'xstate'
import { acts } from '../kind/kind.ts'
import {
  accountAddress,
  asKind,
  holdingName,
  portAddress,
  reconciliationAddress,
} from '../model/addresses.ts'
import { NOTHING_REPORTED, type ReconciliationTypes } from './context.ts'
import { reconciliationDeclaration } from './declaration.ts'
import {
  adjustmentFor,
  adoptionOf,
  differencesIn,
  doneAbout,
  lastingIn,
  missedFills,
  openOrders,
  reasonOf,
  unknownOrdersIn,
} from './repair.ts'
import { statusReport } from './venue-order.ts'

/**
 * The time by which a look reaches back beyond the look before, in ms. Clocks differ, and a fill is reported later than it was
 * executed.
 */
const OVERLAP_MS = 60_000

const { action, emit, tell } = acts(reconciliationDeclaration, {} as ReconciliationTypes)

export const start = action(({ context: { venue, asked }, event, enqueue }) => {
  const reason = asked ?? reasonOf(event)
  enqueue.assign({ startedAt: event.at, found: [], reported: NOTHING_REPORTED })
  if (asked !== undefined) enqueue.assign({ asked: undefined })
  enqueue(emit({ type: 'RECONCILIATION_STARTED', at: event.at, venue, reason }))
})

export const remember = action(({ event, enqueue }) => {
  assertEvent(event, 'RECONCILE')
  enqueue.assign({ asked: event.reason })
})

export const ask = action(({ context: { venue, since }, enqueue }) => {
  enqueue(tell(portAddress(venue), { type: 'VENUE_STATE_REQUEST', since }))
})

export const note = action(({ context: { reported }, event, enqueue }) => {
  assertEvent(event, ['BALANCE_REPORT', 'POSITION_REPORT'])
  if (event.type === 'BALANCE_REPORT')
    enqueue.assign({
      reported: { ...reported, balances: { ...reported.balances, [event.asset]: event.balance } },
    })
  else
    enqueue.assign({
      reported: { ...reported, positions: { ...reported.positions, [holdingName(event)]: event.quantity } },
    })
})

export const configure = action(({ event, enqueue }) => {
  assertEvent(event, 'CONFIGURE')
  enqueue.assign(event.settings)
})

export const forget = action(({ enqueue }) => enqueue.assign({ reported: NOTHING_REPORTED }))

export const askForBooks = action(({ context: { venue }, event: { at }, enqueue }) => {
  const owner = reconciliationAddress(venue)
  enqueue(tell(portAddress(venue), { type: 'PORTFOLIO_REQUEST', at, owner }))
})

export const find = action(({ event, enqueue }) => {
  assertEvent(event, 'VENUE_STATE')
  enqueue.assign({ found: differencesIn(event) })
})

/** Asks for everything that may make the two books equal. */
export const repair = action(({ context, event, enqueue }) => {
  assertEvent(event, 'VENUE_STATE')
  const { at } = event
  const { venue, unknownOrders, found } = context
  const lasting = lastingIn(event, found)
  const open = openOrders(event)
  enqueue.assign({ found: lasting })
  // An order before what it has filled. One that has ended may be known here: it takes no notice then.
  for (const [order, terms] of unknownOrdersIn(event, lasting))
    enqueue(tell(asKind('order', order), adoptionOf(terms, venue, at)))
  for (const { order, report } of missedFills(event, lasting))
    enqueue(tell(asKind('order', order), { ...report, at }))
  if (lasting.some(({ what }) => what === 'balance'))
    for (const flow of event.flows) enqueue(tell(accountAddress(venue), { ...flow, at }))
  for (const difference of lasting) {
    const { what, id, here } = difference
    const done = doneAbout(difference, unknownOrders)
    enqueue(emit({ type: 'RECONCILIATION_DIFFERENCE', at, venue, ...difference, done }))
    if (what !== 'order') continue
    const address = asKind('order', id)
    const order = open.get(id)
    if (order === undefined) {
      enqueue(tell(address, { type: 'VERIFY', at }))
      continue
    }
    enqueue(tell(address, statusReport(order, { at, execId: `reconciled-${at}` })))
    if (here === 'none' && unknownOrders === 'cancel')
      enqueue(tell(address, { type: 'CANCEL', at, reason: 'nobody here knows it' }))
  }
})

export const agree = action(({ context: { venue, startedAt }, event: { at }, enqueue }) => {
  enqueue.assign({ found: [], since: Math.max(0, startedAt - OVERLAP_MS) })
  enqueue(emit({ type: 'RECONCILIATION_COMPLETED', at, venue, discrepancies: 0 }))
})

export const conclude = action(({ context, event, enqueue }) => {
  assertEvent(event, 'VENUE_STATE')
  const { at } = event
  const { venue, balances, startedAt, found } = context
  const lasting = lastingIn(event, found)
  const isOfMoney = differencesIn(event).every(({ what }) => what === 'balance')
  const done = isOfMoney && balances === 'adopt' ? 'adopted' : 'reported'
  for (const difference of lasting) {
    enqueue(emit({ type: 'RECONCILIATION_DIFFERENCE', at, venue, ...difference, done }))
    if (done === 'adopted') enqueue(tell(accountAddress(venue), adjustmentFor(difference, venue, at)))
  }
  // Whatever moved up to here has been applied: what still differs has another cause.
  enqueue.assign({ found: [], since: Math.max(0, startedAt - OVERLAP_MS) })
  const repaired = found.length - lasting.length
  const counts = { discrepancies: lasting.length, ...(repaired > 0 && { repaired }) }
  enqueue(emit({ type: 'RECONCILIATION_COMPLETED', at, venue, ...counts }))
})
