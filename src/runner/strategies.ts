/** The strategies of a run: those that come with it, and modules of one's own. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { emaCross, machines, meanReversion, type Strategy } from '../../machines/index.ts'
import { type Issue, OutcryError } from '../../store/index.ts'
import { issuesOf, issuesText, PLAINLY } from '../runtime/issues.ts'
import type { Machines } from '../runtime/registry.ts'

/** By type, as a configuration names them. */
export const BUILT_IN_STRATEGIES: ReadonlyMap<string, Strategy> = new Map([
  ['emaCross', emaCross],
  ['meanReversion', meanReversion],
])

/** What a strategy has in place of a symbol where it is to trade all that the universe lets in. */
export const UNIVERSE = 'universe'

/** The strategies that one of the configuration stands for: itself, or one for each symbol. */
export function eachOf<S extends { readonly id: string; readonly symbol: string }>(
  strategy: S,
  symbols: readonly string[],
): readonly S[] {
  if (strategy.symbol !== UNIVERSE) return [strategy]
  return symbols.map((symbol) => ({ ...strategy, id: `${strategy.id}-${symbol}`, symbol }))
}

/** Within a run's folder: the modules that its log cannot be replayed without. */
const STRATEGIES_FILE = 'strategies.json'

/** A module of one's own, rather than the name of a built-in strategy. */
export function isModule(type: string): boolean {
  return /[\\/]|\.[cm]?[jt]s$/.test(type)
}

/**
 * By type: those that come with a run, those that are configured, and modules that the folder's log has actors of.
 * @throws STRATEGY_INVALID, CONFIG_INVALID
 */
export async function loadStrategies(
  configured: readonly { readonly type: string; readonly id: string }[],
  data?: string,
): Promise<ReadonlyMap<string, Strategy>> {
  const loaded = new Map(BUILT_IN_STRATEGIES)
  const issues: Issue[] = []
  for (const [i, { type, ...params }] of configured.entries()) {
    const wrong = ({ field, rule }: Issue) => issues.push({ field: `strategies.${i}.${field}`, rule })
    if (!loaded.has(type) && !isModule(type)) {
      wrong({
        field: 'type',
        rule: `must be ${[...BUILT_IN_STRATEGIES.keys()].join(', ')} or the path of a module`,
      })
      continue
    }
    const strategy = await load(loaded, type)
    const { error } = strategy.config.safeParse(params, PLAINLY)
    if (error) issuesOf(error, 'id').forEach(wrong)
  }
  if (issues.length > 0)
    throw new OutcryError(
      'CONFIG_INVALID',
      `strategies are configured wrong: ${issuesText(issues)}`,
      'Mend these keys: docs/configuration.md has them all, and a module says which parameters it has.',
      { issues },
    )
  const names = new Set([...loaded.values()].map(({ name }) => name))
  for (const [name, file] of data === undefined ? [] : remembered(data)) {
    if (!names.has(name)) await load(loaded, file)
  }
  return loaded
}

/** @throws STRATEGY_INVALID */
async function load(loaded: Map<string, Strategy>, type: string): Promise<Strategy> {
  const strategy = loaded.get(type) ?? (await loadModule(type))
  const other = [...loaded].find(([known, { name }]) => known !== type && name === strategy.name)
  if (other !== undefined) {
    const text = `${type} calls its strategy ${strategy.name}, as ${other[0]} does`
    throw new OutcryError('STRATEGY_INVALID', text, 'Give it another name.')
  }
  loaded.set(type, strategy)
  return strategy
}

async function loadModule(file: string): Promise<Strategy> {
  const hint =
    'Export const strategy = defineStrategy({ ... }); the README has one. A log is read with all it ever had.'
  let module: { strategy?: Strategy }
  try {
    module = (await importModule(file)) as typeof module
  } catch (error) {
    const isTypes = (error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION'
    const help = isTypes ? 'Install tsx beside outcry, or compile it to JavaScript first.' : hint
    throw new OutcryError('STRATEGY_INVALID', `${file} cannot be loaded: ${(error as Error).message}`, help)
  }
  const { strategy } = module
  if (
    strategy?.machine === undefined ||
    strategy.config === undefined ||
    !/^[A-Za-z][\w-]*$/.test(strategy.name)
  )
    throw new OutcryError('STRATEGY_INVALID', `${file} exports no strategy`, hint)
  if (Object.hasOwn(machines, strategy.name)) {
    const text = `${file} calls its strategy ${strategy.name}, which is the name of something else here`
    throw new OutcryError('STRATEGY_INVALID', text, 'Give it another name.')
  }
  return strategy
}

/** TypeScript is compiled as it is loaded, where tsx is installed. */
async function importModule(file: string): Promise<unknown> {
  const compiler = /\.[cm]?ts$/.test(file) ? await import('tsx/esm/api').catch(() => undefined) : undefined
  const unregister = compiler?.register()
  try {
    return await import(pathToFileURL(file).href)
  } finally {
    await unregister?.()
  }
}

/** As the supervisor registers them. */
export function kindsOf(strategies: ReadonlyMap<string, Strategy>): Machines {
  return Object.fromEntries(
    [...strategies.values()].map(({ name, machine, supervision, events, commands, refusals }) => [
      name,
      { machine, supervision, events, commands, refusals },
    ]),
  )
}

/** Writes down which modules the log in this folder needs. */
export function rememberStrategies(data: string, strategies: ReadonlyMap<string, Strategy>): void {
  const modules = new Map(remembered(data))
  for (const [type, { name }] of strategies) if (isModule(type)) modules.set(name, type)
  if (modules.size === 0) return
  const text = JSON.stringify({ modules: Object.fromEntries(modules) })
  writeFileSync(join(data, STRATEGIES_FILE), `${text}\n`)
}

/** The machines of the modules that a run in this folder has had. @throws STRATEGY_INVALID */
export async function rememberedStrategies(data: string): Promise<Machines> {
  return kindsOf(await loadStrategies([], data))
}

/** By name, each from where it was last. */
function remembered(data: string): readonly (readonly [name: string, file: string])[] {
  const file = join(data, STRATEGIES_FILE)
  if (!existsSync(file)) return []
  return Object.entries(
    (JSON.parse(readFileSync(file, 'utf8')) as { modules: Record<string, string> }).modules,
  )
}
