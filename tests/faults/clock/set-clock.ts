/** Sets the system's clock for one process, while it runs: nobody may set the clock of a machine that others use. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compiled, NO_SHIM } from '../disk/shim.ts'

export class SetClock {
  /** The variables that a process needs in its environment. */
  readonly env: Readonly<Record<string, string>>
  readonly #file: string

  private constructor(shim: string, file: string) {
    this.#file = file
    this.env = { LD_PRELOAD: shim, CLOCK_FILE: file }
  }

  /** Makes one in the folder. Returns undefined, with a message, without Linux or a C compiler. */
  static in(folder: string): SetClock | undefined {
    const shim = compiled(new URL('./shim.c', import.meta.url), folder)
    if (shim === undefined) {
      console.warn(`a clock that is set is left out: this ${NO_SHIM}`)
      return undefined
    }
    const file = join(folder, 'clock')
    writeFileSync(file, Buffer.alloc(8))
    return new SetClock(shim, file)
  }

  /** Sets the clock so many ms ahead of the true time. */
  set(aheadMs: number): void {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(aheadMs))
    writeFileSync(this.#file, bytes, { flag: 'r+' })
  }
}
