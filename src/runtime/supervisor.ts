/** The supervisor: the runtime's interface for programs. ARCHITECTURE.md follows a message through it. */

import { z } from 'zod'
import { compact } from '../../errors/compact.ts'
import { optionsOf } from '../../errors/options.ts'
import { isOutcryError, OutcryError } from '../../errors/outcry-error.ts'
import type { Cell } from './actors/cell.ts'
import type { HeldSnapshot } from './actors/kind.ts'
import { releasing } from './actors/restart.ts'
import { isOutcome } from './actors/running-parts.ts'
import type { ActOptions } from './actors/signals.ts'
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
import { Letters } from './letters.ts'
import { Queries } from './queries.ts'
import { type Address, isReserved, parseAddress, reserved } from './record/address.ts'
import type { AnyEvent } from './record/record.ts'
import { EVENT, plainError, sizeTaken, takeIn } from './record/values.ts'
import { spawnActor } from './spawn.ts'
import { type Start, startUp } from './start-up.ts'
import type { EventHandler, EventSubscription, SubscribeOptions } from './subscriptions/options.ts'
import { notQuarantined, refusal } from './turn/refusal.ts'
import type { Suspicion } from './turn/suspicion.ts'
import type { Signaled } from './turn/turn.ts'
import { STOP } from './xstate/logic.ts'

export class Supervisor extends Queries {
  readonly #letters = new Letters(this.parts, this.registry)
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
   * OPTION_UNKNOWN, OPTION_INVALID, STORE_FENCED
   */
  async spawn(kind: string, id: string, input?: unknown, options: SendOptions = {}): Promise<Address> {
    const address = notOwn(`${kind}/${id}`)
    await spawnActor(this.parts, address, takeIn(input, 'input'), options, sizeTaken())
    return address
  }

  /**
   * Sends an event. Resolves when its turn is durable.
   * @throws ADDRESS_INVALID, ACTOR_RESERVED, EVENT_INVALID, NOT_JSON, ACTOR_UNKNOWN, ACTOR_ENDED, ACTOR_QUARANTINED,
   * ACTOR_FAILED, ACTOR_BUSY, MAILBOX_FULL, OPTION_UNKNOWN, OPTION_INVALID, STORE_FENCED, STOPPED
   */
  send(to: string, event: AnyEvent, options: SendOptions = {}): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      const message = receive(this.#addressOf(to), event, this.parts.clock, options)
      checkSchema(this.registry, message.to, message.event, message.at)
      checkTime(this.registry, message.to, message.event, message.at, this.parts.clock)
      this.parts.loop.enqueue(
        { message, act: undefined, waiting: { resolve, reject } },
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
   * @throws MAILBOX_FULL, OPTION_UNKNOWN, OPTION_INVALID
   */
  tell(to: Address, event: AnyEvent, options: SendOptions = {}): void {
    this.parts.loop.enqueue(
      { message: receive(to, event, this.parts.clock, options) },
      options.lane ?? 'market',
    )
  }

  /**
   * Stops a top actor and its children, for good: nothing takes its address again. The record has the author and the
   * reason.
   * @throws EVENT_INVALID, ACTOR_RESERVED, ACTOR_UNKNOWN, ACTOR_ENDED, ACTOR_HELD when its kind says that its end would
   * lose something
   */
  async stopActor(address: string, options: ActOptions = {}): Promise<Receipt> {
    const why = checkWhy(options)
    return this.#signal(notOwn(address), options, (_at, cell) => {
      expectLoose(cell, 'stop')
      return { type: STOP, ...why }
    })
  }

