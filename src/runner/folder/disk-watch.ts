/** Looks up from time to time how large the log is and how much room its disk has, so that a scrape need not. */
import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'

/** The time between two looks at the free room, in ms. A disk that fills in less is found by the next commit. */
const EVERY_MS = 5_000
/** The time after which the files are counted again, in ms: each of them is asked for its size. */
const FILES_EVERY_MS = 30_000

export interface DiskUsage {
  /** Bytes of the database's files. */
  readonly liveBytes: number
  /** Bytes of the archive's files. */
  readonly archiveBytes: number
  /** Bytes that this user may still write to the disk. */
  readonly freeBytes: number
  readonly diskBytes: number
}

export class DiskWatch {
  readonly #log: string
  #latest: DiskUsage | undefined
  /** The sizes of the files as counted last, and the time of that on the process's clock. */
  #files: { readonly at: number; readonly liveBytes: number; readonly archiveBytes: number } | undefined
  #timer: NodeJS.Timeout | undefined
  #isLooking = false

  /** `log` is the folder of the log. */
  constructor(log: string) {
    this.#log = log
  }

  /** The result of the last look that succeeded; undefined before that. */
  get latest(): DiskUsage | undefined {
    return this.#latest
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), EVERY_MS).unref()
    void this.look()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Looks now, unless a look is under way. A disk that does not answer keeps nobody waiting but this. */
  async look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      const { bsize, bavail, blocks } = await statfs(this.#log)
      const { liveBytes, archiveBytes } = await this.#sizes()
      this.#latest = { liveBytes, archiveBytes, freeBytes: bavail * bsize, diskBytes: blocks * bsize }
    } catch {
      // The folder may be gone. The commits say so.
    } finally {
      this.#isLooking = false
    }
  }

  async #sizes(): Promise<Pick<DiskUsage, 'liveBytes' | 'archiveBytes'>> {
    const at = performance.now()
    if (this.#files === undefined || at - this.#files.at >= FILES_EVERY_MS)
      this.#files = {
        at,
        liveBytes: await sizeOf(this.#log),
        archiveBytes: await sizeOf(join(this.#log, 'archive')),
      }
    return this.#files
  }
}

/** Returns the bytes of the files in a folder. It asks for one after the other: commits need the same threads. */
async function sizeOf(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue
    // LevelDB deletes files at any time.
    bytes += await stat(join(folder, entry.name)).then(
      ({ size }) => size,
      () => 0,
    )
  }
  return bytes
}
