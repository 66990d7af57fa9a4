import { resolve } from 'node:path'
import { type Strategy, machines as tradingMachines } from '../../machines/index.ts'
import { BUILT_IN_STRATEGIES, kindsOf, strategyIn } from '../../src/runner/strategies.ts'
import { readStrategiesFile } from '../../src/runner/strategies-file.ts'
import { importUserModule } from '../../src/runner/user-module.ts'
import { kindOf } from '../../src/runtime/address.ts'
import type { Machines } from '../../src/runtime/registry.ts'
import { OutcryError } from '../../store/index.ts'

/**
 * Returns the machines that trade, the strategies that come with Outcry, and those of the modules that `--machines` names.
 * Of what a folder names nothing is run: it may be somebody else's.
 * @throws STRATEGY_INVALID, MACHINES_NONE
 */
export async function loadMachines(modules: readonly string[] = []): Promise<Machines> {
  const known: Machines = { ...tradingMachines, ...kindsOf(BUILT_IN_STRATEGIES) }
  const named: Machines[] = []
  for (const file of modules) named.push(await machinesOf(resolve(file)))
  return Object.assign(known, ...named)
}

async function machinesOf(file: string): Promise<Machines> {
  const module: { machines?: Machines; strategy?: Strategy } = await importUserModule(file)
  const strategy = module.strategy && kindsOf(new Map([[file, strategyIn(module, file)]]))
  if (module.machines !== undefined || strategy !== undefined) return { ...module.machines, ...strategy }
  throw new OutcryError(
    'MACHINES_NONE',
    `${file} exports neither "machines" nor "strategy"`,
    'Export const machines = { kind: machine }, or name the module of a strategy.',
  )
}

/**
 * Returns how to name what is missed of the machines of these kinds or addresses, with the modules that the run noted in its folder.
 * @throws STRATEGIES_UNREADABLE
 */
export function namingHint(data: string, missing: Iterable<string>): string {
  const noted = readStrategiesFile(data)
  const files = new Set([...missing].flatMap((address) => noted.get(kindOf(address)) ?? []))
  if (files.size === 0)
    return 'Name the module of your machines: --machines machines.ts, with export const machines = { kind: machine }.'
  const options = [...files].map((file) => `--machines ${file}`).join(' ')
  return `A folder's modules run only where they are named: if you trust ${files.size === 1 ? 'it' : 'them'}, ${options}`
}
