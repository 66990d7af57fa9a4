import { join } from 'node:path'
import { compact } from '../../errors/compact.ts'
import { belongingAsFound } from '../../src/runner/folder/belonging.ts'
import { writeFolder } from '../../src/runner/folder/folder-copy.ts'
import { closedBooks } from '../../src/runner/folder/venue-books.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import { OutcryError, type StoreEntry } from '../../store/index.ts'
import { colors } from './colors.ts'
import { counted, countText } from './format.ts'
import { print, printJson } from './output.ts'
import { openReader } from './reader.ts'

export interface BackupOptions {
  readonly data: string
  readonly json?: boolean
}

/** `outcry backup <folder>`: copies a data folder as of one moment. The copy is a data folder like any other. */
export async function backup(folder: string, { data, json }: BackupOptions): Promise<number> {
  const showProgress = process.stderr.isTTY && !json
  const reader = await openReader(data, [], { isHeld: true })
  let copied: Copied
  try {
    const entries = showProgress ? told(reader.entries()) : reader.entries()
    copied = await writeFolder(entries, folder, check)
  } finally {
    await reader.close()
  }
  const location = join(folder, 'log')
  if (json) await printJson({ location, ...copied })
  else {
    const { records, commits, reports } = copied
    const books = reports === undefined ? '' : `, the venue's books ${counted(reports, 'report')}`
    const log = `${countText(records)} records in ${countText(commits)} commits`
    await print(colors.green(`${location} has ${log}${books}, and is whole`))
  }
  return 0
}

/** `outcry restore <folder>`: makes a data folder from a backup, which stays as it is. */
export function restore(folder: string, { data, json }: BackupOptions): Promise<number> {
  return backup(data, compact({ data: folder, json }))
}

interface Copied {
  readonly seq: number
  readonly records: number
  readonly commits: number
  /** Number of reports in the venues' books, if they have books. */
  readonly reports?: number
}

/** Checks the copy. @throws BACKUP_DAMAGED, VENUE_CORRUPT */
async function check(folder: string): Promise<Copied> {
  const copy = await openLevelStore(join(folder, 'log'))
  try {
    const { commits, records, damage } = await copy.verifyChain()
    const [first] = damage
    if (first !== undefined) {
      throw new OutcryError(
        'BACKUP_DAMAGED',
        `the copy is damaged: ${first.message}`,
        'Check the log itself: outcry verify.',
      )
    }
    let reports: number | undefined
    for (const { look } of closedBooks(folder, await belongingAsFound(copy, folder)))
      reports = (reports ?? 0) + (await look({}))
    return compact({ seq: copy.head.seq, records, commits, reports })
  } finally {
    await copy.close()
  }
}

async function* told(entries: AsyncIterable<StoreEntry>): AsyncGenerator<StoreEntry> {
  let count = 0
  let bytes = 0
  for await (const entry of entries) {
    count++
    bytes += entry[1].length
    if (count % 1_000 === 0) process.stderr.write(`\r${countText(Math.round(bytes / 1_048_576))} MB`)
    yield entry
  }
  process.stderr.write('\r\x1b[K')
}
