/** The folder of a log and the modules of its machines, as the user of the command line names them. */
import { resolve } from 'node:path'

export interface ReadOptions {
  readonly data?: string
  /** A run's configuration. It names the data folder and the modules of the strategies. */
  readonly config?: string
  /** Modules of machines: see `loadMachines`. */
  readonly machines?: readonly string[]
  readonly json?: boolean
}

export interface Named {
  readonly data: string
  /** Paths of modules. */
  readonly modules: readonly string[]
}

/**
 * Returns the folder and the modules that the options name. A configuration names the same as it does for `outcry run`.
 * Options come before it: when two modules have machines of the same name, the last one counts.
 * @throws CONFIG_INVALID
 */
export async function named({ data, config: file, machines = [] }: ReadOptions): Promise<Named> {
  const own = machines.map((module) => resolve(module))
  if (file === undefined) return { data: data ?? 'data', modules: own }
  // Few readers name a configuration, and its schema takes long to load.
  const { loadConfig } = await import('../../src/runner/config/load.ts')
  const { isModule } = await import('../../src/runner/config/strategy.ts')
  const config = loadConfig({ file, env: process.env, flags: { data } })
  const configured = (config.strategies ?? []).map(({ type }) => type).filter(isModule)
  return { data: config.data, modules: [...new Set([...configured, ...own])] }
}
