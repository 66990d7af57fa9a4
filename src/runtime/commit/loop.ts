/**
 * Runs the loop from mailbox to log: messages become turns, one at a time, and finished turns wait for a commit
 * together.
 */
import { compact } from '../../../errors/compact.ts'
import { isOutcryError, OutcryError } from '../../../errors/outcry-error.ts'
import type { SnapshotEntry } from '../../../store/store.ts'
import { SNAPSHOTS_SIZE_MAX } from '../actors/bounds.ts'
import { sizeOfActor } from '../actors/holding.ts'
import { countOf } from '../actors/pending-timers.ts'
import { persistWithTurn } from '../actors/persist.ts'
import type { Logger } from '../logger.ts'
import type { DueTimer } from '../time/timer-queue.ts'
import type { TimerService } from '../time/timer-service.ts'
import { failTurn } from '../turn/failure.ts'
import type { Message } from '../turn/message.ts'
import type { Publication } from '../turn/publication.ts'
import { failed, keyReused, refusal } from '../turn/refusal.ts'
import { Turn } from '../turn/turn.ts'
import type { TurnContext } from '../turn/turn-context.ts'
import { TurnFailure } from '../turn/turn-failure.ts'
import { type CommitObserver, Committer, type CommitterParts } from './committer.ts'
import type { Job, JobGroup, Receipt, Waiting } from './job.ts'
import type { CommitLatency } from './latencies.ts'
import { LANE_LENGTH_MAX, type Lane, type LaneFigures, Mailbox, mailboxFull } from './mailbox.ts'
import type { Counts } from './tally.ts'
import { Together } from './together.ts'

export interface LoopParts extends CommitterParts {
  readonly context: TurnContext
  readonly timers: TimerService
  readonly logger: Logger
  /** Number of records after which an actor is snapshotted. */
  readonly snapshotEvery: number
}

/** Number of turns run in a row before timers, sockets and disks get a turn of the event loop. */
const TURNS_PER_SLICE = 256
const RECEIVED: Receipt = { seq: 0, duplicate: true }

export class Loop implements CommitObserver {
  readonly #parts: LoopParts
  readonly #mailbox = new Mailbox<Job | DueTimer | JobGroup>()
  /** Number of messages that wait in groups. */
  #grouped = 0
  readonly #committer: Committer
  readonly #quiet: (() => void)[] = []
  readonly #waitingForRoom: (() => void)[] = []
  #isClosed = false
  #seq: number
  #turn: number
  #pumping = false

  constructor(parts: LoopParts) {
    this.#parts = parts
    this.#seq = parts.store.head.seq
    this.#turn = parts.offsets.turn
    this.#committer = new Committer(parts, this)
  }

  /** Returns the seq of the next record. */
  get nextSeq(): number {
    return this.#seq + 1
  }

  /** Returns the number of messages that wait. */
  get waiting(): number {
    return this.#mailbox.length
  }

  get fence(): OutcryError | undefined {
    return this.#committer.fence
  }

  get commitLatency(): CommitLatency | undefined {
    return this.#committer.latency
  }

  /** Returns the counts of what is durable. */
  get counts(): Counts {
    return this.#committer.tally
  }

  /** Returns the lanes in order of priority, each with the messages that wait in it. */
  get lanes(): readonly LaneFigures[] {
    return this.#mailbox.lanes
  }

  /**
   * Puts a job into a lane. `always`: even into a full one.
   * @throws STOPPED, STORE_FENCED, MAILBOX_FULL, EVENT_INVALID for a cause that is no record yet
   */
  enqueue(job: Job, lane: Lane, always = false): void {
    this.#assertOpen(job.message)
    this.#mailbox.push(lane, job, always)
    this.#schedule()
  }

