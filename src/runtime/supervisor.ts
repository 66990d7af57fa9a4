/** The supervisor: the runtime's interface for programs. ARCHITECTURE.md follows a message through it. */

import { z } from 'zod'
import { optionsOf } from '../../errors/options.ts'
import { isOutcryError, OutcryError } from '../../errors/outcry-error.ts'
import type { Cell } from './actors/cell.ts'
import { releasing } from './actors/restart.ts'
import { isOutcome } from './actors/running-parts.ts'
import type { Signal, Why } from './actors/signals.ts'
import {
  checkSchema,
  checkTime,
  checkWhy,
  messageOf,
  receive,
  type Sending,
  type SendOptions,
} from './commit/intake.ts'
import type { Receipt } from './commit/job.ts'
import { LANES } from './commit/mailbox.ts'
import { TOGETHER_MAX } from './commit/together.ts'
import { Queries } from './queries.ts'
import { type Address, DEAD_LETTERS, isReserved, parseAddress, reserved } from './record/address.ts'
import type { AnyEvent } from './record/record.ts'
import { EVENT, plainError, sizeTaken, takeIn } from './record/values.ts'
import { spawnActor } from './spawn.ts'
import { type Start, startUp } from './start-up.ts'
import { HANDLER_FAILED } from './subscriptions/dead-letter.ts'
import type { EventHandler, EventSubscription, SubscribeOptions } from './subscriptions/options.ts'
import { notQuarantined, refusal } from './turn/refusal.ts'
import type { Suspicion } from './turn/suspicion.ts'
import { STOP } from './xstate/logic.ts'

export class Supervisor extends Queries {
  #stopping: Promise<void> | undefined

  /** @internal */
  start(start: Start): Promise<void> {
    return startUp(this, this.parts, start)
  }

  /**
   * @internal Stops after a failed start. No message goes through it any more, and another attempt may take the store.
   */
  async abandon(): Promise<void> {
    this.#takeNoMore()
    await this.idle().catch(() => {})
    await this.parts.ports.stop(this.parts.logger)
  }

  /**
   * Starts the actor `kind/id`. Resolves when its start is durable.
   * @throws KIND_UNKNOWN, ADDRESS_INVALID, ACTOR_RESERVED, ACTOR_EXISTS, ACTOR_FAILED when its initial state throws,
   * STORE_FENCED
   */
  async spawn(kind: string, id: string, input?: unknown, options: SendOptions = {}): Promise<Address> {
    const address = notOwn(`${kind}/${id}`)
    await spawnActor(this.parts, address, takeIn(input, 'input'), options, sizeTaken())
    return address
  }

