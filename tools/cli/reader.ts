/** Opens the log for read-only commands: a closed store, or a runner that holds it. */
import { readStrategiesFile } from '../../src/runner/folder/strategies-file.ts'
import { endAtSignals } from './ending.ts'
import { loadMachines, machinesIn } from './machines.ts'
import type { Reader } from './readers/reader.ts'
import { openLog } from './runner-client.ts'

export type { ActorSummary, Head, PastFrames, Reader, WantedLife } from './readers/reader.ts'

/**
 * Opens the log in `data`. `modules` are files that export its machines, besides those of Outcry. With `isHeld`, nobody
 * can write a closed log until the reader is closed, so that it agrees with the books beside it.
 * @throws STORE_NONE, STORE_LOCKED when a runner without a server holds it, STORE_CORRUPT, STRATEGIES_UNREADABLE, ...
 */
export async function openReader(
  data: string,
  modules?: readonly string[],
  holding: { readonly isHeld?: boolean } = {},
): Promise<Reader> {
  endAtSignals()
  readStrategiesFile(data)
  const named = await loadMachines(modules)
  const opened = await openLog(data, holding)
  // Each command needs one of them, and the parts of a runner's client take long to load.
  if ('url' in opened) return new (await import('./readers/runner-reader.ts')).RunnerReader(opened, data)
  const { StoreReader } = await import('./readers/store-reader.ts')
  return new StoreReader(opened, data, await machinesIn(opened.store, named))
}
