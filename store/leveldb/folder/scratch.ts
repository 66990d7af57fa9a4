/** Room on the disk for long work that does not fit into memory. It is removed when the work is done. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { OutcryError } from '../../../errors/outcry-error.ts'

/** Most files that LevelDB keeps open. It maps each of them, 2 MB, into memory. */
const OPEN_FILES_MAX = 24

export class Scratch {
  readonly #folder: string
  readonly #db: Level<string, string>

  private constructor(folder: string, db: Level<string, string>) {
    this.#folder = folder
    this.#db = db
  }

  /** Opens a store in a new temporary folder. @throws SCRATCH_FAILED */
  static async open(): Promise<Scratch> {
    const folder = tmpdir()
    try {
      const own = mkdtempSync(join(folder, 'outcry-scratch-'))
      const scratch = new Scratch(own, new Level(own, { maxOpenFiles: OPEN_FILES_MAX }))
      // A process that ends before `close` leaves nothing behind, either.
      process.once('exit', scratch.#remove)
      await scratch.#db.open()
      return scratch
    } catch (cause) {
      throw failed(cause)
    }
  }

  /** Returns the value of a key. @throws SCRATCH_FAILED */
  get(key: string): string | undefined {
    try {
      return this.#db.getSync(key)
    } catch (error) {
      throw failed(error)
    }
  }

  /** Writes all entries at once. @throws SCRATCH_FAILED */
  async put(entries: readonly (readonly [key: string, value: string])[]): Promise<void> {
    try {
      const batch = this.#db.batch()
      for (const [key, value] of entries) batch.put(key, value)
      await batch.write()
    } catch (cause) {
      throw failed(cause)
    }
  }

  async close(): Promise<void> {
    process.off('exit', this.#remove)
    try {
      await this.#db.close()
    } finally {
      this.#remove()
    }
  }

  readonly #remove = () => rmSync(this.#folder, { recursive: true, force: true })
}

function failed(cause: unknown): OutcryError {
  const what = cause instanceof Error ? cause.message : String(cause)
  return new OutcryError(
    'SCRATCH_FAILED',
    `the temporary folder ${tmpdir()} cannot take data that does not fit into memory: ${what}`,
    'Make room there, or set TMPDIR to a folder that has some.',
    { cause },
  )
}
