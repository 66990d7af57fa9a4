/** The targets of an export: stdout, one file, or a folder of files by date, venue and symbol. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { EventEnvelope } from '../../../src/runtime/events/envelope.ts'
import { partitionOf } from '../../../src/sinks/parquet/partition.ts'
import { seqName } from '../../../src/sinks/parquet/writer.ts'
import { OutcryError } from '../../../store/index.ts'
import { syncFolder } from '../../../store/leveldb/folder/folder.ts'
import type { EventFile, Format } from './formats.ts'

/** Most files of a folder that grow at a time. */
const OPEN_MAX = 200
/** Bytes after which a file of a folder is whole, and the next one begins. */
const FILE_BYTES = 64 * 2 ** 20
/** Bytes that are gathered before they are written. */
const CHUNK_BYTES = 2 ** 16

export interface Target {
  add(envelope: EventEnvelope): Promise<void>
  /** Makes everything durable, under its own name. */
  end(): Promise<void>
  /** Takes back what was written. */
  drop(): Promise<void>
  /** Number of files that are whole. */
  readonly files: number
}

export async function stdoutTarget(format: Format): Promise<Target> {
  const file = (await format.open())()
  const write = async (bytes: string | Uint8Array) => {
    if (bytes.length > 0 && !process.stdout.write(bytes)) await once(process.stdout, 'drain')
  }
  return {
    files: 0,
    add: (envelope) => write(file.add(envelope)),
    end: () => write(file.end()),
    drop: async () => {},
  }
}

/** @throws EXPORT_EXISTS */
export async function fileTarget(path: string, format: Format): Promise<Target> {
  refuseExisting(path)
  const part = partOf(path)
  const begin = await format.open()
  const file = await Growing.open(part, begin())
  return {
    files: 1,
    add: (envelope) => file.add(envelope),
    async end() {
      await file.end()
      refuseExisting(path)
      await rename(part, path)
      syncFolder(dirname(path))
    },
    async drop() {
      await file.drop()
      await rm(part, { force: true })
    },
  }
}

/** @throws EXPORT_EXISTS */
export async function folderTarget(path: string, format: Format): Promise<Target> {
  refuseExisting(path)
  const part = partOf(path)
  await mkdir(part, { recursive: true })
  return new FolderTarget(path, part, await format.open(), format.extension)
}

/** Returns the name until all is written. Each export has its own, as two may be given one path. */
function partOf(path: string): string {
  return `${path}.${randomUUID().slice(0, 8)}.part`
}

function refuseExisting(path: string): void {
  if (!existsSync(path)) return
  throw new OutcryError('EXPORT_EXISTS', `${path} exists already`, 'Name another one, or remove it first.')
}

class FolderTarget implements Target {
  files = 0
  readonly #path: string
  readonly #part: string
  readonly #begin: () => EventFile
  readonly #extension: string
  /** By partition. The one that was used last is the last. */
  readonly #growing = new Map<string, Partition>()
  readonly #folders = new Set<string>()

  constructor(path: string, part: string, begin: () => EventFile, extension: string) {
    this.#path = path
    this.#part = part
    this.#begin = begin
    this.#extension = extension
  }

  async add(envelope: EventEnvelope): Promise<void> {
    const name = partitionOf(envelope)
    const found = this.#growing.get(name) ?? (await this.#open(name, envelope.seq))
    this.#growing.delete(name)
    // A file ends between two records, so that no two files have parts of one.
    const isWhole = found.file.bytes >= FILE_BYTES && found.toSeq < envelope.seq
    if (isWhole) await this.#close(name, found)
    const partition = isWhole ? await this.#open(name, envelope.seq) : found
    this.#growing.set(name, partition)
    partition.toSeq = envelope.seq
    await partition.file.add(envelope)
  }

  async end(): Promise<void> {
    for (const [name, partition] of this.#growing) await this.#close(name, partition)
    for (const folder of this.#folders) syncFolder(folder)
    refuseExisting(this.#path)
    await rename(this.#part, this.#path)
    syncFolder(dirname(this.#path))
  }

  async drop(): Promise<void> {
    for (const { file } of this.#growing.values()) await file.drop()
    await rm(this.#part, { recursive: true, force: true })
  }

  async #open(name: string, fromSeq: number): Promise<Partition> {
    const [oldest] = this.#growing
    if (this.#growing.size >= OPEN_MAX && oldest !== undefined) await this.#close(...oldest)
    const folder = join(this.#part, name)
    await mkdir(folder, { recursive: true })
    return { file: await Growing.open(join(folder, 'part'), this.#begin()), fromSeq, toSeq: fromSeq }
  }

  async #close(name: string, { file, fromSeq, toSeq }: Partition): Promise<void> {
    this.#growing.delete(name)
    await file.end()
    const folder = join(this.#part, name)
    await rename(join(folder, 'part'), join(folder, `${seqName(fromSeq, toSeq)}${this.#extension}`))
    this.#folders.add(folder)
    this.files++
  }
}

interface Partition {
  readonly file: Growing
  readonly fromSeq: number
  toSeq: number
}

/** A file on the disk while it grows. */
class Growing {
  /** Bytes so far. */
  bytes = 0
  readonly #file: EventFile
  readonly #handle: FileHandle
  #gathered: Buffer[] = []
  #gatheredBytes = 0

  private constructor(handle: FileHandle, file: EventFile) {
    this.#handle = handle
    this.#file = file
  }

  static async open(path: string, file: EventFile): Promise<Growing> {
    return new Growing(await open(path, 'w'), file)
  }

  async add(envelope: EventEnvelope): Promise<void> {
    this.#gather(this.#file.add(envelope))
    if (this.#gatheredBytes >= CHUNK_BYTES) await this.#write()
  }

  async end(): Promise<void> {
    this.#gather(this.#file.end())
    await this.#write()
    await this.#handle.sync()
    await this.#handle.close()
  }

  async drop(): Promise<void> {
    // It may be closed already, when its name was taken meanwhile.
    await this.#handle.close().catch(() => {})
  }

  #gather(bytes: string | Uint8Array): void {
    if (bytes.length === 0) return
    const chunk = Buffer.from(bytes as Uint8Array)
    this.#gathered.push(chunk)
    this.#gatheredBytes += chunk.length
    this.bytes += chunk.length
  }

  async #write(): Promise<void> {
    const chunk = Buffer.concat(this.#gathered)
    this.#gathered = []
    this.#gatheredBytes = 0
    await this.#handle.writeFile(chunk)
  }
}
