/** What must be known of a capture before it is played. */
import { access } from 'node:fs/promises'
import { originOf } from '../binance/market-messages.ts'
import type { BinanceMarketName } from '../binance/markets.ts'
import { timedLines, unreadable } from './timed-lines.ts'

/** What a file is about. */
export interface Look {
  readonly file: string
  /** Of the messages in it. */
  readonly symbols: ReadonlySet<string>
  /** Of which market's shape most are that are of one alone; undefined when none is. */
  readonly market: BinanceMarketName | undefined
  /** When its first message was received, in ms. */
  readonly startsAt: number
}

/** So many messages that only one market has are enough to tell which it is. */
const VOTES = 32

/** Reads a file through. @throws RECORDING_UNREADABLE */
export async function lookThrough(file: string): Promise<Look> {
  try {
    await access(file)
  } catch (error) {
    throw unreadable(`${file} cannot be read: ${(error as Error).message}`, 'Check the path.')
  }
  const symbols = new Set<string>()
  const streams = new Set<string>()
  const votes = new Map<BinanceMarketName, number>()
  let count = 0
  let startsAt: number | undefined
  let hasAnswer = false
  for await (const { at, json } of timedLines(file)) {
    startsAt ??= at
    if (symbols.size === 0) hasAnswer ||= isAnswer(json)
    const stream = streamOf(json)
    if (stream !== undefined && count >= VOTES && streams.has(stream)) continue
    const origin = originOf(json)
    if (origin === undefined) continue
    if (stream !== undefined) streams.add(stream)
    symbols.add(origin.symbol)
    if (origin.market === undefined) continue
    votes.set(origin.market, (votes.get(origin.market) ?? 0) + 1)
    count++
  }
  if (startsAt === undefined)
    throw unreadable(`${file} holds no message`, 'Give a capture of a market socket: "<time> <json>" a line.')
  if (symbols.size === 0 && !hasAnswer)
    throw unreadable(
      `${file} has no message of a market that can be read`,
      'Give captures of the combined streams of Binance: spot, USD-M or COIN-M futures. Those of other exchanges cannot be read yet.',
    )
  const [first] = [...votes].sort(([, a], [, b]) => b - a)
  return { file, symbols, market: first?.[0], startsAt }
}

/** Whether a line is what Binance answers to a request: a depth snapshot, or to a subscription. It names no symbol. */
function isAnswer(json: string): boolean {
  return json.includes('"lastUpdateId"') || json.startsWith('{"result"')
}

const STREAM = '{"stream":"'

/** Returns the name of a line's stream, cheaply, for each line is asked; undefined where the line does not begin with it. */
function streamOf(json: string): string | undefined {
  return json.startsWith(STREAM) ? json.slice(STREAM.length, json.indexOf('"', STREAM.length)) : undefined
}
