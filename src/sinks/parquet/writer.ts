/** Gathers events in files in memory, and writes these when they are large or wait for long. */
import type { EventEnvelope } from '../../runtime/events/envelope.ts'
import type { Batch, Writer } from '../sink.ts'
import { turn } from '../turn.ts'
import type { Client } from './client.ts'
import { ParquetFile } from './file.ts'
import type { NewFile, ParquetFolder } from './folder.ts'
import { partitionOf } from './partition.ts'

/** Most files of a flush, unless one batch has more. Each takes a sync of the disk. */
const FILES_MAX = 500
/** Digits of a seq in names, so that names sort as numbers do. */
const SEQ_DIGITS = 12

export interface Rotation {
  /** Bytes of files in memory after which files are written. */
  readonly bytesMax: number
  readonly flushMs: number
}

export class ParquetWriter implements Writer {
  readonly flushMs: number
  readonly #folder: ParquetFolder
  readonly #client: Client
  readonly #bytesMax: number
  #open = new Map<string, ParquetFile>()
  /** seq up to which everything is in the folder or in memory. */
  #to: number
  #isClosed = false

  constructor(folder: ParquetFolder, client: Client, { bytesMax, flushMs }: Rotation) {
    this.#folder = folder
    this.#client = client
    this.#bytesMax = bytesMax
    this.flushMs = flushMs
    this.#to = folder.seq ?? 0
  }

  async position(): Promise<number | undefined> {
    return this.#folder.seq
  }

  async write({ events, to }: Batch): Promise<number> {
    for (const { envelope } of events) {
      const file = this.#fileOf(envelope)
      file.add(envelope)
      if (file.isDue) await this.#encode(file)
    }
    this.#to = to
    return this.#bytes >= this.#bytesMax || this.#open.size >= FILES_MAX ? this.flush() : this.#kept
  }

  async flush(): Promise<number> {
    if (this.#to === this.#kept) return this.#to
    await this.#folder.add(this.#files(), this.#to)
    return this.#kept
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#open.clear()
  }

  get #kept(): number {
    return this.#folder.seq ?? 0
  }

  get #bytes(): number {
    let sum = 0
    for (const { bytes } of this.#open.values()) sum += bytes
    return sum
  }

  #fileOf(envelope: EventEnvelope): ParquetFile {
    const partition = partitionOf(envelope)
    const known = this.#open.get(partition)
    if (known !== undefined) return known
    const file = new ParquetFile(this.#client)
    this.#open.set(partition, file)
    return file
  }

  async #encode(file: ParquetFile): Promise<void> {
    for (const _ of file.encoding()) {
      await turn()
      this.#checkOpen()
    }
  }

  async *#files(): AsyncGenerator<NewFile> {
    for (const [partition, file] of this.#open) {
      await this.#encode(file)
      yield { path: `${partition}/${seqName(file.fromSeq ?? 0, file.toSeq)}.parquet`, bytes: file.end() }
      this.#open.delete(partition)
    }
    this.#checkOpen()
  }

  /** @throws when the writer was closed meanwhile: what it had in memory is gone, and the position must not pass it */
  #checkOpen(): void {
    if (this.#isClosed) throw new Error('the sink was closed')
  }
}

/** Returns the name of a file without its ending, by the seq of its first and of its last event. */
export function seqName(fromSeq: number, toSeq: number): string {
  return [fromSeq, toSeq].map((seq) => String(seq).padStart(SEQ_DIGITS, '0')).join('-')
}
