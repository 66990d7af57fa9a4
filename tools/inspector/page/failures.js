// @ts-check
/** Failing actors and recent failures, and the entries that the panel shows for them. */
import { eventText } from './text.js'

/** @typedef {import('./actor.js').Actor} Actor */
/** An entry of `GET /failures`. @typedef {{ actor: string, seq: number, rev: number, at: number, event: string, message: string, action?: string, count: number }} Failure */
/** @typedef {'quarantined' | 'restarting' | 'error' | 'stopped'} Trouble */
/** @typedef {{ key: string, address: string, trouble?: Trouble, what: string, text: string, at: number, seq: number, count: number }} Entry */

/** Records after which a failure is no longer recent: the runner searches as many. */
const RECENT_RECORDS = 50_000
/** Most different failures that are kept. */
const RECENT_MAX = 100

/** Names of the troubles in the panel, the worst first. @type {Record<Trouble, string>} */
export const TROUBLES = {
  quarantined: 'quarantined',
  restarting: 'restarting',
  error: 'ended with an error',
  stopped: 'stopped by an error',
}
/** Names of the troubles in the list, which has less room. @type {Record<Trouble, string>} */
export const SIGNS = { ...TROUBLES, error: 'error', stopped: 'stopped' }
const ORDER = /** @type {Trouble[]} */ (Object.keys(TROUBLES))

/**
 * Returns the trouble of an actor; undefined when it has none.
 * @param {Pick<Actor, 'status' | 'condition' | 'error'>} actor
 * @returns {Trouble | undefined}
 */
export function troubleOf({ status, condition, error }) {
  if (status === 'active') return condition
  if (status === 'error') return 'error'
  return status === 'stopped' && error !== undefined && error !== null ? 'stopped' : undefined
}

/** @param {Failure} failure */
const keyOf = ({ actor, event, message }) => JSON.stringify([actor, event, message])

export class Failures {
  /** @param {Map<string, Actor>} all actors by address, kept up to date by the caller */
  constructor(all) {
    this.all = all
    /** Actors that are failing, by address. @type {Map<string, Actor>} */
    this.troubled = new Map()
    /** Recent failures, the newest last. Failures that are alike are one. @type {Map<string, Failure>} */
    this.recent = new Map()
    /**
     * The last failure of an actor when it is not recent; undefined if it has none. @type {Map<string, Failure |
     * undefined>}
     */
    this.older = new Map()
    /** Failures that came after the connection and before `reset`. @type {Failure[] | undefined} */
    this.early = undefined
    this.seq = 0
  }

  /** Takes an actor that is in `all` already. Returns whether the entries change. @param {Actor} actor @returns {boolean} */
  put(actor) {
    const { address, seq } = actor
    this.seq = Math.max(this.seq, seq)
    const was = this.troubled.get(address)
    const trouble = troubleOf(actor)
    if (trouble !== undefined) {
      this.troubled.set(address, actor)
      return was === undefined || troubleOf(was) !== trouble
    }
    this.drop(address)
    if (was === undefined && this.recent.size === 0) return false
    const over = [...this.recent].filter(
      ([, failure]) => failure.actor === address && this.isReleased(failure),
    )
    if (over.length === 0) return was !== undefined
    // A release ends all failures before it.
    const until = Math.max(...over.map(([, failure]) => failure.seq))
    for (const [key, { actor: of, seq }] of this.recent)
      if (of === address && seq <= until) this.recent.delete(key)
    return true
  }

  /** @param {string} address */
  drop(address) {
    this.troubled.delete(address)
    this.older.delete(address)
  }

  /** @param {Failure} failure */
  add(failure) {
    this.early?.push(failure)
    this.seq = Math.max(this.seq, failure.seq)
    if (this.isReleased(failure)) return
    const key = keyOf(failure)
    const count = failure.count + (this.recent.get(key)?.count ?? 0)
    this.recent.delete(key)
    this.recent.set(key, { ...failure, count })
    this.older.delete(failure.actor)
    for (const oldest of this.recent.keys()) {
      if (this.recent.size <= RECENT_MAX) break
      this.recent.delete(oldest)
    }
  }

