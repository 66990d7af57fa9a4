/** Puts the runtime together. No other file does. */

import { z } from 'zod'
import { atLeast, having, optionsOf } from '../../errors/options.ts'
import { OutcryError } from '../../errors/outcry-error.ts'
import type { Store } from '../../store/store.ts'
import { assertDeclared } from './actors/declared.ts'
import type { Machines } from './actors/kind.ts'
import { checkPorts } from './actors/registration.ts'
import { Registry } from './actors/registry.ts'
import { Checkpointer } from './commit/checkpointer.ts'
import { watchOf } from './commit/clock-watch.ts'
import { Deletion } from './commit/deletion.ts'
import { Loop } from './commit/loop.ts'
import { Maintenance } from './commit/maintenance.ts'
import { Publisher } from './commit/publisher.ts'
import { Retention, type RetentionOptions } from './commit/retention.ts'
import { consoleLogger, type Logger, unfailing } from './logger.ts'
import type { Port } from './port.ts'
import { Ports } from './ports.ts'
import type { TransitionRecord } from './record/record.ts'
import { checkMachines, noteMachines } from './state/machine-changes.ts'
import { recover } from './state/recovery.ts'
import { DEFAULT_PASSIVATION, type PassivationOptions, Residents } from './state/residents.ts'
import { upcasting } from './state/upcasting-store.ts'
import { bookmarkName } from './subscriptions/bookmark.ts'
import { recordDeadLetter } from './subscriptions/dead-letter.ts'
import { Subscriptions } from './subscriptions/subscriptions.ts'
import { Supervisor } from './supervisor.ts'
import { type Clock, SystemClock } from './time/clock.ts'
import { TimerService } from './time/timer-service.ts'
import type { Suspicion } from './turn/suspicion.ts'
import type { WorkObserver } from './work.ts'
import { Scope } from './xstate/scope.ts'

export interface SupervisorOptions {
  /** The log. From here on it belongs to the supervisor, and `stop` closes it. */
  readonly store: Store<TransitionRecord>
  readonly machines: Machines
  readonly ports?: Readonly<Record<string, Port>>
  readonly clock?: Clock
  readonly logger?: Logger
  readonly passivation?: Partial<PassivationOptions>
  /** Number of records after which an actor is snapshotted. */
  readonly snapshotEvery?: number
  /** The records that stay in the database. Default: all. */
  readonly retention?: RetentionOptions
  /**
   * Accepts machines whose structure has changed without a new version since the log was written, and warns through the
   * logger. Default: false, but true when NODE_ENV is `development`.
   */
  readonly acceptChanges?: boolean
  /** Number of records after which a checkpoint is written. The next start does not replay the records before it. */
  readonly checkpointEvery?: number
  /**
   * Actors, by address, that are quarantined before the first timer fires and the first message is taken, because they
   * ended the last process. Actors that no longer exist are skipped.
   */
  readonly suspects?: Readonly<Record<string, Suspicion>>
  /** Is notified of the actor at work. */
  readonly work?: WorkObserver
  /** Ms for which `stop` waits for the handlers of subscriptions. Default: 5,000. */
  readonly handlerStopMs?: number
}

const supervisorOptions = z.strictObject({
  store: having<Store<TransitionRecord>>('append', 'read', 'close'),
  machines: z.looseObject({}),
  ports: z.looseObject({}).optional(),
  clock: having<Clock>('now', 'wakeAt').optional(),
  logger: having<Logger>('debug', 'info', 'warn', 'error').optional(),
  passivation: z
    .strictObject({ residentMax: atLeast(0).optional(), idleMs: atLeast(0).optional() })
    .optional(),
  snapshotEvery: atLeast(1).optional(),
  retention: z
    .strictObject({
      liveRecords: atLeast(0).optional(),
      liveMs: atLeast(0).optional(),
      deleteAfterMs: atLeast(0).optional(),
      waitsFor: z.array(z.string()).optional(),
    })
    .optional(),
  acceptChanges: z.boolean().optional(),
  checkpointEvery: atLeast(1).optional(),
  suspects: z.looseObject({}).optional(),
  work: z.looseObject({}).optional(),
  handlerStopMs: atLeast(0).optional(),
} satisfies Record<keyof SupervisorOptions, z.ZodType>)

/** Default number of records after which an actor is snapshotted. */
const SNAPSHOT_EVERY = 1_000
/** Default of ms for handlers: time to end a request, and a supervisor of processes waits longer before it kills. */
const HANDLER_STOP_MS = 5_000