  /**
   * Sends an event. Resolves when its turn is durable.
   * @throws ADDRESS_INVALID, ACTOR_RESERVED, EVENT_INVALID, NOT_JSON, ACTOR_UNKNOWN, ACTOR_ENDED, ACTOR_QUARANTINED,
   * ACTOR_FAILED, ACTOR_BUSY, MAILBOX_FULL, STORE_FENCED, STOPPED
   */
  send(to: string, event: AnyEvent, options: SendOptions = {}): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      const message = receive(this.#addressOf(to), event, this.parts.clock, options)
      checkSchema(this.registry, message.to, message.event, message.at)
      checkTime(this.registry, message.to, message.event, message.at, this.parts.clock)
      this.parts.loop.enqueue(
        { message, work: undefined, waiting: { resolve, reject } },
        options.lane ?? 'command',
      )
    })
  }

  /**
   * Sends events together. All are admitted, or none: a wrong one refuses them all. They are taken one after the other,
   * with no other message in between, each in a turn of its own, and are in one commit. So after a crash the log has all
   * of them or none. Resolves with the outcome of each, in order: an actor may refuse its event, or fail on it.
   *
   * @example
   * await supervisor.sendAll([{ to: 'order/a', event: { type: 'CANCEL' } }, { to: 'order/b', event: { type: 'CANCEL' } }])
   * @throws OPTION_INVALID, and the errors of `send` that say that nothing was sent
   */
  async sendAll(
    messages: readonly Sending[],
    options: Pick<SendOptions, 'lane'> = {},
  ): Promise<readonly PromiseSettledResult<Receipt>[]> {
    const { clock, loop } = this.parts
    const { messages: list, lane = 'command' } = optionsOf('sendAll', sendings, { ...options, messages })
    const taken = list.map(({ to, event, ...rest }, i) => {
      try {
        const message = receive(this.#addressOf(to), event, clock, rest)
        checkSchema(this.registry, message.to, message.event, message.at)
        checkTime(this.registry, message.to, message.event, message.at, clock)
        return message
      } catch (error) {
        throw isOutcryError(error) ? ofMessage(i, error) : error
      }
    })
    if (taken.length === 0) return []
    const outcomes = await loop.requestAll(taken, lane)
    const fenced = outcomes.find(isFenced)
    if (fenced !== undefined) throw fenced.reason
    return outcomes
  }

  /**
   * Sends like `send`, for trusted sources that need no answer. Refused events become dead letters.
   * @throws MAILBOX_FULL
   */
  tell(to: Address, event: AnyEvent, options: SendOptions = {}): void {
    this.parts.loop.enqueue(
      { message: receive(to, event, this.parts.clock, options) },
      options.lane ?? 'market',
    )
  }

  /** Stops a top actor and its children. @throws ACTOR_RESERVED, ACTOR_UNKNOWN, ACTOR_ENDED */
  async stopActor(address: string): Promise<Receipt> {
    return this.#signal(notOwn(address), () => ({ type: STOP }))
  }

  /**
   * Releases an actor from quarantine. The record has the author and the reason. The actor keeps its state. An actor
   * that waited for a restart starts over from its input, and then takes its stashed messages.
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
   * Quarantines an actor from outside, as if its machine had thrown on the event.
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

  /** Sends a dead letter again, by the seq of its record. @throws LETTER_UNKNOWN, and the errors of `send` */
  async redeliver(seq: number): Promise<Receipt> {
    for await (const record of this.parts.store.read({ fromSeq: seq, toSeq: seq })) {
      if (record.event.type !== 'DEAD_LETTER') break
      const { to, event, omitted, reason } = record.event
      if (reason === HANDLER_FAILED) throw notSent(seq, to)
      const whole = omitted === true ? await this.#eventOf(record.cause) : event
      return this.send(to, whole, { cause: seq, correlation: record.correlation })
    }
    throw new OutcryError(
      'LETTER_UNKNOWN',
      `record ${seq} is no dead letter`,
      `Run \`outcry replay ${DEAD_LETTERS}\` to list the dead letters.`,
    )
  }

  async #eventOf(seq: number | null): Promise<AnyEvent> {
    for await (const { event } of this.parts.store.read({ fromSeq: seq ?? 0, toSeq: seq ?? 0 })) return event
    throw new OutcryError(
      'LETTER_UNKNOWN',
      `record ${seq} is not in the log`,
      'Run `outcry verify` to see what the log has lost.',
    )
  }

  /**
   * Calls the handler with each durable domain event whose topic matches, one after the other, in the order of the log.
   * A handler that throws, hangs or is slow stops nothing else. Resolves when a new durable subscription (`name`) is
   * on the disk.
   *
   * @example
   * await supervisor.subscribe('events.order_filled.*.*', async ({ event }) => mail(event), { name: 'mail' })
   * @throws OPTION_UNKNOWN, OPTION_INVALID, SEQ_UNKNOWN, SUBSCRIPTION_EXISTS, STOPPED, STORE_CORRUPT, STORE_FENCED
   */
  subscribe(
    topics: string | readonly string[],
    handler: EventHandler,
    options?: SubscribeOptions,
  ): Promise<EventSubscription> {
    return this.parts.subscriptions.subscribe(topics, handler, options)
  }

  /** Runs all waiting turns without a pause. Their commits follow. It is for event time: see EventClock. */
  pump(): void {
    this.parts.loop.pump(Number.POSITIVE_INFINITY)
    this.parts.timers.arm()
  }

  /** Resolves when a fast source may send its next message. Undefined when there is room now. */
  room(): Promise<void> | undefined {
    return this.parts.loop.room()
  }

  /**
   * Takes no more messages, stops every running part, finishes the waiting messages, waits for the handlers of
   * subscriptions (`handlerStopMs` at most), snapshots every actor, stops the ports and closes the store. Running parts
   * that a waiting message starts begin at the next start. A second call resolves with the first.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#shutDown()
    return this.#stopping
  }

  #takeNoMore(): void {
    const { loop, timers, clockWatch, publisher } = this.parts
    loop.close()
    timers.stop()
    clockWatch?.stop()
    publisher.halt()
  }

  async #shutDown(): Promise<void> {
    const { store, ports, publisher, maintenance, subscriptions, logger } = this.parts
    // This comes before the first await, because the caller may be in the middle of a publication.
    this.#takeNoMore()
    try {
      if (this.fence === undefined) {
        await this.idle()
        await subscriptions.stop()
        await maintenance.finish()
      }
    } finally {
      await subscriptions.stop()
      await ports.stop(logger)
      publisher.transitions.complete()
      await store.close()
    }
  }

  /** @internal Sends for `ref.send()` in a custom action. @throws IMPURE_SEND within a transition */
  sendByHand(to: Address, event: AnyEvent): void {
    if (this.parts.scope.running) {
      throw new OutcryError(
        'IMPURE_SEND',
        `${event.type} was sent to ${to} by hand from within a transition`,
        'Send with sendTo or raise. Call ref.send() in custom actions only.',
      )
    }
    this.parts.loop.enqueue({ message: receive(to, event, this.parts.clock) }, 'command')
  }

  /**
   * @internal Sends for a running part. `event` is checked and frozen, and was checked last: `sizeTaken` is its size.
   */
  sendFromPart(to: Address, event: AnyEvent, cause: number): void {
    const { loop } = this.parts
    // A promise may end after the runtime has stopped. The next start decides about it.
    if (loop.isClosed || this.fence) return
    const { now } = this
    const timed = event.at === undefined ? Object.freeze({ ...event, at: now }) : event
    const message = messageOf(to, timed, now, sizeTaken(), { cause })
    loop.enqueue({ message }, 'command', isOutcome(event))
  }

  #signal(
    address: Address,
    event: (at: number, cell: Cell) => Signal | { type: typeof STOP },
  ): Promise<Receipt> {
    const message = messageOf(address, { type: 'outcry.signal' }, this.now, 0)
    return this.parts.loop.request(message, 'control', (turn) => {
      const cell = this.parts.residents.find(address)
      if (cell === undefined) throw refusal('unknown', address)
      if (cell.state.snapshot.status !== 'active') throw refusal('ended', address)
      turn.signal([{ cell, event: event(turn.at, cell) }])
    })
  }

  /** Returns the address of an actor in memory without parsing. Any other text must look like an address. */
  #addressOf(text: string): Address {
    return this.parts.residents.resident(text as Address)?.address ?? parseAddress(text)
  }
}

const sendings = z.strictObject({
  messages: z
    .array(z.custom<Sending>((value) => typeof Object(value).to === 'string', 'must be { to, event }'))
    .max(TOGETHER_MAX),
  lane: z.enum(LANES).optional(),
})

/** Returns the error with the number of the message that was refused. */
function ofMessage(i: number, error: OutcryError): OutcryError {
  const { code, message, hint, issues } = error
  return new OutcryError(code, `message ${i}: ${message}`, hint, { cause: error, ...(issues && { issues }) })
}

function isFenced(outcome: PromiseSettledResult<Receipt>): outcome is PromiseRejectedResult {
  return outcome.status === 'rejected' && isOutcryError(outcome.reason, 'STORE_FENCED')
}

function notSent(seq: number, to: string): OutcryError {
  return new OutcryError(
    'LETTER_UNKNOWN',
    `record ${seq} is an event that a handler of ${to} could not take: it was never sent to an actor`,
    'Its record has the event. Handle it by hand.',
  )
}

/** Returns the address unless it is the runtime's own. @throws ADDRESS_INVALID, ACTOR_RESERVED */
function notOwn(text: string): Address {
  const address = parseAddress(text)
  if (isReserved(address)) throw reserved(address)
  return address
}
