/** The supervisor: what a program sees of the runtime. A message's way through it is in ARCHITECTURE.md. */
import { type Observable, Subject } from 'rxjs'
import { OutcryError } from '../../errors/outcry-error.ts'
import { Pace } from '../../store/leveldb/pace.ts'
import type { ActorsOptions, Interruptible, SnapshotEntry, Store, StoreEntry } from '../../store/store.ts'
import { type ActorView, viewOf } from './actors/actor-view.ts'
import type { Cell } from './actors/cell.ts'
import type { Machines } from './actors/kind.ts'
import { persistCell } from './actors/persist.ts'
import { checkPorts } from './actors/registration.ts'
import { Registry } from './actors/registry.ts'
import { releasing } from './actors/restart.ts'
import { isOutcome } from './actors/running-parts.ts'
import { initOf, type Signal, type Why } from './actors/signals.ts'
import { Checkpointer } from './commit/checkpointer.ts'
import { type ClockWatch, watchOf } from './commit/clock-watch.ts'
import { checkSchema, checkTime, checkWhy, messageOf, receive, type SendOptions } from './commit/intake.ts'
import type { Job, Receipt } from './commit/job.ts'
import { Loop } from './commit/loop.ts'
import type { Lane } from './commit/mailbox.ts'
import { Publisher } from './commit/publisher.ts'
import { Retention, type RetentionOptions } from './commit/retention.ts'
import { consoleLogger, type Logger, unfailing } from './logger.ts'
import type { Port, PortContext } from './port.ts'
import { type Address, DEAD_LETTERS, isReserved, parseAddress, reserved } from './record/address.ts'
import type { ClockJump } from './record/clock-record.ts'
import { checkPlace, checkRange } from './record/place.ts'
import type { AnyEvent, Intent, TransitionRecord } from './record/record.ts'
import { EVENT, type PlainError, plainError, sizeTaken, takeIn } from './record/values.ts'
import { Shielded } from './shielded.ts'
import { checkMachines, noteMachines } from './state/machine-changes.ts'
import type { Offsets, OffsetsState } from './state/offsets.ts'
import { recover } from './state/recovery.ts'
import { cellAt } from './state/replay.ts'
import { DEFAULT_PASSIVATION, type PassivationOptions, Residents } from './state/residents.ts'
import { type Verification, type VerifyOptions, verifyLog } from './state/verify.ts'
import { type Clock, EventClock, SystemClock } from './time/clock.ts'
import type { DueTimer } from './time/timer-queue.ts'
import { TimerService } from './time/timer-service.ts'
import type { Message } from './turn/message.ts'
import type { Publication } from './turn/publication.ts'
import { notQuarantined, refusal } from './turn/refusal.ts'
import { type Turn, topCell } from './turn/turn.ts'
import type { WorkObserver } from './work.ts'
import { goneLogic, STOP } from './xstate/logic.ts'
import { type AnySnapshot, Scope } from './xstate/scope.ts'
import { shown } from './xstate/shown.ts'

export type { SendOptions } from './commit/intake.ts'
export type { Receipt } from './commit/job.ts'

export interface SupervisorOptions {
  /** Belongs to the supervisor from here on: `stop` closes it. */
  readonly store: Store<TransitionRecord>
  readonly machines: Machines
  readonly ports?: Readonly<Record<string, Port>>
  readonly clock?: Clock
  readonly logger?: Logger
  readonly passivation?: Partial<PassivationOptions>
  /** Records of one actor after which it is snapshotted. */
  readonly snapshotEvery?: number
  /** What stays in the database; default everything. */
  readonly retention?: RetentionOptions
  /**
   * Whether machines may have changed their structure without a new version since the log was written: the logger is
   * told, and the change is taken for right. Default: false, but true where NODE_ENV is `development`.
   */
  readonly acceptChanges?: boolean
  /** Records after which a checkpoint spares the next start their replay. */
  readonly checkpointEvery?: number
  /**
   * By address: actors that go into quarantine before the first timer fires and the first message is taken, because
   * they ended the process before this one. Those that are there no more are left out.
   */
  readonly suspects?: Readonly<Record<string, Suspicion>>
  /** Is told which actor is at work. */
  readonly work?: WorkObserver
}

