/** Reads and writes `strategies.json` in a run's folder: the paths of the modules that a replay of its log needs. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { OutcryError } from '../../../store/index.ts'
import { codeOf, replaceFile } from '../../../store/leveldb/folder/folder.ts'
import { kindOf } from '../../runtime/record/address.ts'

export const STRATEGIES_FILE = 'strategies.json'

const content = z.strictObject({ modules: z.record(z.string(), z.string().min(1)) })

/** The last path of each module, by the name of its strategy. */
export type Modules = ReadonlyMap<string, string>

/** Returns the modules, or none when there is no such file. @throws STRATEGIES_UNREADABLE */
export function readStrategiesFile(data: string): Modules {
  const file = join(data, STRATEGIES_FILE)
  try {
    return new Map(Object.entries(content.parse(JSON.parse(readFileSync(file, 'utf8'))).modules))
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return new Map()
    const what = codeOf(cause) === undefined ? 'is torn or was changed' : `cannot be read (${codeOf(cause)})`
    throw new OutcryError(
      'STRATEGIES_UNREADABLE',
      `${file} ${what}: it has the paths of the strategies' modules`,
      'Restore it from a backup, or remove it: the next run notes the modules that its configuration names.',
      { cause },
    )
  }
}

/**
 * Returns a hint how to name the modules of these kinds or addresses, from the paths that the run has noted in its
 * folder.
 * @throws STRATEGIES_UNREADABLE
 */
export function namingHint(data: string, missing: Iterable<string>): string {
  const noted = readStrategiesFile(data)
  const files = new Set([...missing].flatMap((address) => noted.get(kindOf(address)) ?? []))
  if (files.size === 0)
    return 'Name the module of your machines: --machines machines.ts, with export const machines = { kind: machine }.'
  const options = [...files].map((file) => `--machines ${file}`).join(' ')
  return `A folder's modules run only where they are named: if you trust ${files.size === 1 ? 'it' : 'them'}, ${options}`
}

/**
 * Replaces the file atomically: whenever the process or the machine stops, a reader finds the old file or the new one.
 */
export function writeStrategiesFile(data: string, modules: Modules): void {
  const text = JSON.stringify({ modules: Object.fromEntries(modules) })
  replaceFile(join(data, STRATEGIES_FILE), Buffer.from(`${text}\n`))
}
