/** Room on the disk for what a long piece of work does not fit into memory with. It is gone when the work is done. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { OutcryError } from '../../../errors/outcry-error.ts'

/** LevelDB maps each open file of 2 MB into memory. */
const OPEN_FILES_MAX = 24

export class Scratch {
  readonly #folder: string
  readonly #db: Level<string, string>

  private constructor(folder: string, db: Level<string, string>) {
    this.#folder = folder
    this.#db = db
  }

  /** @throws SCRATCH_FAILED */
  static async open(): Promise<Scratch> {
    const folder = tmpdir()
    try {
      const own = mkdtempSync(join(folder, 'outcry-scratch-'))
      const scratch = new Scratch(own, new Level(own, { maxOpenFiles: OPEN_FILES_MAX }))
      // A process that ends meanwhile leaves nothing behind either.
      process.once('exit', scratch.#remove)
      await scratch.#db.open()
      return scratch
    } catch (cause) {
      throw failed(cause)
    }
  }

  /** @throws SCRATCH_FAILED */
  get(key: string): string | undefined {
    try {
      return this.#db.getSync(key)
    } catch (error) {
      throw failed(error)
    }
  }

  /** @throws SCRATCH_FAILED */
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
    `no room for what does not fit into memory, in ${tmpdir()}: ${what}`,
    'Make room there, or set TMPDIR to a folder that has some.',
    { cause },
  )
}
