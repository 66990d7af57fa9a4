/**
 * The WebSockets for Stately's tools: `/inspect` has the frames of @statelyai/inspect, for its receivers and for our own
 * page, and `/inspect/legacy` those of @xstate/inspect 0.8. The runtime collects nothing while no client is connected.
 */
import type { IncomingMessage } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import { isOutcryError } from '../../../errors/outcry-error.ts'
import type { ActorView } from '../../runtime/actors/actor-view.ts'
import { parseAddress } from '../../runtime/record/address.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { refusal } from '../../runtime/turn/refusal.ts'
import { type InspectQuery, inspectQuery, isPast } from '../contract/inspect-query.ts'
import { inspectingFrame } from '../contract/legacy-frames.ts'
import { assertControl, type Caller } from '../guard.ts'
import { type CommandParts, command } from '../routes/command.ts'
import { requestOf } from '../routes/request.ts'
import type { Connect } from '../sockets.ts'
import { LegacyClient, type Refused } from './legacy-client.ts'
import { legacy } from './legacy-frames.ts'
import type { LiveClient } from './live-client.ts'
import { pastTexts } from './past.ts'
import { PastClient } from './past-client.ts'
import { ReleaseFrames } from './release-frames.ts'
import { Senders } from './senders.ts'
import { StatelyClient } from './stately-client.ts'
import { stately } from './stately-frames.ts'
import { type Protocol, seenIn } from './steps.ts'
import { unwritten } from './texts.ts'

/** Actors sent on connecting, unless the client says which it watches: such a client lists them through the API. */
const ACTORS_MAX = 2_000

export class Inspection {
  readonly #supervisor: Supervisor
  readonly #parts: CommandParts
  readonly #clients = new Set<LiveClient>()
  readonly #senders = new Senders()
  #unwatch: (() => void) | undefined

  constructor(parts: CommandParts) {
    this.#supervisor = parts.supervisor
    this.#parts = parts
  }

  /** Opens `/inspect`. @throws REQUEST_INVALID; ACTOR_UNKNOWN, KIND_UNKNOWN, ... for an actor without a past */
  open(request: IncomingMessage): Connect | Promise<Connect> {
    const asked = askedIn(request)
    if (isPast(asked)) return this.#openPast(asked, stately)
    return (socket) => {
      const client = this.#add(socket, new StatelyClient(socket, asked.actor, this.#supervisor.logId))
      this.#introduceTo(client, socket)
      return client
    }
  }

  /** Opens `/inspect/legacy`. @throws the same */
  openLegacy(request: IncomingMessage, caller: Caller): Connect | Promise<Connect> {
    const asked = askedIn(request)
    if (isPast(asked)) return this.#openPast(asked, legacy)
    return (socket) => {
      const client: LegacyClient = new LegacyClient(socket, asked.actor, {
        onReady: () => this.#introduceTo(client, socket),
        send: (address, body) => this.#send(request, caller, address, body),
      })
      return this.#add(socket, client)
    }
  }

  /** @throws ACTOR_UNKNOWN, KIND_UNKNOWN for an actor without a record */
  async #openPast(asked: InspectQuery, protocol: Protocol): Promise<Connect> {
    for (const address of asked.actor ?? [])
      if (!(await this.#hasPast(address))) throw unknown(this.#supervisor, address)
    return (socket) => this.#past(socket, asked, protocol)
  }

  /** An actor that has a record exists, also a passive one, and one whose machine is not registered any more. */
  async #hasPast(address: string): Promise<boolean> {
    for await (const _ of this.#supervisor.history(address, { limit: 1 })) return true
    return false
  }

  #past(socket: WebSocket, { actor = [], ...range }: InspectQuery, protocol: Protocol): PastClient {
    return new PastClient(socket, {
      texts: (signal) => pastTexts(this.#supervisor, protocol, { actor, ...range }, signal),
      greeting: protocol === legacy ? inspectingFrame : undefined,
      onFault: (err) => this.#parts.logger.error({ err }, 'a past life cannot be read'),
    })
  }

  #add<C extends LiveClient>(socket: WebSocket, client: C): C {
    this.#clients.add(client)
    this.#unwatch ??= this.#supervisor.watch((release) => {
      const frames = new ReleaseFrames(release, this.#senders.of(release.record))
      for (const each of this.#clients) {
        try {
          each.onRelease(release, frames)
        } catch (err) {
          this.#parts.logger.error({ err, actor: release.record.actor }, 'an inspector missed a record')
        }
      }
    })
    socket.on('close', () => {
      client.close()
      this.#clients.delete(client)
      if (this.#clients.size > 0) return
      this.#unwatch?.()
      this.#unwatch = undefined
      this.#senders.clear()
    })
    return client
  }

  #introduceTo(client: LiveClient, socket: WebSocket): void {
    // The store may close meanwhile.
    this.#introduce(client).catch(() => socket.close(1011, 'the actors cannot be read'))
  }

  async #introduce(client: LiveClient): Promise<void> {
    for await (const view of this.#present(client)) {
      if (!client.wantsAll) return
      try {
        client.introduce(seenIn(view, this.#supervisor.registry))
      } catch (error) {
        client.sendText(unwritten(view.address, error))
      }
      // Lets trading go on, and reads the client's frames, between one actor and the next.
      await setImmediate()
    }
  }

  async *#present(client: LiveClient): AsyncGenerator<ActorView> {
    for (const pattern of client.only ?? ['*']) {
      if (pattern.endsWith('*')) {
        yield* this.#supervisor.actors({ prefix: pattern.slice(0, -1), limit: ACTORS_MAX })
      } else {
        const view = await this.#viewFor(client, pattern)
        if (view !== undefined) yield view
      }
    }
  }

  /** Resolves with the actor. Tells the client of one that cannot be restored. @throws STORE_FENCED */
  async #viewFor(client: LiveClient, address: string): Promise<ActorView | undefined> {
    await this.#supervisor.settled()
    try {
      return await this.#supervisor.view(address)
    } catch (error) {
      client.sendText(unwritten(address, error))
      return undefined
    }
  }

  /** Sends an event as a command. Resolves with the refusal; undefined when the actor took it. */
  async #send(
    request: IncomingMessage,
    caller: Caller,
    to: unknown,
    body: unknown,
  ): Promise<Refused | undefined> {
    try {
      assertControl(caller, 'this event')
      const address = parseAddress(String(to))
      const answer = await command(this.#parts, { request, address, body })
      return 'status' in answer ? { code: answer.code, message: answer.detail } : undefined
    } catch (error) {
      if (isOutcryError(error)) return { code: error.code, message: error.message }
      this.#parts.logger.error({ err: error }, 'an event of an inspector failed')
      return { code: 'INTERNAL', message: 'the event failed; the log of the runner has the cause' }
    }
  }
}

/** @throws REQUEST_INVALID */
function askedIn({ url = '' }: IncomingMessage): InspectQuery {
  return requestOf(inspectQuery, queryOf(url))
}

/** Returns the error for an actor that has no past. @throws KIND_UNKNOWN */
function unknown({ registry }: Supervisor, address: string): Error {
  registry.kind(address)
  return refusal('unknown', parseAddress(address))
}

/** Returns the parameters of a URL. One that is repeated has a list of its values. */
function queryOf(url: string): Record<string, string | string[]> {
  const { searchParams } = new URL(url, 'http://localhost')
  return Object.fromEntries(
    [...new Set(searchParams.keys())].map((name) => {
      const all = searchParams.getAll(name)
      return [name, all.length > 1 ? all : (all[0] ?? '')]
    }),
  )
}
