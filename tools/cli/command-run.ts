import { constants } from 'node:os'
import { resolve } from 'node:path'
import { destination } from 'pino'
import { compact } from '../../errors/compact.ts'
import { VERSION } from '../../src/api/version.ts'
import { quarantinedIn } from '../../src/runner/actors/quarantine.ts'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import type { RunnerConfig } from '../../src/runner/config/schema.ts'
import { Redactor } from '../../src/runner/log/redactor.ts'
import { type LogLine, RunnerLog } from '../../src/runner/log/runner-log.ts'
import { secretsOf } from '../../src/runner/log/secrets.ts'
import { HangWatch } from '../../src/runner/process/hang/hang-watch.ts'
import { letHeapGrow } from '../../src/runner/process/heap.ts'
import { ProcessGuard } from '../../src/runner/process/process-guard.ts'
import { userModules } from '../../src/runner/process/user-modules.ts'
import type { RunningRunner } from '../../src/runner/runner.ts'
import type { Logger } from '../../src/runtime/logger.ts'
import { noteColors } from './colors.ts'
import { countText } from './format.ts'
import { print, printJson } from './output.ts'
import { summaryText } from './run-summary.ts'
import { StatusLine } from './status-line.ts'
import { fullLogText, logText, Terminal } from './terminal.ts'

export interface RunOptions {
  readonly config?: string
  readonly data?: string
  readonly storeId?: string
  readonly market?: string
  readonly file?: readonly string[]
  readonly symbol?: readonly string[]
  readonly speed?: string
  readonly seed?: string
  readonly host?: string
  readonly port?: string
  readonly server?: boolean
  readonly acceptChanges?: boolean
  readonly machines?: readonly string[]
  readonly json?: boolean
}

/**
 * `outcry run`: trades until the market ends or a person stops it. The exit code of an orderly end is 0, even with
 * actors in quarantine: the run has done its work, and its summary names them.
 */
export async function run(options: RunOptions): Promise<number> {
  const config = loadConfig(compact({ file: options.config, env: process.env, flags: flagsOf(options) }))
  letHeapGrow()
  const terminal = new Terminal()
  const asStatus = showsStatus(config, terminal)
  const redactor = new Redactor(secretsOf(config))
  const { level, levels, format } = config.log
  const logger = new RunnerLog({
    level: asStatus && level === 'info' ? 'warn' : level,
    levels,
    redactor,
    write: writerOf(asStatus ? 'status' : format, terminal),
  })
  const guard = new ProcessGuard(userModules, logger)
  const watch = watchFor(config, guard, logger)
  try {
    return await runUntilStopped(config, {
      options,
      logger,
      redactor,
      terminal,
      asStatus,
      guard,
      watch,
    })
  } catch (error) {
    throw redactor.error(error)
  } finally {
    await watch?.stop()
    guard.end()
  }
}

interface Running {
  readonly options: RunOptions
  readonly logger: RunnerLog
  readonly redactor: Redactor
  readonly terminal: Terminal
  readonly asStatus: boolean
  readonly guard: ProcessGuard
  readonly watch: HangWatch | undefined
}

async function runUntilStopped(
  config: RunnerConfig,
  { options, logger, redactor, terminal, asStatus, guard, watch }: Running,
): Promise<number> {
  const { faulted } = guard
  const { acceptChanges, machines } = options
  const runner = await startRunner(config, logger, {
    acceptChanges,
    machines: machines?.map((module) => resolve(module)),
    faulted,
    redactor,
    setLogLevel: (level, component) => logger.setLevel(level, component),
    ...compact({ work: watch?.work }),
  })
  await watch?.hearSignals(true)
  const stop = stopOnSignal(runner, terminal, guard)
  const early = watch?.work.signal ?? 0
  if (early > 0) stop.request(early === constants.signals.SIGINT ? 'SIGINT' : 'SIGTERM')
  const status = asStatus ? new StatusLine(runner, terminal) : undefined
  logger.info(
    { data: config.data, market: runner.market.name, url: runner.url, seq: runner.supervisor.seq },
    'started',
  )
  if (asStatus) terminal.print(banner(config, runner))
  const started = performance.now()
  const firstSeq = runner.supervisor.seq
  status?.start()
  let failure: unknown
  try {
    await Promise.race([runner.ended, stop.requested])
  } catch (error) {
    failure = error
  }
  status?.stop()
  const seconds = (performance.now() - started) / 1_000
  const stats = failure === undefined ? runner.stats() : undefined
  const failed = stats === undefined ? [] : await quarantinedIn(runner.supervisor)
  const { name: market, counts, refused } = runner.market
  try {
    await runner.stop(
      stop.signal ?? (failure ? 'failure' : 'the market has ended'),
      stop.signal ? 'signal' : 'runner',
    )
  } catch (error) {
    failure ??= error
  } finally {
    await watch?.hearSignals(false)
    stop.ignore()
  }
  if (failure !== undefined || stats === undefined) throw failure
  const records = stats.records - firstSeq
  const run = {
    market,
    data: config.data,
    counts,
    refused,
    messages: runner.messages,
    seconds,
    committed: records,
  }
  const summary = { ...run, isOver: stop.signal === undefined, failed, ...stats }
  if (options.json) await printJson(summary)
  else await print(summaryText(summary))
  return 0
}

