/** The input, the events and the context of a list of orders. */
import type { ListRequest } from '../events/list.ts'
import type { Accepted, Emitted } from '../kind/kind.ts'
import type { orderListDeclaration } from './declaration.ts'
import type { List } from './plan.ts'

/** The input of a list: a request creates it. */
export interface OrderListInput {
  readonly id: string
  readonly request: ListRequest
}

/** A list sends this to itself when it is time to ask again for what was refused. */
type LookAgain = { readonly type: 'LOOK_AGAIN'; readonly at: number }
/** A list sends this to itself after the fills of the turn that closed its position. The quantity filled up to then is closed. */
type Closed = { readonly type: 'CLOSED'; readonly at: number; readonly cumQty: string }
export type OrderListEvent = Accepted<typeof orderListDeclaration> | LookAgain | Closed

export interface OrderListTypes {
  readonly input: OrderListInput
  readonly context: List
  readonly events: OrderListEvent
  readonly emitted: Emitted<typeof orderListDeclaration>
}
