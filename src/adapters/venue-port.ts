import {
  type AccountContext,
  accountAddress,
  booksWithCoins,
  type CancelOrder,
  type ExecutionReport,
  type OrderStatusRequest,
  type OrderUnknown,
  type PlaceOrder,
  type PortfolioReport,
  type PortfolioRequest,
  type ReplaceOrder,
  type VenueOrderState,
  type VenueState,
  type VenueStateRequest,
} from '../../machines/index.ts'
import { holdingOf } from '../../machines/model/addresses.ts'
import { statusReport, termsThere } from '../../machines/reconciliation/venue-order.ts'
import { OutcryError } from '../../store/index.ts'
import type { Port, PortContext } from '../runtime/port.ts'
import type { Intent } from '../runtime/record/record.ts'
import { isRefused, type LinkFaults } from './transport/link-faults.ts'
import type { Answer, Venue, VenueOrder } from './venue.ts'

type VenueIntent =
  | PlaceOrder
  | CancelOrder
  | ReplaceOrder
  | OrderStatusRequest
  | VenueStateRequest
  | PortfolioRequest

type VenueAnswer = VenueState | PortfolioReport | ExecutionReport | OrderUnknown

interface VenuePortOptions {
  readonly faults?: LinkFaults | undefined
  readonly whenQuiet?: (answer: () => void) => void
}

/** Carries what orders want to a venue. Its reports come back on a stream of their own: see report-queue.ts of the runner. */
export class VenuePort implements Port {
  readonly #venue: Venue
  readonly #onRequest: () => void
  readonly #whenQuiet: (answer: () => void) => void
  readonly #faults: LinkFaults | undefined
  #context: PortContext | undefined

  /**
   * `onRequest` is told of everything that was handed to the venue; `whenQuiet` calls back at the next moment at which nothing is
   * under way between the two.
   */
  constructor(
    venue: Venue,
    onRequest: () => void,
    { faults, whenQuiet = (answer) => answer() }: VenuePortOptions = {},
  ) {
    this.#faults = faults
    this.#whenQuiet = whenQuiet
    this.#venue = venue
    this.#onRequest = onRequest
  }

  /** @throws VENUE_BEHIND, before anything is asked of the venue */
  start(context: PortContext): void {
    this.#venue.assertHas?.(context.cursor(this.#venue.name))
    this.#context = context
  }

  async deliver(intent: Intent): Promise<void> {
    const { id, actor, at, seq, correlation } = intent
    const header = { actor, at, ref: { seq, correlation, intent: id } }
    const event = intent.event as VenueIntent
    switch (event.type) {
      case 'PLACE_ORDER':
        if (this.#faults !== undefined && isRefused(event.clOrdId, this.#faults))
          return this.#refuse(intent, event)
        return this.#handedOver(this.#venue.place({ ...event, ...header }))
      case 'CANCEL_ORDER':
        return this.#handedOver(this.#venue.cancel({ ...event, ...header }))
      case 'REPLACE_ORDER':
        return this.#handedOver(this.#venue.replace({ ...event, ...header }))
      case 'ORDER_STATUS_REQUEST':
        return this.#answer(intent, event)
      case 'VENUE_STATE_REQUEST':
        // Else what is only on its way would be a difference, and a start after a kill would find more than one without.
        return new Promise((resolve, reject) => {
          this.#whenQuiet(() => void this.#tellState(intent, event).then(resolve, reject))
        })
      case 'PORTFOLIO_REQUEST':
        return this.#tellBooks(intent, event)
      default:
        throw new OutcryError(
          'INTENT_UNKNOWN',
          `the venue ${this.#venue.name} takes no ${(event as { type: string }).type}`,
          'Send PLACE_ORDER, CANCEL_ORDER, REPLACE_ORDER, ORDER_STATUS_REQUEST, VENUE_STATE_REQUEST or PORTFOLIO_REQUEST.',
        )
    }
  }

  /** Asks the venue first. The reports of an order that it has come on its stream, and only an order that it never saw is sent again. */
  async recover(intent: Intent): Promise<void> {
    const event = intent.event as VenueIntent
    if (event.type === 'PLACE_ORDER') {
      const asked = this.#venue.status(event.clOrdId)
      const known = asked instanceof Promise ? await asked : asked
      if (known !== undefined) return
    }
    // Another request that the venue has seen is known to it by its id, and not taken twice.
    await this.deliver(intent)
  }

  #handedOver(answer: Answer<void>): Answer<void> {
    this.#onRequest()
    return answer
  }

