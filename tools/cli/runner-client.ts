/** Finds the log of a folder, or the runner that holds it. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import { z } from 'zod'
import { bearerProtocols } from '../../src/api/contract/bearer.ts'
import type { Client } from '../../src/client/index.ts'
import { RUNNER_FILE, type RunnerInfo } from '../../src/runner/folder/announcement.ts'
import { openLevelStore, readLevelStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { isOutcryError, type Store } from '../../store/index.ts'
import { holderOf } from '../../store/leveldb/folder/store-lock.ts'
import { logFolder } from './log-folder.ts'

const runnerFile = z.object({ pid: z.number(), url: z.url().optional(), token: z.string().optional() })

/**
 * Files of the database that are open at once. A command reads once from end to end, so more files would gain nothing.
 */
const OPEN_FILES_MAX = 64

/**
 * Returns the log in a folder, or the runner that holds it. The log is a copy of this moment, unless `isHeld`: then no
 * other process can open it until it is closed.
 * @throws STORE_NONE, STORE_LOCKED when a runner without a server holds it, STORE_CORRUPT, ...
 */
export async function openLog(
  data: string,
  { isHeld = false }: { readonly isHeld?: boolean } = {},
): Promise<{ store: Store<TransitionRecord>; location: string } | Client> {
  const location = logFolder(data)
  try {
    const open = isHeld ? openLevelStore : readLevelStore
    return { store: await open(location, { openFilesMax: OPEN_FILES_MAX }), location }
  } catch (error) {
    const { url, token } = isOutcryError(error, 'STORE_LOCKED') ? runnerOf(data, location) : {}
    if (url === undefined) throw error
    return clientOf(data, url, token)
  }
}

/** Interval, in ms, of the look whether a runner holds the folder. */
const LOOK_MS = 500

/** Resolves with a client of the runner that holds the folder, once one with a server does. It opens no log. */
export async function awaitRunner(data: string): Promise<Client> {
  for (;;) {
    const { pid, url, token } = runnerInfo(data)
    if (url !== undefined && pid === holderOf(logFolder(data))) return clientOf(data, url, token)
    await setTimeout(LOOK_MS)
  }
}

/** Returns a client that goes on with the next runner of the folder: each start of a runner may make another token. */
async function clientOf(data: string, url: string, first: string | undefined): Promise<Client> {
  const { createClient } = await import('../../src/client/index.ts')
  const { WebSocket } = await import('ws')
  let last = first
  const token = () => {
    last = runnerInfo(data).token ?? last
    return last as string
  }
  return createClient({ url, token: first === undefined ? undefined : token, WebSocket })
}

/** Returns a WebSocket to the runner of the folder, which may be gone by now. `path` may have a query. */
export async function runnerSocket(data: string, path: string): Promise<WebSocket> {
  const { WebSocket } = await import('ws')
  const { url = '', token } = runnerInfo(data)
  return new WebSocket(
    `${url.replace(/^http/, 'ws')}${path}`,
    token === undefined ? [] : bearerProtocols(token),
  )
}

/**
 * Returns the address of the runner that holds the store. A killed runner leaves its file behind, and another runner,
 * with other data, may listen at that address now. So the file counts only while the process that wrote it holds the
 * store.
 */
function runnerOf(data: string, location: string): Partial<RunnerInfo> {
  const info = runnerInfo(data)
  const holder = holderOf(location)
  return holder === undefined || holder === info.pid ? info : {}
}

/** Reads the runner's file; empty when there is none, or a power cut has torn it. */
function runnerInfo(data: string): Partial<RunnerInfo> {
  const file = join(data, RUNNER_FILE)
  if (!existsSync(file)) return {}
  try {
    return runnerFile.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return {}
  }
}
