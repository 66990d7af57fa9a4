/**
 * The old part of the log: whole commits as they were, many to a compressed file, out of the database. Names of files
 * are their first and last seq; all of them together begin at seq 1 and reach to where the database begins. A name is believed
 * only when the file holds what it says: until then another file that has the same seq counts as much.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OutcryError } from '../../errors/outcry-error.ts'
import {
  type ArchiveFile,
  bySeq,
  damaged,
  holds,
  pack,
  parseName,
  type RawCommit,
  readSegment,
  type Segment,
  segmentOf,
  segmentsIn,
  type Unpacked,
} from './codec/archive-file.ts'
import type { StoreName } from './codec/commit-codec.ts'
import { codeOf, makeFolder, syncFolder } from './folder/folder.ts'

/** Files kept unpacked: a reader that goes through the log, and one that looks something up. */
const UNPACKED_MAX = 2

/** Where a file is written before it has its name. One for all, so that kills leave one at most. */
const PART = 'next.part'

/** Key of a file of the archive among a store's entries; no key of the database begins so. */
export const ARCHIVED = 'archive/'

export class Archive {
  /** First seq that is in the database, not here. */
  liveFrom: number
  readonly #folder: string
  readonly #name: StoreName
  #segments: readonly Segment[]
  readonly #unpacked = new Map<Segment, readonly RawCommit[]>()

  constructor(folder: string, liveFrom: number, name: StoreName) {
    this.#folder = folder
    this.#name = name
    this.liveFrom = liveFrom
    this.#segments = segmentsIn(folder)
  }

  get segments(): readonly Segment[] {
    return this.#segments
  }

  /**
   * The last seq that its files reach. A file that is missing or damaged between two others is in it: a reader names that one. What
   * the name of a damaged file says is believed up to `knownTo`, where the log is known to have been.
   */
  async reachesTo(knownTo: number): Promise<number> {
    let to = 0
    for (;;) {
      const file = (await this.#wholeFrom(to + 1)) ?? this.#named(to + 1, knownTo)
      if (file === undefined) return to
      to = file.lastSeq
    }
  }

  /** The file that holds the seq, or the first one behind it, that is whole. */
  async #wholeFrom(seq: number): Promise<Segment | undefined> {
    for (const segment of this.#segments) {
      if (segment.lastSeq < seq) continue
      const isWhole = await this.#read(segment).then(
        () => true,
        () => false,
      )
      if (isWhole) return segment
    }
    return undefined
  }

  #read(segment: Segment): Promise<Unpacked> {
    return readSegment(this.#folder, segment, this.#name)
  }

  #named(seq: number, knownTo: number): Segment | undefined {
    return this.#segments.findLast((segment) => holds(segment, seq) && segment.lastSeq <= knownTo)
  }

  /** Durable when it resolves, and read back: they leave the database after this. They follow each other from `liveFrom`. */
  async add(commits: readonly Buffer[], lastSeq: number): Promise<void> {
    const segment = segmentOf(this.liveFrom, lastSeq)
    this.put(segment.name, await pack(commits))
    const { commits: written } = await this.#read(segment)
    const isSame =
      written.length === commits.length && written.every((c, i) => c.bytes.equals(commits[i] as Buffer))
    if (!isSame) throw damaged(`${segment.name} does not hold what was written to it`)
  }

  /** A file as it is, from another archive. @throws STORE_ARCHIVE when it has no name of such a file */
  put(name: string, bytes: Buffer): void {
    const segment = parseName(name)
    if (segment === undefined) throw damaged(`${name} is no name of a file of an archive`)
    try {
      makeFolder(this.#folder)
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST' || codeOf(cause) === 'ENOTDIR') throw noFolder(this.#folder, cause)
      throw cause
    }
    const part = join(this.#folder, PART)
    try {
      writeFileSync(part, bytes, { flush: true })
      renameSync(part, join(this.#folder, name))
    } catch (error) {
      // Of a full disk it would take more with every try.
      rmSync(part, { force: true })
      throw error
    }
    syncFolder(this.#folder)
    this.#segments = [...this.#segments.filter((s) => s.name !== name), segment].sort(bySeq)
  }

  /** The whole file that holds the seq. @throws STORE_ARCHIVE */
  file(seq: number): Promise<ArchiveFile> {
    return this.#firstWhole(seq, async (segment) => ({
      ...segment,
      bytes: (await this.#read(segment)).bytes,
    }))
  }

  /** The commits from the one that holds the seq to the end of its file. @throws STORE_ARCHIVE */
  async from(seq: number): Promise<readonly RawCommit[]> {
    const commits = await this.#holding(seq)
    const next = commits.findIndex((commit) => commit.seq > seq)
    return commits.slice(next < 0 ? commits.length - 1 : next - 1)
  }

  /** The commits from the beginning of its file to the one that holds the seq, that one first. @throws STORE_ARCHIVE */
  async downFrom(seq: number): Promise<readonly RawCommit[]> {
    const commits = await this.#holding(seq)
    return commits.filter((commit) => commit.seq <= seq).reverse()
  }

  async #holding(seq: number): Promise<readonly RawCommit[]> {
    for (const [segment, commits] of this.#unpacked) if (holds(segment, seq)) return commits
    return this.#firstWhole(seq, async (segment) => {
      const { commits } = await this.#read(segment)
      if (this.#unpacked.size >= UNPACKED_MAX)
        this.#unpacked.delete(this.#unpacked.keys().next().value as Segment)
      this.#unpacked.set(segment, commits)
      return commits
    })
  }

  /** What is read of the first file with the seq that is whole. @throws STORE_ARCHIVE, of the first one, when none is */
  async #firstWhole<T>(seq: number, read: (segment: Segment) => Promise<T>): Promise<T> {
    let failure: unknown
    // After a crash two may hold it; either will do.
    for (const segment of this.#segments) {
      if (!holds(segment, seq)) continue
      try {
        return await read(segment)
      } catch (error) {
        failure ??= error
      }
    }
    throw failure ?? damaged(`the file of the archive that holds seq ${seq} is not there`)
  }
}

function noFolder(folder: string, cause: unknown): OutcryError {
  return new OutcryError(
    'STORE_ARCHIVE',
    `${folder} is no folder: nothing can be archived there`,
    'Move what lies there elsewhere.',
    { cause },
  )
}
