import { resolve } from 'node:path'
import { machines as tradingMachines } from '../../machines/index.ts'
import { rememberedStrategies } from '../../src/runner/strategies.ts'
import { importUserModule } from '../../src/runner/user-module.ts'
import type { Machines } from '../../src/runtime/registry.ts'
import { OutcryError } from '../../store/index.ts'

/**
 * Returns the machines that the log in a folder needs: those that trade, the strategies of its runs, and those of
 * `--machines`.
 * @throws STRATEGY_INVALID, MACHINES_NONE
 */
export async function loadMachines(data: string, from: string | undefined): Promise<Machines> {
  const known = { ...tradingMachines, ...(await rememberedStrategies(data)) }
  if (from === undefined) return known
  const module: { machines?: Machines } = await importUserModule(resolve(from))
  if (module.machines !== undefined) return { ...known, ...module.machines }
  throw new OutcryError(
    'MACHINES_NONE',
    `${from} exports no "machines"`,
    'Export const machines = { kind: machine }.',
  )
}
