/** Reads the entries of a ledger, each of them checked. */
import { z } from 'zod'
import { compact } from '../../../errors/compact.ts'
import { type LedgerEntry, ledgerEntryFields } from '../../../machines/events/ledger.ts'
import type { LedgerContext } from '../../../machines/ledger/context.ts'
import { takeIn } from '../../../src/runtime/record/values.ts'
import { OutcryError } from '../../../store/index.ts'
import { exactJson } from './exact-json.ts'
import { textLines } from './text-lines.ts'

/** Bytes of an entry as JSON. A message of a runner's API has 64 KiB at most. */
export const ENTRY_BYTES_MAX = 60_000

/** Characters of a line. An escape takes six. */
const LINE_MAX = 6 * ENTRY_BYTES_MAX

const { eventId, eventType, timestamp, sequenceNum, payload, metadata } = ledgerEntryFields
const line = z.strictObject({
  event_id: eventId,
  event_type: eventType,
  timestamp: timestamp.refine(isTime, 'must be a time: ISO 8601, or a number of seconds, ms or smaller'),
  sequence_num: sequenceNum,
  // JSON has no undefined, so a missing payload is told from null.
  payload: payload.refine((value) => value !== undefined, 'is missing'),
  metadata,
})

function isTime(value: string | number): boolean {
  return typeof value === 'number'
    ? value >= 0
    : !Number.isNaN(Date.parse(value)) || /^\d+(\.\d+)?$/.test(value)
}

export interface CheckedEntry {
  readonly entry: LedgerEntry
  /** Bytes that it takes as JSON. */
  readonly bytes: number
}

/**
 * Yields the entries of a ledger: lines of JSON with `event_id, event_type, timestamp, sequence_num, payload, metadata`,
 * in any order of these.
 * @throws LEDGER_INVALID with the number of the line, FILE_UNREADABLE
 */
export async function* ledgerEntries(path: string): AsyncGenerator<CheckedEntry> {
  let number = 0
  let last: number | undefined
  try {
    for await (const one of textLines(path)) {
      number = one.number
      const checked = entryOf(one.text)
      const { sequenceNum: seq } = checked.entry
      if (last !== undefined && seq <= last)
        throw new LineFault(`sequence_num ${seq} does not follow ${last}`)
      last = seq
      yield checked
    }
  } catch (error) {
    if (error instanceof LineFault) throw invalid(`${path}:${number}: ${error.message}`)
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw invalid(`${path}: behind line ${number} it is not UTF-8`)
    if (error instanceof OutcryError || code === undefined) throw error
    throw new OutcryError('FILE_UNREADABLE', `${path} cannot be read: ${message}`, 'Check the path.')
  }
}

class LineFault extends Error {}

/** @throws LineFault */
function entryOf(text: string): CheckedEntry {
  // Space between the fields counts little here, and a line of megabytes is not worth the time to read it.
  if (text.length > LINE_MAX) throw new LineFault(`has ${text.length} characters, more than ${LINE_MAX}`)
  let value: unknown
  try {
    value = exactJson(text)
  } catch (error) {
    throw new LineFault(`is no JSON: ${(error as Error).message}`)
  }
  const { data, error } = line.safeParse(value)
  if (data === undefined) {
    const [issue] = error.issues
    throw new LineFault([issue?.path.join('.'), issue?.message].filter(Boolean).join(' '))
  }
  const entry = compact({
    eventId: data.event_id,
    eventType: data.event_type,
    timestamp: data.timestamp,
    sequenceNum: data.sequence_num,
    payload: data.payload,
    metadata: data.metadata,
  })
  const bytes = Buffer.byteLength(JSON.stringify(entry))
  if (bytes > ENTRY_BYTES_MAX) throw new LineFault(`has ${bytes} bytes, more than ${ENTRY_BYTES_MAX}`)
  try {
    takeIn(entry, 'entry')
  } catch (cause) {
    throw new LineFault((cause as Error).message)
  }
  return { entry, bytes }
}

/**
 * Checks all of a file against what the log has of the ledger, and counts the entries that it has not.
 * @throws LEDGER_INVALID, FILE_UNREADABLE
 */
export async function checkLedger(
  path: string,
  last: LedgerContext['last'],
  onLook: () => void,
): Promise<{ readonly entries: number; readonly fresh: number }> {
  let entries = 0
  let fresh = 0
  let hasLast = false
  for await (const { entry } of ledgerEntries(path)) {
    onLook()
    entries++
    if (last === undefined || entry.sequenceNum > last.sequenceNum) fresh++
    if (last === undefined || entry.sequenceNum !== last.sequenceNum) continue
    hasLast = true
    if (entry.eventId !== last.eventId)
      throw invalid(
        `${path}: sequence_num ${last.sequenceNum} is ${entry.eventId}, and the log has ${last.eventId} there`,
      )
  }
  if (last !== undefined && fresh > 0 && fresh < entries && !hasLast)
    throw invalid(`${path}: it has no sequence_num ${last.sequenceNum}, which is the last one of the log`)
  return { entries, fresh }
}

function invalid(message: string): OutcryError {
  return new OutcryError(
    'LEDGER_INVALID',
    message,
    'Nothing was imported. Mend the file, or give another ledger a name of its own: --ledger.',
  )
}
