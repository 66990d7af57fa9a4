/** Writes captures of a market: compressed files of lines, which are rotated by size and time. */
import { once } from 'node:events'
import { createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { createGzip, type Gzip } from 'node:zlib'
import { syncFolder } from '../../../store/leveldb/folder/folder.ts'

export interface CaptureRotation {
  /** Bytes of a file, compressed, after which the next one begins. */
  readonly bytesMax: number
  /** Ms of the messages' time after which the next one begins. */
  readonly spanMs: number
}

const EXTENSION = '.ws.gz'

/** Returns the names of the captures in a folder, whole or cut off, as they began. */
export function capturesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith(EXTENSION) || name.endsWith(`${EXTENSION}.part`))
    .sort()
}

interface OpenFile {
  readonly path: string
  readonly gzip: Gzip
  readonly file: WriteStream
  readonly fromAt: number
}

/** A file has its name when it is whole: the time of its first message. Until then its name ends with `.part`. */
export class CaptureWriter {
  /** Files that are whole, and lines in all files. */
  files = 0
  lines = 0
  readonly #folder: string
  readonly #rotation: CaptureRotation
  #open: OpenFile | undefined
  /** The ends of files that are not whole yet. It rejects with the first failure. */
  #ending: Promise<void> = Promise.resolve()

  constructor(folder: string, rotation: CaptureRotation) {
    mkdirSync(folder, { recursive: true })
    this.#folder = folder
    this.#rotation = rotation
  }

  /** Adds a message that was received at a time in epoch ms. */
  add(at: number, json: string): void {
    const { bytesMax, spanMs } = this.#rotation
    const open = this.#open
    if (open !== undefined && (open.file.bytesWritten >= bytesMax || at - open.fromAt >= spanMs))
      this.#close(open)
    this.#open ??= this.#begin(at)
    // Digits behind the ms: our clocks have none. A line break would end the line.
    this.#open.gzip.write(`${at}000000 ${json.replace(/[\r\n]+/g, ' ')}\n`)
    this.lines++
  }

  /** Resolves when there is room for more. @throws the errors of the disk */
  async room(): Promise<void> {
    await this.#ending
    const gzip = this.#open?.gzip
    if (gzip?.writableNeedDrain) await once(gzip, 'drain')
  }

  /** Resolves when all files are whole. @throws the errors of the disk */
  async end(): Promise<void> {
    if (this.#open !== undefined) this.#close(this.#open)
    await this.#ending
  }

  #begin(at: number): OpenFile {
    const path = this.#newPath(new Date(at).toISOString().replace(/[-:]/g, ''))
    const gzip = createGzip()
    const file = gzip.pipe(createWriteStream(`${path}.part`, { flush: true }))
    // A failure of the disk ends the compression, too, so whoever waits for room hears of it.
    file.once('error', (error) => gzip.destroy(error))
    gzip.once('error', () => {})
    return { path, gzip, file, fromAt: at }
  }

  /** Returns a path that no file has: several files may begin at one time. Their names sort as they began. */
  #newPath(name: string): string {
    for (let n = 0; ; n++) {
      const path = join(this.#folder, `${name}${n === 0 ? '' : `_${n}`}${EXTENSION}`)
      if (!existsSync(path) && !existsSync(`${path}.part`)) return path
    }
  }

  #close({ path, gzip, file }: OpenFile): void {
    this.#open = undefined
    gzip.end()
    const whole = finished(file).then(() => {
      renameSync(`${path}.part`, path)
      syncFolder(this.#folder)
      this.files++
    })
    this.#ending = Promise.all([this.#ending, whole]).then(() => {})
    // It is awaited later.
    this.#ending.catch(() => {})
  }
}
