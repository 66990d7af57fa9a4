/**
 * Keeps the unsettled intents: their outcome is not known yet. All of them are in memory, so their size has two bounds.
 * The bound of each port lets a port that completes nothing block no other port. The bound of all ports includes ports of
 * earlier runs. A checkpoint has the first intents whole, and of the others only their places in the log, so it stays
 * short.
 */
import { OutcryError } from '../../../errors/outcry-error.ts'
import type { Store } from '../../../store/store.ts'
import type { Intent, TransitionRecord } from '../record/record.ts'
import type { Ref } from '../record/ref.ts'
import { decode, encode, frozen, sizeOf } from '../record/values.ts'

/** Maximum size of the unsettled intents of one port, in units of values.ts: about 50,000 orders. */
export const PORT_SIZE_MAX = 32 * 2 ** 20
/** Maximum size of the unsettled intents of all ports, including ports that are no longer registered. */
export const ALL_SIZE_MAX = 128 * 2 ** 20
/** Maximum size of the intents that a checkpoint has whole. */
const WHOLE_SIZE_MAX = 2 ** 20

/** A sixth of the bytes that JSON adds to the contents of an intent. */
const INTENT_SIZE = 20

/** Maximum distance of two seqs that one read covers. The store reads each commit as a whole anyway. */
const SEQ_GAP_MAX = 1_000

/** The id of an intent in the log, and the seq of its record. */
export type IntentPlace = readonly [id: string, seq: number]

/** The unsettled intents, oldest first. The intents in the log are all younger than the whole ones. */
export interface OutboxState {
  readonly unsettled: readonly Intent[]
  readonly unsettledInLog?: readonly IntentPlace[]
}

export class Outbox {
  readonly #unsettled = new Map<string, Intent>()
  /** The size of each intent, including intents of turns that are not durable yet. */
  readonly #sizes = new Map<string, number>()
  readonly #sizeOfPort = new Map<string, number>()
  #size = 0

  /** The intents of a checkpoint that must be read from the log. */
  readonly #inLog: readonly IntentPlace[]

  constructor({ unsettled, unsettledInLog = [] }: OutboxState = { unsettled: [] }) {
    for (const intent of unsettled) this.#unsettled.set(intent.id, intent)
    this.#inLog = unsettledInLog
  }

  get unsettled(): ReadonlyMap<string, Intent> {
    return this.#unsettled
  }

