/** The events that a position accepts, emits and sends. */
import { fill, fillBust, fillCorrected, watch } from '../events/fill.ts'
import {
  fundingPaid,
  positionChanged,
  positionClosed,
  positionFlipped,
  positionModified,
  positionOpened,
  positionStopTriggered,
  positionUpdated,
} from '../events/position.ts'
import { type Accepted, declare, type Since } from '../kind/kind.ts'

export const positionDeclaration = declare({
  accepts: [fill, fillBust, fillCorrected, fundingPaid, watch],
  emits: [
    positionOpened,
    positionUpdated,
    positionModified,
    positionClosed,
    positionFlipped,
    positionStopTriggered,
  ],
  /** Goes to its account and to its watchers: its watchdog, and the lists that hold it. */
  sends: { account: [positionChanged], '*': [positionChanged] },
  commands: [],
})

export const since: Since<typeof positionDeclaration> = {
  4: ['instrument', 'strategy', 'ordType', 'stopPx', 'leverage', 'marginMode'],
}

export const positionEvents = positionDeclaration.events
export type PositionEvent = Accepted<typeof positionDeclaration>
