/** The facts of a capture that must be known before it is played. */
import { access } from 'node:fs/promises'
import type { CaptureFormat } from '../capture-format.ts'
import { CAPTURE_FORMATS } from '../captures.ts'
import { timedLines, unreadable } from './timed-lines.ts'

/** The facts of a file. */
export interface Look {
  readonly file: string
  /** The symbols of its messages. */
  readonly symbols: ReadonlySet<string>
  /** The format of its messages; undefined if none of them names a symbol. */
  readonly format: CaptureFormat | undefined
  /** The venue that most messages with the shape of one venue have; undefined if there are none. */
  readonly venue: string | undefined
  /** The time of receipt of its first message, in ms. */
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
