/**
 * The supervisor owns mailbox, turns, commits, timers and passivation. A message's way through it reads
 * enqueue -> #runTurn -> (commit) -> #release.
 */
import { type Observable, Subject } from 'rxjs'
import { isOutcryError, OutcryError } from '../../store/outcry-error.ts'
import type { SnapshotEntry, Store } from '../../store/store.ts'
import { ActorTable, DEFAULT_PASSIVATION, type PassivationOptions } from './actor-table.ts'
import { type ActorView, viewOf } from './actor-view.ts'
import { type Address, DEAD_LETTERS, parentOf, parseAddress } from './address.ts'
import type { Cell } from './cell.ts'
import { Checkpointer } from './checkpointer.ts'
import { type Clock, SystemClock } from './clock.ts'
import { Committer, type PendingTurn } from './committer.ts'
import { failTurn } from './failure.ts'
import { Journal } from './journal.ts'
import { assertJson } from './json.ts'
import { INIT, type LifecycleEvent, STOP } from './lifecycle.ts'
import { LiveActors } from './live-actors.ts'
import { consoleLogger, type Logger } from './logger.ts'
import { isLive, logicKind } from './logic.ts'
import { type Lane, Mailbox } from './mailbox.ts'
import { persistCell, persistWithTurn } from './persist.ts'
import type { Port } from './port.ts'
import type { AnyEvent, Intent, Origin, TransitionRecord } from './record.ts'
import { recover } from './recovery.ts'
import { type Machines, Registry } from './registry.ts'
import { cellAt } from './replay.ts'
import { type AnySnapshot, Scope } from './scope.ts'
import { TimerQueue } from './timers.ts'
import {
  type DeadReason,
  type Message,
  type Release,
  Turn,
  type TurnContext,
  TurnFailure,
  topCell,
} from './turn.ts'
import { type Verification, type VerifyOptions, verifyLog } from './verify.ts'

export interface SupervisorOptions {
  readonly store: Store<TransitionRecord>
  readonly machines: Machines
  readonly ports?: Readonly<Record<string, Port>>
  readonly clock?: Clock
  readonly logger?: Logger
  readonly passivation?: Partial<PassivationOptions>
  /** Records of one actor after which it is snapshotted. */
  readonly snapshotEvery?: number
  /** Records after which a checkpoint spares the next start their replay. */
  readonly checkpointEvery?: number
}

export interface SendOptions {
  /** Epoch ms; default the clock's. */
  readonly at?: number
  readonly lane?: Lane
  /** A message at or before the last durable position of its source is not taken again. */
  readonly origin?: Origin
  /** Idempotency key: the same key again gives the first one's receipt. */
  readonly key?: string
  readonly settles?: string
  readonly cause?: number
  readonly correlation?: string
}

/** That a message is durable. */
export interface Receipt {
  /** seq of its first record; 0 when the source's position was taken before. */
  readonly seq: number
  readonly duplicate: boolean
}

/** One job of the mailbox: a message, or something the runtime does. */
interface Job {
  readonly message: Message
  /** Without it the message is simply taken. */
  readonly work?: (turn: Turn) => void
  readonly settle?: (receipt: Receipt | undefined, error?: unknown) => void
}

/** Turns run in a row before timers, sockets and disks get their chance. */
const TURNS_PER_SLICE = 256
const SNAPSHOT_EVERY = 1_000
const RECEIVED: Receipt = { seq: 0, duplicate: true }

const REFUSALS: Record<DeadReason, readonly [code: string, what: string, hint: string]> = {
  unknown: ['ACTOR_UNKNOWN', 'does not exist', 'Spawn it first, or see `outcry actors` for those there are.'],
  ended: ['ACTOR_ENDED', 'has ended', 'See `outcry replay` for what became of it.'],
  quarantined: ['ACTOR_QUARANTINED', 'is in quarantine', 'Mend the cause, then supervisor.release(address).'],
  failed: [
    'ACTOR_FAILED',
    'failed on it',
    'See `outcry replay` for the error; the actor is as it was before.',
  ],
  stashFull: ['ACTOR_BUSY', 'is restarting and holds as many messages as it may', 'Send again later.'],
}