/** The stores that belong to a supervisor. */
const owned = new WeakSet<Store<TransitionRecord>>()

/**
 * Opens the runtime on a store: recovers every actor, timer and unsettled intent, and then starts.
 * @throws OPTION_UNKNOWN, OPTION_INVALID, STORE_OWNED, MACHINE_CHANGED, REPLAY_DIVERGED, KIND_INVALID, PORT_INVALID, CHILD_UNKNOWN,
 * STORE_CORRUPT
 */
export async function createSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  optionsOf('createSupervisor', supervisorOptions, options)
  const { store } = options
  if (owned.has(store))
    throw new OutcryError(
      'STORE_OWNED',
      'the store belongs to another supervisor',
      'Open a store for each supervisor.',
    )
  owned.add(store)
  try {
    return await assemble(options)
  } catch (error) {
    owned.delete(store)
    throw error
  }
}

async function assemble(options: SupervisorOptions): Promise<Supervisor> {
  const { clock = new SystemClock() } = options
  const logger = unfailing(options.logger ?? consoleLogger)
  const registry = new Registry(options.machines)
  const store = upcasting(options.store, registry)
  checkPorts(options.ports ?? {})
  const ports = new Ports(options.ports ?? {})
  /** Undefined during the recovery, which sends no messages. */
  let running: Supervisor | undefined
  const scope = new Scope((_source, target, event) => running?.sendByHand(target.address, event))
  scope.onUnusable = (actor, { id }) =>
    logger.warn(
      { actor, timer: id },
      `${actor} had the timer "${id}" with a wrong id or delay: it is dropped`,
    )
  const residents = new Residents(store, registry, scope)
  const isDevelopment = process.env.NODE_ENV === 'development'
  const { acceptChanges = isDevelopment, work } = options
  const structures = await checkMachines(store, registry, logger, acceptChanges)
  const { offsets, records, unrecorded } = await recover(store, residents, registry, scope, logger)
  if (structures !== undefined) {
    await noteMachines(store, structures)
    offsets.machines = structures
  }

  const timers = new TimerService(clock, residents, logger, store.head.seq)
  const publisher = new Publisher({
    scope,
    ports: ports.registered,
    logger,
    residents,
    offsets,
    sendFromPart: (to, event, cause) => running?.sendFromPart(to, event, cause),
    work,
    startedAfter: store.head.seq,
  })
  const retention = new Retention(store, options.retention ?? {}, logger)
  const maintenance = new Maintenance({
    store,
    clock,
    residents,
    offsets,
    checkpointer: new Checkpointer(store, residents, records, options.checkpointEvery),
    retention,
    passivation: { ...DEFAULT_PASSIVATION, ...options.passivation },
  })
  const subscriptions = new Subscriptions({
    store,
    transitions: publisher.transitions,
    published: () => publisher.seq,
    logger,
    stopMs: options.handlerStopMs ?? HANDLER_STOP_MS,
    toDeadLetter: (to, envelope, error) => recordDeadLetter({ loop, clock }, to, envelope, error),
  })
  const loop = new Loop({
    context: {
      actors: residents,
      registry,
      scope,
      ports: ports.registered,
      outbox: offsets.outbox,
      work,
      assertDeclared: isDevelopment ? assertDeclared : undefined,
    },
    store,
    offsets,
    timers,
    publisher,
    maintenance,
    duePositions: () => subscriptions.duePositions(),
    logger,
    snapshotEvery: options.snapshotEvery ?? SNAPSHOT_EVERY,
  })
  const afterMs = options.retention?.deleteAfterMs
  if (afterMs !== undefined)
    retention.deleteBy(
      new Deletion({
        store,
        registry,
        offsets,
        clock,
        loop,
        logger,
        afterMs,
        waitsFor: (options.retention?.waitsFor ?? []).map(bookmarkName),
      }),
    )
  const clockWatch = watchOf({ clock, store, offsets, logger, loop, timers })
  const supervisor = new Supervisor({
    store,
    clock,
    logger,
    registry,
    scope,
    ports,
    residents,
    offsets,
    timers,
    publisher,
    maintenance,
    loop,
    subscriptions,
    clockWatch,
  })
  running = supervisor
  try {
    await supervisor.start({ replayed: records, unrecorded, suspects: options.suspects ?? {} })
  } catch (error) {
    await supervisor.abandon()
    throw error
  }
  return supervisor
}
