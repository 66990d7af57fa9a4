/** The users' modules that this process runs. Finds the module that a stack leads through. */

export interface UserModule {
  /** The path in the configuration. */
  readonly file: string
  /** Absolute paths of the module's sources, and of the folder from which its bundle was run. */
  readonly sources: readonly string[]
}

export interface Found {
  /** The module's path in the configuration. */
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

/** The modules of this process. */
export const userModules = new UserModules()