/**
 * Opens the runtime on a store: recovers every actor, timer and unsettled intent, then starts.
 * @throws REPLAY_DIVERGED, MACHINE_VERSION_UNKNOWN, KIND_UNKNOWN, STORE_CORRUPT, ...
 */
export async function createSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const supervisor = new Supervisor(options)
  await supervisor.open()
  return supervisor
}

export class Supervisor {
  readonly #store: Store<TransitionRecord>
  readonly #ports: ReadonlyMap<string, Port>
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #passivation: PassivationOptions
  readonly #snapshotEvery: number
  readonly #registry: Registry
  readonly #scope: Scope
  readonly #table: ActorTable
  readonly #context: TurnContext
  readonly #mailbox = new Mailbox<Job>()
  readonly #timers = new TimerQueue()
  readonly #committer: Committer
  readonly #checkpointer: Checkpointer
  readonly #live: LiveActors
  readonly #transitions = new Subject<TransitionRecord>()
  readonly #watchers = new Set<(release: Release) => void>()
  readonly #fenced = new Subject<OutcryError>()
  readonly #quiet: (() => void)[] = []
  readonly #room: (() => void)[] = []
  /** Positions that turns have taken, durable or not. */
  readonly #taken = new Map<string, number>()
  #journal = new Journal()
  /** Intents of turns that are not durable yet. */
  #intentsAhead = 0
  #seq = 0
  #turn = 0
  #pumping = false
  #phase: 'opening' | 'running' | 'stopping' | 'stopped' = 'opening'

