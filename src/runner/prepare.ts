/**
 * Checks the plan of a run before anything is opened: the strategies, the market, and whether the configuration fits
 * them.
 */
import { compact } from '../../errors/compact.ts'
import { marketOffer } from '../adapters/registry.ts'
import { newCliToken, openTokens } from '../api/tokens.ts'
import { type Logger, named } from '../runtime/logger.ts'
import { SystemClock } from '../runtime/time/clock.ts'
import { symbolIssues, venueAndSymbols } from './actors/instruments.ts'
import { loadStrategies } from './actors/strategies.ts'
import { MARKET, STRATEGIES } from './components/names.ts'
import { wrongConfig } from './config/problems.ts'
import type { RunnerConfig } from './config/schema.ts'
import { isModule } from './config/strategy.ts'
import { venuesOf } from './config/venues.ts'
import { readStrategiesFile } from './folder/strategies-file.ts'
import { logIssues } from './log/components.ts'
import { Redactor } from './log/redactor.ts'
import { secretsOf } from './log/secrets.ts'
import { ErrorReports } from './reports/error-reports.ts'
import type { Plan, StartOptions } from './run.ts'

/**
 * Returns the plan.
 * @throws CONFIG_INVALID, TOKEN_INVALID, STRATEGY_INVALID, STRATEGIES_UNREADABLE, RECORDING_UNREADABLE, MODULE_PENDING,
 * ...
 */
export async function prepare(
  config: RunnerConfig,
  processLogger: Logger,
  options: StartOptions,
): Promise<Plan> {
  const { machines: modules, work, redactor = new Redactor(secretsOf(config)) } = options
  const logger = new ErrorReports(processLogger, redactor)
  const { moduleLimitMs: limitMs } = config.runner
  // A torn one is refused before anything is run or made.
  readStrategiesFile(config.data)
  const { server } = config
  // The server opens them anew. What is wrong with them is said before the run opens anything.
  if (server.enabled) openTokens(server)
  const cliToken = server.enabled ? newCliToken(server) : undefined
  if (cliToken !== undefined) redactor.add([cliToken])
  const loading = compact({ limitMs, logger: named(logger, STRATEGIES), work })
  const { strategies, issues } = await loadStrategies(config.strategies ?? [], modules, loading)
  // The actors of these may do what nobody foresees.
  if (work !== undefined)
    work.named = [...strategies].flatMap(([type, { name }]) => (isModule(type) ? [name] : []))
  const systemClock = new SystemClock()
  const { market: ofMarket } = config
  const market = await marketOffer(ofMarket).open(ofMarket, {
    logger: named(logger, MARKET),
    now: () => systemClock.now(),
  })
  const place = venueAndSymbols(market)
  const venues = venuesOf(config, place.venue)
  const wrong = [...issues, ...symbolIssues(config, place), ...logIssues(config, venues)]
  if (wrong.length > 0) throw wrongConfig(wrong)
  return {
    config,
    options,
    strategies,
    market,
    place,
    venues,
    systemClock,
    cliToken,
    logger,
    redactor,
    processLogger,
  }
}
