/** The API of the runner that holds a log, as commands ask it. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { isErrorCode } from '../../errors/codes.ts'
import { RUNNER_FILE, type RunnerInfo } from '../../src/runner/runner.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { isOutcryError, OutcryError, type Store } from '../../store/index.ts'
import { holderOf } from '../../store/leveldb/folder/store-lock.ts'
import { logFolder } from './log-folder.ts'

const runnerFile = z.object({ pid: z.number(), url: z.url().optional(), token: z.string().optional() })

/** A command reads once, from end to end: nothing is gained by keeping files of the database open. */
const OPEN_FILES_MAX = 64

/**
 * Returns the log in a folder, or the runner that holds it.
 * @throws STORE_NONE, STORE_LOCKED when a runner without a server holds it, STORE_CORRUPT, ...
 */
export async function openLog(
  data: string,
): Promise<{ store: Store<TransitionRecord>; location: string } | RunnerClient> {
  const location = logFolder(data)
  try {
    return { store: await openLevelStore(location, { openFilesMax: OPEN_FILES_MAX }), location }
  } catch (error) {
    const { url, token } = isOutcryError(error, 'STORE_LOCKED') ? runnerOf(data, location) : {}
    if (url === undefined) throw error
    return new RunnerClient(url, token)
  }
}

/**
 * How the runner is reached that holds the store. A killed one leaves its file behind, and by then another runner, of other data, may
 * listen where that did: so the file counts only while the process that wrote it holds the store.
 */
function runnerOf(data: string, location: string): Partial<RunnerInfo> {
  const info = runnerInfo(data)
  const holder = holderOf(location)
  return holder === undefined || holder === info.pid ? info : {}
}

/** Nothing where there is no such file, or a power cut has torn it. */
function runnerInfo(data: string): Partial<RunnerInfo> {
  const file = join(data, RUNNER_FILE)
  if (!existsSync(file)) return {}
  try {
    return runnerFile.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return {}
  }
}

/** `/actors/order/o-1`, each part of the address encoded. */
export function actorPath(address: string): string {
  return `/actors/${address.split('/').map(encodeURIComponent).join('/')}`
}

export class RunnerClient {
  readonly url: string
  readonly #headers: Record<string, string>

  constructor(url: string, token: string | undefined) {
    this.url = url
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  }

  async get<T>(path: string): Promise<T> {
    return (await this.fetch(path)).json() as Promise<T>
  }

  /** As `get`, of what takes so long that the status goes out before it is known whether it fails. */
  async getSlowly<T extends object>(path: string): Promise<T> {
    const answer = await this.get<T | Refusal>(path)
    if ('error' in answer) throw refused(answer)
    return answer
  }

  async post<T>(path: string, body: object): Promise<T> {
    const headers = { 'content-type': 'application/json' }
    return (
      await this.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
    ).json() as Promise<T>
  }

  /** @throws RUNNER_UNREACHABLE, and what the runner refuses by */
  async fetch(
    path: string,
    { headers, ...request }: RequestInit & { headers?: Record<string, string> } = {},
  ): Promise<Response> {
    let response: Response
    try {
      response = await fetch(new URL(path, this.url), {
        ...request,
        headers: { ...headers, ...this.#headers },
      })
    } catch (error) {
      throw unreachable(`the runner that holds the store does not answer at ${this.url}`, error)
    }
    if (response.ok) return response
    const refusal = (await response.json().catch((error) => {
      throw unreachable(`what answers at ${this.url} is no runner`, error)
    })) as Refusal
    throw refused(refusal)
  }
}

interface Refusal {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string }
}

function refused({ error: { code, message, hint = 'See the log of the runner.' } }: Refusal): OutcryError {
  // A runner of a later version has codes that this one does not have.
  if (!isErrorCode(code)) return new OutcryError('RUNNER_REFUSED', `${message} (${code})`, hint)
  return new OutcryError(code, message, hint)
}

function unreachable(what: string, cause: unknown): OutcryError {
  return new OutcryError('RUNNER_UNREACHABLE', what, 'It may be starting or stopping; try again.', { cause })
}