  constructor(options: SupervisorOptions) {
    this.#store = options.store
    this.#ports = new Map(Object.entries(options.ports ?? {}))
    this.#clock = options.clock ?? new SystemClock()
    this.#logger = options.logger ?? consoleLogger
    this.#passivation = { ...DEFAULT_PASSIVATION, ...options.passivation }
    this.#snapshotEvery = options.snapshotEvery ?? SNAPSHOT_EVERY
    this.#registry = new Registry(options.machines)
    this.#scope = new Scope((source, target, event) => this.#relay(source?.address, target.address, event))
    this.#table = new ActorTable(this.#store, this.#registry, this.#scope)
    this.#context = { actors: this.#table, registry: this.#registry, scope: this.#scope, ports: this.#ports }
    this.#live = new LiveActors({
      fromLive: (to, event, cause) => this.#fromLive(to, event, cause),
      lookup: (name) => this.#scope.lookup(name),
      onError: (address, err) => this.#logger.error({ err, actor: address }, 'a running part failed to stop'),
    })
    this.#checkpointer = new Checkpointer(this.#store, this.#table, options.checkpointEvery)
    this.#committer = new Committer(this.#store, {
      release: (turn) => this.#release(turn),
      maintain: () => this.#maintain(),
      onCommitted: () => this.#onCommitted(),
      onFenced: (error) => this.#onFenced(error),
    })
  }

  /** @internal */
  async open(): Promise<void> {
    const { journal, records } = await recover(this.#store, this.#table, this.#registry, this.#scope)
    this.#journal = journal
    this.#seq = this.#store.head.seq
    this.#turn = journal.turn
    this.#checkpointer.begin(records)
    for await (const { actor, at } of this.#store.wakes()) {
      const address = actor as Address
      if (at === 0) this.#table.find(address)
      else if (this.#table.resident(address) === undefined) {
        this.#timers.push({ dueAt: at, address, id: undefined, seq: 0, index: 0 })
      }
    }
    for (const cell of this.#table.cells) this.#queueTimers(cell)
    this.#phase = 'running'
    if (this.#table.find(DEAD_LETTERS) === undefined) await this.#spawn(DEAD_LETTERS, undefined)
    for (const [name, port] of this.#ports) await port.start?.(this.#portContext(name))
    for (const intent of [...journal.unsettled.values()]) this.#hand(intent, 'recover')
    for (const cell of [...this.#table.cells]) this.#resumeLive(cell)
    this.#armClock()
    this.#schedulePump()
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

  /** Intents whose outcome is not known yet. */
  get unsettled(): readonly Intent[] {
    return [...this.#journal.unsettled.values()]
  }

  /** Whether turns have run whose intents no port has seen yet. */
  get hasIntentsAhead(): boolean {
    return this.#intentsAhead > 0
  }

  /** Time of the last durable record; undefined when there is none. */
  get lastAt(): number | undefined {
    return this.#journal.at
  }

  get registry(): Registry {
    return this.#registry
  }

  /** Every durable record as it is committed, in seq order. */
  get transitions$(): Observable<TransitionRecord> {
    return this.#transitions.asObservable()
  }

  /** Why nothing more is taken, once the log has refused a commit. */
  get fence(): OutcryError | undefined {
    return this.#committer.fence
  }

  /** Emits once, when the log refused a commit and nothing more is taken (law 11). */
  get fenced$(): Observable<OutcryError> {
    return this.#fenced.asObservable()
  }

  /**
   * Starts the actor `kind/id`; resolves when that is durable.
   * @throws KIND_UNKNOWN, ADDRESS_INVALID, ACTOR_EXISTS, ACTOR_FAILED when its initial state throws, STORE_FENCED
   */
  async spawn(kind: string, id: string, input?: unknown, options: SendOptions = {}): Promise<Address> {
    const address = parseAddress(`${kind}/${id}`)
    assertJson(input, undefined, 'input', false)
    await this.#spawn(address, input, options)
    return address
  }

  /**
   * Sends an event; resolves when its turn is durable.
   * @throws ADDRESS_INVALID, EVENT_INVALID, NOT_JSON, ACTOR_UNKNOWN, ACTOR_ENDED, ACTOR_QUARANTINED, ACTOR_FAILED,
   * ACTOR_BUSY, MAILBOX_FULL, STORE_FENCED, STOPPED
   */
  send(to: string, event: AnyEvent, options: SendOptions = {}): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      const address = parseAddress(to)
      const checked = this.#checkEvent(address, event)
      const settle: Job['settle'] = (receipt, error) => (receipt ? resolve(receipt) : reject(error))
      this.#enqueue({ message: this.#message(address, checked, options), settle }, options.lane ?? 'command')
    })
  }

  /** As `send`, for trusted sources that need no answer: a refusal is in the dead letters. @throws MAILBOX_FULL */
  tell(to: Address, event: AnyEvent, options: SendOptions = {}): void {
    this.#enqueue({ message: this.#message(to, event, options) }, options.lane ?? 'market')
  }

  /** Stops a top actor and its children. @throws ACTOR_UNKNOWN, ACTOR_ENDED */
  async stopActor(address: string): Promise<Receipt> {
    return this.#impose(parseAddress(address), () => ({ type: STOP }))
  }

  /** Lets an actor out of quarantine. @throws ACTOR_UNKNOWN, ACTOR_ENDED */
  async release(address: string): Promise<Receipt> {
    return this.#impose(parseAddress(address), (at) => ({ type: 'outcry.released', at }))
  }

  /** Sends a dead letter again, by the seq of its record. @throws LETTER_UNKNOWN, and what `send` throws */
  async redeliver(seq: number): Promise<Receipt> {
    for await (const record of this.#store.read({ fromSeq: seq, toSeq: seq })) {
      if (record.event.type !== 'DEAD_LETTER') break
      const { to, event } = record.event
      return this.send(to, event, { cause: seq, correlation: record.correlation })
    }
    throw new OutcryError(
      'LETTER_UNKNOWN',
      `record ${seq} is no dead letter`,
      `See \`outcry replay ${DEAD_LETTERS}\`.`,
    )
  }

  /** The actor's present in memory, which may be ahead of the log by the commit under way; undefined if unknown. */
  getSnapshot(address: string): AnySnapshot | undefined {
    return this.#table.find(address as Address)?.state.snapshot
  }

  /** All about an actor but its past; what it says is durable. */
  async view(address: string): Promise<ActorView | undefined> {
    await this.settled()
    const cell = this.#table.read(address as Address)
    return cell && viewOf(cell)
  }

  /** Actors that have a history, in order of address. */
  async *actors(options: { prefix?: string; after?: string; limit?: number } = {}): AsyncIterable<ActorView> {
    await this.settled()
    for await (const address of this.#store.actors(options)) {
      const cell = this.#table.read(address as Address)
      if (cell) yield viewOf(cell)
    }
  }

  /** As `actors`, without their states. */
  addresses(options: { prefix?: string; after?: string; limit?: number } = {}): AsyncIterable<string> {
    return this.#store.actors(options)
  }

  history(address: string, options?: Parameters<Store['history']>[1]): AsyncIterable<TransitionRecord> {
    return this.#store.history(address, options)
  }

  read(options?: Parameters<Store['read']>[0]): AsyncIterable<TransitionRecord> {
    return this.#store.read(options)
  }

  /** The actor as it was after its last record at or before the place. @throws REV_UNKNOWN, REPLAY_DIVERGED */
  async stateAt(
    address: string,
    to: { seq: number } | { rev: number } | { at: number },
  ): Promise<ActorView | undefined> {
    const cell = await cellAt(this.#store, this.#registry, address, to)
    return cell && viewOf(cell)
  }

  /** Replays the whole log and compares it with what the store and this supervisor have. */
  async verify(options: Pick<VerifyOptions, 'onProgress'> = {}): Promise<Verification> {
    await this.settled()
    const live = new Map<string, SnapshotEntry>()
    for (const cell of this.#table.cells) {
      if (cell.state.seq <= this.seq) live.set(cell.address, persistCell(cell))
    }
    return verifyLog(this.#store, this.#registry, {
      ...options,
      toSeq: this.seq,
      live: (address) => live.get(address),
    })
  }

  /** Position of the source's last durable message: where to read on after a restart. */
  cursor(source: string): number {
    return this.#journal.cursor(source)
  }

  /** Calls `onRelease` for every durable record from now on, with the snapshot it led to and the transitions taken. */
  watch(onRelease: (release: Release) => void): () => void {
    this.#watchers.add(onRelease)
    this.#scope.watching = true
    return () => {
      this.#watchers.delete(onRelease)
      this.#scope.watching = this.#watchers.size > 0
    }
  }

  /** Runs all turns that wait, without giving way; their commits follow. For event time, see EventClock. */
  drain(): void {
    this.#pump(Number.POSITIVE_INFINITY)
  }

  /** Resolves when no message waits and all is durable and let out; rejects when the log refuses. */
  settled(): Promise<void> {
    if (this.#committer.fence) return Promise.reject(this.#committer.fence)
    if (this.#atRest) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#quiet.push(() => (this.#committer.fence ? reject(this.#committer.fence) : resolve()))
    })
  }

  /** Resolves when there is room for more: what a fast source waits for. */
  drained(): Promise<void> | undefined {
    if (this.#mailbox.length < TURNS_PER_SLICE && !this.#committer.full) return undefined
    return new Promise((resolve) => this.#room.push(resolve))
  }

  /** Takes nothing more, finishes what waits, snapshots every actor, stops the ports and closes the store. */
  async stop(): Promise<void> {
    if (this.#phase === 'stopping' || this.#phase === 'stopped') return
    this.#phase = 'stopping'
    this.#clock.wakeAt(undefined, () => {})
    this.#live.haltAll()
    try {
      if (!this.#committer.fence) {
        await this.settled()
        await this.#checkpointer.finish(this.#journal.state(this.#scope.systemIds))
      }
    } finally {
      this.#phase = 'stopped'
      for (const port of this.#ports.values()) await port.stop?.()
      this.#transitions.complete()
      await this.#store.close()
    }
  }

  // --- enqueue ---

  #message(to: Address, event: AnyEvent, options: SendOptions): Message {
    const at = options.at ?? (typeof event.at === 'number' ? event.at : this.#clock.now())
    return {
      to,
      event: event.at === undefined ? { ...event, at } : event,
      at,
      cause: options.cause ?? null,
      correlation: options.correlation,
      origin: options.origin,
      settles: options.settles,
      key: options.key,
    }
  }

  #checkEvent(to: Address, event: AnyEvent): AnyEvent {
    if (typeof event?.type !== 'string' || event.type === '' || event.type === '*') {
      throw new OutcryError(
        'EVENT_INVALID',
        `an event for ${to} has no type`,
        "Send an object: { type: 'SUBMIT' }.",
      )
    }
    if (event.type.startsWith('outcry.') || event.type.startsWith('xstate.')) {
      throw new OutcryError(
        'EVENT_INVALID',
        `${event.type} is the runtime's own`,
        'Name your event otherwise.',
      )
    }
    assertJson(event, undefined, `event ${event.type}`, false)
    const schema = parentOf(to) === undefined ? this.#registry.find(to)?.events : undefined
    const parsed = schema?.safeParse({ at: this.#clock.now(), ...event })
    if (parsed === undefined || parsed.success) return event
    const issues = parsed.error.issues.map((i) => `${i.path.join('.') || 'event'}: ${i.message}`)
    throw new OutcryError(
      'EVENT_INVALID',
      `${event.type} for ${to}: ${issues.join('; ')}`,
      'Mend the fields named.',
    )
  }

  #enqueue(job: Job, lane: Lane): void {
    const refused = this.#closed()
    if (refused) throw refused
    this.#mailbox.push(lane, job)
    this.#schedulePump()
  }

  #closed(): OutcryError | undefined {
    if (this.#committer.fence) return this.#committer.fence
    if (this.#phase === 'running') return undefined
    return new OutcryError('STOPPED', 'the supervisor is stopping', 'Start it again to send.')
  }

  #relay(source: Address | undefined, to: Address, event: AnyEvent): void {
    if (this.#scope.running) {
      throw new OutcryError(
        'IMPURE_SEND',
        `${event.type} was sent to ${to} by hand from within a transition`,
        'Send with sendTo or raise; ref.send() belongs into custom actions.',
      )
    }
    this.#logger.debug({ source, to, type: event.type }, 'sent by a custom action')
    this.#enqueue({ message: this.#message(to, event, {}) }, 'command')
  }

  #fromLive(to: Address, event: AnyEvent, cause: number): void {
    if (this.#closed()) return
    const correlation = undefined
    this.#enqueue({ message: this.#message(to, event, { cause, correlation }) }, 'command')
  }

  #spawn(address: Address, input: unknown, options: SendOptions = {}): Promise<void> {
    const kind = this.#registry.kind(address)
    return new Promise((resolve, reject) => {
      const message = this.#message(address, { type: INIT, input }, options)
      this.#enqueue(
        {
          message: { ...message, event: { type: INIT, input } },
          work: (turn) => {
            if (this.#table.find(address)) {
              throw new OutcryError(
                'ACTOR_EXISTS',
                `${address} exists already`,
                'Take another id, or send to it.',
              )
            }
            turn.spawn(topCell(this.#scope, kind, address, input))
          },
          settle: (receipt, error) => (receipt ? resolve() : reject(error)),
        },
        options.lane ?? 'command',
      )
    })
  }

  #impose(address: Address, event: (at: number) => LifecycleEvent | { type: typeof STOP }): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      const message = this.#message(address, { type: 'outcry.imposed' }, {})
      this.#enqueue(
        {
          message,
          work: (turn) => {
            const cell = this.#table.find(address)
            if (cell === undefined) throw refusal('unknown', address)
            if (cell.state.snapshot.status !== 'active') throw refusal('ended', address)
            turn.impose([{ cell, event: event(turn.at) }])
          },
          settle: (receipt, error) => (receipt ? resolve(receipt) : reject(error)),
        },
        'control',
      )
    })
  }

  // --- turn ---

  #schedulePump(): void {
    if (this.#pumping || this.#phase === 'opening') return
    this.#pumping = true
    queueMicrotask(() => this.#slice())
  }

  #slice(): void {
    this.#pump(TURNS_PER_SLICE)
    if (this.#mailbox.length > 0 && !this.#committer.full && !this.#committer.fence) {
      setImmediate(() => this.#slice())
      return
    }
    this.#pumping = false
    this.#wakeWaiting()
  }

  #pump(turns: number): void {
    for (let n = 0; n < turns && !this.#committer.full && !this.#committer.fence; n++) {
      const job = this.#mailbox.shift()
      if (job === undefined) break
      this.#runTurn(job)
    }
    this.#committer.start()
    this.#armClock()
  }

  #runTurn(job: Job): void {
    const { message } = job
    const seen = this.#seen(message)
    if (seen) return job.settle?.(seen)
    if (this.#cancelled(message)) return
    let turn = new Turn(this.#context, this.#turn + 1, this.#seq + 1, message)
    let failure: unknown
    try {
      if (job.work) job.work(turn)
      else turn.run()
    } catch (error) {
      failure = error
      const next = this.#turnOfFailure(message, error)
      if (next === undefined) return job.settle?.(undefined, error)
      turn = next
    }
    this.#turn = turn.number
    this.#seq = turn.nextSeq - 1
    if (message.origin) this.#taken.set(message.origin.source, message.origin.position)
    const receipt = { seq: turn.records[0]?.seq ?? 0, duplicate: false }
    const refused = failure ?? (turn.refusal && refusal(turn.refusal, message.to, message.event))
    this.#committer.add({
      records: turn.records,
      releases: turn.releases,
      snapshots: this.#snapshotsDue(turn),
      settle: (error) => job.settle?.(error || refused ? undefined : receipt, error ?? refused),
    })
    for (const { intents } of turn.records) this.#intentsAhead += intents?.length ?? 0
    this.#queueTimersOf(turn)
  }

  /** A message that was taken before: a source that reads on from an earlier place, a request sent again. */
  #seen({ origin, key }: Message): Receipt | undefined {
    if (origin) {
      const taken = this.#taken.get(origin.source) ?? this.#journal.cursor(origin.source)
      if (origin.position <= taken) return RECEIVED
    }
    const seq = key === undefined ? undefined : this.#journal.seqOfKey(key)
    return seq === undefined ? undefined : { seq, duplicate: true }
  }

  /** Undefined when there is nothing to record: the call was refused before any machine ran. */
  #turnOfFailure(message: Message, error: unknown): Turn | undefined {
    if (isOutcryError(error) && message.event.type.match(/^(xstate\.init|outcry\.imposed)$/)) return undefined
    const failure = error instanceof TurnFailure ? error : new TurnFailure(message.to, message.event, error)
    this.#logger.error(
      { err: failure.cause, actor: failure.address, event: failure.event.type },
      failure.message,
    )
    const makeTurn = () => new Turn(this.#context, this.#turn + 1, this.#seq + 1, message)
    return failTurn(this.#context, makeTurn, message, failure)
  }

  #snapshotsDue(turn: Turn): SnapshotEntry[] {
    const due = new Set<Cell>()
    for (const { cell } of turn.releases) {
      if (cell.state.rev - cell.persisted.rev >= this.#snapshotEvery) due.add(cell)
    }
    return [...due].map(persistWithTurn)
  }

  // --- timers ---

  #queueTimersOf(turn: Turn): void {
    for (const { scheduled, actor } of turn.records) {
      for (const [index, { dueAt, id, seq }] of (scheduled ?? []).entries()) {
        this.#timers.push({ dueAt, address: actor as Address, id, seq, index })
      }
    }
  }

  #queueTimers(cell: Cell): void {
    for (const [index, { dueAt, id, seq }] of cell.state.timers.entries()) {
      this.#timers.push({ dueAt, address: cell.address, id, seq, index })
    }
  }

  #armClock(): void {
    if (this.#phase !== 'running') return
    this.#clock.wakeAt(this.#timers.peek()?.dueAt, () => this.#onDue())
  }

  #onDue(): void {
    const now = this.#clock.now()
    for (let due = this.#timers.peek(); due && due.dueAt <= now; due = this.#timers.peek()) {
      this.#timers.pop()
      this.#fire(due.address, due.id, due.dueAt, due.seq)
    }
    // In event time the next moment may come before the event loop does.
    this.#pump(TURNS_PER_SLICE)
    if (this.#mailbox.length > 0) this.#schedulePump()
  }

  #fire(address: Address, id: string | undefined, dueAt: number, seq: number): void {
    const cell = this.#findOrSay(address)
    if (cell === undefined) return
    if (id === undefined) {
      for (const [index, timer] of cell.state.timers.entries()) {
        this.#timers.push({ dueAt: timer.dueAt, address, id: timer.id, seq: timer.seq, index })
      }
      return
    }
    const timer = cell.state.timers.find((t) => t.id === id && t.dueAt === dueAt && t.seq === seq)
    if (timer === undefined || this.#closed()) return
    const { event, correlation } = timer
    const at = this.#clock.now()
    const message: Message = { to: address, event: { ...event, at }, at, cause: seq, correlation, timer }
    this.#enqueue({ message }, 'control')
  }

  #findOrSay(address: Address): Cell | undefined {
    try {
      return this.#table.find(address)
    } catch (err) {
      this.#logger.error({ err, actor: address }, `${address} has a timer, but cannot be brought back`)
      return undefined
    }
  }

  /** A turn that ran since it came due may have cancelled it. */
  #cancelled({ to, timer }: Message): boolean {
    if (timer === undefined) return false
    const { id, dueAt, seq } = timer
    const timers = this.#findOrSay(to)?.state.timers
    return !timers?.some((t) => t.id === id && t.dueAt === dueAt && t.seq === seq)
  }

  // --- release ---

  #release({ releases }: PendingTurn): void {
    for (const release of releases) {
      const { record } = release
      this.#journal.apply(record)
      this.#checkpointer.count()
      this.#transitions.next(record)
      for (const watcher of this.#watchers) this.#shielded(() => watcher(release), record.actor)
      for (const intent of record.intents ?? []) {
        this.#intentsAhead--
        this.#hand(intent, 'deliver')
      }
      this.#releaseEffects(release)
    }
  }

  #releaseEffects({ record, cell, snapshot, effects, live }: Release): void {
    if (live === 'halt') this.#live.halt(cell.address)
    if (live === 'start') this.#live.start(cell, snapshot, record.seq)
    for (const effect of effects) {
      if (effect.type === 'custom') this.#shielded(effect.run, record.actor, effect.name)
      else if (effect.type === 'receive') this.#live.receive(cell.address, effect.event)
      else if (effect.type === 'log')
        this.#logger.info({ actor: record.actor, value: effect.value }, effect.label ?? 'log')
    }
  }

  #hand(intent: Intent, how: 'deliver' | 'recover'): void {
    const port = this.#ports.get(intent.port)
    const onError = (err: unknown) =>
      this.#logger.error(
        { err, intent: intent.id, port: intent.port },
        `port/${intent.port} failed to ${how} an intent`,
      )
    if (port === undefined) return onError(new Error(`no port is registered under the name "${intent.port}"`))
    try {
      Promise.resolve(port[how](intent)).catch(onError)
    } catch (error) {
      onError(error)
    }
  }

  #shielded(work: () => void, actor: string, action?: string): void {
    try {
      work()
    } catch (err) {
      this.#logger.error(
        { err, actor, action },
        action ? `custom action "${action}" threw` : 'an observer threw',
      )
    }
  }

  #resumeLive(cell: Cell): void {
    if (!isLive(cell.logic) || cell.state.snapshot.status !== 'active') return
    const rerun = cell.kind.rerun?.includes(cell.path.at(-1) ?? '')
    if (logicKind(cell.logic) !== 'promise' || rerun) {
      this.#live.start(cell, cell.state.snapshot, cell.state.bornSeq)
      return
    }
    const data = {
      name: 'OutcryError',
      code: 'PROMISE_INTERRUPTED',
      message: `the promise "${cell.path.at(-1)}" was unfinished when the runtime stopped; what it did outside is not known`,
    }
    this.#fromLive(cell.address, { type: 'xstate.promise.reject', data }, cell.state.bornSeq)
  }

  #portContext(name: string): Parameters<NonNullable<Port['start']>>[0] {
    return {
      now: () => this.#clock.now(),
      send: async (to, event, reply = {}) => {
        assertJson(event, undefined, `event ${event.type} of port/${name}`, false)
        await this.#sendFromPort(parseAddress(to), event, reply)
      },
    }
  }

  #sendFromPort(to: Address, event: AnyEvent, options: SendOptions): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      const settle: Job['settle'] = (receipt, error) => (receipt ? resolve(receipt) : reject(error))
      this.#enqueue({ message: this.#message(to, event, options), settle }, 'execution')
    })
  }

  // --- between commits ---

  #maintain(): Promise<void> | undefined {
    const due = this.#checkpointer.due
    const surplus = [...take(this.#table.surplus(this.#passivation, this.#clock.now()), 1_000)]
    if (!due && surplus.length === 0) return undefined
    return this.#maintainNow(due, surplus)
  }

  async #maintainNow(checkpoint: boolean, surplus: readonly Cell[]): Promise<void> {
    if (checkpoint) {
      const state = () => this.#journal.state(this.#scope.systemIds)
      await this.#checkpointer.step(state, this.#committer.last)
    }
    if (surplus.length > 0) await this.#table.passivate(surplus, this.seq)
  }

  get #atRest(): boolean {
    return this.#mailbox.length === 0 && this.#committer.idle
  }

  #onCommitted(): void {
    if (this.#mailbox.length > 0) this.#schedulePump()
    this.#wakeWaiting()
  }

  #wakeWaiting(): void {
    if (this.#mailbox.length < TURNS_PER_SLICE && !this.#committer.full) {
      for (const resolve of this.#room.splice(0)) resolve()
    }
    if (this.#atRest || this.#committer.fence) for (const resolve of this.#quiet.splice(0)) resolve()
  }

  #onFenced(error: OutcryError): void {
    this.#logger.error({ err: error, code: error.code }, error.message)
    this.#live.haltAll()
    for (let job = this.#mailbox.shift(); job; job = this.#mailbox.shift()) job.settle?.(undefined, error)
    this.#wakeWaiting()
    this.#fenced.next(error)
    this.#fenced.complete()
  }
}

function refusal(reason: DeadReason, to: Address, event?: AnyEvent): OutcryError {
  const [code, what, hint] = REFUSALS[reason]
  return new OutcryError(code, `${to} ${what}${event ? ` (${event.type})` : ''}`, hint)
}

function* take<T>(items: Iterable<T>, count: number): Iterable<T> {
  for (const item of items) {
    if (count-- <= 0) return
    yield item
  }
}
