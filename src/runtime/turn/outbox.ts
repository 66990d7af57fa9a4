/**
 * The intents whose outcome is not known yet. All of them are kept in memory, so their size has a bound: one for each port, so
 * that a port that settles nothing keeps no other port from working; and one for all, whatever ports earlier runs had. A
 * checkpoint has the first of them, and of the others only where the log has them: it never becomes long.
 */
import { OutcryError } from '../../../errors/outcry-error.ts'
import type { Store } from '../../../store/store.ts'
import type { Intent, TransitionRecord } from '../record/record.ts'
import type { Ref } from '../record/ref.ts'
import { decode, encode, frozen, sizeOf } from '../record/values.ts'

/** Size of the unsettled intents of one port, see values.ts: some 50,000 orders. */
export const PORT_SIZE_MAX = 32 * 2 ** 20
/** Of all ports, those that are registered no more among them. */
export const ALL_SIZE_MAX = 128 * 2 ** 20
/** Of those that a checkpoint has whole. */
const WHOLE_SIZE_MAX = 2 ** 20

/** A sixth of what JSON writes of an intent beside what it contains. */
const INTENT_SIZE = 20

/** Records that are read at once though not all are asked for: a commit is read as a whole anyhow. */
const SEQ_GAP_MAX = 1_000

/** An intent that is in the log. */
export type IntentPlace = readonly [id: string, seq: number]

/** The oldest first; all that are in the log come after all that are whole. */
export interface OutboxState {
  readonly unsettled: readonly Intent[]
  readonly unsettledInLog?: readonly IntentPlace[]
}

export class Outbox {
  readonly #unsettled = new Map<string, Intent>()
  /** Of each intent, those of turns that are not durable yet among them. */
  readonly #sizes = new Map<string, number>()
  readonly #sizeOfPort = new Map<string, number>()
  #size = 0

  /** Intents of a checkpoint that have to be read from the log. */
  readonly #inLog: readonly IntentPlace[]

  constructor({ unsettled, unsettledInLog = [] }: OutboxState = { unsettled: [] }) {
    for (const intent of unsettled) this.#unsettled.set(intent.id, intent)
    this.#inLog = unsettledInLog
  }

  get unsettled(): ReadonlyMap<string, Intent> {
    return this.#unsettled
  }

  /** Reads the intents of which the checkpoint has only the place; before any record that came later. @throws LOG_GAP */
  async fetch(store: Pick<Store<TransitionRecord>, 'read'>): Promise<void> {
    const missing = new Set(this.#inLog.map(([id]) => id))
    for (const range of rangesOf(this.#inLog.map(([, seq]) => seq)))
      for await (const { intents } of store.read(range))
        for (const intent of intents ?? [])
          if (missing.delete(intent.id)) this.#unsettled.set(intent.id, intent)
    const [id] = missing
    if (id !== undefined) throw intentMissing(id)
  }

  /** Brings back what intents refer to, once they are read from the log, and measures them. */
  revive(refOf: (address: string, id: string) => Ref): void {
    for (const [id, intent] of this.#unsettled) {
      const revived = frozen(decode(intent, refOf))
      this.#unsettled.set(id, revived)
      this.#count(revived, sizeOfIntent(revived))
    }
  }

  /** A turn has made these, all or none of them. @throws PORT_BUSY */
  reserve(intents: readonly Intent[]): void {
    for (const [i, intent] of intents.entries()) {
      const size = sizeOfIntent(intent)
      const ofPort = (this.#sizeOfPort.get(intent.port) ?? 0) + size
      if (ofPort > PORT_SIZE_MAX || this.#size + size > ALL_SIZE_MAX) {
        this.giveBack(intents.slice(0, i))
        throw ofPort > PORT_SIZE_MAX ? portBusy(intent.port) : portsBusy(intent.port, [...this.#sizeOfPort])
      }
      this.#count(intent, size)
    }
  }

  /** The turn is undone. */
  giveBack(intents: readonly Intent[]): void {
    for (const intent of intents) this.#discount(intent)
  }

  /** The record that made the intent is durable. */
  add(intent: Intent): void {
    this.#unsettled.set(intent.id, intent)
  }

  /** The record of its outcome is durable. */
  settle(id: string): void {
    const intent = this.#unsettled.get(id)
    if (intent === undefined) return
    this.#unsettled.delete(id)
    this.#discount(intent)
  }

  /** For a checkpoint. */
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

/** Of seqs in order: what to read to have them all. */
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

const SETTLE = 'Have the port settle what it has done: context.send(to, event, { settles: intent.id }).'

function portBusy(port: string): OutcryError {
  const what = `port/${port} has unsettled intents of ${PORT_SIZE_MAX / 2 ** 20} MiB, and takes no more`
  return new OutcryError('PORT_BUSY', what, SETTLE)
}

function portsBusy(port: string, sizes: readonly (readonly [string, number])[]): OutcryError {
  const most = [...sizes].sort(([, one], [, other]) => other - one).slice(0, 3)
  const names = most.map(([name, size]) => `port/${name} ${Math.ceil(size / 2 ** 20)} MiB`).join(', ')
  const what = `port/${port} takes no more, because all ports have unsettled intents of ${ALL_SIZE_MAX / 2 ** 20} MiB: ${names}`
  return new OutcryError('PORT_BUSY', what, SETTLE)
}
