/**
 * A folder of Parquet files that has each event once, whatever ends the process, and of which no reader sees half a file.
 *
 * New files are written beside the others, under names that no reader looks for. One small file then notes them together
 * with the seq up to which the folder has everything: from here on they count. At last they get their names. An opening
 * does that for noted files that have none yet, and removes files that are not noted.
 */
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { OutcryError } from '../../../errors/outcry-error.ts'
import { type Claim, checkClaim } from '../claim.ts'
import { type Disk, realDisk } from './disk.ts'

/** Readers of such folders pass over names that begin with an underscore. */
const POSITION = '_outcry.json'
const PARTS = '_parts'

const note = z.strictObject({
  version: z.literal(1),
  /** Id of the log. */
  log: z.string(),
  /** Name of the sink. */
  sink: z.string(),
  /** Number of the start of the log that writes the folder, and id of that run. */
  epoch: z.int().nonnegative().default(0),
  run: z.string().default(''),
  /** Everything up to here is in the folder. Null when nothing is. */
  seq: z.int().nonnegative().nullable(),
  /** Files of the last flush: the names in `_parts`, and the paths that they get. */
  files: z.array(z.strictObject({ part: z.string(), file: z.string() })),
})
type Note = z.infer<typeof note>

/** A file that a flush writes. `path` is from the folder on. */
export interface NewFile {
  readonly path: string
  readonly bytes: Uint8Array
}

export class ParquetFolder {
  readonly #location: string
  readonly #disk: Disk
  #note: Note
  #flushes = 0

  private constructor(location: string, disk: Disk, kept: Note) {
    this.#location = location
    this.#disk = disk
    this.#note = kept
  }

  /** @throws SINK_FOREIGN, and the errors of the disk */
  static open(location: string, owner: Claim, disk = realDisk): Promise<ParquetFolder> {
    return inTurn(location, () => ParquetFolder.#open(location, owner, disk))
  }

  static async #open(location: string, owner: Claim, disk: Disk): Promise<ParquetFolder> {
    await disk.makeFolder(location)
    await disk.makeFolder(join(location, PARTS))
    const kept = noteIn(location, await disk.read(join(location, POSITION)))
    if (kept === undefined && (await disk.list(location)).some((name) => name.startsWith('date=')))
      throw foreign(location, 'has files and does not say of which log they are')
    if (kept !== undefined) checkClaim(claimOf(kept), owner)
    const { epoch, run } = owner
    const folder = new ParquetFolder(location, disk, { ...(kept ?? noteOf(owner)), epoch, run })
    await folder.#nameFiles()
    if (kept === undefined) await folder.#claim()
    // From here on an earlier start of the log, of which a copy may still run, adds nothing.
    else if (kept.epoch !== epoch || kept.run !== run) await folder.#keep(folder.#note)
    for (const name of await disk.list(join(location, PARTS))) await disk.remove(join(location, PARTS, name))
    return folder
  }

  /** seq up to which it has everything. */
  get seq(): number | undefined {
    return this.#note.seq ?? undefined
  }

  /**
   * Adds files, and with them notes that the folder has everything up to `seq`. When it rejects, open the folder anew:
   * only what is on the disk says whether the files count.
   */
  add(files: AsyncIterable<NewFile>, seq: number): Promise<void> {
    return inTurn(this.#location, () => this.#add(files, seq))
  }

  async #add(files: AsyncIterable<NewFile>, seq: number): Promise<void> {
    const flush = `${seq}-${++this.#flushes}`
    const noted: { part: string; file: string }[] = []
    for await (const { path, bytes } of files) {
      const part = `${flush}-${noted.length}.part`
      await this.#disk.write(join(this.#location, PARTS, part), bytes)
      noted.push({ part, file: path })
    }
    if (noted.length > 0) await this.#disk.syncFolder(join(this.#location, PARTS))
    await this.#checkOwner()
    const next = { ...this.#note, seq, files: noted }
    await this.#keep(next)
    this.#note = next
    await this.#nameFiles()
  }

  /** Checks that nobody else has taken the folder meanwhile. @throws SINK_FOREIGN */
  async #checkOwner(): Promise<void> {
    const kept = noteIn(this.#location, await this.#disk.read(join(this.#location, POSITION)))
    if (kept === undefined) throw new Error(`the file ${POSITION} of ${this.#location} is gone`)
    checkClaim(claimOf(kept), claimOf(this.#note))
    if (kept.epoch !== this.#note.epoch || kept.seq !== this.#note.seq)
      throw new Error(`another writer has changed ${POSITION} of ${this.#location}`)
  }

  async #keep(next: Note): Promise<void> {
    await this.#disk.rename(await this.#written(next), join(this.#location, POSITION))
    await this.#disk.syncFolder(this.#location)
  }

  /** Gives the noted files their names, where they have none. */
  async #nameFiles(): Promise<void> {
    const parts = new Set(await this.#disk.list(join(this.#location, PARTS)))
    const folders = new Set<string>()
    for (const { part, file } of this.#note.files) {
      if (!parts.has(part)) continue
      const path = join(this.#location, file)
      await this.#disk.makeFolder(dirname(path))
      await this.#disk.rename(join(this.#location, PARTS, part), path)
      folders.add(dirname(path))
    }
    for (const folder of folders) await this.#disk.syncFolder(folder)
  }

  /** Says whose folder it is, before anything is in it. Two sinks may have been given the same folder. */
  async #claim(): Promise<void> {
    const path = await this.#written(this.#note)
    if (!(await this.#disk.link(path, join(this.#location, POSITION))))
      throw foreign(this.#location, 'was opened by another sink at this moment')
    await this.#disk.syncFolder(this.#location)
  }

  /** Resolves with the path of a new file that has the note. */
  async #written(next: Note): Promise<string> {
    const path = join(this.#location, `${POSITION}.next`)
    // After a claim it may be a second name of the note that counts.
    await this.#disk.remove(path)
    await this.#disk.write(path, bytesOf(next))
    return path
  }
}

/** The last work on each folder. Nobody may wait for it any more, and yet it is not done. */
const work = new Map<string, Promise<unknown>>()

/** Does something in a folder when what was begun there is done. */
function inTurn<T>(location: string, next: () => Promise<T>): Promise<T> {
  const done = (work.get(location) ?? Promise.resolve()).catch(() => {}).then(next)
  work.set(location, done)
  return done
}

function noteOf({ logId, name, epoch, run }: Claim): Note {
  return { version: 1, log: logId, sink: name, epoch, run, seq: null, files: [] }
}

function claimOf({ log, sink, epoch, run }: Note): Claim {
  return { logId: log, name: sink, epoch, run }
}

function bytesOf(value: Note): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`)
}

function noteIn(location: string, text: string | undefined): Note | undefined {
  if (text === undefined) return undefined
  try {
    return note.parse(JSON.parse(text))
  } catch {
    throw foreign(location, `has a file ${POSITION} that this version cannot read`)
  }
}

function foreign(location: string, reason: string): OutcryError {
  return new OutcryError(
    'SINK_FOREIGN',
    `the folder ${location} ${reason}`,
    'Give the sink a folder of its own, which is empty.',
  )
}
