/**
 * `WS /inspect`: the frames of @statelyai/inspect, one JSON object each, for its receivers and for our own page. The
 * runtime collects nothing while no client is connected.
 */
import { setImmediate } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import { type ActorView, tagsOf } from '../../runtime/actors/actor-view.ts'
import { persistState } from '../../runtime/actors/persist.ts'
import { logicAt } from '../../runtime/actors/registry.ts'
import { type Address, idOfChild, parentOf } from '../../runtime/record/address.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { Publication } from '../../runtime/turn/publication.ts'
import { INIT, isMachine } from '../../runtime/xstate/logic.ts'
import { CLOSE, watchFrame } from '../contract/frames.ts'
import { Outlet } from '../feed/outlet.ts'
import { FailureList, failuresOf } from '../routes/failures.ts'
import type { Peer } from '../sockets.ts'

/** Version of the @statelyai/inspect whose frames these are. */
const PROTOCOL = '0.7.2'
/** Actors sent on connecting, unless the client says which it watches: such a client lists them through the API. */
const ACTORS_MAX = 2_000
/**
 * Characters that may wait for a client. Beyond it the client misses frames of transitions: a view of the present may
 * skip.
 */
const BUFFERED_MAX = 4_194_304
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

export class Inspection {
  readonly #supervisor: Supervisor
  readonly #clients = new Set<Client>()
  #unwatch: (() => void) | undefined

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor
  }

  connect(socket: WebSocket): Peer {
    const client = new Client(socket)
    this.#clients.add(client)
    this.#unwatch ??= this.#supervisor.watch((release) => {
      const frames = new ReleaseFrames(release)
      for (const each of this.#clients) each.onRelease(release, frames)
    })
    socket.on('close', () => {
      client.close()
      this.#clients.delete(client)
      if (this.#clients.size > 0) return
      this.#unwatch?.()
      this.#unwatch = undefined
    })
    // The store may close meanwhile.
    this.#introduce(client).catch(() => socket.close(1011, 'the actors cannot be read'))
    return client
  }

  async #introduce(client: Client): Promise<void> {
    for await (const view of this.#supervisor.actors({ limit: ACTORS_MAX })) {
      if (!client.wantsAll) return
      client.send(actorFrame(view, this.#definition(view)))
      // Lets trading go on, and reads the client's frames, between one actor and the next.
      await setImmediate()
    }
  }

  #definition({ address, version, path }: ActorView): string | undefined {
    const logic = logicAt(this.#supervisor.registry.kind(address), version, path)
    return isMachine(logic) ? textOf(logic.config) : undefined
  }
}

/** One connection. Without a `watch` it gets every frame, as the protocol says. */
class Client implements Peer {
  readonly outlet: Outlet
  #watched: readonly string[] | undefined
  readonly #active = new Map<string, Activity>()
  /** Failures of all actors since the last frame. An actor may run again before the client hears of it. */
  #failures = new FailureList()
  readonly #activityTimer: NodeJS.Timeout

