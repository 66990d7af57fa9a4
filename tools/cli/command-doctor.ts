import { lookThrough } from '../../src/runner/folder/books.ts'
import { closedBooks } from '../../src/runner/folder/venue-books.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { recordCodec } from '../../src/runtime/record/record-codec.ts'
import { cutBack, type Diagnosis, diagnose } from '../../store/index.ts'
import { colors } from './colors.ts'
import { counted, countText, table, timeText } from './format.ts'
import { logFolder } from './log-folder.ts'
import { print, printJson } from './output.ts'

export interface DoctorCommandOptions {
  readonly data: string
  readonly cut?: boolean
  readonly json?: boolean
}

/** The records that a cut loses, as far as they can be read. */
interface Lost {
  records: number
  firstAt: number | undefined
  lastAt: number | undefined
  /** Ids of intents that may have been sent to a venue. */
  readonly intents: string[]
}

/**
 * `outcry doctor`: reports the damage of a log that no longer opens, and of the venue's books beside it. With --cut it
 * makes a log that ends before the damage.
 */
export async function doctor({ data, cut, json }: DoctorCommandOptions): Promise<number> {
  const location = logFolder(data)
  const showProgress = process.stderr.isTTY && !json
  const lost: Lost = { records: 0, firstAt: undefined, lastAt: undefined, intents: [] }
  const options = {
    codec: recordCodec,
    onProgress: (seq: number) => {
      if (showProgress) process.stderr.write(`\r${countText(seq)} records`)
    },
    onLost: (record: TransitionRecord) => count(lost, record),
  }
  const { diagnosis, keptIn } = cut
    ? await cutBack(location, options)
    : { diagnosis: await diagnose(location, options), keptIn: undefined }
  if (showProgress) process.stderr.write('\r\x1b[K')
  const books = await lookThrough(closedBooks(data))
  if (json) await printJson({ ...diagnosis, lost, keptIn, books })
  else {
    await tell(location, diagnosis, lost, keptIn)
    const { reports, problems } = books
    for (const { code, message } of problems) await print(colors.red(`${code}: ${message}. ${BOOKS_DAMAGED}`))
    if (reports !== undefined && problems.length === 0)
      await print(colors.green(`The venue's books beside it are whole: ${counted(reports, 'report')}`))
  }
  const isMended = diagnosis.damage.length === 0 || keptIn !== undefined
  return isMended && books.problems.length === 0 ? 0 : 1
}

const BOOKS_DAMAGED = 'Restore the whole data folder from a backup: the log and the books belong together.'

function count(lost: Lost, { at, intents = [] }: TransitionRecord): void {
  lost.records++
  lost.firstAt ??= at
  lost.lastAt = at
  for (const { id } of intents) lost.intents.push(id)
}

/**
 * Problems of one kind that are listed. A lost index is one problem for each actor, and there may be a million. The
 * rest is counted.
 */
const TOLD_MAX = 10

function rowsOf(damage: Diagnosis['damage']): string[][] {
  const counts = new Map<string, number>()
  const rows: string[][] = []
  for (const d of damage) {
    const count = (counts.get(d.code) ?? 0) + 1
    counts.set(d.code, count)
    if (count <= TOLD_MAX) rows.push(['seq' in d ? countText(d.seq) : '-', d.code, d.message])
  }
  for (const [code, count] of counts) {
    if (count > TOLD_MAX)
      rows.push(['', code, `${countText(count - TOLD_MAX)} more like this: --json has all`])
  }
  return rows
}

async function tell(
  location: string,
  { wholeTo, endedAt, records, damage }: Diagnosis,
  lost: Lost,
  keptIn?: string,
): Promise<void> {
  if (damage.length === 0) {
    const from = records < wholeTo ? `, from seq ${countText(wholeTo - records + 1)} on` : ''
    await print(colors.green(`${location} is whole: ${countText(records)} records${from}`))
    return
  }
  await print(table(['seq', 'problem', 'what'], rowsOf(damage)))
  const behind = endedAt - wholeTo
  if (behind === 0)
    await print(`All ${countText(records)} records are whole; the damaged parts can be made anew from them.`)
  else {
    await print(
      `The log is whole up to seq ${countText(wholeTo)}; ${countText(behind)} records come after it, of which ${countText(lost.records)} can still be read.`,
    )
    if (lost.firstAt !== undefined && lost.lastAt !== undefined) {
      await print(`They are from ${timeText(lost.firstAt)} to ${timeText(lost.lastAt)}.`)
    }
    if (lost.intents.length > 0) {
      await print(`Orders and requests among them, to look up at the venue: ${lost.intents.join(', ')}`)
    }
  }
  if (keptIn !== undefined)
    await print(
      colors.green(`${location} now ends at seq ${countText(wholeTo)}; the damaged log is in ${keptIn}`),
    )
  else
    await print(
      colors.red(`Restore a backup, or cut the log back: outcry doctor --cut (it keeps the damaged log)`),
    )
}
