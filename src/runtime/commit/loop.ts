/**
 * The loop from mailbox to log: messages become turns, one at a time; finished turns wait for a commit together.
 */
import { isOutcryError, type OutcryError } from '../../../errors/outcry-error.ts'
import type { SnapshotEntry, Store } from '../../../store/store.ts'
import { SNAPSHOTS_SIZE_MAX } from '../actors/bounds.ts'
import { sizeOfActor } from '../actors/holding.ts'
import { countOf } from '../actors/pending-timers.ts'
import { persistWithTurn } from '../actors/persist.ts'
import type { Logger } from '../logger.ts'
import type { TransitionRecord } from '../record/record.ts'
import type { Offsets } from '../state/offsets.ts'
import type { DueTimer } from '../time/timer-queue.ts'
import { failTurn } from '../turn/failure.ts'
import type { Message } from '../turn/message.ts'
import type { Publication } from '../turn/publication.ts'
import { failed, refusal } from '../turn/refusal.ts'
import { Turn, type TurnContext } from '../turn/turn.ts'
import { TurnFailure } from '../turn/turn-failure.ts'
import type { PendingTurn } from './committer.ts'
import { Committer } from './committer.ts'
import type { Job, Receipt, Waiting } from './job.ts'
import { type Lane, Mailbox } from './mailbox.ts'

export interface LoopHooks {
  /** The message of a due timer whose turn has come; undefined when it is not due any more. */
  messageOf(timer: DueTimer): Message | undefined
  /** Whether timers are due that are still to be enqueued. */
  areTimersBehind(): boolean
  /** A turn has run: it is in memory, not yet in the log. */
  onTurn(turn: Turn): void
  /** A due timer whose actor could not take it, and why. */
  onUntaken(timer: Message, why: unknown): void
  /** It is in the log. Must not throw. */
  release(turn: PendingTurn): void
  /** Between two commits, the store being free. */
  maintain(): Promise<void> | undefined
  onFenced(error: OutcryError): void
}

/** Turns run in a row before timers, sockets and disks get their chance. */
const TURNS_PER_SLICE = 256
const RECEIVED: Receipt = { seq: 0, duplicate: true }

export class Loop {
  readonly #context: TurnContext
  readonly #offsets: Offsets
  readonly #logger: Logger
  readonly #hooks: LoopHooks
  readonly #snapshotEvery: number
  readonly #mailbox = new Mailbox<Job | DueTimer>()
  readonly #committer: Committer
  readonly #quiet: (() => void)[] = []
  readonly #room: (() => void)[] = []
  /** Positions and keys that turns have taken whose commit is still to come. */
  readonly #positionsAhead = new Map<string, number>()
  readonly #keysAhead = new Map<string, number>()
  #seq: number
  #turn: number
  #pumping = false

