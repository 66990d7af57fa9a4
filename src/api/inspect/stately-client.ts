/** A client of `/inspect` in the present. It may say which actors it watches, and then hears of the others in short. */
import type { WebSocket } from 'ws'
import { tagsOf } from '../../runtime/actors/actor-view.ts'
import type { Publication } from '../../runtime/turn/publication.ts'
import { CLOSE, watchFrame } from '../contract/frames.ts'
import { FailureList } from '../routes/failure-routes.ts'
import { failuresOf } from '../routes/failures.ts'
import { frameOf } from './frame-of.ts'
import { covers, LiveClient } from './live-client.ts'
import type { ReleaseFrames } from './release-frames.ts'
import { stately } from './stately-frames.ts'

/** Actors about which a slow client has unsent news. Beyond it the client is closed. */
const ACTIVE_MAX = 50_000
/** Interval, in ms, of news about the actors that a client does not watch. */
const ACTIVITY_MS = 100

interface Activity {
  readonly address: string
  readonly value: unknown
  readonly tags: readonly string[]
  readonly status: string
  /** The actor's condition, as in its view: absent while it takes messages. */
  readonly condition?: string | undefined
  /** The error that ended the actor. */
  readonly error?: unknown
  readonly rev: number
  readonly seq: number
  readonly at: number
}

/** Without a `watch` it gets every frame, as the protocol says. */
export class StatelyClient extends LiveClient {
  #watched: readonly string[] | undefined
  readonly #active = new Map<string, Activity>()
  /** Failures of all actors since the last frame. An actor may run again before the client hears of it. */
  #failures = new FailureList()
  readonly #activityTimer: NodeJS.Timeout
  readonly #log: string

  /** `log` is the short id of the log. */
  constructor(socket: WebSocket, only: readonly string[] | undefined, log: string) {
    super(socket, stately, only)
    this.#log = log
    socket.on('message', (data) => this.#onMessage(data.toString()))
    this.#activityTimer = setInterval(() => this.#sendActivity(), ACTIVITY_MS)
  }

  override get wantsAll(): boolean {
    return this.#watched === undefined && super.wantsAll
  }

  override closeSlow(why: string): void {
    super.closeSlow(why)
    this.#active.clear()
  }

  override close(): void {
    clearInterval(this.#activityTimer)
  }

  override onRelease(release: Publication, frames: ReleaseFrames): void {
    if (this.#watched === undefined) {
      super.onRelease(release, frames)
      return
    }
    if (!this.outlet.isOpen) return
    for (const failure of failuresOf(release.record)) this.#failures.add(failure)
    if (this.isBehind || !this.#watches(release.record.actor)) this.#note(release)
    else super.onRelease(release, frames)
  }

  #watches(address: string): boolean {
    return this.#watched?.some((pattern) => covers(pattern, address)) ?? true
  }

  #note({ record, snapshot, condition: now }: Publication): void {
    const { actor: address, seq, rev, at, to: value } = record
    const { status, error } = snapshot
    const condition = now === 'running' ? undefined : now
    this.#active.set(address, {
      address,
      value,
      tags: tagsOf(snapshot),
      status,
      condition,
      error,
      rev,
      seq,
      at,
    })
    if (this.#active.size > ACTIVE_MAX) this.closeSlow('too slow')
  }

  #onMessage(text: string): void {
    if (!this.outlet.isOpen) return
    const frame = frameOf(watchFrame, text)
    if (frame === undefined) {
      const message = 'expected {"op":"watch","actors":["order/*", ...]}'
      this.send({ op: 'error', code: 'FRAME_INVALID', message })
      this.outlet.close(CLOSE.badFrame, 'bad frame')
      return
    }
    this.#watched = frame.actors
  }

  #sendActivity(): void {
    // Once a slow client has read all, it gets the latest state of each actor and all failures.
    if (this.isBehind) return
    if (this.#failures.size > 0) {
      this.send({ type: 'outcry.failures', failures: this.#failures.list() })
      this.#failures = new FailureList()
    }
    if (this.#active.size === 0) return
    this.send({ type: 'outcry.activity', log: this.#log, actors: [...this.#active.values()] })
    this.#active.clear()
  }
}
