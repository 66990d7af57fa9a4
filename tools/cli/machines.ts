import type { Strategy } from '../../machines/index.ts'
import { RUNNER } from '../../machines/runner/context.ts'
import type { Machines } from '../../src/runtime/actors/kind.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { isOutcryError, OutcryError, type Store } from '../../store/index.ts'

/**
 * Returns the machines of the modules that the user names. Modules that a folder names are not run: the folder may be a
 * stranger's.
 * @throws STRATEGY_INVALID, MACHINES_NONE
 */
export async function loadMachines(modules: readonly string[] = []): Promise<Machines> {
  const named: Machines[] = []
  for (const file of modules) named.push(await machinesOf(file))
  return Object.assign({}, ...named)
}

/**
 * Returns the machines for reading a log: those that the user names and, in the log of a run, the trading machines and
 * the strategies that come with Outcry. In the log of another program, a kind such as `order` is that program's own.
 */
export async function machinesIn(store: Store<TransitionRecord>, named: Machines): Promise<Machines> {
  try {
    for await (const _ of store.history(RUNNER, { limit: 1 })) return { ...(await ofRuns()), ...named }
    // `outcry import` makes logs that no runner has written.
    if ((await store.emittedTypes())?.includes('LEDGER_ENTRY')) return { ...(await ofRuns()), ...named }
  } catch {
    // The next read reports the damage and its place.
    return { ...(await ofRuns()), ...named }
  }
  return named
}

async function ofRuns(): Promise<Machines> {
  const { machines } = await import('../../machines/index.ts')
  const { BUILT_IN_STRATEGIES, kindsOf } = await import('../../src/runner/actors/strategies.ts')
  return { ...machines, ...kindsOf(BUILT_IN_STRATEGIES) }
}

const HINT = 'Export const machines = { kind: machine }, or name the module of a strategy.'

async function machinesOf(file: string): Promise<Machines> {
  const module = await imported(file)
  const { kindsOf, strategyIn } = await import('../../src/runner/actors/strategies.ts')
  const strategy = module.strategy && kindsOf(new Map([[file, strategyIn(module, file)]]))
  if (module.machines !== undefined || strategy !== undefined) return { ...module.machines, ...strategy }
  throw new OutcryError('MACHINES_NONE', `${file} exports neither "machines" nor "strategy"`, HINT)
}

async function imported(file: string): Promise<{ machines?: Machines; strategy?: Strategy }> {
  const { importUserModule, moduleProblem } = await import('../../src/runner/process/user-module.ts')
  try {
    return await importUserModule(file)
  } catch (error) {
    if (isOutcryError(error)) throw error
    const { text, isGone } = moduleProblem(file, error)
    throw new OutcryError('MACHINES_NONE', text, isGone ? 'Correct the path.' : HINT, { cause: error })
  }
}
