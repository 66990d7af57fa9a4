import type { Store } from '../../store/store.ts'
import type { Registry } from './actors/registry.ts'
import type { ClockWatch } from './commit/clock-watch.ts'
import type { Loop } from './commit/loop.ts'
import type { Maintenance } from './commit/maintenance.ts'
import type { Publisher } from './commit/publisher.ts'
import type { Logger } from './logger.ts'
import type { Ports } from './ports.ts'
import type { TransitionRecord } from './record/record.ts'
import type { Offsets } from './state/offsets.ts'
import type { Residents } from './state/residents.ts'
import type { Subscriptions } from './subscriptions/subscriptions.ts'
import type { Clock } from './time/clock.ts'
import type { TimerService } from './time/timer-service.ts'
import type { Scope } from './xstate/scope.ts'

/** The parts of a runtime. See assemble.ts. */
export interface Parts {
  readonly store: Store<TransitionRecord>
  readonly clock: Clock
  readonly logger: Logger
  readonly registry: Registry
  readonly scope: Scope
  readonly ports: Ports
  readonly residents: Residents
  readonly offsets: Offsets
  readonly timers: TimerService
  readonly publisher: Publisher
  readonly maintenance: Maintenance
  readonly loop: Loop
  readonly subscriptions: Subscriptions
  /** Undefined in event time. */
  readonly clockWatch: ClockWatch | undefined
}
