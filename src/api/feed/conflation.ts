/**
 * The high-frequency publications of a subscription that may not go yet, because the client throttles or is slow. Of
 * each topic it keeps the latest and the number of those that were left out. It makes no text and holds no timer.
 */
import type { Publication } from './publication.ts'

/** Most topics of one subscription. Beyond it, publications are not conflated. */
export const CONFLATED_TOPICS_MAX = 4_096

/** A publication, and the number of those of its topic that were left out before it. */
export interface Going {
  readonly publication: Publication
  readonly left: number
}

interface Topic {
  held: Publication | undefined
  /** Publications left out since the last one that went. */
  left: number
  /** Number of these that are of the same record as the publication that is held. */
  leftOfRecord: number
  /** Time before which no publication may go. */
  freeAt: number
}

export class Conflation {
  readonly #ms: number
  /** In the order in which their last publications went, so that the first one is free first. */
  readonly #topics = new Map<string, Topic>()
  #held = 0
  /** Numbers of those that were left out of topics that it has forgotten, for the next publication of each. */
  readonly #owed = new Map<string, number>()

  /** `ms` is the least time between two publications of a topic. */
  constructor(ms: number) {
    this.#ms = ms
  }

  /** Number of publications that it holds. */
  get held(): number {
    return this.#held
  }

  /** Time at which the first topic is free; undefined when there is none. */
  get freeAt(): number | undefined {
    for (const { freeAt } of this.#topics.values()) return freeAt
    return undefined
  }

  /** seq of the oldest publication that it holds and that is in the log; infinite when there is none. */
  get oldestSeq(): number {
    let oldest = Number.POSITIVE_INFINITY
    for (const { held } of this.#topics.values())
      if (held !== undefined && !held.isDerived) oldest = Math.min(oldest, held.seq)
    return oldest
  }

  /** True when it has neither a publication, nor a topic that must wait, nor a number to tell. */
  get isEmpty(): boolean {
    return this.#topics.size === 0 && this.#owed.size === 0
  }

  /**
   * Returns the number of those left out before it when the publication may go now. Otherwise returns undefined, and
   * keeps it in the place of an earlier one of its topic.
   */
  offer(publication: Publication, hasRoom: boolean, now: number): number | undefined {
    const { name } = publication
    const topic = this.#topics.get(name)
    if (topic?.held !== undefined) {
      topic.leftOfRecord = topic.held.seq === publication.seq ? topic.leftOfRecord + 1 : 0
      topic.held = publication
      topic.left++
      return undefined
    }
    if (hasRoom && now >= (topic?.freeAt ?? 0)) {
      this.#freeAfter(name, now)
      return topic?.left ?? this.#takeOwed(name)
    }
    if (topic !== undefined) topic.held = publication
    else {
      const left = this.#takeOwed(name)
      if (!this.canHold(publication)) return left
      this.#topics.set(name, { held: publication, left, leftOfRecord: 0, freeAt: 0 })
    }
    this.#held++
    return undefined
  }

  /** Returns whether the publication would be kept if it could not go. */
  canHold({ name }: Publication): boolean {
    return this.#topics.size < CONFLATED_TOPICS_MAX || this.#topics.has(name)
  }

  /** Takes at most `max` of those that may go by now, or of all. Forgets the topics of which nothing waits. */
  take(max: number, now: number, all = false): Going[] {
    const going: Going[] = []
    // A topic whose publication goes moves to the end, and is not visited again: it is not free by now.
    for (const [name, { held, left, freeAt }] of this.#topics) {
      if (going.length === max || (freeAt > now && (!all || this.#held === 0))) break
      if (held === undefined && freeAt > now) continue
      this.#freeAfter(name, held === undefined ? 0 : now)
      if (held === undefined) {
        // The log gives again what was held, and then the number counts.
        if (left > 0 && this.#owed.size < CONFLATED_TOPICS_MAX) this.#owed.set(name, left)
        continue
      }
      this.#held--
      going.push({ publication: held, left })
    }
    return going
  }

  /** Drops what the log will give again, and does not count it: publications of records after `seq`, which is one record. */
  dropAfter(seq: number): void {
    for (const topic of this.#topics.values())
      if (topic.held !== undefined && topic.held.seq > seq && !topic.held.isDerived) {
        topic.held = undefined
        topic.left -= topic.leftOfRecord
        topic.leftOfRecord = 0
        this.#held--
      }
  }

  #takeOwed(name: string): number {
    const left = this.#owed.get(name) ?? 0
    this.#owed.delete(name)
    return left
  }

  clear(): void {
    this.#topics.clear()
    this.#owed.clear()
    this.#held = 0
  }

  /** Lets nothing of the topic go before its time after `now`. Time 0 forgets the topic. */
  #freeAfter(name: string, now: number): void {
    this.#topics.delete(name)
    if (this.#ms > 0 && now > 0)
      this.#topics.set(name, { held: undefined, left: 0, leftOfRecord: 0, freeAt: now + this.#ms })
  }
}