  async #refuse(intent: Intent, order: PlaceOrder): Promise<void> {
    const at = (this.#context as PortContext).now()
    const { clOrdId, symbol, side, orderQty } = order
    const nothing = { cumQty: '0', leavesQty: '0', avgPx: '0' }
    const report: ExecutionReport = {
      type: 'EXECUTION_REPORT',
      at,
      execType: 'REJECTED',
      ordStatus: 'REJECTED',
      clOrdId,
      venueOrderId: `refused-${clOrdId}`,
      execId: `refused-${clOrdId}`,
      symbol,
      side,
      orderQty,
      ...nothing,
      text: 'refused, as the configured faults want it',
    }
    await this.#reply(intent, report)
  }

  /**
   * Tells the state of both sides at one moment. The answer to a venue that answers at once goes out at once, so that no message of the
   * market comes in between. Without an account there is no answer, and the reconciliation asks again.
   */
  async #tellState(intent: Intent, { since }: VenueStateRequest): Promise<void> {
    const context = this.#context as PortContext
    const venue = this.#venue
    const asked = [
      venue.openOrders(),
      venue.movementsSince(since),
      venue.positions(),
      venue.balances(),
    ] as const
    const [open, movements, positions, balances] = isThere(asked) ? asked : await Promise.all(asked)
    const askedOf = movements.map(({ report, foreignId }) =>
      report.type === 'EXECUTION_REPORT' ? venue.status(report.clOrdId, foreignId) : undefined,
    )
    const orders = isThere(askedOf) ? askedOf : await Promise.all(askedOf)
    const account = this.#accountOf(intent)
    if (account === undefined) return
    const state: VenueState = {
      type: 'VENUE_STATE',
      at: context.now(),
      openOrders: [...open, ...venue.pendingOrders()].map(stateOf),
      fills: movements.flatMap(({ actor: order, report }, i) => {
        if (report.type !== 'EXECUTION_REPORT') return []
        return [{ order, terms: termsThere(stateOf(orders[i] as VenueOrder)), report }]
      }),
      flows: movements.flatMap(({ report }) => (report.type === 'CASH_FLOW_REPORT' ? [report] : [])),
      positions: Object.entries(positions).map(([name, quantity]) => ({
        ...holdingOf(name, account.positionMode),
        quantity,
      })),
      balances: Object.entries(balances).map(([asset, balance]) => ({ asset, balance })),
      here: booksWithCoins(account),
    }
    await this.#reply(intent, state)
  }

  async #tellBooks(intent: Intent, { at }: PortfolioRequest): Promise<void> {
    const account = this.#accountOf(intent)
    if (account !== undefined)
      await this.#reply(intent, { type: 'PORTFOLIO', at, ...booksWithCoins(account) })
  }

  async #reply({ id, actor, seq, correlation }: Intent, answer: VenueAnswer): Promise<void> {
    await this.#context?.send(actor, answer, { at: answer.at, completes: id, cause: seq, correlation })
  }

  #accountOf({ port }: Intent): AccountContext | undefined {
    return this.#context?.getSnapshot(accountAddress(port))?.context as AccountContext | undefined
  }

  /**
   * Answers a status request. Earlier requests that have not arrived are sent again first, so no order is unknown that may yet be
   * placed. At a venue that answers at once all of this happens at once, so no message of the market comes in between, with a
   * kill or without.
   */
  async #answer(intent: Intent, { clOrdId, foreignId }: OrderStatusRequest): Promise<void> {
    const context = this.#context as PortContext
    const earlier = context
      .unsettled(intent.actor)
      .filter(({ seq, event }) => seq < intent.seq && event.type !== 'ORDER_STATUS_REQUEST')
    const again = earlier.map((one) => this.recover(one))
    if (this.#venue.simulation === undefined) await Promise.allSettled(again)
    const asked = this.#venue.status(clOrdId, foreignId)
    const order = asked instanceof Promise ? await asked : asked
    const at = context.now()
    const unknown: OrderUnknown = { type: 'ORDER_UNKNOWN', at, clOrdId }
    const answer = order === undefined ? unknown : statusReport(order, { at, execId: `status-${at}` })
    await Promise.all([this.#reply(intent, answer), ...again])
  }
}

/** Returns whether every answer is there already, so that nothing has to be awaited. */
function isThere<T extends readonly unknown[]>(
  answers: T,
): answers is T & { readonly [K in keyof T]: Awaited<T[K]> } {
  return !answers.some((answer) => answer instanceof Promise)
}

/** Returns an order as the venue's customer may see it. */
function stateOf({ actor: _, origClOrdIds = [], clOrdId, ...order }: VenueOrder): VenueOrderState {
  return { ...order, clOrdId: origClOrdIds[0] ?? clOrdId }
}