  /** Keeps the failures that come from now on through the next `reset`. */
  begin() {
    this.early = []
  }

  /** Starts over with the failures that the log has up to `seq`. @param {{ seq: number, failures: Failure[] }} told newest first */
  reset({ seq, failures }) {
    const early = this.early?.filter((failure) => failure.seq > seq) ?? []
    this.early = undefined
    this.recent.clear()
    this.older.clear()
    this.seq = seq
    for (const failure of [...failures.toReversed(), ...early]) this.add(failure)
  }

  /** Returns whether a release has ended the quarantine that followed this failure. @param {Failure} failure */
  isReleased({ actor: address, action, seq }) {
    const actor = this.all.get(address)
    return action === 'quarantine' && actor?.status === 'active' && !actor.condition && actor.seq > seq
  }

  /** Returns all entries, the worst first. Entries of the same sort are ordered by time, the newest first. */
  entries() {
    for (const [key, { seq }] of this.recent) if (seq < this.seq - RECENT_RECORDS) this.recent.delete(key)
    /** @type {Map<string, Failure>} */
    const last = new Map()
    for (const failure of this.recent.values())
      if (failure.action !== undefined && failure.seq >= (last.get(failure.actor)?.seq ?? 0))
        last.set(failure.actor, failure)
    const told = new Set()
    const troubled = [...this.troubled.values()].map((actor) => {
      const failure = last.get(actor.address) ?? this.older.get(actor.address)
      if (failure) told.add(keyOf(failure))
      return troubleEntry(actor, failure)
    })
    const rank = (/** @type {Entry} */ { trouble }) => ORDER.indexOf(/** @type {Trouble} */ (trouble))
    troubled.sort((a, b) => rank(a) - rank(b) || b.seq - a.seq)
    const others = [...this.recent.values()].filter((failure) => !told.has(keyOf(failure)))
    others.sort((a, b) => b.seq - a.seq)
    const [failed, reported] = [true, false].map((isActor) =>
      others.filter(({ action }) => (action !== undefined) === isActor).map(recentEntry),
    )
    return [...troubled, .../** @type {Entry[]} */ (failed), .../** @type {Entry[]} */ (reported)]
  }
}

/** @param {Actor} actor @param {Failure} [failure] @returns {Entry} */
function troubleEntry(actor, failure) {
  const { address, status, error } = actor
  const trouble = /** @type {Trouble} */ (troubleOf(actor))
  const text = failure ? failureText(failure) : status === 'active' ? '' : errorText(error)
  // The last record of an actor that has ended is its failure. Others may have later records.
  const { at, seq } = status === 'active' && failure ? failure : actor
  const count = failure?.count ?? 1
  return { key: address, address, trouble, what: TROUBLES[trouble], text, at, seq, count }
}

/** @param {Failure} failure @returns {Entry} */
function recentEntry(failure) {
  const { actor: address, action, at, seq, count } = failure
  const what = action === undefined ? 'reported' : 'failed'
  return { key: keyOf(failure), address, what, text: failureText(failure), at, seq, count }
}

/** @param {Pick<Failure, 'event' | 'message' | 'action'>} failure */
export function failureText({ event, message, action }) {
  return action === undefined ? message : `failed on ${eventText(event)}: ${message}`
}

/** @param {any} error */
export function errorText(error) {
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error ?? '')
  const { name = 'Error', message } = error
  return name === 'Error' ? message : `${name}: ${message}`
}

/** Returns `2 quarantined, 1 ended with an error, 3 failed lately`. @param {Entry[]} entries */
export function countText(entries) {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const { trouble, what } of entries) {
    const name = trouble || what !== 'failed' ? what : 'failed lately'
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].map(([name, count]) => `${count.toLocaleString('en')} ${name}`).join(', ')
}
