import { type Strategy, machines as tradingMachines } from '../../machines/index.ts'
import { BUILT_IN_STRATEGIES, kindsOf, strategyIn } from '../../src/runner/strategies.ts'
import { importUserModule } from '../../src/runner/user-module.ts'
import type { Machines } from '../../src/runtime/registry.ts'
import { OutcryError } from '../../store/index.ts'

/**
 * Returns the machines that trade, the strategies that come with Outcry, and those of the modules that the reader names.
 * Of what a folder names nothing is run: it may be somebody else's.
 * @throws STRATEGY_INVALID, MACHINES_NONE
 */
export async function loadMachines(modules: readonly string[] = []): Promise<Machines> {
  const known: Machines = { ...tradingMachines, ...kindsOf(BUILT_IN_STRATEGIES) }
  const named: Machines[] = []
  for (const file of modules) named.push(await machinesOf(file))
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