  constructor(
    context: TurnContext,
    store: Store<TransitionRecord>,
    offsets: Offsets,
    logger: Logger,
    snapshotEvery: number,
    hooks: LoopHooks,
  ) {
    this.#context = context
    this.#offsets = offsets
    this.#logger = logger
    this.#snapshotEvery = snapshotEvery
    this.#hooks = hooks
    this.#seq = store.head.seq
    this.#turn = offsets.turn
    this.#committer = new Committer(store, {
      release: (turn) => hooks.release(turn),
      settle: (turn, error) => this.#settle(turn, error),
      maintain: () => hooks.maintain(),
      onCommitted: () => this.#onCommitted(),
      onFenced: (error) => this.#onFenced(error),
    })
  }

  /** seq of the next record. */
  get nextSeq(): number {
    return this.#seq + 1
  }

  /** Messages that wait. */
  get waiting(): number {
    return this.#mailbox.length
  }

  get fence(): OutcryError | undefined {
    return this.#committer.fence
  }

  /** The newest turn that is not durable yet. */
  get lastPending(): PendingTurn | undefined {
    return this.#committer.last
  }

  /** `always`: also where the lane is full. @throws STORE_FENCED, MAILBOX_FULL */
  enqueue(job: Job, lane: Lane, always = false): void {
    if (this.fence) throw this.fence
    this.#mailbox.push(lane, job, always)
    this.#schedule()
  }

  /** Takes timers that came due, however many. */
  enqueueDue(timers: readonly DueTimer[]): void {
    if (this.fence) return
    for (const timer of timers) this.#mailbox.pushTimer(timer)
    this.#schedule()
  }

  /** Runs what waits at once, up to so many turns; their commits follow. */
  pump(turns: number = TURNS_PER_SLICE): void {
    for (let n = 0; n < turns && !this.#committer.full && !this.fence; n++) {
      const next = this.#mailbox.shift()
      if (next === undefined) break
      const job = next.message === undefined ? this.#jobOf(next) : next
      if (job !== undefined) this.#run(job)
    }
    this.#committer.start()
    if (this.#mailbox.length > 0) this.#schedule()
  }

  /** Resolves when no message waits and all is durable and let out; rejects when the log refuses. */
  settled(): Promise<void> {
    if (this.fence) return Promise.reject(this.fence)
    if (this.#atRest) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#quiet.push(() => (this.fence ? reject(this.fence) : resolve()))
    })
  }

  /** Resolves when there is room for more; undefined when there is now. */
  drained(): Promise<void> | undefined {
    return this.#hasRoom ? undefined : new Promise((resolve) => this.#room.push(resolve))
  }

  get #hasRoom(): boolean {
    return this.#mailbox.length < TURNS_PER_SLICE && !this.#committer.full
  }

  get #atRest(): boolean {
    return this.#mailbox.length === 0 && this.#committer.idle && !this.#hooks.areTimersBehind()
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

  #jobOf(timer: DueTimer): Job | undefined {
    const message = this.#hooks.messageOf(timer)
    return message && { message }
  }

  #run(job: Job): void {
    const { message } = job
    if (this.#answerDuplicate(job)) return
    let turn = this.#newTurn(message)
    let refused: OutcryError | undefined
    try {
      if (job.work) job.work(turn)
      else turn.run()
    } catch (error) {
      if (job.work && isOutcryError(error)) {
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
      this.#context.work?.end()
    }
    const { publications } = turn
    if (publications.length === 0) {
      if (message.timer !== undefined && turn.unreadable !== undefined)
        this.#hooks.onUntaken(message, turn.unreadable)
      // Whatever it was about is over already: the log has nothing to keep, and takes no commit of nothing.
      if (refused === undefined) this.#resolveWhenDurable(job.waiting, RECEIVED)
      else job.waiting?.reject(refused)
      return
    }
    this.#turn = turn.number
    this.#seq = turn.nextSeq - 1
    const seq = publications[0]?.record.seq ?? 0
    if (message.origin) this.#positionsAhead.set(message.origin.source, message.origin.position)
    if (message.key !== undefined) this.#keysAhead.set(message.key, seq)
    const due = this.#snapshotsDue(publications)
    this.#committer.add({
      publications,
      size: due === undefined ? turn.size : turn.size + due.size,
      snapshots: due?.entries,
      job,
      refused: refused ?? (turn.refusal && refusal(turn.refusal, message.to, message.event, turn.unreadable)),
    })
    this.#hooks.onTurn(turn)
  }

  #newTurn(message: Message): Turn {
    return new Turn(this.#context, this.#turn + 1, this.#seq + 1, message)
  }

  /** Whoever waits for the turn hears that it is durable, or why it will never be, or why it was refused. */
  #settle({ job: { message, waiting }, publications, refused }: PendingTurn, error: unknown): void {
    if (message.key !== undefined) this.#keysAhead.delete(message.key)
    if (error !== undefined) waiting?.reject(error)
    else if (refused !== undefined) waiting?.reject(refused)
    else waiting?.resolve({ seq: publications[0]?.record.seq ?? 0, duplicate: false })
  }

  /** A source that reads on from an earlier place, or a request that is sent again. */
  #answerDuplicate({ message: { origin, key }, waiting }: Job): boolean {
    if (origin !== undefined) {
      const taken = this.#positionsAhead.get(origin.source) ?? this.#offsets.cursor(origin.source)
      if (origin.position <= taken) {
        this.#resolveWhenDurable(waiting, RECEIVED)
        return true
      }
    }
    if (key === undefined) return false
    const seq = this.#keysAhead.get(key) ?? this.#offsets.seqOfKey(key)
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

  /** Undefined when not even the failure can be put on record: then the message is undone, and only the process knows. */
  #failTurn(message: Message, error: unknown): Turn | undefined {
    const failure = error instanceof TurnFailure ? error : new TurnFailure(message.to, message.event, error)
    const { cause: err, address: actor, event } = failure
    this.#logger.error({ err, actor, event: event.type }, failure.message)
    try {
      return failTurn(this.#context, () => this.#newTurn(message), message, failure)
    } catch (err) {
      this.#logger.error({ err, actor }, `the failure of ${actor} cannot be put on record`)
      return undefined
    }
  }

  /** Snapshots that go down with the turn. An actor that would make them too large waits for its next record. */
  #snapshotsDue(
    publications: readonly Publication[],
  ): { entries: SnapshotEntry[]; size: number } | undefined {
    let due: { entries: SnapshotEntry[]; size: number } | undefined
    for (const { cell } of publications) {
      // Once it is taken, the cell is not due any more.
      const records = cell.state.rev - cell.persisted.rev
      // An actor of very many timers is written the less often, so that a record's share of it stays the same.
      if (records < this.#snapshotEvery || records < countOf(cell.state.timers)) continue
      due ??= { entries: [], size: 0 }
      if (due.size >= SNAPSHOTS_SIZE_MAX) break
      due.entries.push(persistWithTurn(cell))
      due.size += sizeOfActor(cell.state)
    }
    return due
  }

  #onCommitted(): void {
    if (this.#mailbox.length > 0) this.#schedule()
    this.#wakeWaiting()
  }

  #wakeWaiting(): void {
    if (this.#hasRoom || this.fence) for (const resolve of this.#room.splice(0)) resolve()
    if (this.#atRest || this.fence) for (const resolve of this.#quiet.splice(0)) resolve()
  }

  #onFenced(error: OutcryError): void {
    for (let next = this.#mailbox.shift(); next; next = this.#mailbox.shift())
      if (next.message !== undefined) next.waiting?.reject(error)
    this.#wakeWaiting()
    this.#hooks.onFenced(error)
  }
}
