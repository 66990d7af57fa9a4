/** The events that a list of orders accepts, emits and sends. */
import { manualIntervention } from '../events/account.ts'
import { orderUpdate, watch } from '../events/fill.ts'
import {
  exit,
  listRequest,
  listUpdate,
  orderListRejected,
  orderListUpdated,
  replaceLeg,
} from '../events/list.ts'
import { cancel, orderRequest, replace, replaceRequest, requestRefused } from '../events/order-requests.ts'
import { positionChanged } from '../events/position.ts'
import { declare, type Since } from '../kind/kind.ts'

export const orderListDeclaration = declare({
  accepts: [listRequest, orderUpdate, requestRefused, positionChanged, replaceLeg, cancel, exit],
  raises: ['LOOK_AGAIN', 'CLOSED'],
  emits: [orderListUpdated, orderListRejected, manualIntervention],
  sends: {
    account: [orderRequest, replaceRequest],
    order: [cancel, replace],
    position: [watch],
    /** Goes to its owner. */
    '*': [listUpdate, requestRefused],
  },
  commands: ['LIST_REQUEST', 'CANCEL', 'EXIT'],
  refusals: ['ORDER_LIST_REJECTED'],
})

export const since: Since<typeof orderListDeclaration> = { 5: ['instrument', 'strategy'] }

export const orderListEvents = orderListDeclaration.events
