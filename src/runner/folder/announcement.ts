/** Announces the process that holds a data folder, in a file there. The command line finds the process by it. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The name of the file in the data folder. */
export const RUNNER_FILE = 'runner.json'

/** @example { pid: 4711, url: 'http://127.0.0.1:7077' } */
export interface RunnerInfo {
  readonly pid: number
  /** Undefined when the server is switched off. */
  readonly url?: string | undefined
  /** The token that the server asks for. */
  readonly token?: string | undefined
}

/** Writes the file. Only the user of this process can read it, because it has the token. */
export function announce(data: string, { url, token }: Omit<RunnerInfo, 'pid'>): void {
  const info: RunnerInfo = { pid: process.pid, url, token }
  const file = join(data, RUNNER_FILE)
  // An existing file would keep its mode.
  writeFileSync(`${file}.part`, `${JSON.stringify(info)}\n`, { mode: 0o600 })
  renameSync(`${file}.part`, file)
}

/** Removes the file unless another server of this process, or the next process, has written it since. */
export function withdraw(data: string, url: string | undefined): void {
  const file = join(data, RUNNER_FILE)
  const found = infoIn(file)
  if (found.pid === process.pid && found.url === url) rmSync(file, { force: true })
}

/** Returns what the file says. Nothing when there is no file, or a power cut has torn it. */
function infoIn(file: string): Partial<Record<keyof RunnerInfo, unknown>> {
  try {
    return Object(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return {}
  }
}
