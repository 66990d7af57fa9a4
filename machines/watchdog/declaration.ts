/** The events that a watchdog accepts, emits and sends. */
import { configure } from '../events/configure.ts'
import { orderUpdate } from '../events/fill.ts'
import { cancel, orderRequest, requestRefused, verify } from '../events/order-requests.ts'
import {
  positionChanged,
  protectiveOrdersMissing,
  protectiveOrdersReplaced,
  protectiveOrdersVerified,
} from '../events/position.ts'
import { type Accepted, declare, type Since } from '../kind/kind.ts'
import { watchdogSettings } from './settings.ts'

export const watchdogDeclaration = declare({
  accepts: [positionChanged, orderUpdate, requestRefused, configure(watchdogSettings)],
  emits: [protectiveOrdersVerified, protectiveOrdersMissing, protectiveOrdersReplaced],
  sends: { account: [orderRequest], order: [cancel, verify] },
  commands: [],
})

export const since: Since<typeof watchdogDeclaration> = { 4: ['instrument'] }

export const watchdogEvents = watchdogDeclaration.events
export type WatchdogEvent = Accepted<typeof watchdogDeclaration>
