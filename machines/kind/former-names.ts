/**
 * Gives what earlier builds stored under other names today's. An order's own id and the venue's were both `orderId`, for example.
 * Pure. Each function returns the value that it was given if that has today's names.
 */
/** An event as a log has it. */
export interface Stored {
  readonly type: string
  readonly [field: string]: unknown
}
type Fields = Readonly<Record<string, unknown>>

/** Returns the object with fields called otherwise, in their places. */
function renamed<T extends object>(of: T, names: Readonly<Record<string, string>>): T {
  if (!Object.keys(names).some((name) => Object.hasOwn(of, name))) return of
  const entries = Object.entries(of).map(([name, value]) => [
    Object.hasOwn(names, name) ? names[name] : name,
    value,
  ])
  return Object.fromEntries(entries) as T
}

/** Returns the list with each item changed: the very list where no item changes. */
function each<T>(items: readonly T[], change: (item: T) => T): readonly T[] {
  const changed = items.map(change)
  return changed.every((item, i) => item === items[i]) ? items : changed
}

const OF_REQUEST = { orderId: 'clOrdId' }
const OF_VENUE = { orderId: 'venueOrderId' }

const ofRequest = <T extends object>(of: T): T => renamed(of, OF_REQUEST)
const ofVenue = <T extends object>(of: T): T => renamed(of, OF_VENUE)

/** Returns a difference with today's spelling of `canceled`. */
function difference(event: Stored): Stored {
  return event.done === 'cancelled' ? { ...event, done: 'canceled' } : event
}

/** Returns a refusal with today's names. A refusal because of an id also names its check after the field. */
function refused(event: Stored): Stored {
  const now = ofRequest(event)
  const { check, text } = now
  return check === 'orderId'
    ? { ...now, check: 'clOrdId', text: String(text).replace('orderId', 'clOrdId') }
    : now
}

interface VenueStateStored extends Stored {
  readonly openOrders: readonly Fields[]
  readonly fills: readonly { readonly report: Stored }[]
}

function venueState<T extends VenueStateStored>(state: T): T {
  const openOrders = each(state.openOrders, ofVenue)
  const fills = each(state.fills, (fill) => {
    const report = ofVenue(fill.report)
    return report === fill.report ? fill : { ...fill, report }
  })
  return openOrders === state.openOrders && fills === state.fills ? state : { ...state, openOrders, fills }
}

const EVENTS: Readonly<Record<string, (event: Stored) => Stored>> = {
  EXECUTION_REPORT: ofVenue,
  ORDER_REQUEST: ofRequest,
  REPLACE_REQUEST: ofRequest,
  REQUEST_REFUSED: refused,
  RISK_APPROVED: ofRequest,
  RISK_REJECTED: refused,
  ENTRY_SKIPPED: refused,
  RECONCILIATION_DIFFERENCE: difference,
  RECONCILIATION_COMPLETED: (event) => renamed(event, { mended: 'repaired' }),
  VENUE_STATE: (event) => venueState(event as VenueStateStored),
}

type Works = readonly [order: string, works: { readonly request: Fields }]

const OF_ORDER = { orderId: 'venueOrderId', toldQty: 'reportedQty' }
const OF_ACCOUNT = { stopOuts: 'stopLosses' }
const OF_LIST = { isCancelled: 'isCanceled' }
const OF_RECONCILIATION = { told: 'reported' }

function account(stored: { readonly working: Readonly<Record<string, Works[1]>> }): object {
  const context = renamed(stored, OF_ACCOUNT)
  const was: readonly Works[] = Object.entries(context.working)
  const now = each(was, (one): Works => {
    const request = ofRequest(one[1].request)
    return request === one[1].request ? one : [one[0], { ...one[1], request }]
  })
  return now === was ? context : { ...context, working: Object.fromEntries(now) }
}

/** Returns a context with today's names. Version 2 also kept the venue's books. */
function reconciliation(stored: { readonly state?: VenueStateStored }): object {
  const context = renamed(stored, OF_RECONCILIATION)
  const { state } = context
  const now = state && venueState(state)
  return now === state ? context : { ...context, state: now }
}

/** The upcasters of a kind: see `Upcasters` of the runtime. */
export interface FormerNames {
  readonly events: typeof EVENTS
  readonly context?: (context: unknown) => unknown
}

/** The upcasters of a kind whose context has had no other names. */
export const ofEvents: FormerNames = { events: EVENTS }
export const ofOrder: FormerNames = {
  events: EVENTS,
  context: (context) => renamed(context as object, OF_ORDER),
}
export const ofList: FormerNames = {
  events: EVENTS,
  context: (context) => renamed(context as object, OF_LIST),
}
export const ofAccount: FormerNames = {
  events: EVENTS,
  context: (context) => account(context as Parameters<typeof account>[0]),
}
export const ofReconciliation: FormerNames = {
  events: EVENTS,
  context: (context) => reconciliation(context as Parameters<typeof reconciliation>[0]),
}
