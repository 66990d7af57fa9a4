/** Outcry: a durable actor runtime for trading, built on XState v5. */
export {
  type Checkpoint,
  ERRORS,
  type ErrorCode,
  isOutcryError,
  type Memory,
  newMemory,
  OutcryError,
  type PositionEntry,
  type SnapshotEntry,
  type Store,
  storeExists,
} from '../store/index.ts'
export { type EventEnvelope, eventEnvelope } from './api/contract/envelope.ts'
export type { Derivation, Derived, ReadSnapshot } from './api/feed/derivation.ts'
export { type ServeOptions, type Server, serve } from './runner/serve.ts'
export type { ActorView } from './runtime/actors/actor-view.ts'
export type { HeldSnapshot, Machines, Registration } from './runtime/actors/kind.ts'
export type { ActOptions } from './runtime/actors/signals.ts'
export type { Backoff, Supervision } from './runtime/actors/supervision.ts'
export type { Upcasters } from './runtime/actors/upcasters.ts'
export type { Upgrade } from './runtime/actors/upgrade.ts'
export { createSupervisor, type SupervisorOptions } from './runtime/assemble.ts'
export type { Sending, SendOptions } from './runtime/commit/intake.ts'
export type { Receipt } from './runtime/commit/job.ts'
export type { RetentionOptions } from './runtime/commit/retention.ts'
export type { EventHistoryOptions } from './runtime/events/event-history.ts'
export type { Effects } from './runtime/explain/effects.ts'
export type { Why } from './runtime/explain/why.ts'
export type { Logger } from './runtime/logger.ts'
export type { Port, PortContext, PortReply } from './runtime/port.ts'
export { type Address, parseAddress } from './runtime/record/address.ts'
export type { ClockJump } from './runtime/record/clock-record.ts'
export { type LogOptions, openLevelStore, openMemoryStore } from './runtime/record/log.ts'
export type { AnyEvent, Intent, Origin, ScheduledTimer, TransitionRecord } from './runtime/record/record.ts'
export type { LifeRange, LifeStep } from './runtime/state/life.ts'
export type {
  EventHandler,
  EventSubscription,
  HandlerContext,
  SubscribeOptions,
  UnsubscribeOptions,
} from './runtime/subscriptions/options.ts'
export type { Supervisor } from './runtime/supervisor.ts'
export { type Clock, EventClock, SystemClock } from './runtime/time/clock.ts'
