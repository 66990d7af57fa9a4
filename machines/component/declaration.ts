/** The events that a component accepts, emits and sends. */
import {
  componentFailed,
  componentFault,
  componentStart,
  componentStartCompleted,
  componentStarted,
  componentStop,
  componentStopCompleted,
  componentStopped,
} from '../events/component.ts'
import { type Accepted, declare } from '../kind/kind.ts'

export const componentDeclaration = declare({
  accepts: [componentStart, componentStartCompleted, componentStop, componentStopCompleted, componentFault],
  emits: [componentStarted, componentStopped, componentFailed],
  sends: {},
  commands: [],
})

export type ComponentEvent = Accepted<typeof componentDeclaration>
