/** The strategies of a run: those that come with it, and modules of one's own. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { emaCross, machines, meanReversion, type Strategy } from '../../machines/index.ts'
import { OutcryError } from '../../store/index.ts'
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

/** By type, those that are configured. @throws STRATEGY_INVALID, CONFIG_INVALID */
export async function loadStrategies(
  configured: readonly { readonly type: string; readonly id: string }[],
): Promise<ReadonlyMap<string, Strategy>> {
  const loaded = new Map<string, Strategy>()
  for (const [i, { type, ...params }] of configured.entries()) {
    const known = loaded.get(type) ?? BUILT_IN_STRATEGIES.get(type)
    const strategy = known ?? (await loadModule(type))
    loaded.set(type, strategy)
    const { error } = strategy.input.safeParse({ venue: '-', ...params }, PLAINLY)
    if (error) {
      const issues = issuesOf(error, 'id').map(({ field, rule }) => ({
        field: `strategies.${i}.${field}`,
        rule,
      }))
      throw new OutcryError(
        'CONFIG_INVALID',
        `strategy ${params.id} (${type}) is configured wrong: ${issuesText(issues)}`,
        'Mend these parameters; the module says which it has.',
        { issues },
      )
    }
  }
  return loaded
}

async function loadModule(file: string): Promise<Strategy> {
  const hint = 'Export const strategy = defineStrategy({ ... }); the README has one.'
  let module: { strategy?: Strategy }
  try {
    module = (await import(pathToFileURL(file).href)) as typeof module
  } catch (error) {
    const isTypes = (error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION'
    const help = isTypes ? 'Run it with npm start, or compile it to JavaScript first.' : hint
    throw new OutcryError('STRATEGY_INVALID', `${file} cannot be loaded: ${(error as Error).message}`, help)
  }
  const { strategy } = module
  if (
    strategy?.machine === undefined ||
    strategy.input === undefined ||
    !/^[A-Za-z][\w-]*$/.test(strategy.name)
  )
    throw new OutcryError('STRATEGY_INVALID', `${file} exports no strategy`, hint)
  if (strategy.name in machines) {
    const text = `${file} calls its strategy ${strategy.name}, which is the name of something else here`
    throw new OutcryError('STRATEGY_INVALID', text, 'Give it another name.')
  }
  return strategy
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
  const modules = [...new Set([...remembered(data), ...strategies.keys()].filter(isModule))]
  if (modules.length > 0) writeFileSync(join(data, STRATEGIES_FILE), `${JSON.stringify({ modules })}\n`)
}

/** The machines of the modules that a run in this folder has had. @throws STRATEGY_INVALID */
export async function rememberedStrategies(data: string): Promise<Machines> {
  const loaded = new Map<string, Strategy>()
  for (const file of remembered(data)) loaded.set(file, await loadModule(file))
  return kindsOf(loaded)
}

function remembered(data: string): readonly string[] {
  const file = join(data, STRATEGIES_FILE)
  if (!existsSync(file)) return []
  return (JSON.parse(readFileSync(file, 'utf8')) as { modules: string[] }).modules
}
