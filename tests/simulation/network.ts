import type {
  CancelOrder,
  OrderStatusRequest,
  PlaceOrder,
  ReplaceOrder,
} from '../../machines/events/order.ts'
import type { VenueState, VenueStateRequest } from '../../machines/events/reconciliation.ts'
import { type AccountContext, booksOf } from '../../machines/index.ts'
import type { Port, PortContext } from '../../src/runtime/port.ts'
import type { Intent } from '../../src/runtime/record/record.ts'
import type { Scheduler } from './scheduler.ts'
import type { SimulatedVenue } from './venue.ts'

type Request = PlaceOrder | CancelOrder | ReplaceOrder | OrderStatusRequest | VenueStateRequest
/** Requests that change nothing at the venue, however often they are sent. */
const QUESTIONS: readonly string[] = ['ORDER_STATUS_REQUEST', 'VENUE_STATE_REQUEST']

/** The network to the venue: requests are lost, doubled and late, and sent again until the venue has answered them. */
export class NetworkPort implements Port {
  readonly #scheduler: Scheduler
  readonly #venue: SimulatedVenue
  readonly #hooks: { alive(): boolean; lossy(): boolean; onDeliver(intent: Intent): void }
  #context: PortContext | undefined
  /** Orders of this run by the actor that placed them, and whether the venue has answered. */
  readonly #placed = new Map<string, { id: string; answered: boolean }>()

  constructor(
    scheduler: Scheduler,
    venue: SimulatedVenue,
    hooks: { alive(): boolean; lossy(): boolean; onDeliver(intent: Intent): void },
  ) {
    this.#scheduler = scheduler
    this.#venue = venue
    this.#hooks = hooks
  }

  start(context: PortContext): void {
    this.#context = context
  }

  deliver(intent: Intent): void {
    if (!this.#hooks.alive()) return
    this.#hooks.onDeliver(intent)
    if (this.#hooks.alive()) this.#send(intent)
  }

  /** The intent is looked up first: the venue's stream has its orders. */
  recover(intent: Intent): void {
    const { type } = intent.event
    if (type === 'PLACE_ORDER') this.#placed.set(intent.actor, { id: intent.id, answered: false })
    if (
      !QUESTIONS.includes(type) &&
      this.#venue.requests.has((intent.event as PlaceOrder | CancelOrder).clOrdId)
    ) {
      const placed = this.#placed.get(intent.actor)
      if (placed?.id === intent.id) placed.answered = true
      return
    }
    this.#send(intent)
  }

  #send(intent: Intent): void {
    const { id, actor } = intent
    const event = intent.event as Request
    if (event.type === 'PLACE_ORDER') this.#placed.set(actor, { id, answered: false })
    const arrive = () => {
      if (event.type === 'PLACE_ORDER') this.#venue.place(id, actor, event)
      else if (event.type === 'CANCEL_ORDER') this.#venue.cancel(id, event, actor)
      else if (event.type === 'REPLACE_ORDER') this.#venue.replace(id, event, actor)
      else if (event.type === 'VENUE_STATE_REQUEST') {
        this.#tellState(intent, event)
        return
      } else {
        this.#answer(intent, event)
        return
      }
      const placed = this.#placed.get(actor)
      const answerLost = this.#hooks.lossy() && this.#scheduler.chance(0.1)
      if (placed?.id === id && !answerLost) placed.answered = true
      if (answerLost) this.#again(intent)
    }
    const lost = this.#hooks.lossy() && this.#scheduler.chance(0.1)
    if (lost) this.#again(intent)
    else this.#scheduler.after(this.#scheduler.between(1, 800), arrive)
    // The network delivers it a second time.
    if (this.#hooks.lossy() && this.#scheduler.chance(0.05) && !QUESTIONS.includes(event.type))
      this.#scheduler.after(this.#scheduler.between(1, 3_000), arrive)
  }

  #again(intent: Intent): void {
    this.#scheduler.after(1_000, () => {
      if (this.#hooks.alive()) this.#send(intent)
    })
  }

  #tellState({ id, port, actor, seq, correlation }: Intent, { since }: VenueStateRequest): void {
    const account = this.#hooks.alive() && this.#context?.getSnapshot(`account/${port}`)
    if (!account) return
    const at = this.#scheduler.now
    const state: VenueState = {
      ...this.#venue.state(since),
      here: booksOf(account.context as AccountContext),
    }
    this.#context?.send(actor, state, { at, completes: id, cause: seq, correlation }).catch(() => {})
  }

  #answer(intent: Intent, { clOrdId }: OrderStatusRequest): void {
    if (!this.#hooks.alive()) return
    const { id, actor, seq, correlation } = intent
    const placed = this.#placed.get(actor)
    const order = this.#venue.find(clOrdId)
    // While the placement is under way, the state is unknown, and the port does not guess.
    if (order === undefined && placed !== undefined && !placed.answered) {
      this.#again(intent)
      return
    }
    const at = this.#scheduler.now
    const unknown = { type: 'ORDER_UNKNOWN' as const, at, clOrdId }
    const answer = order === undefined ? unknown : this.#venue.status(order)
    const reply = { at, completes: id, cause: seq, correlation }
    this.#context?.send(actor, answer, reply).catch(() => {})
  }
}