  /**
   * Restarts a top actor, in quarantine or not: it starts over from its input, as after a failure under the supervision
   * `restart`. Its state, its timers and its children are gone; messages that were kept for it are taken afterwards. The
   * record has the author and the reason. A start that throws is a failure of the actor, which keeps its state.
   * `release` lets an actor go on in its state instead.
   * @throws EVENT_INVALID, ACTOR_RESERVED, ACTOR_UNKNOWN, ACTOR_ENDED, ACTOR_FAILED, ACTOR_HELD when its kind says that
   * this would lose something
   */
  async restart(address: string, options: ActOptions = {}): Promise<Receipt> {
    const why = checkWhy(options)
    return this.#signal(notOwn(address), options, (at, cell) => {
      expectLoose(cell, 'restart')
      const { restartInput } = cell.kind
      const input = restartInput && takeIn(restartInput(heldOf(cell)), 'input')
      return { type: 'outcry.restarted', at, keeps: true, byHand: true, ...compact({ input }), ...why }
    })
  }

  /**
   * Releases an actor from quarantine. The record has the author and the reason. The actor keeps its state. An actor
   * that waited for a restart starts over from its input, and then takes its stashed messages.
   * @throws EVENT_INVALID, ACTOR_UNKNOWN, ACTOR_ENDED, ACTOR_NOT_QUARANTINED
   */
  async release(address: string, options: ActOptions = {}): Promise<Receipt> {
    const known = checkWhy(options)
    return this.#signal(parseAddress(address), options, (at, { state }) => {
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
    return this.#signal(notOwn(address), {}, (at, { state }) => {
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

  /**
   * Sends a dead letter to its receiver again, by the seq of its record. A record says who asked for it. A letter is
   * settled once: a message that is refused again has a dead letter of its own. Resolves with the record that took the
   * message, which follows the record of who asked.
   * @throws EVENT_INVALID, LETTER_UNKNOWN, LETTER_SETTLED, KEY_REUSED, and the errors of `send`
   */
  redeliver(seq: number, options: ActOptions = {}): Promise<Receipt> {
    return this.#letters.redeliver(seq, options)
  }

  /**
   * Drops a dead letter, by the seq of its record, so that nobody sends it again. The letter stays in the log. A record
   * says who asked for it, and the promise resolves with that.
   * @throws EVENT_INVALID, LETTER_UNKNOWN, LETTER_SETTLED, KEY_REUSED, MAILBOX_FULL, STORE_FENCED, STOPPED
   */
  dropLetter(seq: number, options: ActOptions = {}): Promise<Receipt> {
    return this.#letters.drop(seq, options)
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
    { key, request }: ActOptions,
    event: (at: number, cell: Cell) => Signaled['event'],
  ): Promise<Receipt> {
    const message = messageOf(address, { type: 'outcry.signal' }, this.now, 0, compact({ key, request }))
    return this.parts.loop.request(message, 'control', (turn) => {
      const cell = this.parts.residents.find(address)
      if (cell === undefined) throw refusal('unknown', address)
      if (cell.state.snapshot.status !== 'active') throw refusal('ended', address)
      // The state that its present machine has decides what happens to the actor.
      if (cell.migration !== undefined) turn.migrate([cell])
      let signal: Signaled['event']
      try {
        signal = event(turn.at, cell)
      } catch (error) {
        turn.undo()
        throw error
      }
      turn.signal([{ cell, event: signal }])
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

/** @throws ACTOR_HELD when the actor is a child, or its kind says that a restart or a stop would lose something */
function expectLoose(cell: Cell, act: 'restart' | 'stop'): void {
  const isChild = cell.path.length > 0
  const why = isChild ? 'only its parent starts and stops it' : cell.kind.holds?.(heldOf(cell), act)
  if (why === undefined) return
  const what = act === 'restart' ? 'does not start over' : 'is not stopped'
  const hint = 'Nothing has changed. `outcry release` lets an actor in quarantine go on in its state.'
  throw new OutcryError('ACTOR_HELD', `${cell.address} ${what}: ${why}`, hint)
}

/** Returns the actor's snapshot, as a kind reads it. The actor is a machine, because every top actor is one. */
function heldOf({ state }: Cell): HeldSnapshot {
  return state.snapshot as unknown as HeldSnapshot
}

/** Returns the address unless it is the runtime's own. @throws ADDRESS_INVALID, ACTOR_RESERVED */
function notOwn(text: string): Address {
  const address = parseAddress(text)
  if (isReserved(address)) throw reserved(address)
  return address
}
