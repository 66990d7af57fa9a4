/** One file of an archive: its name and the commits in it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { OutcryError } from '../../../errors/outcry-error.ts'
import { namesIn } from '../folder/store-files.ts'
import { assertNames, countOfCommit, type StoreName, seqOfCommit } from './commit-codec.ts'

const DIGITS = 16
/** Bytes of the length before each commit: u32. */
const LENGTH = 4

export interface Segment {
  readonly name: string
  readonly firstSeq: number
  readonly lastSeq: number
}

export interface RawCommit {
  readonly seq: number
  readonly bytes: Buffer
}

/** An archive file that holds what its name says. */
export interface ArchiveFile extends Segment {
  /** The file's bytes as they are on the disk. */
  readonly bytes: Buffer
}

/** An archive file: its bytes on the disk, and the commits in it. */
export interface Unpacked {
  readonly bytes: Buffer
  readonly commits: readonly RawCommit[]
}

/** Returns the files of an archive by their names, in the order of their seqs. */
export function segmentsIn(folder: string): Segment[] {
  return namesIn(folder)
    .flatMap((name) => parseName(name) ?? [])
    .sort(bySeq)
}

export function segmentOf(firstSeq: number, lastSeq: number): Segment {
  return { name: `${pad(firstSeq)}-${pad(lastSeq)}.gz`, firstSeq, lastSeq }
}

export function pack(commits: readonly Buffer[]): Promise<Buffer> {
  const parts = commits.flatMap((bytes) => {
    const length = Buffer.allocUnsafe(LENGTH)
    length.writeUInt32BE(bytes.length)
    return [length, bytes]
  })
  return promisify(gzip)(Buffer.concat(parts))
}

/**
 * Reads one file and checks it.
 * @throws STORE_ARCHIVE when it is not whole, of another store, or not what its name says
 */
export async function readSegment(
  folder: string,
  { name, firstSeq, lastSeq }: Segment,
  store: StoreName,
): Promise<Unpacked> {
  const path = join(folder, name)
  const { bytes, commits } = await unpack(path)
  let next = firstSeq
  for (const { seq, bytes: commit } of commits) {
    try {
      assertNames(store, seq, commit)
    } catch (cause) {
      throw damaged(`${path} is not of this store: ${(cause as Error).message}`, cause)
    }
    if (seq !== next) throw damaged(`${path} does not hold what its name says: at ${next} it has ${seq}`)
    next = seq + countOfCommit(commit)
  }
  if (next !== lastSeq + 1)
    throw damaged(`${path} does not hold what its name says: it ends at seq ${next - 1}`)
  return { bytes, commits }
}

/** Yields the commits of each file that can be read, whichever store they are of. */
export async function* commitsInArchive(folder: string): AsyncGenerator<readonly RawCommit[]> {
  for (const { name } of segmentsIn(folder)) {
    const { commits } = await unpack(join(folder, name)).catch(() => ({ commits: [] }))
    yield commits
  }
}

/** Decompresses a file and splits it into commits. @throws STORE_ARCHIVE */
async function unpack(path: string): Promise<Unpacked> {
  try {
    const file = await readFile(path)
    const content = await promisify(gunzip)(file)
    const commits: RawCommit[] = []
    for (let at = 0; at < content.length; ) {
      const end = at + LENGTH + content.readUInt32BE(at)
      if (end > content.length) throw new Error('its last commit is cut off')
      const bytes = content.subarray(at + LENGTH, end)
      commits.push({ seq: seqOfCommit(bytes), bytes })
      at = end
    }
    return { bytes: file, commits }
  } catch (cause) {
    throw damaged(`${path} cannot be read: ${(cause as Error).message}`, cause)
  }
}

function pad(seq: number): string {
  return String(seq).padStart(DIGITS, '0')
}

export function parseName(name: string): Segment | undefined {
  const [, first, last] = /^(\d{16})-(\d{16})\.gz$/.exec(name) ?? []
  return first === undefined || last === undefined
    ? undefined
    : { name, firstSeq: Number(first), lastSeq: Number(last) }
}

export function holds({ firstSeq, lastSeq }: Segment, seq: number): boolean {
  return firstSeq <= seq && seq <= lastSeq
}

export function bySeq(a: Segment, b: Segment): number {
  return a.firstSeq - b.firstSeq || a.lastSeq - b.lastSeq
}

export function damaged(what: string, cause?: unknown): OutcryError {
  return new OutcryError(
    'STORE_ARCHIVE',
    what,
    'Put the file back from where it was moved or backed up to; the runner itself does not need it.',
    { cause },
  )
}
