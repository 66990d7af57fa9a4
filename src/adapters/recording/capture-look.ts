/** What must be known of a capture before it is played. */
import { access } from 'node:fs/promises'
import type { CaptureFormat } from '../capture-format.ts'
import { CAPTURE_FORMATS } from '../captures.ts'
import { timedLines, unreadable } from './timed-lines.ts'

/** What a file is about. */
export interface Look {
  readonly file: string
  /** Of the messages in it. */
  readonly symbols: ReadonlySet<string>
  /** How its messages are read; undefined when it has none that names a symbol. */
  readonly format: CaptureFormat | undefined
  /** Of which venue's shape most are that are of one alone; undefined when none is. */
  readonly venue: string | undefined
  /** When its first message was received, in ms. */
  readonly startsAt: number
}

/** So many messages that only one venue has are enough to tell which it is. */
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
  const votes = new Map<string, number>()
  let format: CaptureFormat | undefined
  let count = 0
  let startsAt: number | undefined
  let hasAnswer = false
  for await (const { at, json } of timedLines(file)) {
    startsAt ??= at
    if (symbols.size === 0) hasAnswer ||= CAPTURE_FORMATS.some((one) => one.isAnswer(json))
    const stream = format?.streamOf(json)
    if (stream !== undefined && count >= VOTES && streams.has(stream)) continue
    const origin = originIn(json, format)
    if (origin === undefined) continue
    format = origin.format
    if (stream !== undefined) streams.add(stream)
    symbols.add(origin.symbol)
    if (origin.venue === undefined) continue
    votes.set(origin.venue, (votes.get(origin.venue) ?? 0) + 1)
    count++
  }
  if (startsAt === undefined)
    throw unreadable(`${file} holds no message`, 'Give a capture of a market socket: "<time> <json>" a line.')
  if (symbols.size === 0 && !hasAnswer)
    throw unreadable(
      `${file} has no message of a market that can be read`,
      `Give captures of ${CAPTURE_FORMATS.map(({ about }) => about).join(', or of ')}. Those of other exchanges cannot be read yet.`,
    )
  const [first] = [...votes].sort(([, a], [, b]) => b - a)
  return { file, symbols, format, venue: first?.[0], startsAt }
}

/** Returns the format that reads the line, the one of the lines before first, and what it says of it. */
function originIn(json: string, known: CaptureFormat | undefined) {
  for (const format of known === undefined ? CAPTURE_FORMATS : [known]) {
    const origin = format.originOf(json)
    if (origin !== undefined) return { format, ...origin }
  }
  return undefined
}