/** Stores that belong to a supervisor. */
const owned = new WeakSet<Store<TransitionRecord>>()
const SNAPSHOT_EVERY = 1_000
const MIGRATED_PER_TURN = 1_000
/** Actors that may go passive between two commits. */
const PASSIVATED_MAX = 1_000

/**
 * Opens the runtime on a store: recovers every actor, timer and unsettled intent, then starts.
 * @throws STORE_OWNED, MACHINE_CHANGED, REPLAY_DIVERGED, KIND_INVALID, PORT_INVALID, CHILD_UNKNOWN, STORE_CORRUPT
 */
export async function createSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { store } = options
  if (owned.has(store))
    throw new OutcryError('STORE_OWNED', 'the store belongs to another supervisor', 'Open one for each.')
  owned.add(store)
  try {
    return await startSupervisor(options)
  } catch (error) {
    owned.delete(store)
    throw error
  }
}

async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { store, clock = new SystemClock() } = options
  const logger = unfailing(options.logger ?? consoleLogger)
  const registry = new Registry(options.machines)
  checkPorts(options.ports ?? {})
  const relay: { send?: (to: Address, event: AnyEvent) => void } = {}
  const scope = new Scope((_source, target, event) => relay.send?.(target.address, event))
  scope.onUnusable = (actor, { id }) =>
    logger.warn(
      { actor, timer: id },
      `${actor} had the timer "${id}" with an id or a delay that is none: it is dropped`,
    )
  const table = new Residents(store, registry, scope)
  const { acceptChanges = process.env.NODE_ENV === 'development' } = options
  const structures = await checkMachines(store, registry, logger, acceptChanges)
  const { offsets, records, unrecorded } = await recover(store, table, registry, scope, logger)
  if (structures !== undefined) {
    await noteMachines(store, structures)
    offsets.machines = structures
  }
  const supervisor = new Supervisor({
    options,
    clock,
    logger,
    registry,
    scope,
    table,
    offsets,
    replayed: records,
  })
  relay.send = (to, event) => supervisor.sendByHand(to, event)
  try {
    await supervisor.start(unrecorded)
  } catch (error) {
    await supervisor.abandon()
    throw error
  }
  return supervisor
}

/** Why an actor is put into quarantine from outside: what it did, and on which event. */
export interface Suspicion {
  readonly error: PlainError
  readonly event: AnyEvent
}

/** @throws ADDRESS_INVALID, ACTOR_RESERVED */
function notOwn(text: string): Address {
  const address = parseAddress(text)
  if (isReserved(address)) throw reserved(address)
  return address
}

interface Parts {
  readonly options: SupervisorOptions
  readonly clock: Clock
  readonly logger: Logger
  readonly registry: Registry
  readonly scope: Scope
  readonly table: Residents
  readonly offsets: Offsets
  /** Records since the last checkpoint. */
  readonly replayed: number
}

export class Supervisor {
  readonly registry: Registry
  readonly #store: Store<TransitionRecord>
  readonly #ports: ReadonlyMap<string, Port>
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #passivation: PassivationOptions
  readonly #suspects: Readonly<Record<string, Suspicion>>
  readonly #scope: Scope
  readonly #table: Residents
  readonly #offsets: Offsets
  readonly #loop: Loop
  readonly #publisher: Publisher
  readonly #timers: TimerService
  readonly #checkpointer: Checkpointer
  readonly #retention: Retention
  readonly #fenced = new Subject<OutcryError>()
  readonly #fenced$: Observable<OutcryError>
  readonly #transitions$: Observable<TransitionRecord>
  readonly #replayed: number
  readonly #clockWatch: ClockWatch | undefined
  /** Ports that have started, and have to be stopped. */
  readonly #started = new Map<string, Port>()
  #accepting = true
  #stopping: Promise<void> | undefined

