import type {
  CancelOrder,
  ExecutionReport,
  OrderStatusRequest,
  OrderUnknown,
  PlaceOrder,
  PositionSide,
  ReplaceOrder,
  VenueOrderState,
  VenueState,
  VenueStateRequest,
} from '../../../machines/index.ts'
import { statusReport, termsThere } from '../../../machines/reconciliation/venue-order.ts'
import { OutcryError } from '../../../store/index.ts'
import type { Port, PortContext } from '../../runtime/port.ts'
import type { Intent } from '../../runtime/record.ts'
import { isRefused, type LinkFaults } from '../link-faults.ts'
import type { PaperVenue, VenueOrder } from '../venue.ts'

type VenueIntent = PlaceOrder | CancelOrder | ReplaceOrder | OrderStatusRequest | VenueStateRequest

interface PaperPortOptions {
  readonly faults?: LinkFaults | undefined
  readonly reportsCome?: () => Promise<void>
}

/** Carries what orders want to the paper venue. Its reports come back on a stream of their own, see the runner. */
export class PaperPort implements Port {
  readonly #venue: PaperVenue
  readonly #onRequest: () => void
  readonly #reportsCome: () => Promise<void>
  readonly #faults: LinkFaults | undefined
  #context: PortContext | undefined

  /**
   * `onRequest` is told of everything that was handed to the venue; `reportsCome` resolves when what it has reported by
   * then has reached the runner.
   */
  constructor(
    venue: PaperVenue,
    onRequest: () => void,
    { faults, reportsCome = async () => {} }: PaperPortOptions = {},
  ) {
    this.#faults = faults
    this.#reportsCome = reportsCome
    this.#venue = venue
    this.#onRequest = onRequest
  }

  start(context: PortContext): void {
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
        this.#venue.place({ ...event, ...header })
        this.#onRequest()
        return
      case 'CANCEL_ORDER':
        this.#venue.cancel({ ...event, ...header })
        this.#onRequest()
        return
      case 'REPLACE_ORDER':
        this.#venue.replace({ ...event, ...header })
        this.#onRequest()
        return
      case 'ORDER_STATUS_REQUEST':
        return this.#answer(intent, event)
      case 'VENUE_STATE_REQUEST':
        return this.#tellState(intent, event)
      default:
        throw new OutcryError(
          'INTENT_UNKNOWN',
          `the paper venue knows no ${(event as { type: string }).type}`,
          'Send PLACE_ORDER, CANCEL_ORDER, REPLACE_ORDER, ORDER_STATUS_REQUEST or VENUE_STATE_REQUEST.',
        )
    }
  }

  /** The venue is asked first: what it has is reported on its stream, and only what it never saw is sent again. */
  async recover(intent: Intent): Promise<void> {
    const event = intent.event as VenueIntent
    if (event.type === 'PLACE_ORDER' && this.#venue.lookup(event.clOrdId) !== undefined) return
    // Another request that the venue has seen is known to it by its id, and not taken twice.
    await this.deliver(intent)
  }

  async #refuse({ id, actor, seq, correlation }: Intent, order: PlaceOrder): Promise<void> {
    const context = this.#context as PortContext
    const at = context.now()
    const { clOrdId, symbol, side, orderQty } = order
    const nothing = { cumQty: '0', leavesQty: '0', avgPx: '0' }
    const report: ExecutionReport = {
      type: 'EXECUTION_REPORT',
      at,
      execType: 'REJECTED',
      ordStatus: 'REJECTED',
      clOrdId,
      orderId: `refused-${clOrdId}`,
      execId: `refused-${clOrdId}`,
      symbol,
      side,
      orderQty,
      ...nothing,
      text: 'refused, as the configured faults want it',
    }
    await context.send(actor, report, { at, settles: id, cause: seq, correlation })
  }

  async #tellState({ id, actor, seq, correlation }: Intent, { since }: VenueStateRequest): Promise<void> {
    const context = this.#context as PortContext
    const venue = this.#venue
    // Else what is only on its way would be a difference, and a start after a kill know more than one without.
    await this.#reportsCome()
    const at = context.now()
    const movements = venue.movementsSince(since)
    const state: VenueState = {
      type: 'VENUE_STATE',
      at,
      openOrders: [...venue.openOrders(), ...venue.pendingOrders()].map(stateOf),
      fills: movements.flatMap(({ actor: order, report }) =>
        report.type === 'EXECUTION_REPORT'
          ? [{ order, terms: termsThere(stateOf(venue.lookup(report.clOrdId) as VenueOrder)), report }]
          : [],
      ),
      flows: movements.flatMap(({ report }) => (report.type === 'CASH_FLOW_REPORT' ? [report] : [])),
      positions: Object.entries(venue.positions()).map(([position, quantity]) => {
        const [symbol, positionSide] = position.split(':') as [string, PositionSide | undefined]
        return { symbol, ...(positionSide && { positionSide }), quantity }
      }),
      balances: Object.entries(venue.balances()).map(([asset, balance]) => ({ asset, balance })),
    }
    await context.send(actor, state, { at, settles: id, cause: seq, correlation })
  }

  /** What has not arrived of what was asked before is sent again first: so nothing is unknown that may yet be placed. */
  async #answer({ id, actor, seq, correlation }: Intent, { clOrdId }: OrderStatusRequest): Promise<void> {
    const context = this.#context as PortContext
    for (const earlier of context.unsettled(actor))
      if (earlier.seq < seq && earlier.event.type !== 'ORDER_STATUS_REQUEST') await this.recover(earlier)
    const order = this.#venue.lookup(clOrdId)
    const at = context.now()
    const unknown: OrderUnknown = { type: 'ORDER_UNKNOWN', at, clOrdId }
    const answer = order === undefined ? unknown : statusReport(order, { at, execId: `status-${at}` })
    await context.send(actor, answer, { at, settles: id, cause: seq, correlation })
  }
}

/** As its customer may see it. */
function stateOf({ actor: _, origClOrdIds = [], clOrdId, ...order }: VenueOrder): VenueOrderState {
  return { ...order, clOrdId: origClOrdIds[0] ?? clOrdId }
}
