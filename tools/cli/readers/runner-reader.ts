/** A running runner's log as read-only commands see it: they ask the API. */
import { compact } from '../../../errors/compact.ts'
import type { ActorView as PastActor, RecordInDetail } from '../../../src/api/contract/record.ts'
import { PAGE_MAX } from '../../../src/api/contract/routes.ts'
import type { StateDocument } from '../../../src/api/contract/state.ts'
import type { Explanation } from '../../../src/api/contract/why.ts'
import type { Moment } from '../../../src/api/state/state-document.ts'
import type { Client } from '../../../src/client/index.ts'
import type { FolderVerification } from '../../../src/runner/folder/books.ts'
import type { EventEnvelope } from '../../../src/runtime/events/envelope.ts'
import { kindOf } from '../../../src/runtime/record/address.ts'
import type { TransitionRecord } from '../../../src/runtime/record/record.ts'
import { isUnreadable } from '../../../src/runtime/state/life.ts'
import { decodeEntries, type StoreEntry } from '../../../store/index.ts'
import { runnerSocket } from '../runner-client.ts'
import { beforeFirst, runnerEvents } from '../runner-events.ts'
import { framesOf } from '../socket-frames.ts'
import { eventTest, type WantedEvents } from '../wanted-events.ts'
import { explained } from './last-decision.ts'
import {
  type ActorSummary,
  asUnread,
  type Head,
  kindPrefix,
  type PastFrames,
  type Reader,
  type WantedActors,
  type WantedLife,
} from './reader.ts'

/** Number of records in a page while an actor's last decision is searched. */
const DECISION_PAGE = 50

export class RunnerReader implements Reader {
  read = 0
  readonly #runner: Client
  readonly #data: string

  /** `data` is the folder that the runner holds. */
  constructor(runner: Client, data: string) {
    this.#runner = runner
    this.#data = data
  }

  get source(): string {
    return this.#runner.url
  }

  get seq(): undefined {
    return undefined
  }

  async *actors({ prefix = '', ...filter }: WantedActors, onLook = () => {}): AsyncIterable<ActorSummary> {
    for await (const actor of this.#runner.actors({ ...filter, prefix: prefix || kindPrefix(filter) })) {
      onLook()
      yield actor
    }
  }

  async actor(address: string): Promise<ActorSummary | undefined> {
    try {
      return await this.#runner.actor(address)
    } catch (error) {
      if (!isUnreadable(error)) throw error
      const query = { reverse: true, limit: 1 }
      const { records } = await this.#runner.ask('history', { params: { address }, query })
      return records[0] && asUnread(records[0])
    }
  }

