/**
 * Reads a configuration. A YAML file overrides the defaults of the schema, the environment (OUTCRY_MARKET_SEED=7)
 * overrides the file, and flags override both.
 */

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { compact } from '../../../errors/compact.ts'
import { issuesOf, PLAINLY } from '../../../errors/zod-issues.ts'
import { ADAPTERS, newsOffer, newsSourceName } from '../../adapters/registry.ts'
import { impliedMarket, type NewsConfig } from '../../adapters/sections.ts'
import { crossIssues, tradingIssues } from './checks.ts'
import { unreadableConfig, wrongConfig } from './problems.ts'
import { configSections, type RunnerConfig, runnerConfig } from './schema.ts'
import { isModule } from './strategy.ts'
import { PREFIX, pathOf, settingOf } from './variables.ts'

type Settings = Record<string, unknown>

/** Returns the configuration. @throws CONFIG_INVALID naming every wrong key */
export function loadConfig(sources: {
  readonly file?: string
  readonly env?: NodeJS.ProcessEnv
  readonly flags?: Settings
}): RunnerConfig {
  const fromFile = sources.file === undefined ? {} : readYaml(sources.file)
  const given = merge(merge(fromFile, fromEnv(sources.env ?? {})), sources.flags ?? {})
  const merged = { data: defaultFolder(given), ...given }
  const parsed = runnerConfig.safeParse(merged, PLAINLY)
  const own = parsed.success ? [] : issuesOf(parsed.error, 'config')
  const right = parsed.data ?? rightSections(merged)
  const issues = [...own, ...crossIssues(right), ...tradingIssues(right)]
  if (parsed.data === undefined || issues.length > 0) throw wrongConfig(issues, sources.file, sources.env)
  return withPaths(parsed.data, sources.file)
}

/**
 * Returns the default data folder. A market may have a folder of its own, because its time does not mix with others'.
 */
function defaultFolder({ market = {} }: Settings): string {
  const source = isSettings(market) ? impliedMarket(ADAPTERS, market) : undefined
  return ADAPTERS.find(({ name }) => name === source)?.market?.folder ?? 'data'
}

/** Returns the sections that are valid by themselves, so that one error names all problems. */
function rightSections(settings: Settings): Partial<RunnerConfig> {
  const entries = Object.entries(configSections.shape).flatMap(([name, schema]) => {
    const { success, data } = schema.safeParse(settings[name])
    return success ? [[name, data]] : []
  })
  return Object.fromEntries(entries)
}

/** Makes the paths of modules, news and tokens relative to the file that names them. */
function withPaths({ strategies, news, server, ...config }: RunnerConfig, file = ''): RunnerConfig {
  const fromFile = (path: string) => resolve(dirname(file), path)
  const sources = news.sources.map((source) => located(source, fromFile))
  const withModules = strategies?.map((strategy) =>
    isModule(strategy.type) ? { ...strategy, type: fromFile(strategy.type) } : strategy,
  )
  const tokens = server.tokens.map(({ file: of, ...token }) =>
    of === undefined ? token : { ...token, file: fromFile(of) },
  )
  return {
    ...config,
    news: { ...news, sources },
    server: { ...server, tokens },
    ...compact({ strategies: withModules }),
  }
}

/** Gives the source a name. The log uses the name, so the folder may move. */
function located(source: NewsConfig, fromFile: (path: string) => string): NewsConfig {
  const { paths = [] } = newsOffer(source)
  if (paths.length === 0) return source
  const resolved = paths.map((key) => [key, fromFile(String(source[key]))] as const)
  return { ...source, name: newsSourceName(source), ...Object.fromEntries(resolved) }
}

function readYaml(file: string): Settings {
  let content: unknown
  try {
    content = parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const [why] = message.split(/:?\n/)
    throw unreadableConfig(file, UNREADABLE[code ?? ''] ?? `cannot be read: ${why}`)
  }
  if (content === null || content === undefined) return {}
  if (typeof content !== 'object' || Array.isArray(content))
    throw unreadableConfig(file, 'must be a mapping of keys to values')
  return content as Settings
}

/** Descriptions of the system's error codes for a file. */
const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a folder',
  EACCES: 'may not be read: check its permissions',
}

/** Returns the settings of the environment: OUTCRY_MARKET_RATE_PER_SECOND=5 is market.ratePerSecond: 5. */
function fromEnv(env: NodeJS.ProcessEnv): Settings {
  let settings: Settings = {}
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || text === undefined) continue
    const path = pathOf(name)
    // Money is text that looks like a number. The schema says which of the two it wants.
    const value = scalar(text)
    const fault = faultOf(path, value)
    const isText = fault === 'invalid_type' || (fault !== undefined && faultOf(path, text) === undefined)
    settings = merge(settings, settingOf(path, isText ? text : value))
  }
  return settings
}

/** Returns what kind of problem the value of a key is; undefined when it is none. */
function faultOf(path: readonly string[], value: unknown): string | undefined {
  const issues = runnerConfig.safeParse(settingOf(path, value)).error?.issues ?? []
  return issues.find((issue) => issue.path.join('.') === path.join('.'))?.code
}

function scalar(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

function merge(under: Settings, over: Settings): Settings {
  const merged = { ...under }
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue
    const below = merged[key]
    merged[key] = isSettings(below) && isSettings(value) ? merge(below, value) : value
  }
  return merged
}

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
