/**
 * Makes spans of a run: of each record, each commit and each message to a port. It stands between the runtime and its store
 * and ports, so that the runtime knows nothing of it.
 */
import { compact } from '../../errors/compact.ts'
import type { Store } from '../../store/store.ts'
import type { Port } from '../runtime/port.ts'
import type { Intent, TransitionRecord } from '../runtime/record/record.ts'
import { plainError } from '../runtime/record/values.ts'
import { intentSpanId, isSampled, recordSpanId, traceIdOf } from './ids.ts'
import type { SpanPlace, SpanWriter } from './span-writer.ts'

/** Most records that the span of a commit links to. */
const LINKS_MAX = 32

interface TracingOptions {
  readonly writer: Pick<SpanWriter, 'write'>
  /** The part of all correlations that is sent, from 0 to 1. */
  readonly ratio: number
  readonly logId: string
  /** Hides secrets in the reasons of failures. */
  readonly redact: (text: string) => string
  /** True when the times of records are those of the system. Otherwise only the system's time tells what takes long. */
  readonly isLive: boolean
}

export class Tracing {
  readonly #options: TracingOptions

  constructor(options: TracingOptions) {
    this.#options = options
  }

  /** Returns the store, with a span for each commit and each of its records. */
  store(store: Store<TransitionRecord>): Store<TransitionRecord> {
    const append: typeof store.append = async (commit) => {
      const from = now()
      try {
        await store.append(commit)
      } catch (error) {
        this.#shielded(() => this.#commit(commit.records, from, error))
        throw error
      }
      this.#shielded(() => this.#commit(commit.records, from))
    }
    return new Proxy(store, {
      get(target, name) {
        if (name === 'append') return append
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  /** Returns the port, with a span for each message to it. */
  port(port: Port): Port {
    return {
      start: (context) => port.start?.(context),
      stop: () => port.stop?.(),
      deliver: (intent) => this.#call(intent, 'deliver', () => port.deliver(intent)),
      recover: (intent) => this.#call(intent, 'recover', () => port.recover(intent)),
    }
  }

  #commit(records: readonly TransitionRecord[], from: number, error?: unknown): void {
    const { writer, logId } = this.#options
    const to = now()
    const places: SpanPlace[] = []
    for (const record of records) {
      const place = this.#placeOf(record.correlation, () => recordSpanId(logId, record.seq))
      if (place === undefined) continue
      places.push(place)
      if (error === undefined) this.#record(record, place, to)
    }
    const [first, last] = [records[0], records.at(-1)]
    if (places.length === 0 || first === undefined || last === undefined) return
    writer.write({
      name: 'commit',
      kind: 'internal',
      traceId: traceIdOf(logId, `commit/${first.seq}`),
      spanId: recordSpanId(logId, first.seq),
      links: places.slice(0, LINKS_MAX),
      from,
      to,
      attributes: { 'outcry.seq': first.seq, 'outcry.seq.last': last.seq, 'outcry.records': records.length },
      error: this.#reason(error),
    })
  }

  /** The span of a record lasts from its message's time until the record is durable. */
  #record(record: TransitionRecord, place: SpanPlace, to: number): void {
    const { writer, logId, isLive } = this.#options
    const { actor, seq, turn, at, cause, event, completes, correlation, request } = record
    writer.write({
      name: `${actor.slice(0, actor.indexOf('/'))} ${event.type}`,
      kind: 'internal',
      ...place,
      parentId: cause === null ? undefined : recordSpanId(logId, cause),
      links:
        completes === undefined
          ? undefined
          : [{ traceId: place.traceId, spanId: intentSpanId(logId, completes) }],
      from: isLive ? Math.min(at, to) : to,
      to,
      attributes: compact({
        'outcry.actor': actor,
        'outcry.seq': seq,
        'outcry.turn': turn,
        'outcry.at': at,
        'outcry.correlation': correlation,
        'outcry.request': request,
      }),
      error: event.type === 'outcry.failed' ? this.#reason(event.error ?? event.type) : undefined,
    })
  }

  #call(intent: Intent, how: string, call: () => void | Promise<void>): void | Promise<void> {
    const { logId, writer } = this.#options
    const { id, actor, seq, port, event, correlation } = intent
    const place = this.#placeOf(correlation, () => intentSpanId(logId, id))
    if (place === undefined) return call()
    const from = now()
    const span = (error?: unknown) =>
      writer.write({
        name: `${port} ${event.type}`,
        kind: 'client',
        ...place,
        parentId: recordSpanId(logId, seq),
        from,
        to: now(),
        attributes: { 'outcry.actor': actor, 'outcry.intent': id, 'outcry.port.call': how },
        error: this.#reason(error),
      })
    const end = (error?: unknown) => this.#shielded(() => span(error))
    let called: void | Promise<void>
    try {
      called = call()
    } catch (error) {
      end(error)
      throw error
    }
    // A port that answers at once does so with and without tracing.
    if (!(called instanceof Promise)) return end()
    return called.then(
      () => end(),
      (error) => {
        end(error)
        throw error
      },
    )
  }

  /** A commit that is durable must not fail because of its span. */
  #shielded(work: () => void): void {
    try {
      work()
    } catch {
      // A span is missing.
    }
  }

  #placeOf(correlation: string, spanId: () => string): SpanPlace | undefined {
    const { logId, ratio } = this.#options
    const traceId = traceIdOf(logId, correlation)
    return isSampled(traceId, ratio) ? { traceId, spanId: spanId() } : undefined
  }

  #reason(error: unknown): string | undefined {
    return error === undefined ? undefined : this.#options.redact(plainError(error).message)
  }
}

/** Returns epoch ms with fractions, for spans are often shorter than one. */
function now(): number {
  return performance.timeOrigin + performance.now()
}
