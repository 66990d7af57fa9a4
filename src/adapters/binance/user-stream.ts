/** Binance's user stream, spot and futures, as events for our actors. Pure: each message is read by itself. */
import type { z } from 'zod'
import { accountAddress, reconciliationAddress } from '../../../machines/index.ts'
import { OutcryError } from '../../../store/index.ts'
import type { WireIds } from '../wire-ids.ts'
import {
  type AccountReport,
  accountUpdate,
  balanceUpdate,
  futuresAccount,
  outboundAccountPosition,
  spotBalances,
  spotCashFlow,
} from './account-update.ts'
import { type Alert, marginAlert, marginCall, triggerAlert, triggerReject } from './alerts.ts'
import { algoOrder, algoReports } from './algo-order.ts'
import { futuresOrder, futuresReport } from './futures-order.ts'
import { parseJson } from './json.ts'
import type { IdReader, OrderReport } from './order-update.ts'
import { spotOrder, spotReport } from './spot-order.ts'

/** A report and the address of the actor that it is for. */
export type AddressedReport = OrderReport | Alert | { readonly to: string; readonly event: AccountReport }

export interface UserMessage {
  /** Binance's name of the message. */
  readonly kind: string
  /** `ended`: nothing comes after it, the stream must be opened anew. `unknown`: nothing is known of such messages. */
  readonly status: 'decoded' | 'ended' | 'unknown'
  readonly reports: readonly AddressedReport[]
}

/** The owner of the stream: the name of the venue, and its ids. */
interface Source {
  readonly venue: string
  readonly read: IdReader
}

type Decode = (message: unknown, source: Source) => readonly AddressedReport[]

const NOTHING: Decode = () => []

const DECODERS: ReadonlyMap<string, Decode> = new Map([
  ['executionReport', decoder(spotOrder, (order, { read }) => [spotReport(order, read)])],
  ['ORDER_TRADE_UPDATE', decoder(futuresOrder, (order, { read }) => [futuresReport(order, read)])],
  ['ALGO_UPDATE', decoder(algoOrder, (order, { read }) => algoReports(order, read))],
  [
    'CONDITIONAL_ORDER_TRIGGER_REJECT',
    decoder(triggerReject, (reject, { venue }) => [triggerAlert(reject, venue)]),
  ],
  ['MARGIN_CALL', decoder(marginCall, (call, { venue }) => [marginAlert(call, venue)])],
  // A fill told in haste, without CumQty and commission, even before its order is new. The ORDER_TRADE_UPDATE that
  // always follows says all of it: a fill is booked once, whole, from there.
  ['TRADE_LITE', NOTHING],
  ['outboundAccountPosition', decoder(outboundAccountPosition, toAccount(spotBalances))],
  ['balanceUpdate', decoder(balanceUpdate, toAccount(spotCashFlow))],
  ['ACCOUNT_UPDATE', decoder(accountUpdate, toAccount(futuresAccount))],
  // Leverage and margin mode: no actor keeps them.
  ['ACCOUNT_CONFIG_UPDATE', NOTHING],
  // What the balance is comes as an outboundAccountPosition, locked or not.
  ['externalLockUpdate', NOTHING],
  // Each order of a list, of a grid, of a strategy of the venue's has reports of its own.
  ['listStatus', NOTHING],
  ['GRID_UPDATE', NOTHING],
  ['STRATEGY_UPDATE', NOTHING],
  // Minutes ahead of the end of the connection.
  ['serverShutdown', NOTHING],
])

const ENDINGS: readonly string[] = ['listenKeyExpired', 'eventStreamTerminated']

/**
 * `raw` is a message's text, or its JSON read without loss (order ids have up to 19 digits): the event itself, or as
 * combined streams (`data`) and the WebSocket API (`event`) wrap it. `ids`: of the store that trades there. An order that is none of its
 * own is somebody else's, and its reports go to the id that it has here once it is adopted. Without `ids` every id is read as it is.
 * @throws USER_MESSAGE_UNREADABLE with the fields that are wrong and their rules
 */
export function decodeUserMessage(raw: unknown, venue: string, ids?: WireIds): UserMessage {
  const message = unwrapped(typeof raw === 'string' ? read(raw) : raw)
  const kind = isObject(message) ? message.e : undefined
  if (typeof kind !== 'string') throw unreadable('the message', 'e: the name of an event')
  const decode = DECODERS.get(kind)
  if (decode !== undefined) {
    const read: IdReader = (wireId) => ids?.identify(wireId).clOrdId ?? wireId
    return { kind, status: 'decoded', reports: decode(message, { venue, read }) }
  }
  return { kind, status: ENDINGS.includes(kind) ? 'ended' : 'unknown', reports: [] }
}

function decoder<T>(
  schema: z.ZodType<T>,
  reports: (message: T, source: Source) => readonly AddressedReport[],
): Decode {
  return (message, source) => {
    const parsed = schema.safeParse(message)
    if (parsed.success) return reports(parsed.data, source)
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw unreadable((message as { e: string }).e, issues.join('; '))
  }
}

function toAccount<T>(reports: (message: T, venue: string) => readonly AccountReport[]) {
  return (message: T, { venue }: Source): readonly AddressedReport[] =>
    reports(message, venue).map((event) => {
      // What it has is held against our books; what came or went is booked.
      const isFlow = event.type === 'CASH_FLOW_REPORT'
      return { to: isFlow ? accountAddress(venue) : reconciliationAddress(venue), event }
    })
}

function read(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    throw unreadable('the message', `it is no JSON: ${(error as Error).message}`)
  }
}

function unwrapped(message: unknown): unknown {
  return isObject(message) ? (message.data ?? message.event ?? message) : message
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function unreadable(what: string, problem: string): OutcryError {
  return new OutcryError(
    'USER_MESSAGE_UNREADABLE',
    `${what} of Binance's user stream cannot be read: ${problem}`,
    'Ask the venue for its orders and balances: the content of the message is not known.',
  )
}
