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
import { type Alert, marginAlert, marginCall, notice, noticeOf } from './alerts.ts'
import { algoOrder, algoReports } from './algo-order.ts'
import { futuresOrder, futuresReports } from './futures-order.ts'
import { parseJson } from './json.ts'
import { listReports, listStatus, type OrderWord, triggerReject, triggerReports } from './order-lists.ts'
import type { IdReader, OrderReport, Source } from './order-update.ts'
import { spotOrder, spotReports } from './spot-order.ts'
import { liteReports, tradeLite } from './trade-lite.ts'

/** A report and the address of the actor that it is for. */
export type AddressedReport =
  | OrderReport
  | OrderWord
  | Alert
  | { readonly to: string; readonly event: AccountReport }

export interface UserMessage {
  /** Binance's name of the message. */
  readonly kind: string
  /**
   * `reconnect`: the stream has ended, or is about to. It must be opened anew, and what it did not tell is asked for. `unknown`: nothing
   * is known of such messages.
   */
  readonly status: 'decoded' | 'reconnect' | 'unknown'
  readonly reports: readonly AddressedReport[]
  /** Why the stream must be opened anew. */
  readonly reason?: string
}

type Decode = (message: unknown, source: Source) => readonly AddressedReport[]

/** The messages that only say something. What a balance is, and each order of a grid or a strategy of the venue's, has reports of its own. */
const TOLD: Decode = decoder(notice, (message, { venue }) => [noticeOf(message, venue)])

const DECODERS: ReadonlyMap<string, Decode> = new Map([
  ['executionReport', decoder(spotOrder, spotReports)],
  ['ORDER_TRADE_UPDATE', decoder(futuresOrder, futuresReports)],
  ['ALGO_UPDATE', decoder(algoOrder, algoReports)],
  ['TRADE_LITE', decoder(tradeLite, liteReports)],
  ['listStatus', decoder(listStatus, listReports)],
  ['CONDITIONAL_ORDER_TRIGGER_REJECT', decoder(triggerReject, triggerReports)],
  ['MARGIN_CALL', decoder(marginCall, (call, { venue }) => [marginAlert(call, venue)])],
  ['outboundAccountPosition', decoder(outboundAccountPosition, toAccount(spotBalances))],
  ['balanceUpdate', decoder(balanceUpdate, toAccount(spotCashFlow))],
  ['ACCOUNT_UPDATE', decoder(accountUpdate, toAccount(futuresAccount))],
  ['ACCOUNT_CONFIG_UPDATE', TOLD],
  ['externalLockUpdate', TOLD],
  ['GRID_UPDATE', TOLD],
  ['STRATEGY_UPDATE', TOLD],
  ['outboundAccountInfo', TOLD],
  ['MARGIN_LEVEL_STATUS_CHANGE', TOLD],
  ['RISK_LEVEL_CHANGE', TOLD],
  ['USER_LIABILITY_CHANGE', TOLD],
  ['liabilityChange', TOLD],
])

/** Why the stream must be opened anew, by the message that says so. */
const RECONNECTS: ReadonlyMap<string, string> = new Map([
  ['listenKeyExpired', 'the listen key has expired'],
  ['eventStreamTerminated', 'the subscription has ended'],
  ['serverShutdown', 'the server ends its connections within minutes'],
])

/** Returns the ClOrdID of an order by the venue's id of it; undefined where that is not known. */
export type OrderFinder = Source['find']

/**
 * `raw` is a message's text, or its JSON read without loss (order ids have up to 19 digits): the event itself, or as
 * combined streams (`data`) and the WebSocket API (`event`) wrap it. `ids`: of the store that trades there. An order that is none of its
 * own is somebody else's, and its reports go to the id that it has here once it is adopted. Without `ids` every id is read as it is.
 * `find`: for messages that have the venue's id alone. Where it finds none, the books are compared.
 * @throws USER_MESSAGE_UNREADABLE with the fields that are wrong and their rules
 */
export function decodeUserMessage(
  raw: unknown,
  venue: string,
  ids?: WireIds,
  find: OrderFinder = () => undefined,
): UserMessage {
  const message = unwrapped(typeof raw === 'string' ? read(raw) : raw)
  const kind = isObject(message) ? message.e : undefined
  if (typeof kind !== 'string') throw unreadable('the message', 'e: the name of an event')
  const decode = DECODERS.get(kind)
  if (decode !== undefined) {
    const read: IdReader = (wireId) => ids?.identify(wireId).clOrdId ?? wireId
    return { kind, status: 'decoded', reports: decode(message, { venue, read, find }) }
  }
  const reason = RECONNECTS.get(kind)
  if (reason !== undefined) return { kind, status: 'reconnect', reason, reports: [] }
  return { kind, status: 'unknown', reports: [] }
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
