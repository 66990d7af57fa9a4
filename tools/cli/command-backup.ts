import { join } from 'node:path'
import pc from 'picocolors'
import { openLevelStore } from '../../src/runtime/log.ts'
import { OutcryError, type StoreEntry, writeBackup } from '../../store/index.ts'
import { countText } from './format.ts'
import { print, printJson } from './output.ts'
import { openReader } from './reader.ts'

export interface BackupOptions {
  readonly data: string
  readonly json?: boolean
}

/** `outcry backup <folder>`: a copy as of one moment, which is then a data folder like any other. */
export async function backup(folder: string, { data, json }: BackupOptions): Promise<number> {
  const location = join(folder, 'log')
  const showProgress = process.stderr.isTTY && !json
  const reader = await openReader(data)
  try {
    await writeBackup(showProgress ? told(reader.entries()) : reader.entries(), location)
  } finally {
    await reader.close()
  }
  const copy = await openLevelStore(location)
  try {
    const { commits, records, damage } = await copy.verifyChain()
    const [first] = damage
    if (first !== undefined) {
      throw new OutcryError(
        'BACKUP_DAMAGED',
        `${location} is damaged: ${first.message}`,
        'Look at the log itself: outcry verify.',
      )
    }
    if (json) await printJson({ location, seq: copy.head.seq, records, commits })
    else
      await print(
        pc.green(
          `${location} has ${countText(records)} records in ${countText(commits)} commits, and is whole`,
        ),
      )
    return 0
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
