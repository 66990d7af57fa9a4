import pc from 'picocolors'
import { destination, pino } from 'pino'
import { loadConfig, type RunnerConfig } from '../../src/runner/config.ts'
import { type RunningRunner, startRunner } from '../../src/runner/runner.ts'
import { countText, moneyText } from './format.ts'
import { print, printJson } from './output.ts'
import { StatusLine } from './status-line.ts'

export interface RunOptions {
  readonly config?: string
  readonly data?: string
  readonly market?: string
  readonly file?: readonly string[]
  readonly symbol?: readonly string[]
  readonly speed?: string
  readonly seed?: string
  readonly host?: string
  readonly port?: string
  readonly server?: boolean
  readonly json?: boolean
}

/** `outcry run`: trades until the market ends or somebody stops it. */
export async function run(options: RunOptions): Promise<number> {
  const config = loadConfig({
    ...(options.config !== undefined && { file: options.config }),
    env: process.env,
    flags: flagsOf(options),
  })
  const asStatus = showsStatus(config)
  // Log lines go to stderr, so that the summary on stdout can be read by programs.
  const logger = pino(
    { level: asStatus && config.log.level === 'info' ? 'warn' : config.log.level, base: null },
    destination(2),
  )
  const runner = await startRunner(config, logger)
  const stop = stopOnSignal(runner)
  const status = new StatusLine(runner, asStatus)
  logger.info(
    { data: config.data, market: runner.market.name, url: runner.url, seq: runner.supervisor.seq },
    'started',
  )
  if (asStatus) console.error(banner(config, runner))
  const started = performance.now()
  const firstSeq = runner.supervisor.seq
  status.start()
  let failure: unknown
  try {
    await Promise.race([runner.ended, stop.requested])
  } catch (error) {
    failure = error
  }
  status.stop()
  const seconds = (performance.now() - started) / 1_000
  const stats = failure === undefined ? runner.stats() : undefined
  const { name: market, counts } = runner.market
  try {
    await runner.stop(
      stop.signal ?? (failure ? 'failure' : 'the market has ended'),
      stop.signal ? 'signal' : 'runner',
    )
  } catch (error) {
    failure ??= error
  } finally {
    stop.ignore()
  }
  if (failure !== undefined || stats === undefined) throw failure
  const records = stats.records - firstSeq
  const summary = { market, counts, messages: runner.messages, seconds, committed: records, ...stats }
  if (options.json) await printJson(summary)
  else await print(summaryText(summary))
  return 0
}

function flagsOf(options: RunOptions): Record<string, unknown> {
  const { market, file, symbol, speed, seed, data, host, port, server } = options
  const marketFlags = {
    ...(market !== undefined && { source: market }),
    ...(file !== undefined && { files: file }),
    ...(symbol !== undefined && { symbols: symbol }),
    ...(speed !== undefined && { speed: speed === 'max' ? 'max' : numberOf(speed) }),
    ...(seed !== undefined && { seed: numberOf(seed) }),
  }
  const serverFlags = {
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port: numberOf(port) }),
    ...(server === false && { enabled: false }),
  }
  return {
    ...(data !== undefined && { data }),
    ...(Object.keys(marketFlags).length > 0 && { market: marketFlags }),
    ...(Object.keys(serverFlags).length > 0 && { server: serverFlags }),
  }
}

/** Nothing is no number, either. */
function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text)
}

function showsStatus({ log }: RunnerConfig): boolean {
  return log.format === 'status' || (log.format === 'auto' && process.stderr.isTTY === true)
}

function banner({ data, server }: RunnerConfig, { url, market, supervisor }: RunningRunner): string {
  const from = supervisor.epoch > 1 ? `resumed at seq ${countText(supervisor.seq)}` : 'a new log'
  const open =
    url === undefined
      ? 'no server'
      : `open ${pc.cyan(url)}${server.token === undefined ? '' : ' (once as /?token=<server.token>)'}`
  return `${pc.bold('outcry')}  ${market.name}  ${data} (${from})  ${open}  Ctrl-C stops`
}

/** The first signal stops gracefully, the second at once. */
function stopOnSignal(runner: RunningRunner): {
  requested: Promise<void>
  signal: string | undefined
  ignore(): void
} {
  let resolve: () => void
  const requested = new Promise<void>((done) => {
    resolve = done
  })
  const state = { requested, signal: undefined as string | undefined, ignore }
  const onSignal = (signal: NodeJS.Signals) => {
    if (state.signal !== undefined) process.exit(130)
    state.signal = signal
    console.error(
      `\n${signal}: finishing what is under way, once more stops at once (seq ${runner.supervisor.seq})`,
    )
    resolve()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  function ignore(): void {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
  return state
}

interface Summary extends ReturnType<RunningRunner['stats']> {
  readonly market: string
  readonly counts: Readonly<Record<string, number>>
  readonly messages: number
  readonly seconds: number
  readonly committed: number
}

function summaryText(s: Summary): string {
  const kinds = Object.entries(s.counts)
    .map(([kind, count]) => `${countText(count)} ${kind}`)
    .join(', ')
  const read = Object.values(s.counts).reduce((sum, n) => sum + n, 0)
  const held = s.positions.map(
    ({ symbol, quantity, avgPx }) => `${quantity} ${symbol} at ${moneyText(avgPx)}`,
  )
  const rows: [string, string][] = [
    ['market', s.market],
    ['read', `${countText(read)} messages: ${kinds}`],
    [
      'records',
      `${countText(s.committed)} committed in ${s.seconds.toFixed(1)} s, ${countText(Math.round(s.committed / s.seconds))} a second; the log has ${countText(s.records)}`,
    ],
    ['orders', `${countText(s.ordersSubmitted)} submitted, ${countText(s.fills)} fills`],
    ['positions', held.length === 0 ? 'flat' : held.join(', ')],
    [
      'PnL',
      `${moneyText(s.realizedPnl)} realised, ${moneyText(s.unrealizedPnl)} unrealised, ${moneyText(s.commissions)} commissions`,
    ],
    ['equity', moneyText(s.equity)],
  ]
  return rows.map(([name, text]) => `${name.padEnd(10)} ${text}`).join('\n')
}