  /**
   * Takes messages that are sent together: all of them or none. Their turns run with no other between them, and are in
   * one commit. Resolves when each is durable or refused. `isChain`: each is refused with KEY_REUSED where the one before
   * it has no record of its own, because its key was used before.
   * @throws as `enqueue`
   */
  requestAll(
    messages: readonly Message[],
    lane: Lane,
    { isChain = false } = {},
  ): Promise<PromiseSettledResult<Receipt>[]> {
    for (const message of messages) this.#assertOpen(message)
    if (this.#grouped + messages.length > LANE_LENGTH_MAX) throw mailboxFull(lane)
    const together = new Together()
    const jobs: Job[] = []
    const receipts = messages.map(
      (message) =>
        new Promise<Receipt>((resolve, reject) => {
          jobs.push({ message, waiting: { resolve, reject }, together })
        }),
    )
    const settled = Promise.allSettled(receipts)
    this.#mailbox.push(lane, { jobs, isChain })
    this.#grouped += jobs.length
    this.#schedule()
    return settled
  }

  #assertOpen({ cause }: Message): void {
    if (this.#isClosed)
      throw new OutcryError('STOPPED', 'the supervisor has stopped', 'Start it again to send.')
    if (cause !== null && cause >= this.nextSeq)
      throw new OutcryError(
        'EVENT_INVALID',
        `the cause ${cause} is no record yet`,
        'Give the seq of the intent or record that it answers.',
      )
    if (this.fence) throw this.fence
  }

  /** Resolves when the message's turn is durable. @throws as `enqueue`, and the refusals of the turn */
  request(message: Message, lane: Lane, act?: Job['act']): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      this.enqueue({ message, act, waiting: { resolve, reject } }, lane)
    })
  }

  /**
   * Takes due timers, without a limit. They run at once, because an event clock may move on before the event loop does.
   */
  takeDue(timers: readonly DueTimer[]): void {
    if (this.#isClosed || this.fence) return
    for (const timer of timers) this.#mailbox.pushTimer(timer)
    this.#schedule()
    this.pump()
    this.#parts.timers.arm()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Closes the mailbox. Waiting messages are finished. */
  close(): void {
    this.#isClosed = true
  }

  /** Runs waiting messages at once, at most `turns`. Their commits follow. */
  pump(turns: number = TURNS_PER_SLICE): void {
    for (let n = 0; n < turns && !this.#committer.full && !this.fence; n++) {
      const next = this.#mailbox.shift()
      if (next === undefined) break
      if (next.message !== undefined) this.#run(next)
      else if ('jobs' in next) this.#runAll(next)
      else this.#runTimer(next)
    }
    this.#committer.start()
    if (this.#mailbox.length > 0) this.#schedule()
  }

  /** Resolves when no message waits and every turn is durable and published. Rejects when the log refuses a commit. */
  idle(): Promise<void> {
    if (this.fence) return Promise.reject(this.fence)
    if (this.#atRest) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#quiet.push(() => (this.fence ? reject(this.fence) : resolve()))
    })
  }

  /**
   * Resolves when all turns that have run are durable and published, whatever comes meanwhile.
   * @throws STORE_FENCED
   */
  settled(): Promise<void> {
    return this.#committer.settled()
  }

  /** Resolves when there is room for more messages. Undefined when there is room now. */
  room(): Promise<void> | undefined {
    return this.#hasRoom ? undefined : new Promise((resolve) => this.#waitingForRoom.push(resolve))
  }

  get #hasRoom(): boolean {
    return this.#mailbox.length < TURNS_PER_SLICE && !this.#committer.full
  }

  get #atRest(): boolean {
    return this.#mailbox.length === 0 && this.#committer.idle && !this.#parts.timers.isBehind
  }

  #schedule(): void {
    if (this.#pumping) return
    this.#pumping = true
    queueMicrotask(() => this.#slice())
  }

  #slice(): void {
    this.pump()
    if (this.#mailbox.length > 0 && !this.#committer.full && !this.fence) {
      setImmediate(() => this.#slice())
      return
    }
    this.#pumping = false
    this.#wakeWaiting()
  }

  #runTimer(timer: DueTimer): void {
    const message = this.#parts.timers.messageOf(timer)
    if (message !== undefined) this.#run({ message })
  }

  #runAll({ jobs, isChain }: JobGroup): void {
    this.#grouped -= jobs.length
    for (const [i, job] of jobs.entries()) {
      try {
        job.together?.assertRoom()
        if (isChain) this.#assertTaken(jobs[i - 1])
      } catch (error) {
        job.waiting?.reject(error)
        continue
      }
      this.#run(job)
    }
  }

  /** @throws KEY_REUSED when the job, which ran last, has not made its record */
  #assertTaken(job: Job | undefined): void {
    if (job === undefined) return
    const { last } = this.#committer
    if (last?.job === job && last.refused === undefined) return
    const { key } = job.message
    throw keyReused(key === undefined ? undefined : this.#parts.offsets.seqOfKeyAhead(key))
  }

  #run(job: Job): void {
    const { message } = job
    if (this.#answerDuplicate(job)) return
    let turn = this.#newTurn(message)
    let refused: OutcryError | undefined
    try {
      if (job.act) job.act(turn)
      else turn.run()
    } catch (error) {
      if (job.act && isOutcryError(error)) {
        job.waiting?.reject(error)
        return
      }
      refused = failed(error, message.to, message.event)
      const failure = this.#failTurn(message, error)
      if (failure === undefined) {
        job.waiting?.reject(refused)
        return
      }
      turn = failure
    } finally {
      this.#parts.context.work?.end()
    }
    const { publications } = turn
    const { offsets, publisher, timers } = this.#parts
    if (publications.length === 0) {
      if (message.timer !== undefined && turn.unreadable !== undefined) timers.hold(message, turn.unreadable)
      // The message changes nothing, so there is nothing to commit.
      if (refused === undefined) this.#resolveWhenDurable(job.waiting, RECEIVED)
      else job.waiting?.reject(refused)
      return
    }
    this.#turn = turn.number
    this.#seq = turn.nextSeq - 1
    const seq = publications[0]?.record.seq ?? 0
    offsets.take(message, seq)
    const due = this.#snapshotsDue(publications)
    const size = due === undefined ? turn.size : turn.size + due.size
    this.#committer.add({
      publications,
      size,
      snapshots: due?.entries,
      job,
      joined: job.together?.add(publications.length, size) ?? false,
      refused: refused ?? (turn.refusal && refusal(turn.refusal, message.to, message.event, turn.unreadable)),
    })
    publisher.noteIntentsAhead(publications)
    timers.follow(publications)
  }

  #newTurn(message: Message): Turn {
    return new Turn(this.#parts.context, this.#turn + 1, this.#seq + 1, message)
  }

  /**
   * Answers a message that was taken before: its source reads from an earlier position, or its request was repeated.
   */
  #answerDuplicate({ message: { origin, key }, waiting }: Job): boolean {
    const { offsets } = this.#parts
    if (origin !== undefined) {
      if (origin.position <= offsets.cursorAhead(origin.source)) {
        this.#resolveWhenDurable(waiting, RECEIVED)
        return true
      }
    }
    if (key === undefined) return false
    const seq = offsets.seqOfKeyAhead(key)
    if (seq === undefined) return false
    this.#resolveWhenDurable(waiting, { seq, duplicate: true })
    return true
  }

  #resolveWhenDurable(waiting: Waiting | undefined, receipt: Receipt): void {
    if (waiting === undefined) return
    this.settled().then(
      () => waiting.resolve(receipt),
      (error) => waiting.reject(error),
    )
  }

  /**
   * Returns undefined when even the failure cannot be recorded. Then the message is undone, and only the process knows.
   */
  #failTurn(message: Message, error: unknown): Turn | undefined {
    const failure = error instanceof TurnFailure ? error : new TurnFailure(message.to, message.event, error)
    const { cause: err, address: actor, event } = failure
    const { logger, context } = this.#parts
    try {
      const turn = failTurn(context, () => this.#newTurn(message), message, failure)
      const record = turn.publications.find(({ record }) => record.actor === actor)?.record
      const place = compact({ seq: record?.seq, correlation: record?.correlation, request: message.request })
      logger.error({ err, actor, event: event.type, ...place }, failure.message)
      return turn
    } catch (err) {
      logger.error({ err: failure.cause, actor, event: event.type }, failure.message)
      logger.error({ err, actor }, `the failure of ${actor} cannot be recorded`)
      return undefined
    }
  }

  /**
   * Returns the snapshots to write with the turn. An actor that would make them too large waits for its next record.
   */
  #snapshotsDue(
    publications: readonly Publication[],
  ): { entries: SnapshotEntry[]; size: number } | undefined {
    let due: { entries: SnapshotEntry[]; size: number } | undefined
    for (const { cell } of publications) {
      // `persistWithTurn` updates `persisted`, so that each cell is taken once.
      const records = cell.state.rev - cell.persisted.rev
      // An actor with very many timers is written less often, so that the cost for each record stays the same.
      if (records < this.#parts.snapshotEvery || records < countOf(cell.state.timers)) continue
      due ??= { entries: [], size: 0 }
      if (due.size >= SNAPSHOTS_SIZE_MAX) break
      due.entries.push(persistWithTurn(cell))
      due.size += sizeOfActor(cell.state)
    }
    return due
  }

  onCommitted(): void {
    if (this.#mailbox.length > 0) this.#schedule()
    this.#wakeWaiting()
  }

  #wakeWaiting(): void {
    if (this.#hasRoom || this.fence) for (const resolve of this.#waitingForRoom.splice(0)) resolve()
    if (this.#atRest || this.fence) for (const resolve of this.#quiet.splice(0)) resolve()
  }

  onFenced(error: OutcryError): void {
    for (let next = this.#mailbox.shift(); next; next = this.#mailbox.shift()) {
      if (next.message !== undefined) next.waiting?.reject(error)
      else if ('jobs' in next) for (const { waiting } of next.jobs) waiting?.reject(error)
    }
    this.#wakeWaiting()
  }
}
