/** What the reader of a log names at the command line: its folder, and the modules of its machines. */
import { resolve } from 'node:path'
import { loadConfig } from '../../src/runner/config/load.ts'
import { isModule } from '../../src/runner/config/strategy.ts'

export interface ReadOptions {
  readonly data?: string
  /** A run's configuration: its data folder, and the modules of its strategies. */
  readonly config?: string
  /** Modules of machines, see `loadMachines`. */
  readonly machines?: readonly string[]
  readonly json?: boolean
}

export interface Named {
  readonly data: string
  /** Paths of modules. */
  readonly modules: readonly string[]
}

/**
 * Returns what the options name. A configuration names what `outcry run` finds with it. Where an option names another thing, it is that:
 * of two modules with machines of one name the last one counts.
 * @throws CONFIG_INVALID
 */
export function named({ data, config: file, machines = [] }: ReadOptions): Named {
  const own = machines.map((module) => resolve(module))
  if (file === undefined) return { data: data ?? 'data', modules: own }
  const config = loadConfig({ file, env: process.env, flags: { data } })
  const configured = (config.strategies ?? []).map(({ type }) => type).filter(isModule)
  return { data: config.data, modules: [...new Set([...configured, ...own])] }
}
