/** Reads a whole log and says what is damaged, going on behind each damage. */
import { type DecodedCommit, decodeCommit, NO_HASH } from './codec.ts'
import { firstOf, unreadable } from './damage.ts'
import type { Database } from './database.ts'
import { actorKey, COMMITS, commitKey, historyKey, seqOfCommitKey } from './keys.ts'
import { isOutcryError } from './outcry-error.ts'
import type { ChainDamage, ChainReport, LogRecord, StoreHead } from './store.ts'

const PROGRESS_COMMITS = 1_000

/** `head`: where the log ended when this began; a running store may grow meanwhile. @throws STORE_CLOSED */
export function verifyCommits(
  db: Database,
  head: StoreHead,
  onProgress?: (seq: number) => void,
): Promise<ChainReport> {
  return new ChainWalk(db, head, onProgress).run()
}

class ChainWalk {
  readonly #db: Database
  readonly #head: StoreHead
  readonly #onProgress: ((seq: number) => void) | undefined
  readonly #damage: ChainDamage[] = []
  #commits = 0
  #records = 0
  /** Where the next commit has to begin; undefined behind one whose length cannot be trusted. */
  #next: number | undefined = 1
  /** Hash that it has to name; undefined when the one before is damaged. */
  #link: Buffer | undefined = NO_HASH

  constructor(db: Database, head: StoreHead, onProgress: ((seq: number) => void) | undefined) {
    this.#db = db
    this.#head = head
    this.#onProgress = onProgress
  }

  async run(): Promise<ChainReport> {
    let from: string | undefined = COMMITS.gte
    while (from !== undefined) {
      let read = from
      try {
        for await (const [key, bytes] of this.#db.iterator({ gte: from, lt: COMMITS.lt })) {
          read = key
          await this.#take(key, bytes)
        }
        break
      } catch (error) {
        this.#assertStillOpen(error)
        from = await this.#stepOver(read, error)
      }
    }
    this.#checkEnd()
    return { commits: this.#commits, records: this.#records, damage: this.#damage }
  }

  async #take(key: string, bytes: Buffer): Promise<void> {
    const seq = seqOfCommitKey(key)
    if (this.#next !== undefined && seq !== this.#next) this.#gap(seq)
    this.#commits++
    let commit: DecodedCommit<LogRecord>
    try {
      commit = decodeCommit(seq, bytes)
    } catch (error) {
      this.#report(seq, 'STORE_CHECKSUM', (error as Error).message)
      this.#next = undefined
      this.#link = undefined
      return
    }
    if (this.#link !== undefined && !commit.previous.equals(this.#link)) {
      this.#report(seq, 'STORE_CHAIN', `the commit at seq ${seq} does not follow the one before it`)
    }
    this.#link = commit.hash
    this.#next = seq + commit.records.length
    this.#records += commit.records.length
    await this.#checkIndex(commit)
    if (this.#next - 1 === this.#head.seq && commit.hash.toString('hex') !== this.#head.hash) {
      this.#report(seq, 'STORE_CHAIN', `the log does not end with the commit that was written last`)
    }
    if (this.#commits % PROGRESS_COMMITS === 0) this.#onProgress?.(this.#next - 1)
  }

  /** Each actor of the commit is found through its index, or its history would have a hole. */
  async #checkIndex({ firstSeq, records }: DecodedCommit<LogRecord>): Promise<void> {
    const firsts = new Map<string, LogRecord>()
    for (const record of records) if (!firsts.has(record.actor)) firsts.set(record.actor, record)
    const places = await this.#db.getMany(
      [...firsts.values()].map(({ actor, rev }) => historyKey(actor, rev)),
    )
    const born = [...firsts.values()].filter(({ rev }) => rev === 1).map(({ actor }) => actor)
    const listed = born.length === 0 ? [] : await this.#db.getMany(born.map(actorKey))
    let n = 0
    for (const { actor, seq, rev } of firsts.values()) {
      if (places[n++]?.toString() === String(firstSeq)) continue
      this.#report(seq, 'STORE_INDEX', `rev ${rev} of ${actor} is not found through its index`)
    }
    for (const [i, actor] of born.entries()) {
      if (listed[i] === undefined)
        this.#report(firstSeq, 'STORE_INDEX', `${actor} is not in the list of actors`)
    }
  }

  /**
   * LevelDB fails a whole batch of reads for one damaged block. Goes on commit by commit to where the damage is, then
   * looks for the next place that can be read. Returns the key to go on from.
   */
  async #stepOver(lastRead: string, error: unknown): Promise<string | undefined> {
    let seq = this.#next ?? seqOfCommitKey(lastRead) + 1
    for (;;) {
      const bytes = await this.#db.get(commitKey(seq)).catch(() => undefined)
      if (bytes === undefined) break
      await this.#take(commitKey(seq), bytes)
      if (this.#next === undefined) break
      seq = this.#next
    }
    const beyond = await this.#nextReadable(seq)
    const extent = beyond === undefined ? `from ${seq} on` : `${seq} to ${seqOfCommitKey(beyond) - 1}`
    this.#report(seq, 'STORE_UNREADABLE', `records ${extent}: ${unreadable(error).message}`)
    this.#next = undefined
    this.#link = undefined
    return beyond
  }

  /** Doubling steps: what is skipped is at most as much again as what is damaged. */
  async #nextReadable(seq: number): Promise<string | undefined> {
    for (let step = 1; seq + step <= this.#head.seq; step *= 2) {
      const range = { gte: commitKey(seq + step), lt: COMMITS.lt, limit: 1 }
      try {
        return await firstOf(this.#db.keys(range))
      } catch (error) {
        this.#assertStillOpen(error)
      }
    }
    return undefined
  }

  #gap(seq: number): void {
    const due = this.#next as number
    if (seq > due) this.#report(due, 'STORE_GAP', `records ${due} to ${seq - 1} are missing`)
    else this.#report(due, 'STORE_CHAIN', `a commit at ${seq} comes where ${due} is due`)
    this.#link = undefined
  }

  #checkEnd(): void {
    const { seq } = this.#head
    if (this.#next !== undefined && this.#next <= seq) {
      this.#report(this.#next, 'STORE_GAP', `records ${this.#next} to ${seq} are missing`)
    }
  }

  #report(seq: number, code: ChainDamage['code'], message: string): void {
    this.#damage.push({ seq, code, message })
  }

  #assertStillOpen(error: unknown): void {
    const mapped = isOutcryError(error) ? error : unreadable(error)
    if (mapped.code === 'STORE_CLOSED') throw mapped
  }
}
