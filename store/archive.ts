/**
 * The old part of the log: whole commits as they were, many to a compressed file, out of the database. Names of files
 * are their first and last seq; all of them together begin at seq 1 and reach to where the database begins.
 */
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { assertNames, type StoreName, seqOfCommit } from './commit-codec.ts'
import { makeFolder, syncFolder } from './folder.ts'
import type { LogReader } from './log-reader.ts'
import { OutcryError } from './outcry-error.ts'
import type { LogRecord } from './store.ts'

const DIGITS = 16
/** Before each commit: its length, u32. */
const LENGTH = 4
/** Files kept unpacked: a reader that goes through the log, and one that looks something up. */
const UNPACKED_MAX = 2

/** Records in one file, unless one commit has more: what is unpacked to look one up. */
const SEGMENT_RECORDS = 20_000

/** Key of a file of the archive among a store's entries; no key of the database begins so. */
export const ARCHIVED = 'archive/'

export interface Segment {
  readonly name: string
  readonly firstSeq: number
  readonly lastSeq: number
}

export interface RawCommit {
  readonly seq: number
  readonly bytes: Buffer
}

export class Archive {
  /** First seq that is in the database, not here. */
  liveFrom: number
  readonly #folder: string
  readonly #name: StoreName
  #segments: readonly Segment[]
  readonly #unpacked = new Map<string, readonly RawCommit[]>()

  constructor(folder: string, liveFrom: number, name: StoreName) {
    this.#folder = folder
    this.#name = name
    this.liveFrom = liveFrom
    this.#segments = existsSync(folder) ? readdirSync(folder).flatMap(parseName).sort(bySeq) : []
  }

  /** The last seq that its files reach without a gap, by their names. */
  get reachesTo(): number {
    let to = 0
    for (const { firstSeq, lastSeq } of this.#segments) if (firstSeq <= to + 1 && lastSeq > to) to = lastSeq
    return to
  }

  get segments(): readonly Segment[] {
    return this.#segments
  }

  /** Durable when it resolves, and read back: they leave the database after this. They follow each other from `liveFrom`. */
  async add(commits: readonly Buffer[], lastSeq: number): Promise<void> {
    const parts = commits.flatMap((bytes) => {
      const length = Buffer.allocUnsafe(LENGTH)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    })
    const segment = { name: `${pad(this.liveFrom)}-${pad(lastSeq)}.gz`, firstSeq: this.liveFrom, lastSeq }
    this.put(segment.name, await promisify(gzip)(Buffer.concat(parts)))
    const written = await this.#unpack(segment)
    const isSame =
      written.length === commits.length && written.every((c, i) => c.bytes.equals(commits[i] as Buffer))
    if (!isSame) throw damaged(`${segment.name} does not hold what was written to it`)
  }

  /** A file as it is, from another archive. */
  put(name: string, bytes: Buffer): void {
    makeFolder(this.#folder)
    const path = join(this.#folder, name)
    writeFileSync(`${path}.part`, bytes, { flush: true })
    renameSync(`${path}.part`, path)
    syncFolder(this.#folder)
    this.#segments = [...this.#segments.filter((s) => s.name !== name), ...parseName(name)].sort(bySeq)
  }

  file(segment: Segment): Promise<Buffer> {
    return readFile(join(this.#folder, segment.name))
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
    // After a crash two may hold it; either will do.
    const segment = this.#segments.find(({ firstSeq, lastSeq }) => firstSeq <= seq && seq <= lastSeq)
    if (segment === undefined) throw damaged(`the file of the archive that holds seq ${seq} is not there`)
    let commits = this.#unpacked.get(segment.name)
    if (commits === undefined) {
      commits = await this.#unpack(segment)
      if (this.#unpacked.size >= UNPACKED_MAX)
        this.#unpacked.delete(this.#unpacked.keys().next().value as string)
      this.#unpacked.set(segment.name, commits)
    }
    return commits
  }

  async #unpack(segment: Segment): Promise<readonly RawCommit[]> {
    const path = join(this.#folder, segment.name)
    const commits = await unpack(path)
    try {
      for (const { seq, bytes } of commits) assertNames(this.#name, seq, bytes)
    } catch (cause) {
      throw damaged(`${path} is not of this store: ${(cause as Error).message}`, cause)
    }
    if (commits[0]?.seq !== segment.firstSeq) throw damaged(`${path} does not begin with what its name says`)
    return commits
  }
}

/** The commits of each file that can be read, whosever they are. */
export async function* commitsInArchive(folder: string): AsyncGenerator<readonly RawCommit[]> {
  if (!existsSync(folder)) return
  for (const { name } of readdirSync(folder).flatMap(parseName)) {
    yield await unpack(join(folder, name)).catch(() => [])
  }
}

/** @throws STORE_ARCHIVE */
async function unpack(path: string): Promise<readonly RawCommit[]> {
  try {
    const content = await promisify(gunzip)(await readFile(path))
    const commits: RawCommit[] = []
    for (let at = 0; at < content.length; ) {
      const end = at + LENGTH + content.readUInt32BE(at)
      const bytes = content.subarray(at + LENGTH, end)
      commits.push({ seq: seqOfCommit(bytes), bytes })
      at = end
    }
    return commits
  } catch (cause) {
    throw damaged(`${path} cannot be read: ${(cause as Error).message}`, cause)
  }
}

/** Moves `liveFrom` on as its files become durable; the commits are still in the database then. */
export async function archiveCommits<R extends LogRecord>(
  reader: LogReader<R>,
  archive: Archive,
  toSeq: number,
): Promise<void> {
  let commits: Buffer[] = []
  let records = 0
  let last = archive.liveFrom - 1
  const close = async () => {
    if (commits.length === 0) return
    await archive.add(commits, last)
    archive.liveFrom = last + 1
    commits = []
    records = 0
  }
  for await (const { bytes, firstSeq, records: held } of reader.commits(archive.liveFrom, toSeq)) {
    if (firstSeq + held.length - 1 > toSeq) break
    commits.push(bytes)
    records += held.length
    last = firstSeq + held.length - 1
    if (records >= SEGMENT_RECORDS) await close()
  }
  await close()
}

function pad(seq: number): string {
  return String(seq).padStart(DIGITS, '0')
}

function parseName(name: string): Segment[] {
  const [, first, last] = /^(\d{16})-(\d{16})\.gz$/.exec(name) ?? []
  return first === undefined || last === undefined
    ? []
    : [{ name, firstSeq: Number(first), lastSeq: Number(last) }]
}

function bySeq(a: Segment, b: Segment): number {
  return a.firstSeq - b.firstSeq || a.lastSeq - b.lastSeq
}

function damaged(what: string, cause?: unknown): OutcryError {
  return new OutcryError(
    'STORE_ARCHIVE',
    what,
    'Put the file back from where it was moved or backed up to; the runner itself does not need it.',
    { cause },
  )
}
