/** The events that a position accepts, emits and sends. */
import { closePosition, closeRequest, exitHolders } from '../events/closing.ts'
import { fill, fillBust, fillCorrected, watch } from '../events/fill.ts'
import { exit } from '../events/list.ts'
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
  accepts: [fill, fillBust, fillCorrected, fundingPaid, watch, closePosition, exitHolders],
  emits: [
    positionOpened,
    positionUpdated,
    positionModified,
    positionClosed,
    positionFlipped,
    positionStopTriggered,
  ],
  sends: {
    account: [positionChanged, closeRequest],
    /** Goes to its watchers: its watchdog, and the lists that hold it. An exit goes to the lists. */
    '*': [positionChanged, exit],
  },
  commands: ['CLOSE_POSITION'],
})

export const since: Since<typeof positionDeclaration> = {
  4: ['instrument', 'strategy', 'ordType', 'stopPx', 'leverage', 'marginMode'],
  5: [],
  6: [],
}

export const positionEvents = positionDeclaration.events
export type PositionEvent = Accepted<typeof positionDeclaration>