  constructor(socket: WebSocket) {
    this.outlet = new Outlet(socket, undefined, BUFFERED_MAX)
    socket.on('message', (data) => this.#onMessage(data.toString()))
    this.#activityTimer = setInterval(() => this.#sendActivity(), ACTIVITY_MS)
  }

  get wantsAll(): boolean {
    return this.#watched === undefined && this.outlet.isOpen
  }

  send(frame: object): void {
    if (!this.#isBehind) this.outlet.send(textOf(frame))
  }

  get #isBehind(): boolean {
    return !this.outlet.hasRoom
  }

  closeSlow(why: string): void {
    this.outlet.close(CLOSE.tooSlow, `${why}; connect again`)
    this.#active.clear()
  }

  close(): void {
    clearInterval(this.#activityTimer)
  }

  onRelease(release: Publication, frames: ReleaseFrames): void {
    if (!this.outlet.isOpen) return
    const { record, snapshot } = release
    const { actor: address, seq, rev, at, to: value } = record
    if (this.#watched !== undefined) for (const failure of failuresOf(record)) this.#failures.add(failure)
    if (this.#watched !== undefined && (this.#isBehind || !this.#watches(address))) {
      const { status, error } = snapshot
      const condition = conditionOf(release)
      const tags = tagsOf(snapshot)
      this.#active.set(address, { address, value, tags, status, condition, error, rev, seq, at })
      if (this.#active.size > ACTIVE_MAX) this.closeSlow('too slow')
      return
    }
    if (this.#isBehind) return
    for (const text of frames.texts) this.outlet.send(text)
  }

  #watches(address: string): boolean {
    return this.#watched?.some((pattern) => covers(pattern, address)) ?? true
  }

  #onMessage(text: string): void {
    if (!this.outlet.isOpen) return
    const parsed = watchFrame.safeParse(parseJson(text))
    if (!parsed.success) {
      this.send({
        op: 'error',
        code: 'FRAME_INVALID',
        message: 'expected {"op":"watch","actors":["order/*", ...]}',
      })
      this.outlet.close(CLOSE.badFrame, 'bad frame')
      return
    }
    this.#watched = parsed.data.actors
  }

  #sendActivity(): void {
    // Once a slow client has read all, it gets the latest state of each actor and all failures.
    if (this.#isBehind) return
    if (this.#failures.size > 0) {
      this.send({ type: 'outcry.failures', failures: this.#failures.list() })
      this.#failures = new FailureList()
    }
    if (this.#active.size === 0) return
    this.send({ type: 'outcry.activity', actors: [...this.#active.values()] })
    this.#active.clear()
  }
}

/** The frames of a publication. They are made once for all clients, and only when a client needs them. */
class ReleaseFrames {
  readonly #release: Publication
  #texts: readonly string[] | undefined

  constructor(release: Publication) {
    this.#release = release
  }

  get texts(): readonly string[] {
    this.#texts ??= this.#make()
    return this.#texts
  }

  #make(): string[] {
    const { record, cell, snapshot } = this.#release
    const frames = releaseFrames(this.#release)
    if (record.event.type === INIT) {
      const definition = isMachine(cell.logic) ? textOf(cell.logic.config) : undefined
      const state = persistState(cell.logic, snapshot)
      frames.unshift(actorFrameOf(record.actor, state, definition, cell.kind.name, record.at))
    }
    return frames.map(textOf)
  }
}

function base(address: string, at: number) {
  const root = address.split('/').slice(0, 2).join('/')
  return { rootId: root, sessionId: address, createdAt: String(at), id: null, _version: PROTOCOL }
}

function actorFrame(view: ActorView, definition: string | undefined): object {
  const { address, kind, at, condition, value, context, status, output, error } = view
  const snapshot = { value, context, status, output, error }
  return { ...actorFrameOf(address, snapshot, definition, kind, at), condition }
}

function actorFrameOf(
  address: string,
  snapshot: unknown,
  definition: string | undefined,
  kind: string,
  at: number,
): object {
  const parentId = parentOf(address)
  const name = parentId === undefined ? address : idOfChild(address as Address)
  return { type: '@xstate.actor', name, kind, parentId, definition, snapshot, ...base(address, at) }
}

function releaseFrames(release: Publication): object[] {
  const { record, cell, snapshot, taken } = release
  const { actor, at, event, seq, rev, from, to, emitted, unhandled } = record
  const head = base(actor, at)
  const sourceId = record.cause === null ? undefined : (cell.ref._parent?.address ?? undefined)
  return [
    { type: '@xstate.event', event, sourceId, ...head },
    {
      type: '@xstate.snapshot',
      event,
      snapshot: persistState(cell.logic, snapshot),
      condition: conditionOf(release),
      ...head,
      seq,
      rev,
      at,
      from,
      to,
      tags: tagsOf(snapshot),
      emitted,
      unhandled,
      _transitions: taken,
    },
  ]
}

function conditionOf({ condition }: Publication): string | undefined {
  return condition === 'running' ? undefined : condition
}

function covers(pattern: string, address: string): boolean {
  return pattern.endsWith('*') ? address.startsWith(pattern.slice(0, -1)) : pattern === address
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function textOf(frame: object): string {
  return JSON.stringify(frame, safe)
}

/** Writes functions in a machine's config as their names, as the protocol does. */
function safe(_key: string, value: unknown): unknown {
  return typeof value === 'function' ? { type: value.name } : value
}
