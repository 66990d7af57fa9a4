import { EXIT } from '../../errors/codes.ts'
import type { AnswerOf } from '../../src/api/contract/route.ts'
import type { Routes } from '../../src/api/contract/routes.ts'
import type { Vitals } from '../../src/api/contract/vitals.ts'
import type { Client } from '../../src/client/index.ts'
import { runnerOf } from './act.ts'
import { colors } from './colors.ts'
import { counted, countText, spanText, stateText, table, timeText } from './format.ts'
import type { ReadOptions } from './named.ts'
import { print, printJson, printLines } from './output.ts'

/** ms of the log's time over which records are counted for the rate. */
const RATE_MS = 10_000

type Health = AnswerOf<Routes['health']>

/** `outcry health`: shows how the runner that holds the folder keeps up. */
export async function health(options: ReadOptions): Promise<number> {
  const client = await runnerOf(options, 'nothing runs that could be well or not')
  const [is, vitals] = await Promise.all([client.ask('health'), client.ask('vitals')])
  const perSecond = await rateOf(client, vitals)
  if (options.json) await printJson({ ...is, ...vitals, perSecond, source: client.url })
  else {
    await print(table(['', client.url], factsOf(is, vitals, perSecond)))
    await printTable(['symbol', 'last message', 'age', 'state'], vitals.markets.map(marketRow))
    await printTable(['component', 'state', 'reason'], (is.components ?? []).map(componentRow))
  }
  return is.status === 'ok' ? EXIT.fine : EXIT.problem
}

/** Resolves with the records a second at the end of the log, by the log's own time. */
async function rateOf(client: Client, { seq, at }: Vitals): Promise<number> {
  if (at === undefined) return 0
  const { seq: before } = await client.events({ to: at - RATE_MS, tail: 1 })
  return ((seq - before) * 1_000) / RATE_MS
}

function factsOf(is: Health, { seq, at, commits, feed, log }: Vitals, perSecond: number): string[][] {
  const { verified } = log
  const last = at === undefined ? 'no record yet' : `seq ${countText(seq)} at ${timeText(at)}`
  const lag =
    feed.behindRecords === 0
      ? 'none behind'
      : colors.yellow(
          `the slowest ${counted(feed.behindRecords, 'record')}, ${spanText(feed.behindMs)} behind`,
        )
  const checked =
    verified === undefined
      ? 'not verified since this start'
      : `verified up to seq ${countText(verified.seq)}: ${counted(verified.problems, 'problem')}`
  return [
    ['status', is.status === 'ok' ? colors.green('ok') : colors.red(is.status)],
    ['log', `${last}, start ${log.epoch}, ${checked}`],
    ['records', `${countText(Math.round(perSecond))} a second`],
    ['commits', commits === undefined ? 'none in the last minute' : commitText(commits)],
    ['feed', feed.clients === 0 ? 'no clients' : `${counted(feed.clients, 'client')}, ${lag}`],
    ['actors', actorText(is)],
    ['intents', `${countText(is.unsettledIntents)} without an outcome`],
  ]
}

function commitText({ commits, p50Ms, p99Ms, maxMs }: NonNullable<Vitals['commits']>): string {
  const ms = (n: number) => `${n.toFixed(1)} ms`
  return `${countText(commits)} in the last minute: half within ${ms(p50Ms)}, 99 of 100 within ${ms(p99Ms)}, the longest ${ms(maxMs)}`
}

function actorText({ residents, quarantined }: Health): string {
  const text = `${countText(residents)} in memory`
  return quarantined === 0 ? text : `${text}, ${colors.red(`${countText(quarantined)} in quarantine`)}`
}

function marketRow({ address, at, ageMs, state }: Vitals['markets'][number]): string[] {
  return [
    address,
    at === undefined ? '-' : timeText(at),
    ageMs === undefined ? '-' : spanText(ageMs),
    stateText(state),
  ]
}

function componentRow({ name, state, reason = '' }: NonNullable<Health['components']>[number]): string[] {
  const isWell = state !== 'FAILED' && reason === ''
  return [name, state, isWell ? '' : colors.red(reason)]
}

/** Prints a table with a blank line before it; nothing without rows. */
async function printTable(head: readonly string[], rows: readonly (readonly string[])[]): Promise<void> {
  if (rows.length > 0) await printLines(`\n${table(head, rows)}`)
}
