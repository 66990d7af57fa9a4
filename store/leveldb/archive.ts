/**
 * The old part of the log, outside the database. Each compressed file holds many whole commits, byte for byte. A file
 * is named after its first and last seq. All files together begin at seq 1, or where the log was cut, and reach to where the database begins. A
 * name counts only when the file holds what it says: until then, another file that has the same seq counts as much.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OutcryError } from '../../errors/outcry-error.ts'
import type { LogCut } from '../store.ts'
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
import { logCut } from './codec/damage.ts'
import { readCutFile, writeCutFile } from './cut-file.ts'
import { codeOf, makeFolder, syncFolder } from './folder/folder.ts'

/**
 * Number of files kept unpacked, those that were used last. Each takes some megabytes. The actors that a reader of one
 * moment asks for have moved last at different places of the log.
 */
const UNPACKED_MAX = 8

/** Name of a file while it is written. All writes share it, so kills leave at most one such file. */
const PART = 'next.part'

/** Key prefix of archive files among a store's entries. No key of the database begins with it. */
export const ARCHIVED = 'archive/'

export class Archive {
  /** First seq that is in the database and not in the archive. */
  hotFrom: number
  /** The beginning of the log, once its older files were deleted. */
  cut: LogCut | undefined
  readonly #folder: string
  readonly #name: StoreName
  #segments: readonly Segment[]
  /** The one that was used last comes last. Readers that come while a file is unpacked wait for the same promise. */
  readonly #unpacked = new Map<Segment, Promise<readonly RawCommit[]>>()

  constructor(folder: string, hotFrom: number, name: StoreName, cut?: LogCut) {
    this.#folder = folder
    this.#name = name
    this.cut = cut
    this.hotFrom = Math.max(hotFrom, this.firstSeq)
    this.#segments = segmentsIn(folder)
  }

  /** First seq that the log has. */
  get firstSeq(): number {
    return this.cut?.firstSeq ?? 1
  }

  get segments(): readonly Segment[] {
    return this.#segments
  }

  /**
   * Returns the last seq that the archive's files reach. A missing or damaged file between two others is included,
   * because a reader names it. The name of a damaged file is believed up to `knownTo`, where the log is known to have
   * been.
   */
  async reachesTo(knownTo: number): Promise<number> {
    let to = this.firstSeq - 1
    for (;;) {
      const file = (await this.#wholeFrom(to + 1)) ?? this.#named(to + 1, knownTo)
      if (file === undefined) return to
      to = file.lastSeq
    }
  }

  /** Returns the first whole file that holds the seq or lies behind it. */
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

  /**
   * Adds commits that follow `hotFrom`. They are durable and read back when this resolves, because the database then
   * drops them.
   */
  async add(commits: readonly Buffer[], lastSeq: number): Promise<void> {
    const segment = segmentOf(this.hotFrom, lastSeq)
    this.put(segment.name, await pack(commits))
    const { commits: written } = await this.#read(segment)
    const isSame =
      written.length === commits.length && written.every((c, i) => c.bytes.equals(commits[i] as Buffer))
    if (!isSame) throw damaged(`${segment.name} does not hold what was written to it`)
  }

  /** Writes a file of another archive as it is. @throws STORE_ARCHIVE when `name` is no name of an archive file */
  put(name: string, bytes: Buffer): void {
    const segment = parseName(name)
    if (segment === undefined) throw damaged(`${name} is not the name of an archive file`)
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
      // On a full disk, each try would otherwise leave a file and take more room.
      rmSync(part, { force: true })
      throw error
    }
    syncFolder(this.#folder)
    this.#segments = [...this.#segments.filter((s) => s.name !== name), segment].sort(bySeq)
  }

  /**
   * Deletes the files before the cut. The file that says so comes first, for those who read a copy of the database from
   * before the cut.
   */
  async removeCut(): Promise<void> {
    const { cut } = this
    if (cut === undefined) return
    const gone = segmentsIn(this.#folder).filter(({ lastSeq }) => lastSeq < cut.firstSeq)
    if (gone.length === 0) return
    writeCutFile(this.#folder, this.#name, cut)
    for (const { name } of gone) {
      rmSync(join(this.#folder, name), { force: true })
      // Unlinking a large file takes the disk a while.
      await new Promise((resolve) => setImmediate(resolve))
    }
    syncFolder(this.#folder)
    this.#segments = this.#segments.filter(({ lastSeq }) => lastSeq >= cut.firstSeq)
  }

  /** Returns the whole file that holds the seq. @throws STORE_ARCHIVE */
  file(seq: number): Promise<ArchiveFile> {
    return this.#firstWhole(seq, async (segment) => ({
      ...segment,
      bytes: (await this.#read(segment)).bytes,
    }))
  }

  /** Returns the commits from the one that holds the seq to the end of its file. @throws STORE_ARCHIVE */
  async from(seq: number): Promise<readonly RawCommit[]> {
    const commits = await this.#holding(seq)
    return commits.slice(placeOf(seq, commits))
  }

  /** Returns the commits from the one that holds the seq down to the beginning of its file. @throws STORE_ARCHIVE */
  async downFrom(seq: number): Promise<readonly RawCommit[]> {
    const commits = await this.#holding(seq)
    return commits.slice(0, placeOf(seq, commits) + 1).reverse()
  }

  /** Returns the commit that holds the seq. @throws STORE_ARCHIVE */
  async commit(seq: number): Promise<RawCommit> {
    const commits = await this.#holding(seq)
    return commits[placeOf(seq, commits)] as RawCommit
  }

  #holding(seq: number): Promise<readonly RawCommit[]> {
    return this.#firstWhole(seq, (segment) => {
      const commits = this.#unpacked.get(segment) ?? this.#unpack(segment)
      this.#unpacked.delete(segment)
      this.#unpacked.set(segment, commits)
      for (const oldest of this.#unpacked.keys()) {
        if (this.#unpacked.size <= UNPACKED_MAX) break
        this.#unpacked.delete(oldest)
      }
      return commits
    })
  }

  async #unpack(segment: Segment): Promise<readonly RawCommit[]> {
    try {
      return (await this.#read(segment)).commits
    } catch (error) {
      // The file may be put back.
      this.#unpacked.delete(segment)
      throw error
    }
  }

  /**
   * Returns what `read` makes of the first whole file with the seq.
   * @throws STORE_ARCHIVE of the first such file when none is whole
   */
  async #firstWhole<T>(seq: number, read: (segment: Segment) => Promise<T>): Promise<T> {
    let failure: unknown
    // After a crash two files may hold the seq. Either will do.
    for (const segment of this.#segments) {
      if (!holds(segment, seq)) continue
      try {
        return await read(segment)
      } catch (error) {
        failure ??= error
      }
    }
    for (const cut of [this.cut, readCutFile(this.#folder, this.#name)])
      if (cut !== undefined && seq < cut.firstSeq) throw logCut(cut)
    throw failure ?? damaged(`the file of the archive that holds seq ${seq} is not there`)
  }
}

/** Returns the index of the commit that holds the seq. */
function placeOf(seq: number, commits: readonly RawCommit[]): number {
  let [low, high] = [0, commits.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((commits[middle] as RawCommit).seq <= seq) low = middle
    else high = middle - 1
  }
  return low
}

function noFolder(folder: string, cause: unknown): OutcryError {
  return new OutcryError(
    'STORE_ARCHIVE',
    `${folder} is not a folder: nothing can be archived there`,
    'Move that file elsewhere.',
    { cause },
  )
}
