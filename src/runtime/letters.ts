/** Settles dead letters: sends them to their receivers again, or drops them. Each is settled once, by a record. */
import { OutcryError } from '../../errors/outcry-error.ts'
import type { Registry } from './actors/registry.ts'
import type { ActOptions } from './actors/signals.ts'
import { checkSchema, checkTime, checkWhy, messageOf, receive } from './commit/intake.ts'
import type { Receipt } from './commit/job.ts'
import type { Parts } from './parts.ts'
import { DEAD_LETTERS, parseAddress } from './record/address.ts'
import type { AnyEvent, TransitionRecord } from './record/record.ts'
import { SettledLetters, type Settling } from './state/settled-letters.ts'
import { HANDLER_FAILED } from './subscriptions/dead-letter.ts'
import type { Message } from './turn/message.ts'
import { keyReused } from './turn/refusal.ts'

type Used = Pick<Parts, 'store' | 'clock' | 'loop' | 'offsets'>

export class Letters {
  readonly #parts: Used
  readonly #registry: Registry
  readonly #settled: SettledLetters
  /** Letters are settled one after the other, so that none is settled twice. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: Used, registry: Registry) {
    this.#parts = parts
    this.#registry = registry
    this.#settled = new SettledLetters(parts.store)
  }

  /** See Supervisor.redeliver. */
  redeliver(seq: number, options: ActOptions): Promise<Receipt> {
    return this.#inTurn(async () => {
      const known = await this.#seqOf('outcry.letterRedelivered', seq, options)
      // The message follows its record in the log.
      if (known !== undefined) return { seq: known + 1, duplicate: true }
      const letter = await this.#unsettled(seq)
      const again = await this.#messageIn(letter)
      const signal = this.#settling('outcry.letterRedelivered', letter, options)
      // One commit has both, so that after a crash the letter is either as it was or on its way.
      const [asked, sent] = await this.#parts.loop.requestAll([signal, again], 'command', { isChain: true })
      if (asked?.status !== 'fulfilled') throw asked?.reason
      if (sent?.status !== 'fulfilled') throw sent?.reason
      return sent.value
    })
  }

  /** See Supervisor.dropLetter. */
  drop(seq: number, options: ActOptions): Promise<Receipt> {
    return this.#inTurn(async () => {
      const known = await this.#seqOf('outcry.letterDropped', seq, options)
      if (known !== undefined) return { seq: known, duplicate: true }
      const letter = await this.#unsettled(seq)
      const signal = this.#settling('outcry.letterDropped', letter, options)
      const receipt = await this.#parts.loop.request(signal, 'command')
      // Another message has taken the key while the letter was read.
      if (receipt.duplicate) throw keyReused(receipt.seq)
      return receipt
    })
  }

  #inTurn(settle: () => Promise<Receipt>): Promise<Receipt> {
    const done = this.#last.then(settle)
    this.#last = done.catch(() => {})
    return done
  }

  /** Returns the seq of the record to which an earlier call with this key led. @throws KEY_REUSED */
  async #seqOf(type: Settling['type'], letter: number, { key }: ActOptions): Promise<number | undefined> {
    const seq = key === undefined ? undefined : this.#parts.offsets.seqOfKey(key)
    if (seq === undefined) return undefined
    const event = (await this.#recordAt(seq))?.event
    if (event?.type !== type || event.letter !== letter) throw keyReused(seq)
    return seq
  }

  /** Returns the record of a letter. @throws LETTER_UNKNOWN, LETTER_SETTLED */
  async #unsettled(seq: number): Promise<TransitionRecord> {
    const letter = Number.isSafeInteger(seq) && seq > 0 ? await this.#recordAt(seq) : undefined
    if (letter?.event.type !== 'DEAD_LETTER') throw unknown(`record ${seq} is no dead letter`)
    const settlement = await this.#settled.find(letter)
    if (settlement === undefined) return letter
    const what = settlement.type === 'outcry.letterDropped' ? 'dropped' : 'sent again'
    throw settled(seq, `was ${what} by record ${settlement.by}`)
  }

  /** Returns the message of a letter. @throws LETTER_UNKNOWN, EVENT_INVALID, ... */
  async #messageIn({ seq, correlation, cause, event: letter }: TransitionRecord): Promise<Message> {
    const { clock } = this.#parts
    const { to, event, omitted, reason } = letter
    if (reason === HANDLER_FAILED)
      throw unknown(`record ${seq} is an event that a handler of ${to} could not take, not an actor`)
    const whole = omitted === true ? await this.#eventOf(cause) : event
    const message = receive(parseAddress(to), whole, clock, { cause: seq, correlation })
    checkSchema(this.#registry, message.to, message.event, message.at)
    checkTime(this.#registry, message.to, message.event, message.at, clock)
    return message
  }

  async #eventOf(seq: number | null): Promise<AnyEvent> {
    const record = seq === null ? undefined : await this.#recordAt(seq)
    if (record !== undefined) return record.event
    throw new OutcryError(
      'LETTER_UNKNOWN',
      `record ${seq} is not in the log`,
      'Run `outcry verify` to see what the log has lost.',
    )
  }

  async #recordAt(seq: number): Promise<TransitionRecord | undefined> {
    for await (const record of this.#parts.store.read({ fromSeq: seq, toSeq: seq })) return record
    return undefined
  }

  #settling(
    type: Settling['type'],
    { seq: letter, correlation }: TransitionRecord,
    options: ActOptions,
  ): Message {
    const at = this.#parts.clock.now()
    const event: Settling = Object.freeze({ type, at, letter, ...checkWhy(options) })
    const { key, request } = options
    return messageOf(DEAD_LETTERS, event, at, 0, { cause: letter, correlation, key, request })
  }
}

function unknown(what: string): OutcryError {
  return new OutcryError(
    'LETTER_UNKNOWN',
    what,
    `Run \`outcry replay ${DEAD_LETTERS}\` to list the dead letters.`,
  )
}

function settled(seq: number, what: string): OutcryError {
  return new OutcryError(
    'LETTER_SETTLED',
    `the dead letter ${seq} ${what}`,
    'A message that is refused again has a dead letter of its own.',
  )
}
