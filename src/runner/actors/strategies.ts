/** Loads the strategies of a run: the built-in ones, and users' modules. */
import { isDeepStrictEqual } from 'node:util'
import { issuesOf, PLAINLY } from '../../../errors/zod-issues.ts'
import { emaCross, kindOfStrategy, machines, meanReversion, type Strategy } from '../../../machines/index.ts'
import { type Issue, isOutcryError, OutcryError, type Store } from '../../../store/index.ts'
import { UNIVERSE } from '../../adapters/market-source.ts'
import type { Machines } from '../../runtime/actors/kind.ts'
import { kindOf } from '../../runtime/record/address.ts'
import { isModule, paramsOf, type StrategyConfig } from '../config/strategy.ts'
import { namingHint, readStrategiesFile, writeStrategiesFile } from '../folder/strategies-file.ts'
import type { ImportOptions } from '../process/user-module.ts'

/** The built-in strategies, by their type in a configuration. */
export const BUILT_IN_STRATEGIES: ReadonlyMap<string, Strategy> = new Map([
  ['emaCross', emaCross],
  ['meanReversion', meanReversion],
])

/** Returns the strategies of one entry of the configuration: itself, or one for each symbol. */
export function eachOf<S extends { readonly id: string; readonly symbol: string }>(
  strategy: S,
  symbols: readonly string[],
): readonly S[] {
  if (strategy.symbol !== UNIVERSE) return [strategy]
  return symbols.map((symbol) => ({ ...strategy, id: `${strategy.id}-${symbol}`, symbol }))
}

/** Returns the problems of a strategy's parameters. `path` is their place in the configuration. */
function parameterIssues({ config }: Strategy, params: object, path: string): readonly Issue[] {
  const { error } = config.safeParse(params, PLAINLY)
  if (error === undefined) return []
  return issuesOf(error, 'id').map(({ field, rule }) => ({ field: `${path}.${field}`, rule }))
}

/** Returns the problems of a built-in strategy, or of a type that does not exist. */
export function builtInIssues(configured: StrategyConfig, path: string): readonly Issue[] {
  const { type } = configured
  const strategy = BUILT_IN_STRATEGIES.get(type)
  if (strategy !== undefined) return parameterIssues(strategy, paramsOf(configured), path)
  if (isModule(type)) return []
  const rule = `must be ${[...BUILT_IN_STRATEGIES.keys()].join(', ')} or the path of a module`
  return [{ field: `${path}.type`, rule }]
}

export interface LoadedStrategies {
  /** All strategies by type: built-in, configured, and of other named modules. */
  readonly strategies: ReadonlyMap<string, Strategy>
  /** The problems of the configured strategies. */
  readonly issues: readonly Issue[]
}

/**
 * Loads strategies. `named`: paths of modules that are not configured, such as modules that were configured before.
 * @throws STRATEGY_INVALID when a module cannot be loaded, or has no strategy; MODULE_PENDING
 */
export async function loadStrategies(
  configured: readonly StrategyConfig[],
  named: readonly string[] = [],
  options: ImportOptions = {},
): Promise<LoadedStrategies> {
  const strategies = new Map(BUILT_IN_STRATEGIES)
  const issues: Issue[] = []
  for (const [i, one] of configured.entries()) {
    const path = `strategies.${i}`
    const own = isModule(one.type) ? await load(strategies, one.type, options) : undefined
    issues.push(...(own ? parameterIssues(own, paramsOf(one), path) : builtInIssues(one, path)))
  }
  for (const file of named) await load(strategies, file, options)
  return { strategies, issues }
}

const HINT = 'Export const strategy = defineStrategy({ ... }); the README has one.'
const PATH_HINT =
  'Correct the path. In a configuration it begins at the folder of its file, and elsewhere at the working directory.'

/** Adds a strategy. @throws STRATEGY_INVALID */
async function load(loaded: Map<string, Strategy>, type: string, options: ImportOptions): Promise<Strategy> {
  const strategy = loaded.get(type) ?? (await loadModule(type, options))
  const other = [...loaded].find(([known, { name }]) => known !== type && name === strategy.name)
  if (other !== undefined) {
    const text = `${type} calls its strategy ${strategy.name}, as ${other[0]} does`
    throw new OutcryError('STRATEGY_INVALID', text, 'Give the strategy another name.')
  }
  loaded.set(type, strategy)
  return strategy
}

async function loadModule(file: string, options: ImportOptions): Promise<Strategy> {
  // The bundler takes long to load, and a reader of a log needs it only for modules that its caller names.
  const { importUserModule, moduleProblem } = await import('../process/user-module.ts')
  let module: UserModuleExports
  try {
    module = await importUserModule(file, options)
  } catch (error) {
    if (isOutcryError(error, 'MODULE_PENDING')) throw error
    const { text, isGone } = moduleProblem(file, error)
    throw new OutcryError('STRATEGY_INVALID', text, isGone ? PATH_HINT : HINT, { cause: error })
  }
  return strategyIn(module, file)
}

export interface UserModuleExports {
  readonly strategy?: Strategy
}

/** Returns the module's strategy. @throws STRATEGY_INVALID when there is none, or its name is taken */
export function strategyIn({ strategy }: UserModuleExports, file: string): Strategy {
  if (
    strategy?.machine === undefined ||
    strategy.config === undefined ||
    !/^[A-Za-z][\w-]*$/.test(strategy.name)
  )
    throw new OutcryError('STRATEGY_INVALID', `${file} exports no strategy`, HINT)
  if (Object.hasOwn(machines, strategy.name)) {
    const text = `${file} calls its strategy ${strategy.name}, which is the name of another kind`
    throw new OutcryError('STRATEGY_INVALID', text, 'Give the strategy another name.')
  }
  return strategy
}

/** Returns the machines in the form for the supervisor. */
export function kindsOf(strategies: ReadonlyMap<string, Strategy>): Machines {
  return Object.fromEntries([...strategies.values()].map((one) => [one.name, kindOfStrategy(one)]))
}

/**
 * Checks that every module that the log needs is named. The folder may come from another person, so a module in its
 * `strategies.json` runs only if the configuration or the reader names it, too. A run without the strategy of existing
 * actors would leave their positions alone, so it does not start.
 * @throws MODULE_UNNAMED
 */
export async function expectNamed(
  store: Pick<Store, 'actors'>,
  data: string,
  strategies: ReadonlyMap<string, Strategy>,
): Promise<void> {
  const names = new Set([...strategies.values()].map(({ name }) => name))
  const unnamed: string[] = []
  for (const name of readStrategiesFile(data).keys())
    if (!names.has(name))
      for await (const address of store.actors({ prefix: `${name}/`, limit: 1 })) unnamed.push(address)
  if (unnamed.length === 0) return
  const kinds = unnamed.map((address) => kindOf(address)).join(', ')
  throw new OutcryError(
    'MODULE_UNNAMED',
    `the log in ${data} has strategies of ${kinds}, whose modules are neither configured nor named`,
    namingHint(data, unnamed),
  )
}

/** Notes the modules that the log in this folder needs. Call it before the first record of any of their actors. */
export function rememberStrategies(data: string, strategies: ReadonlyMap<string, Strategy>): void {
  const noted = readStrategiesFile(data)
  const modules = new Map(noted)
  for (const [type, { name }] of strategies) if (isModule(type)) modules.set(name, type)
  if (!isDeepStrictEqual(modules, noted)) writeStrategiesFile(data, modules)
}