  /** @internal Use createSupervisor. */
  constructor({ options, clock, logger, registry, scope, table, offsets, replayed }: Parts) {
    const { store } = options
    this.registry = registry
    this.#store = store
    this.#ports = new Map(Object.entries(options.ports ?? {}))
    this.#clock = clock
    this.#logger = logger
    this.#passivation = { ...DEFAULT_PASSIVATION, ...options.passivation }
    this.#suspects = options.suspects ?? {}
    this.#scope = scope
    this.#table = table
    this.#offsets = offsets
    this.#replayed = replayed
    this.#checkpointer = new Checkpointer(store, table, replayed, options.checkpointEvery)
    this.#retention = new Retention(store, options.retention ?? {}, logger)
    this.#timers = new TimerService(clock, table, logger, store.head.seq, (due) => this.#onDue(due))
    this.#publisher = new Publisher(
      scope,
      this.#ports,
      logger,
      (to, event, cause) => this.#sendLive(to, event, cause),
      options.work,
    )
    const onThrow = (err: unknown) => logger.error({ err }, 'an observer threw')
    this.#transitions$ = new Shielded(this.#publisher.transitions, onThrow)
    this.#fenced$ = new Shielded(this.#fenced, onThrow)
    const { outbox } = offsets
    const context = { actors: table, registry, scope, ports: this.#ports, outbox, work: options.work }
    this.#loop = new Loop(context, store, offsets, logger, options.snapshotEvery ?? SNAPSHOT_EVERY, {
      messageOf: (timer) => this.#timers.messageOf(timer),
      areTimersBehind: () => this.#timers.isBehind,
      onTurn: (turn) => this.#onTurn(turn),
      onUntaken: (timer, why) => this.#timers.hold(timer, why),
      release: ({ publications }) => {
        for (const release of publications) table.noteStanding(release.cell.address, release)
        this.#publisher.release(publications, offsets)
        this.#checkpointer.count(publications.length)
      },
      maintain: () => this.#maintain(),
      onFenced: (error) => this.#onFenced(error),
    })
    const parts = { loop: this.#loop, timers: this.#timers }
    this.#clockWatch = watchOf({ clock, store, offsets, logger, ...parts })
  }

  /** @internal */
  async start(unrecorded: readonly Cell[]): Promise<void> {
    if (this.#clock instanceof EventClock) this.#clock.resume(this.lastAt)
    else await this.#clockWatch?.start(this.#replayed)
    await this.#recordMigrations(unrecorded)
    for await (const { actor, at } of this.#store.wakes()) {
      const address = actor as Address
      if (at === 0) this.#wake(address)
      else if (this.#table.resident(address) === undefined) this.#timers.addPassive(address, at)
    }
    // Who comes into memory from here on is in the queue as a passive actor.
    for (const cell of this.#table.cells) {
      this.#timers.addKnownOf(cell)
      this.#table.noteStanding(cell.address, cell.state)
    }
    // A running part that the new version has no place for ends now: nobody may ever send to it again.
    await this.#recordMigrations([...this.#table.cells].filter(wasRunning).sort(byAddress))
    if (this.#table.find(DEAD_LETTERS) === undefined) await this.#spawn(DEAD_LETTERS, undefined)
    await this.#quarantineSuspects()
    for (const [name, port] of this.#ports) {
      await port.start?.(this.#portContext(name))
      this.#started.set(name, port)
    }
    this.#publisher.resume(this.unsettled, [...this.#table.cells])
    this.#timers.start(this.#clockWatch !== undefined)
  }

  /** @internal After a start that failed: nobody sends through it any more, and the store is whoever's tries again. */
  async abandon(): Promise<void> {
    this.#takeNoMore()
    await this.settled().catch(() => {})
    await this.#stopPorts()
  }

  /** All at once, for nothing else is to be known of them; where that fails one by one, for the failure is one actor's. */
  async #recordMigrations(cells: readonly Cell[]): Promise<void> {
    const chunks: (readonly Cell[])[] = []
    for (let i = 0; i < cells.length; i += MIGRATED_PER_TURN)
      chunks.push(cells.slice(i, i + MIGRATED_PER_TURN))
    const results = await Promise.allSettled(chunks.map((chunk) => this.#recordMigrationsOf(chunk)))
    for (const [i, result] of results.entries()) {
      if (result.status === 'fulfilled') continue
      for (const cell of chunks[i] ?? [])
        await this.#recordMigrationsOf([cell]).catch((error) => this.#lose(cell, error))
    }
  }

  #recordMigrationsOf(cells: readonly Cell[]): Promise<Receipt> {
    const to = cells[0]?.address as Address
    const message = messageOf(to, { type: 'outcry.signal' }, this.now, 0)
    return this.#enqueueAndWait(message, 'control', (turn) => turn.migrate(cells))
  }

  #lose({ address }: Cell, error: unknown): void {
    if (this.fence) throw this.fence
    this.#logger.error({ err: error, actor: address }, `${address} cannot be brought back; the others run`)
    this.#table.lose(
      address,
      error instanceof OutcryError ? error : refusal('unreadable', address, undefined, error),
    )
    this.#offsets.behind = [...this.#table.lost.keys()]
  }

  /** For a checkpoint: what durable records say, and where the clock is by now. */
  #offsetsState(): OffsetsState {
    this.#clockWatch?.note()
    return this.#offsets.state()
  }

  /** How the system's clock was set since the start, in order. */
  get clockJumps(): readonly ClockJump[] {
    return [...(this.#clockWatch?.jumps ?? [])]
  }

  async #quarantineSuspects(): Promise<void> {
    for (const [address, suspicion] of Object.entries(this.#suspects)) {
      if (this.#table.resident(address as Address)?.state.condition === 'quarantined') continue
      try {
        await this.quarantine(address, suspicion)
      } catch (err) {
        if (this.fence !== undefined) throw err
        this.#logger.warn({ err, actor: address }, `${address} is not put into quarantine`)
      }
    }
  }

  /** One actor that cannot be brought back keeps nobody else from starting (law 8). */
  #wake(address: Address): void {
    try {
      this.#table.find(address)
    } catch (err) {
      this.#logger.error({ err, actor: address }, 'an actor cannot be brought back, and stays passive')
    }
  }

  /** Last durable seq. */
  get seq(): number {
    return this.#store.head.seq
  }

  get epoch(): number {
    return this.#store.epoch
  }

  /** Actors in memory. */
  get residents(): number {
    return this.#table.size
  }

  /** Actors that take no message until somebody publications them, in order of address. */
  get quarantined(): readonly ActorView[] {
    const cells = [...this.#table.quarantined]
      .sort()
      .flatMap((address) => this.#table.resident(address) ?? [])
    return cells.map(viewOf)
  }

  /** How many they are; costs the same however many actors there are. */
  get quarantinedCount(): number {
    return this.#table.quarantined.size
  }

  /** Intents whose outcome is not known yet. */
  get unsettled(): readonly Intent[] {
    return [...this.#offsets.outbox.unsettled.values()]
  }

  /** How many they are; costs the same however many. */
  get unsettledCount(): number {
    return this.#offsets.outbox.unsettled.size
  }

  /** Whether turns have run whose intents no port has seen yet. */
  get hasIntentsAhead(): boolean {
    return this.#publisher.intentsAhead > 0
  }

  /** Time of the last durable record; undefined when there is none. */
  get lastAt(): number | undefined {
    return this.#offsets.at
  }

  /** Every durable record as it is committed, in seq order. */
  get transitions$(): Observable<TransitionRecord> {
    return this.#transitions$
  }

  /** Why nothing more is taken, once the log has refused a commit. */
  get fence(): OutcryError | undefined {
    return this.#loop.fence
  }

  /** Emits once, when the log refused a commit and nothing more is taken (law 11). */
  get fenced$(): Observable<OutcryError> {
    return this.#fenced$
  }

  /**
   * Starts the actor `kind/id`; resolves when that is durable.
   * @throws KIND_UNKNOWN, ADDRESS_INVALID, ACTOR_RESERVED, ACTOR_EXISTS, ACTOR_FAILED when its initial state throws, STORE_FENCED
   */
  async spawn(kind: string, id: string, input?: unknown, options: SendOptions = {}): Promise<Address> {
    const address = notOwn(`${kind}/${id}`)
    await this.#spawn(address, takeIn(input, 'input'), options, sizeTaken())
    return address
  }

  /**
   * Sends an event; resolves when its turn is durable.
   * @throws ADDRESS_INVALID, ACTOR_RESERVED, EVENT_INVALID, NOT_JSON, ACTOR_UNKNOWN, ACTOR_ENDED, ACTOR_QUARANTINED, ACTOR_FAILED,
   * ACTOR_BUSY, MAILBOX_FULL, STORE_FENCED, STOPPED
   */
  send(to: string, event: AnyEvent, options: SendOptions = {}): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      const message = receive(this.#addressOf(to), event, this.#clock, options)
      checkSchema(this.registry, message.to, message.event, message.at)
      checkTime(this.registry, message.to, message.event, message.at, this.#clock)
      this.#enqueue({ message, work: undefined, waiting: { resolve, reject } }, options.lane ?? 'command')
    })
  }

  /** As `send`, for trusted sources that need no answer: a refusal is in the dead letters. @throws MAILBOX_FULL */
  tell(to: Address, event: AnyEvent, options: SendOptions = {}): void {
    this.#enqueue({ message: receive(to, event, this.#clock, options) }, options.lane ?? 'market')
  }

  /** Stops a top actor and its children. @throws ACTOR_RESERVED, ACTOR_UNKNOWN, ACTOR_ENDED */
  async stopActor(address: string): Promise<Receipt> {
    return this.#signal(notOwn(address), () => ({ type: STOP }))
  }

  /**
   * Lets an actor out of quarantine; the record has who did so, and why. It goes on with its state; one that waited for a
   * restart starts over from its input, and then takes what was kept for it.
   * @throws EVENT_INVALID, ACTOR_UNKNOWN, ACTOR_ENDED, ACTOR_NOT_QUARANTINED
   */
  async release(address: string, why: Why = {}): Promise<Receipt> {
    const known = checkWhy(why)
    return this.#signal(parseAddress(address), (at, { state }) => {
      if (state.condition !== 'quarantined') throw notQuarantined(address)
      return releasing(at, state, known)
    })
  }

  /**
   * Puts an actor into quarantine from outside, as if its machine had thrown on the event.
   * @throws ACTOR_RESERVED, ACTOR_UNKNOWN, ACTOR_ENDED
   */
  async quarantine(address: string, { error: thrown, event }: Suspicion): Promise<Receipt> {
    const letter = takeIn(event, EVENT)
    const error = plainError(thrown)
    return this.#signal(notOwn(address), (at, { state }) => {
      const failures = { count: state.failures.count + 1, lastAt: at }
      return {
        type: 'outcry.failed',
        at,
        error,
        event: letter,
        directive: { action: 'quarantine' },
        failures,
      }
    })
  }

  /** Sends a dead letter again, by the seq of its record. @throws LETTER_UNKNOWN, and what `send` throws */
  async redeliver(seq: number): Promise<Receipt> {
    for await (const record of this.#store.read({ fromSeq: seq, toSeq: seq })) {
      if (record.event.type !== 'DEAD_LETTER') break
      const { to, event, omitted } = record.event
      const whole = omitted === true ? await this.#eventOf(record.cause) : event
      return this.send(to, whole, { cause: seq, correlation: record.correlation })
    }
    throw new OutcryError(
      'LETTER_UNKNOWN',
      `record ${seq} is no dead letter`,
      `See \`outcry replay ${DEAD_LETTERS}\`.`,
    )
  }

  async #eventOf(seq: number | null): Promise<AnyEvent> {
    for await (const { event } of this.#store.read({ fromSeq: seq ?? 0, toSeq: seq ?? 0 })) return event
    throw new OutcryError('LETTER_UNKNOWN', `record ${seq} is not in the log`, 'See `outcry verify`.')
  }

  /** The actor's present in memory, which may be ahead of the log by the commit under way; undefined if unknown. */
  getSnapshot(address: string): AnySnapshot | undefined {
    const snapshot = this.#table.find(address as Address)?.state.snapshot
    return snapshot && shown(snapshot)
  }

  /** All about an actor but its past; what it says is durable. */
  async view(address: string): Promise<ActorView | undefined> {
    await this.settled()
    const cell = this.#table.read(address as Address)
    return cell && viewOf(cell)
  }

  /** Actors that have a history, in order of address. */
  async *actors(options: ActorsOptions = {}): AsyncIterable<ActorView> {
    await this.settled()
    for await (const address of this.#store.actors(options)) {
      const view = this.#viewAnyhow(address as Address)
      if (view) yield view
    }
  }

  /** One that cannot be brought back is shown as the log has it, with why. */
  #viewAnyhow(address: Address): ActorView | undefined {
    try {
      const cell = this.#table.read(address)
      return cell && viewOf(cell)
    } catch (error) {
      const cell = this.#table.findGone(address)
      if (cell === undefined) return undefined
      return { ...viewOf(cell), error: plainError(error) }
    }
  }

  /** As `actors`, without their states. */
  addresses(options: ActorsOptions = {}): AsyncIterable<string> {
    return this.#store.actors(options)
  }

  /** @throws PLACE_INVALID */
  history(address: string, options?: Parameters<Store['history']>[1]): AsyncIterable<TransitionRecord> {
    checkRange(options)
    return this.#store.history(address, options)
  }

  /** @throws PLACE_INVALID */
  read(options?: Parameters<Store['read']>[0]): AsyncIterable<TransitionRecord> {
    checkRange(options)
    return this.#store.read(options)
  }

  /**
   * The actor as it was after its last record at or before the place. `at` is the place where the log's time first passes that
   * time: the same for every actor, so that what two of them were at one time fits together.
   * @throws PLACE_INVALID, REV_UNKNOWN, REPLAY_DIVERGED, READ_ABORTED
   */
  async stateAt(
    address: string,
    to: { seq: number } | { rev: number } | { at: number },
    options: Interruptible = {},
  ): Promise<ActorView | undefined> {
    checkPlace(to)
    const cell = await cellAt(this.#store, this.registry, address, to, options)
    return cell && viewOf(cell)
  }

  /** All that the log holds now, as one consistent copy; see `writeBackup`. */
  async *entries(options: Interruptible = {}): AsyncIterable<StoreEntry> {
    await this.settled()
    yield* this.#store.entries(options)
  }

  /** Replays the whole log and compares it with what the store and this supervisor have. @throws READ_ABORTED */
  async verify(options: Pick<VerifyOptions, 'onProgress' | 'signal'> = {}): Promise<Verification> {
    await this.settled()
    return verifyLog(this.#store, this.registry, { ...options, live: this.#durable(options) })
  }

  /** The actors in memory as durable records have them, bit by bit: others change meanwhile. */
  async *#durable({ signal }: Interruptible): AsyncGenerator<SnapshotEntry> {
    const pace = new Pace({ signal })
    const ahead: Cell[] = []
    for (const cell of [...this.#table.cells]) {
      const rest = pace.step()
      if (rest !== undefined) await rest
      if (cell.state.seq <= this.seq) yield persistCell(cell)
      else ahead.push(cell)
    }
    if (ahead.length > 0) await this.settled()
    for (const cell of ahead) if (cell.state.seq <= this.seq) yield persistCell(cell)
  }

  /** Time as the runtime has it. */
  get now(): number {
    return this.#clock.now()
  }

  /** Place of the first record of what a message with this idempotency key led to; undefined when there was none. */
  seqOfKey(key: string): number | undefined {
    return this.#offsets.seqOfKey(key)
  }

  /** Position of the source's last durable message: where to read on after a restart. */
  cursor(source: string): number {
    return this.#offsets.cursor(source)
  }

  /** Calls `onPublication` for every durable record from now on, with the snapshot it led to and the transitions taken. */
  watch(onPublication: (release: Publication) => void): () => void {
    return this.#publisher.watch(onPublication)
  }

  /** Runs all turns that wait, without giving way; their commits follow. For event time, see EventClock. */
  drain(): void {
    this.#loop.pump(Number.POSITIVE_INFINITY)
    this.#timers.arm()
  }

  /** Resolves when no message waits and all is durable and let out. @throws STORE_FENCED */
  settled(): Promise<void> {
    return this.#loop.settled()
  }

  /** What a fast source waits for before its next message; undefined when there is room now. */
  drained(): Promise<void> | undefined {
    return this.#loop.drained()
  }

  /**
   * Takes nothing more, disposes of every running part, finishes what waits, snapshots every actor, stops the ports and
   * closes the store. Running parts that a waiting message is to start are started by the next start. A second call
   * resolves with the first.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#shutDown()
    return this.#stopping
  }

  #takeNoMore(): void {
    this.#accepting = false
    this.#timers.stop()
    this.#clockWatch?.stop()
    this.#publisher.halt()
  }

  async #shutDown(): Promise<void> {
    // Before the first wait: whoever calls may be in the middle of a release.
    this.#takeNoMore()
    try {
      if (this.fence === undefined) {
        await this.settled()
        await this.#checkpointer.finish(this.#offsetsState())
        await this.#retention.settled()
      }
    } finally {
      await this.#stopPorts()
      this.#publisher.transitions.complete()
      await this.#store.close()
    }
  }

  /** One port that does not stop keeps neither the others running nor the store open. */
  async #stopPorts(): Promise<void> {
    for (const [name, port] of this.#started) {
      try {
        await port.stop?.()
      } catch (err) {
        this.#logger.error({ err, port: name }, `port/${name} failed to stop`)
      }
    }
  }

  /** @internal What `ref.send()` in a custom action does. @throws IMPURE_SEND within a transition */
  sendByHand(to: Address, event: AnyEvent): void {
    if (this.#scope.running) {
      throw new OutcryError(
        'IMPURE_SEND',
        `${event.type} was sent to ${to} by hand from within a transition`,
        'Send with sendTo or raise; ref.send() belongs into custom actions.',
      )
    }
    this.#enqueue({ message: receive(to, event, this.#clock) }, 'command')
  }

  /** `event` is checked and frozen, the last that was. */
  #sendLive(to: Address, event: AnyEvent, cause: number): void {
    // A promise may well end after the runtime has; the next start decides what becomes of it.
    if (!this.#accepting || this.fence) return
    const { now } = this
    const timed = event.at === undefined ? Object.freeze({ ...event, at: now }) : event
    const message = messageOf(to, timed, now, sizeTaken(), { cause })
    if (isOutcome(event)) this.#loop.enqueue({ message }, 'command', true)
    else this.#enqueue({ message }, 'command')
  }

  #portContext(name: string): PortContext {
    return {
      now: () => this.#clock.now(),
      getSnapshot: (address) => this.getSnapshot(address),
      cursor: (source) => this.cursor(source),
      unsettled: (actor) => this.unsettled.filter((intent) => intent.actor === actor && intent.port === name),
      send: async (to, event, reply = {}) => {
        await this.#enqueueAndWait(receive(parseAddress(to), event, this.#clock, reply), 'execution')
      },
    }
  }

  async #spawn(address: Address, input: unknown, options: SendOptions = {}, size = 0): Promise<void> {
    const kind = this.registry.kind(address)
    const at = options.at ?? this.now
    const message = messageOf(address, initOf(input), at, size, options)
    await this.#enqueueAndWait(message, options.lane ?? 'command', (turn) => {
      if (this.#table.find(address)) {
        throw new OutcryError('ACTOR_EXISTS', `${address} exists already`, 'Take another id, or send to it.')
      }
      turn.spawn(topCell(this.#scope, kind, address, input))
    })
  }

  #signal(
    address: Address,
    event: (at: number, cell: Cell) => Signal | { type: typeof STOP },
  ): Promise<Receipt> {
    const message = messageOf(address, { type: 'outcry.signal' }, this.now, 0)
    return this.#enqueueAndWait(message, 'control', (turn) => {
      const cell = this.#table.find(address)
      if (cell === undefined) throw refusal('unknown', address)
      if (cell.state.snapshot.status !== 'active') throw refusal('ended', address)
      turn.signal([{ cell, event: event(turn.at, cell) }])
    })
  }

  /** What is in memory has an address; anything else has to look like one. */
  #addressOf(text: string): Address {
    return this.#table.resident(text as Address)?.address ?? parseAddress(text)
  }

  #enqueueAndWait(message: Message, lane: Lane, work?: Job['work']): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      this.#enqueue({ message, work, waiting: { resolve, reject } }, lane)
    })
  }

  #enqueue(job: Job, lane: Lane): void {
    if (!this.#accepting)
      throw new OutcryError('STOPPED', 'the supervisor has stopped', 'Start it again to send.')
    const cause = job.message.cause ?? 0
    if (cause >= this.#loop.nextSeq) {
      const hint = 'Give the seq of the intent or record that it answers.'
      throw new OutcryError('EVENT_INVALID', `the cause ${cause} is no record yet`, hint)
    }
    this.#loop.enqueue(job, lane)
  }

  #onDue(due: readonly DueTimer[]): void {
    if (!this.#accepting || this.fence) return
    this.#loop.enqueueDue(due)
    // In event time the next moment may come before the event loop does.
    this.#loop.pump()
    this.#timers.arm()
  }

  #onTurn({ publications }: Turn): void {
    let armed = false
    for (const { record } of publications) {
      if (record.intents !== undefined) this.#publisher.intentsAhead += record.intents.length
      if (record.status !== undefined) this.#timers.forget(record.actor as Address)
      const isReleased = record.event.type === 'outcry.released' || record.event.type === 'outcry.migrated'
      if (isReleased) this.#timers.addHeldOf(record.actor as Address)
      if (record.scheduled !== undefined) this.#timers.addScheduled(record)
      else if (!isReleased) continue
      armed = true
    }
    if (armed) this.#timers.arm()
  }

  #maintain(): Promise<void> | undefined {
    const surplus = this.#table.surplus(this.#passivation, this.#clock.now(), PASSIVATED_MAX)
    return this.#checkpointer.due || surplus.length > 0 ? this.#maintainNow(surplus) : undefined
  }

  async #maintainNow(surplus: readonly Cell[]): Promise<void> {
    const state = () => this.#offsetsState()
    if (this.#checkpointer.due) {
      const done = await this.#checkpointer.step(state, this.#loop.lastPending)
      if (done !== undefined) this.#retention.consider(done, this.#offsets.at ?? 0)
    }
    if (surplus.length > 0) await this.#table.passivate(surplus, this.seq)
  }

  #onFenced(error: OutcryError): void {
    this.#logger.error({ err: error, code: error.code }, error.message)
    this.#publisher.halt()
    this.#fenced.next(error)
    this.#fenced.complete()
  }
}

/** The same order after a stop as after a crash. */
function byAddress(one: Cell, other: Cell): number {
  return one.address < other.address ? -1 : 1
}

function wasRunning({ logic, migration }: Cell): boolean {
  return logic === goneLogic && migration?.was?.wake?.at === 0
}
