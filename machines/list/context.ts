/** What a list of orders is given, and takes. */
import type { ListRequest } from '../events/list.ts'
import type { Accepted, Emitted } from '../kind/kind.ts'
import type { orderListDeclaration } from './declaration.ts'
import type { List } from './plan.ts'

/** A list is brought into being by its request. */
export interface OrderListInput {
  readonly id: string
  readonly request: ListRequest
}

/** To itself: time has come to look after what could not be had before. */
type LookAgain = { readonly type: 'LOOK_AGAIN'; readonly at: number }
/** To itself, once the fills of the turn that closed the position are in: what was filled up to then is closed. */
type Closed = { readonly type: 'CLOSED'; readonly at: number; readonly cumQty: string }
export type OrderListEvent = Accepted<typeof orderListDeclaration> | LookAgain | Closed

export interface OrderListTypes {
  readonly input: OrderListInput
  readonly context: List
  readonly events: OrderListEvent
  readonly emitted: Emitted<typeof orderListDeclaration>
}
