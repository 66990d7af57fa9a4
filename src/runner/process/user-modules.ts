/** The modules of users that this process runs, and which of them a stack leads through. */

export interface UserModule {
  /** As it is configured. */
  readonly file: string
  /** Absolute paths of what it is made of, and the folder that its one bundle was run from. */
  readonly sources: readonly string[]
}

export interface Found {
  /** The module, as it is configured. */
  readonly file: string
  /** `decide (/home/ann/dip.ts:7:3)`, or the place alone. */
  readonly place: string
}

const FRAME = /^\s+at (.*)$/

export class UserModules {
  readonly #modules = new Map<string, UserModule>()

  add(module: UserModule): void {
    this.#modules.set(module.file, module)
  }

  /** Returns the first module that a stack names, from its innermost frame outwards. */
  find(stack: string): Found | undefined {
    for (const line of stack.split('\n')) {
      const frame = FRAME.exec(line)?.[1]?.replace('file://', '')
      if (frame === undefined) continue
      for (const { file, sources } of this.#modules.values())
        if (sources.some((source) => frame.includes(source))) return { file, place: frame }
    }
    return undefined
  }
}

/** Of this process. */
export const userModules = new UserModules()
