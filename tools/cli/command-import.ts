import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { compact } from '../../errors/compact.ts'
import { ENTRIES_MAX, type LedgerEntry } from '../../machines/events/ledger.ts'
import { machines } from '../../machines/index.ts'
import type { LedgerContext } from '../../machines/ledger/context.ts'
import { name as nameField } from '../../machines/model/fields.ts'
import type { Client } from '../../src/client/index.ts'
import { readStrategiesFile } from '../../src/runner/folder/strategies-file.ts'
import { Registry } from '../../src/runtime/actors/registry.ts'
import { openOffline } from '../../src/runtime/offline.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { AnyEvent, TransitionRecord } from '../../src/runtime/record/record.ts'
import { cellAt } from '../../src/runtime/state/replay.ts'
import { isOutcryError, OutcryError, type Store } from '../../store/index.ts'
import type { ActOptions } from './define-command.ts'
import { checkLedger, ENTRY_BYTES_MAX, ledgerEntries } from './files/ledger-entries.ts'
import { countText } from './format.ts'
import { loadMachines, machinesIn } from './machines.ts'
import { named } from './named.ts'
import { print, printJson } from './output.ts'
import { Progress } from './progress.ts'
import { openLog } from './runner-client.ts'

export interface ImportOptions extends ActOptions {
  readonly ledger?: string
}

/**
 * `outcry import <file>`: takes a ledger of another program into a log, closed or in use. All of the file is checked
 * before anything is imported. An import that was cut off, or is repeated, goes on behind the last entry.
 */
export async function importLedger(file: string, options: ImportOptions): Promise<number> {
  const name = options.ledger ?? basename(file).replace(/(\.\w+)+$/, '')
  const { error } = nameField.safeParse(name)
  if (error !== undefined)
    throw new OutcryError(
      'OPTION_INVALID',
      `--ledger: "${name}" ${error.issues[0]?.message}`,
      'Give it a short name.',
    )
  const { data, modules } = await named(options)
  const progress = new Progress('entry', { isQuiet: options.json === true })
  // A bad file makes no log.
  await checkLedger(file, undefined, () => progress.step())
  const ledger = await openLedger(data, modules, name)
  try {
    const last = await ledger.last()
    const { entries, fresh } = await checkLedger(file, last, () => progress.step())
    const { by, reason } = options
    if (fresh > 0)
      for await (const batch of batchesOf(file, last))
        await ledger.take({ type: 'IMPORT_ENTRIES', ...compact({ by, reason }), entries: batch })
    progress.end()
    const address = `ledger/${name}`
    if (options.json) await printJson({ address, entries, imported: fresh, source: ledger.source })
    else {
      const known = entries === fresh ? '' : `, and had ${entriesText(entries - fresh)} of it already`
      await print(`${address} has taken ${entriesText(fresh)} in ${ledger.source}${known}`)
    }
    return 0
  } finally {
    progress.end()
    await ledger.close()
  }
}

function entriesText(count: number): string {
  return count === 1 ? '1 entry' : `${countText(count)} entries`
}

/** Yields the entries behind the last one, as many as a message has room for. */
async function* batchesOf(file: string, last: LedgerContext['last']): AsyncGenerator<readonly LedgerEntry[]> {
  let batch: LedgerEntry[] = []
  let size = 0
  for await (const { entry, bytes } of ledgerEntries(file)) {
    if (last !== undefined && entry.sequenceNum <= last.sequenceNum) continue
    if (batch.length >= ENTRIES_MAX || (batch.length > 0 && size + bytes > ENTRY_BYTES_MAX)) {
      yield batch
      batch = []
      size = 0
    }
    batch.push(entry)
    size += bytes + 1
  }
  if (batch.length > 0) yield batch
}

/** A ledger in a log, closed or in use. */
interface Ledger {
  readonly source: string
  last(): Promise<LedgerContext['last']>
  take(event: AnyEvent): Promise<void>
  close(): Promise<void>
}

async function openLedger(
  data: string,
  modules: readonly string[] | undefined,
  name: string,
): Promise<Ledger> {
  const address = `ledger/${name}`
  readStrategiesFile(data)
  const own = await loadMachines(modules)
  const log = await opened(data)
  if ('url' in log) return ofRunner(log, address)
  const { store, location } = log
  const known = { ledger: machines.ledger, ...(await machinesIn(store, own)) }
  const offline = await openOffline(store, known)
  return {
    source: location,
    async last() {
      const cell = await cellAt(store, new Registry(known), address, {})
      return (cell?.state.snapshot.context as LedgerContext | undefined)?.last
    },
    take: async (event) => void (await offline.deliver(address, event)),
    close: () => store.close(),
  }
}

function ofRunner(client: Client, address: string): Ledger {
  return {
    source: client.url,
    last: async () => ((await client.actor(address))?.context as LedgerContext | undefined)?.last,
    take: async (event) => void (await client.send(address, event)),
    close: async () => {},
  }
}

/** Opens the log of a folder, and makes one where there is none. */
async function opened(data: string): Promise<{ store: Store<TransitionRecord>; location: string } | Client> {
  try {
    return await openLog(data, { isHeld: true })
  } catch (error) {
    if (!isOutcryError(error, 'STORE_NONE')) throw error
    const location = join(data, 'log')
    mkdirSync(data, { recursive: true })
    return { store: await openLevelStore(location), location }
  }
}