  /**
   * Reads the intents whose place alone is in the checkpoint. Call it before any later record is replayed.
   * @throws LOG_GAP
   */
  async fetch(store: Pick<Store<TransitionRecord>, 'read'>): Promise<void> {
    const missing = new Set(this.#inLog.map(([id]) => id))
    for (const range of rangesOf(this.#inLog.map(([, seq]) => seq)))
      for await (const { intents } of store.read(range))
        for (const intent of intents ?? [])
          if (missing.delete(intent.id)) this.#unsettled.set(intent.id, intent)
    const [id] = missing
    if (id !== undefined) throw intentMissing(id)
  }

  /** Restores the references inside the intents, and measures them. Call it after `fetch`. */
  revive(refOf: (address: string, id: string) => Ref): void {
    for (const [id, intent] of this.#unsettled) {
      const revived = frozen(decode(intent, refOf))
      this.#unsettled.set(id, revived)
      this.#count(revived, sizeOfIntent(revived))
    }
  }

  /** Reserves room for the intents of a turn, for all of them or for none. @throws PORT_BUSY, INVARIANT_BROKEN */
  reserve(intents: readonly Intent[]): void {
    for (const [i, intent] of intents.entries()) {
      if (this.#sizes.has(intent.id)) {
        this.giveBack(intents.slice(0, i))
        throw repeated(intent)
      }
      const size = sizeOfIntent(intent)
      const ofPort = (this.#sizeOfPort.get(intent.port) ?? 0) + size
      if (ofPort > PORT_SIZE_MAX || this.#size + size > ALL_SIZE_MAX) {
        this.giveBack(intents.slice(0, i))
        throw ofPort > PORT_SIZE_MAX ? portBusy(intent.port) : portsBusy(intent.port, [...this.#sizeOfPort])
      }
      this.#count(intent, size)
    }
  }

  /** Gives back the room of intents whose turn is undone. */
  giveBack(intents: readonly Intent[]): void {
    for (const intent of intents) this.#discount(intent)
  }

  /** Adds an intent whose record is durable. */
  add(intent: Intent): void {
    this.#unsettled.set(intent.id, intent)
  }

  /** Removes an intent when the record of its outcome is durable. */
  settle(id: string): void {
    const intent = this.#unsettled.get(id)
    if (intent === undefined) return
    this.#unsettled.delete(id)
    this.#discount(intent)
  }

  /** Returns the state for a checkpoint. */
  state(): OutboxState {
    const whole: Intent[] = []
    const inLog: IntentPlace[] = []
    let size = 0
    for (const intent of this.#unsettled.values()) {
      size += this.#sizes.get(intent.id) ?? 0
      if (size <= WHOLE_SIZE_MAX) whole.push(intent)
      else inLog.push([intent.id, intent.seq])
    }
    return { unsettled: encode(whole), ...(inLog.length > 0 && { unsettledInLog: inLog }) }
  }

  #count({ id, port }: Intent, size: number): void {
    this.#sizes.set(id, size)
    this.#sizeOfPort.set(port, (this.#sizeOfPort.get(port) ?? 0) + size)
    this.#size += size
  }

  #discount({ id, port }: Intent): void {
    const size = this.#sizes.get(id) ?? 0
    this.#sizes.delete(id)
    this.#sizeOfPort.set(port, (this.#sizeOfPort.get(port) ?? 0) - size)
    this.#size -= size
  }
}

function sizeOfIntent({ id, port, actor, event, correlation }: Intent): number {
  return INTENT_SIZE + id.length + port.length + actor.length + correlation.length + sizeOf(event)
}

/** Returns the ranges to read that cover the seqs. The seqs are in ascending order. */
function rangesOf(seqs: readonly number[]): { fromSeq: number; toSeq: number }[] {
  const ranges: { fromSeq: number; toSeq: number }[] = []
  for (const seq of seqs) {
    const last = ranges.at(-1)
    if (last !== undefined && seq - last.toSeq <= SEQ_GAP_MAX) last.toSeq = seq
    else ranges.push({ fromSeq: seq, toSeq: seq })
  }
  return ranges
}

function intentMissing(id: string): OutcryError {
  const what = `the intent ${id}, which is unsettled, is not in the log`
  return new OutcryError('LOG_GAP', what, 'Run `outcry verify` to see what the log has lost.')
}

/**
 * Returns the error for an id that exists already. A port would take the second intent for the first one, which it has
 * carried out (law 6).
 */
function repeated({ id, actor }: Intent): OutcryError {
  return new OutcryError(
    'INVARIANT_BROKEN',
    `law 6: ${actor} makes an intent with the id ${id}, which another unsettled one has`,
    'This is a defect of Outcry: report it with this message. The turn is undone.',
  )
}

const SETTLE =
  'Let the port settle each intent that it has carried out: context.send(to, event, { completes: intent.id }).'

function portBusy(port: string): OutcryError {
  const what = `port/${port} has unsettled intents of ${PORT_SIZE_MAX / 2 ** 20} MiB, and accepts no more`
  return new OutcryError('PORT_BUSY', what, SETTLE)
}

function portsBusy(port: string, sizes: readonly (readonly [string, number])[]): OutcryError {
  const most = [...sizes].sort(([, one], [, other]) => other - one).slice(0, 3)
  const names = most.map(([name, size]) => `port/${name} ${Math.ceil(size / 2 ** 20)} MiB`).join(', ')
  const what = `port/${port} accepts no more intents, because all ports have unsettled intents of ${ALL_SIZE_MAX / 2 ** 20} MiB: ${names}`
  return new OutcryError('PORT_BUSY', what, SETTLE)
}