  async actorAt(
    address: string,
    place: { readonly seq?: number; readonly rev?: number },
  ): Promise<PastActor | undefined> {
    const { read = 0, failure: _, ...found } = (await this.#runner.actor(address, place)) ?? {}
    this.read += read
    return 'address' in found ? found : undefined
  }

  async *past(asked: PastFrames, signal: AbortSignal): AsyncGenerator<string> {
    const { isLegacy, address: actor, fromRev, toRev, speed } = asked
    const query = new URLSearchParams({ actor, from: `rev:${fromRev}`, to: `rev:${toRev}` })
    if (speed !== undefined) query.set('speed', String(speed))
    const path = isLegacy ? '/inspect/legacy' : '/inspect'
    yield* framesOf(await runnerSocket(this.#data, `${path}?${query}`), signal)
  }

  async *life(
    address: string,
    { limit = Number.POSITIVE_INFINITY, ...wanted }: WantedLife = {},
  ): AsyncGenerator<RecordInDetail> {
    let left = limit
    for (let after: number | undefined; left > 0; ) {
      const query = { ...wanted, ...compact({ after }), limit: Math.min(left, PAGE_MAX) }
      const { records, next, read } = await this.#runner.ask('history', { params: { address }, query })
      this.read += read ?? records.length
      yield* records
      left -= records.length
      if (next === undefined) return
      after = next
    }
  }

  /**
   * Yields the actor's records from `fromRev` on, as they come, without an end. `since` is a seq before the first of
   * them. Each comes once and in order, also when the runner starts again meanwhile.
   */
  async *newRecords(
    address: string,
    {
      since,
      fromRev,
      detail,
    }: { readonly since: number; readonly fromRev: number; readonly detail: boolean },
  ): AsyncGenerator<RecordInDetail> {
    const kind = kindOf(address)
    // The filter compares the address itself. In a topic, an id has no dots and no spaces.
    const wanted = { topics: [`transitions.${kind}.*`], filter: { kind, id: address.slice(kind.length + 1) } }
    let next = fromRev
    for await (const item of this.#runner.feed({ ...wanted, since })) {
      if (!('record' in item) || item.record.rev < next) continue
      for await (const record of this.life(address, { fromRev: next, detail })) {
        next = record.rev + 1
        yield record
      }
    }
  }

  async head(): Promise<Head> {
    const { seq } = await this.#runner.ask('health')
    if (seq === 0) return { seq }
    const { record } = await this.#runner.ask('record', { params: { seq } })
    return { seq, at: record.at }
  }

  async seqAt(at: number): Promise<number> {
    const { seq } = await this.#runner.events({ to: at, tail: 1 })
    return seq
  }

  events(wanted: WantedEvents, isFollowed: boolean): AsyncIterable<EventEnvelope> {
    return runnerEvents(this.#runner, wanted, isFollowed)
  }

  async *everyEvent(wanted: WantedEvents, onLook = () => {}): AsyncGenerator<EventEnvelope> {
    // The feed refuses what can match nothing.
    for await (const _ of runnerEvents(this.#runner, { ...wanted, tail: 1 }, false)) break
    const { since = await beforeFirst(this.#runner), toSeq = Number.POSITIVE_INFINITY } = wanted
    const isWanted = eventTest(wanted)
    for (let after = since; ; ) {
      const { events, next } = await this.#runner.events({ since: after })
      for (const envelope of events) {
        if (envelope.seq > toSeq) return
        onLook()
        if (isWanted(envelope as EventEnvelope)) yield envelope as EventEnvelope
      }
      if (next === undefined) return
      after = next
    }
  }

  state({ seq, at }: Moment): Promise<StateDocument> {
    return this.#runner.ask('state', {
      query: compact({ seq, at: at === undefined ? undefined : isoOf(at) }),
    })
  }

  why(of: number | string, depth?: number): Promise<Explanation> {
    return explained(
      of,
      (address) => this.#reversed(address),
      (seq) => this.#runner.ask('why', { params: { seq }, query: compact({ depth }) }),
    )
  }

  /** Yields the actor's records, the newest first, in small pages: the first ones are often enough. */
  async *#reversed(address: string): AsyncGenerator<TransitionRecord> {
    for (let after: number | undefined; ; ) {
      const query = { reverse: true, limit: DECISION_PAGE, ...compact({ after }) }
      const { records, next } = await this.#runner.ask('history', { params: { address }, query })
      yield* records
      if (next === undefined) return
      after = next
    }
  }

  verify(): Promise<FolderVerification> {
    // A runner of another version may send other codes. They are only shown.
    return this.#runner.ask('verify') as Promise<FolderVerification>
  }

  async *entries(): AsyncIterable<StoreEntry> {
    const bytes = await this.#runner.backup({ of: 'folder' })
    yield* decodeEntries(bytes as unknown as AsyncIterable<Uint8Array>)
  }

  async close(): Promise<void> {}
}

/** The times that ISO 8601 writes with four digits of the year. */
const [ISO_MIN, ISO_MAX] = [Date.parse('0000-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59Z')]

/** Returns the time as a text: a small number would be a rev. */
function isoOf(at: number): string {
  return new Date(Math.min(Math.max(at, ISO_MIN), ISO_MAX)).toISOString()
}
