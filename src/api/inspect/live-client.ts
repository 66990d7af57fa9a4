/** A client that hears of actors from now on. */
import type { WebSocket } from 'ws'
import type { Publication } from '../../runtime/turn/publication.ts'
import type { AnyStateMachine } from '../../runtime/xstate/types.ts'
import { CLOSE } from '../contract/frames.ts'
import { Outlet } from '../feed/outlet.ts'
import type { Peer } from '../sockets.ts'
import type { ReleaseFrames } from './release-frames.ts'
import { begins, type Protocol, type Seen } from './steps.ts'
import { introductionTexts } from './texts.ts'

/**
 * Characters that may wait for a client. Beyond it the client misses frames of transitions: a view of the present may
 * skip.
 */
const BUFFERED_MAX = 4_194_304

export abstract class LiveClient implements Peer {
  readonly outlet: Outlet
  /** Addresses, or their beginnings with `*` behind. Undefined for all actors. */
  readonly only: readonly string[] | undefined
  readonly #protocol: Protocol
  /** Actors that the client has been told of, and that have not ended, with their machines. */
  readonly #introduced = new Map<string, AnyStateMachine | undefined>()

  constructor(socket: WebSocket, protocol: Protocol, only: readonly string[] | undefined) {
    this.outlet = new Outlet(socket, { max: BUFFERED_MAX })
    this.only = only
    this.#protocol = protocol
  }

  /** True while the client is to hear of the actors that exist. */
  get wantsAll(): boolean {
    return this.outlet.isOpen
  }

  get isBehind(): boolean {
    return !this.outlet.hasRoom
  }

  send(frame: object): void {
    this.sendText(JSON.stringify(frame))
  }

  sendText(text: string): void {
    if (!this.isBehind) this.outlet.send(text)
  }

  closeSlow(why: string): void {
    this.outlet.close(CLOSE.tooSlow, `${why}; connect again`)
  }

  /** Is called when the connection has ended. */
  close(): void {}

  /** Tells of an actor that exists, unless the client knows it. */
  introduce(seen: Seen): void {
    if (this.isBehind || this.#introduced.has(seen.address)) return
    this.#introduced.set(seen.address, seen.machine)
    for (const text of introductionTexts(this.#protocol, seen)) this.sendText(text)
  }

  onRelease({ record, snapshot }: Publication, frames: ReleaseFrames): void {
    const { actor, event } = record
    if (!this.outlet.isOpen || this.isBehind || !this.#hears(actor)) return
    const { machine, introduction, step } = frames.of(this.#protocol)
    // The client may not have heard of the actor: the others that exist still come, or it had no room.
    const isKnown = this.#introduced.has(actor) && this.#introduced.get(actor) === machine
    const isNew = begins(event) || (this.wantsAll && !isKnown)
    for (const text of isNew ? [...introduction, ...step] : step) this.outlet.send(text)
    if (snapshot.status !== 'active') this.#introduced.delete(actor)
    else if (isNew) this.#introduced.set(actor, machine)
  }

  #hears(address: string): boolean {
    return this.only?.some((pattern) => covers(pattern, address)) ?? true
  }
}

/** Returns whether an address is the pattern, or begins with what stands before its `*`. */
export function covers(pattern: string, address: string): boolean {
  return pattern.endsWith('*') ? address.startsWith(pattern.slice(0, -1)) : pattern === address
}