/** Returns undefined when the configuration sets no limit for a hang. */
function watchFor(
  { runner: { hangLimitMs: limitMs }, data: folder }: RunnerConfig,
  guard: ProcessGuard,
  logger: Logger,
): HangWatch | undefined {
  if (limitMs === 0) return undefined
  return new HangWatch({ limitMs, folder, modules: userModules, exit: guard.exit, logger })
}

function flagsOf(options: RunOptions): Record<string, unknown> {
  const { data, storeId, host, port, server } = options
  const serverFlags = compact({
    host,
    port: port === undefined ? undefined : numberOf(port),
    enabled: server === false ? false : undefined,
  })
  return compact({
    data,
    runner: storeId === undefined ? undefined : { storeId },
    market: marketFlags(options),
    server: Object.keys(serverFlags).length > 0 ? serverFlags : undefined,
  })
}

/** Returns what the options say of the market; undefined when they say nothing. */
export function marketFlags({
  market,
  file,
  symbol,
  speed,
  seed,
}: Pick<RunOptions, 'market' | 'file' | 'symbol' | 'speed' | 'seed'>): Record<string, unknown> | undefined {
  const flags = {
    ...compact({ source: market, files: file, symbols: symbol }),
    ...(speed !== undefined && { speed: speed === 'max' ? 'max' : numberOf(speed) }),
    ...(seed !== undefined && { seed: numberOf(seed) }),
  }
  return Object.keys(flags).length > 0 ? flags : undefined
}

/** Returns the number in a text. An empty text is not a number, either. */
function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text)
}

/** Returns what writes log lines. They go to stderr, so that programs can read the summary on stdout. */
function writerOf(format: RunnerConfig['log']['format'], terminal: Terminal): (line: LogLine) => void {
  if (format === 'status' && terminal.isTTY) return (line) => terminal.print(logText(line))
  if (format === 'text') return (line) => terminal.print(fullLogText(line))
  const out = destination(2)
  return (line) => void out.write(`${JSON.stringify(line)}\n`)
}

function showsStatus({ log }: RunnerConfig, { isTTY }: Terminal): boolean {
  return log.format === 'status' || (log.format === 'auto' && isTTY)
}

function banner({ data, server }: RunnerConfig, { url, market, supervisor }: RunningRunner): string {
  const from = supervisor.epoch > 1 ? `continues at seq ${countText(supervisor.seq)}` : 'a new log'
  const isGuarded = server.token !== undefined || server.tokens.length > 0
  const once = isGuarded ? ', once as /?token=<token>' : ''
  const rows = [
    ['market', market.name],
    ['data', `${data}, ${from}`],
    ['page', url === undefined ? 'no server' : `${noteColors.cyan(url)}${once}`],
    ['stop', 'Ctrl-C; the next start continues the run'],
  ] as const
  const lines = rows.map(([name, text]) => `${noteColors.dim(name.padEnd(7))} ${text}`)
  return [noteColors.bold(`outcry ${VERSION}`), ...lines].join('\n')
}

/** npm passes on the signal that the terminal has already sent, so the same Ctrl-C comes twice. */
const SAME_SIGNAL_MS = 500

/** Stops the run in order at the first signal, and at once at the second. */
function stopOnSignal(
  runner: RunningRunner,
  terminal: Terminal,
  guard: ProcessGuard,
): {
  requested: Promise<void>
  signal: string | undefined
  request(signal: NodeJS.Signals): void
  ignore(): void
} {
  let resolve: () => void
  const requested = new Promise<void>((done) => {
    resolve = done
  })
  const state = { requested, signal: undefined as string | undefined, request: onSignal, ignore }
  let firstAt = 0
  function onSignal(signal: NodeJS.Signals): void {
    if (state.signal === undefined) {
      state.signal = signal
      firstAt = performance.now()
      terminal.print(`${signal}: finishes the work under way, at seq ${countText(runner.supervisor.seq)}`)
      resolve()
    } else if (performance.now() - firstAt > SAME_SIGNAL_MS) guard.exit(130)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  function ignore(): void {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
  return state
}
